use super::{accepts, refuses};

const THIRD_PARTY: &str = "retry_window = \"60s\"";
const SESSIONS: &str = "[third_party.sessions]\nidle_timeout = \"30d\"";
const REGISTRATION: &str = "[third_party.registration]\nenabled = true";

/// The values that pass, and those that do not.
#[track_caller]
fn row(section: &str, name: &str, fine: [&str; 2], refused: [&str; 2]) {
    let (from, key, head) = match section {
        "sessions" => (SESSIONS, format!("third_party.sessions.{name}"), "[third_party.sessions]\n"),
        "registration" => {
            (REGISTRATION, format!("third_party.registration.{name}"), "[third_party.registration]\n")
        }
        _ => (THIRD_PARTY, format!("third_party.{name}"), ""),
    };
    for value in fine {
        accepts(from, &format!("{head}{name} = {value}"));
    }
    for value in refused {
        let to = format!("{head}{name} = {value}");
        super::refuses_somewhere(from, &to, &key, "must be from");
    }
}

#[test]
fn o14_o22_codes_and_tokens_end() {
    row("", "access_token_lifetime", [r#""1m""#, r#""24h""#], [r#""59s""#, r#""24h 1s""#]);
    row("", "code_lifetime", [r#""10s""#, r#""10m""#], [r#""9s""#, r#""10m 1s""#]);
    row("", "retry_window", [r#""0s""#, r#""5m""#], [r#""301s""#, r#""1h""#]);
    row("", "signing_key_rotation", [r#""7d""#, r#""365d""#], [r#""6d""#, r#""366d""#]);
}

#[test]
fn o14_o22_grants_and_sessions_end() {
    row("", "idle_timeout", [r#""5m""#, r#""180d""#], [r#""4m""#, r#""3651d""#]);
    row("", "absolute_timeout", [r#""30d""#, r#""3650d""#], [r#""4m""#, r#""3651d""#]);
    row("sessions", "idle_timeout", [r#""5m""#, r#""90d""#], [r#""4m""#, r#""3651d""#]);
    row("sessions", "absolute_timeout", [r#""30d""#, r#""3650d""#], [r#""4m""#, r#""3651d""#]);
    row("sessions", "browser_idle_timeout", [r#""1m""#, r#""12h""#], [r#""59s""#, r#""31d""#]);
    row("sessions", "browser_absolute_timeout", [r#""30m""#, r#""90d""#], [r#""4m""#, r#""91d""#]);
    let too_idle = "idle_timeout = \"181d\"";
    refuses(
        THIRD_PARTY,
        too_idle,
        "third_party.idle_timeout",
        "is longer than `third_party.absolute_timeout` (180d)",
    );
    let key = "third_party.sessions.browser_idle_timeout";
    super::refuses_somewhere(
        SESSIONS,
        "[third_party.sessions]\nbrowser_idle_timeout = \"13h\"",
        key,
        "is longer than",
    );
    refuses(
        THIRD_PARTY,
        "absolute_timeout = \"never\"",
        "third_party.absolute_timeout",
        "write a length of time",
    );
}

#[test]
fn o22_registered_clients_are_bounded() {
    row("registration", "per_minute", ["1", "100000"], ["0", "100001"]);
    row("registration", "per_minute_of_an_address", ["1", "100000"], ["0", "100001"]);
    row("registration", "max_clients", ["10", "1000000"], ["0", "1000001"]);
    row("registration", "unused_for", [r#""1h""#, r#""90d""#], [r#""59m""#, r#""91d""#]);
    row("registration", "expire_after", [r#""1d""#, r#""3650d""#], [r#""23h""#, r#""3651d""#]);
}
