use super::{RefusedUrl as No, *};

#[track_caller]
fn check_with(settings: &DocumentSettings, text: &str, expected: Result<(), RefusedUrl>) {
    let outcome = DocumentUrl::parse(&text.parse().unwrap(), settings).map(drop);
    assert_eq!(outcome, expected, "{text}");
}

#[track_caller]
fn check(text: &str, expected: Result<(), RefusedUrl>) {
    check_with(&DocumentSettings::default(), text, expected);
}

#[test]
fn h17_the_documents_of_real_clients_are_asked_for() {
    for good in [
        "https://claude.ai/oauth/mcp-oauth-client-metadata",
        "https://chatgpt.com/oauth/abc/client.json",
        "https://vscode.dev/oauth/client-metadata.json",
        "https://app.example/client?tenant=1",
        "https://app.example/a/",
        "https://app.example:8443/client",
        "https://xn--bcher-kva.example/client",
        "https://app.example/a..b/.client",
    ] {
        check(good, Ok(()));
    }
}

#[test]
fn h17_other_texts_are_refused_before_anything_is_resolved() {
    for syntax in [
        "http://app.example/client",
        "HTTPS://app.example/client",
        "https:app.example/client",
        "https://App.example/client",
        "https://app.example:443/client",
        "https://app.example/client#",
        "https://app.example/client#x",
        "https://user@app.example/client",
        "https://@app.example/client",
        "https://app.example/a/../client",
        "https://app.example/./client",
        "https://app.example/a/%2e%2e/client",
        "https://app.example/a/%2E./client",
        "https://app.example/a%2f..%2fclient",
        "https://app.example/..;/client",
        "https://app.example/a\\client",
        "https://app.example/a client",
        "https://bücher.example/client",
        "https://app.example",
    ] {
        check(syntax, Err(No::Syntax));
    }
    check("https://app.example/", Err(No::NoPath));
    check("https://app.example/?x=1", Err(No::NoPath));
    for host in [
        "https://app.example./client",
        "https://app.example:22/client",
        "https://app.example:6379/client",
        "https://127.0.0.1/client",
        "https://192.0.2.1/client",
        "https://[2001:db8::1]/client",
        "https://localhost/client",
        "https://intranet/client",
    ] {
        check(host, Err(No::Host));
    }
    for control in ["https://app.example/cli\tent", "https://app.example/cli\nent"] {
        assert!(control.parse::<ClientId>().is_err(), "{control:?}");
    }
    let long = format!("https://app.example/{}", "a".repeat(2048));
    assert!(long.parse::<ClientId>().is_err(), "longer than any client_id");
}

#[test]
fn h18_a_host_in_disguise_is_refused() {
    for host in ["https://2130706433/x", "https://0x7f.1/x", "https://0177.0.0.1/x", "https://127.1/x"] {
        check(host, Err(No::Syntax));
    }
    check("https://①②⑦.⓪.⓪.①/x", Err(No::Syntax));
    for host in ["https://localhost./x", "https://ip6-localhost/x", "https://metadata.google.internal/x"] {
        check(host, Err(No::Host));
    }
}

#[test]
fn h34_a_list_of_hosts_is_a_list_of_hosts() {
    let hosts = Some(vec!["trusted.com".parse().unwrap(), "*.vendor.example".parse().unwrap()]);
    let settings = DocumentSettings { hosts, ..DocumentSettings::default() };
    check_with(&settings, "https://trusted.com/client", Ok(()));
    check_with(&settings, "https://a.vendor.example/client", Ok(()));
    for other in [
        "https://trusted.com.evil.com/client",
        "https://eviltrusted.com/client",
        "https://vendor.example/client",
        "https://xn--trsted-9ya.com/client",
    ] {
        check_with(&settings, other, Err(No::NotListed));
    }
}

#[test]
fn this_machine_is_asked_only_in_development() {
    let settings = DocumentSettings { allow_loopback: true, ..DocumentSettings::default() };
    for good in ["https://localhost:8443/x", "https://127.0.0.1:4433/x", "https://[::1]:1/x"] {
        check_with(&settings, good, Ok(()));
        check(good, Err(No::Host));
    }
    for bad in ["https://10.0.0.1/x", "https://a.localhost/x", "https://intranet/x"] {
        check_with(&settings, bad, Err(No::Host));
    }
    check_with(&settings, "http://localhost:8443/x", Err(No::Syntax));
}
