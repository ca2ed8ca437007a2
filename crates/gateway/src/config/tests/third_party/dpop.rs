use super::{OPTION_B, accepts, refuses};
use crate::config::{DpopMode, tests::edited};

const THIRD_PARTY: &str = "retry_window = \"60s\"";
const SCOPES: &str = "scopes = [\"mcp\"]";

#[test]
fn bound_tokens_are_offered_unless_the_file_says_otherwise() {
    let mode = |lines: &str| accepts(THIRD_PARTY, lines).third_party.unwrap().dpop;
    assert_eq!(mode(""), DpopMode::Offered);
    assert_eq!(mode("dpop = \"required\"\ndpop_nonce = true"), DpopMode::Required);
    let nonce = "dpop_nonce = true\ndpop = \"off\"";
    refuses(THIRD_PARTY, nonce, "third_party.dpop_nonce", "that `dpop = \"off\"` refuses");
}

#[test]
fn what_is_issued_is_good_at_the_servers() {
    let with = |server: &str, third_party: &str| {
        let server = edited(OPTION_B, SCOPES, &format!("{SCOPES}\ndpop = \"{server}\""));
        super::parse(&edited(&server, THIRD_PARTY, &format!("dpop = \"{third_party}\"")))
    };
    for (server, third_party) in [
        ("off", "off"),
        ("offered", "off"),
        ("required", "offered"),
        ("required", "required"),
        ("offered", "required"),
    ] {
        assert!(with(server, third_party).is_ok(), "{server} {third_party}");
    }
    for (server, third_party) in [("off", "offered"), ("off", "required"), ("required", "off")] {
        let error = with(server, third_party).unwrap_err();
        assert_eq!(error.key(), "server[0].dpop", "{error}");
    }
}

#[test]
fn a_client_may_be_held_to_its_proofs() {
    let client = "redirect_uris = [\"https://app.example.com/cb\"]";
    let held = accepts(client, &format!("{client}\ndpop_bound_access_tokens = true"));
    let clients = held.third_party.unwrap().clients;
    assert!(clients[0].dpop_bound_access_tokens);
}
