use super::*;

#[track_caller]
fn check(text: &str, expected: [&str; 3]) {
    let address = Address::new(text);
    let parts = [&address.scheme, &address.lead, &address.end].map(Shown::as_str);
    assert_eq!(parts, expected, "{text}");
}

#[test]
fn i07_the_end_of_a_host_is_told_apart() {
    check("claude.ai", ["", "", "claude.ai"]);
    check("https://claude.ai", ["https://", "", "claude.ai"]);
    check("https://app.claude.ai:8443", ["https://", "", "app.claude.ai:8443"]);
    check("https://accounts.google.com.evil.example", ["https://", "accounts.google.", "com.evil.example"]);
    check("http://127.0.0.1:33418", ["http://", "", "127.0.0.1:33418"]);
    check("http://[::1]:33418", ["http://", "", "[::1]:33418"]);
    check("cursor://anysphere.cursor-mcp", ["cursor://", "", "anysphere.cursor-mcp"]);
    check("com.example.app", ["", "", "com.example.app"]);
    check("", ["", "", ""]);
}

#[test]
fn i07_the_end_of_a_long_host_is_seen_whole() {
    let long = format!("https://{}evil.co.uk", "accounts.google.com.".repeat(100));
    let address = Address::new(&long);
    assert_eq!(address.end.as_str(), "evil.co.uk");
    assert_eq!(address.lead.as_str().chars().count(), LEAD_LIMIT);
    assert!(address.lead.as_str().starts_with('…'), "{}", address.lead);
    let one_label = format!("https://{}.evil.example", "a".repeat(10_240));
    let end = Address::new(&one_label).end;
    assert!(end.as_str().ends_with("aaa.evil.example") && end.as_str().starts_with('…'), "{end}");
}
