use super::{accepts, refuses};

/// `section.key`, what passes, what is too little and what is too much.
#[track_caller]
fn check(from: &str, key: &str, fine: &[&str], refused: &[&str]) {
    let name = key.rsplit('.').next().unwrap_or(key);
    for value in fine {
        accepts(from, &format!("{name} = {value}"));
    }
    for value in refused {
        refuses(from, &format!("{name} = {value}"), key, "must be from");
    }
}

#[test]
fn o22_every_limit_is_a_limit() {
    let check = |name: &str, fine: [&str; 2], refused: [&str; 2]| {
        check(r#"shutdown = "30s""#, &format!("limits.{name}"), &fine, &refused);
    };
    check("header_bytes", ["8192", r#""1MiB""#], ["0", r#""2MiB""#]);
    check("header_count", ["16", "1000"], ["0", "1001"]);
    check("body_bytes", [r#""1KiB""#, r#""1GiB""#], ["0", r#""1025MiB""#]);
    check("header_read", [r#""1s""#, r#""5m""#], [r#""0s""#, r#""301s""#]);
    check("body_idle", [r#""1s""#, r#""10m""#], [r#""999ms""#, r#""11m""#]);
    check("idle", [r#""1s""#, r#""1h""#], [r#""0s""#, r#""61m""#]);
    check("write_stall", [r#""1s""#, r#""10m""#], [r#""0s""#, r#""11m""#]);
    check("concurrent_requests", ["1", "1000000"], ["0", "1000001"]);
    check("connections", ["1", "1000000"], ["0", "1000001"]);
    check("requests_per_address", ["1", "1000000"], ["0", "1000001"]);
    check("requests_per_subject", ["1", "1000000"], ["0", "1000001"]);
    check("streams_per_subject", ["1", "100000"], ["0", "100001"]);
}

#[test]
fn o22_times_are_bounded() {
    let over = r#""1h 1s""#;
    check(r#"shutdown = "30s""#, "limits.shutdown", &[r#""0s""#, r#""1h""#], &[over]);
    let from = r#"shutdown = "30s""#;
    check(from, "limits.shutdown_delay", &[r#""0s""#, r#""5m""#], &[r#""301s""#]);
    let from = r#"leeway = "60s""#;
    check(from, "validation.leeway", &[r#""0s""#, r#""2m""#], &[r#""121s""#]);
    check(from, "validation.cache_entries", &["1", "1000000"], &["0", "1000001"]);
    check(from, "validation.stale_keys", &[r#""10m""#, r#""168h""#], &[r#""0s""#, r#""169h""#]);
    let from = "response_headers = []";
    check(from, "server[0].http.connect_timeout", &[r#""100ms""#, r#""1m""#], &[r#""0s""#, r#""61s""#]);
    check(from, "server[0].http.response_timeout", &[r#""1s""#, r#""1h""#], &[r#""0s""#, over]);
    check(from, "server[0].http.keep_alive", &[r#""1s""#, r#""5m""#], &[r#""0s""#, r#""301s""#]);
    check(from, "server[0].http.drain", &[r#""0s""#, r#""1h""#], &[over]);
    let from = r#"lifetime = "60s""#;
    check(from, "server[0].identity.jwt.lifetime", &[r#""10s""#, r#""5m""#], &[r#""9s""#, r#""301s""#]);
    let from = r#"keys = "discovery""#;
    let key = "authorization_server[0].max_token_lifetime";
    check(from, key, &[r#""1m""#, r#""168h""#], &[r#""0s""#, r#""169h""#]);
    let from = r#"endpoint = "https://as.example.com/introspect""#;
    check(from, "authorization_server[0].introspection.cache", &[r#""0s""#, r#""60s""#], &[r#""61s""#]);
}

#[test]
fn o22_there_is_no_unlimited() {
    let from = r#"shutdown = "30s""#;
    refuses(from, r#"body_bytes = "unlimited""#, "limits.body_bytes", "write a number of bytes");
    refuses(from, "body_bytes = -1", "limits.body_bytes", "write a number of bytes");
    refuses(from, "connections = -1", "limits.connections", "invalid value");
    refuses(from, r#"idle = "never""#, "limits.idle", "write a length of time");
    refuses(from, r#"idle = "-5s""#, "limits.idle", "must not be negative");
    refuses(from, "idle = 5", "limits.idle", "invalid type");
}
