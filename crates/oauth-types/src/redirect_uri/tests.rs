use super::{InvalidRedirectUri as No, *};

#[track_caller]
fn check(text: &str, expected: Result<(), InvalidRedirectUri>) {
    assert_eq!(text.parse::<RedirectUri>().map(drop), expected, "{text:?}");
}

#[test]
fn h02_h03_h04_h05_f27_only_places_that_can_receive_a_response_are_registered() {
    for good in [
        "https://claude.ai/api/mcp/auth_callback",
        "https://grok.com/connectors-oauth-exchange-code/",
        "https://app.example:8443/cb?tenant=1",
        "http://localhost:33418/",
        "http://127.0.0.1/callback",
        "http://[::1]:7777/cb",
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "vscode://vscode.github-authentication/did-authenticate",
        "com.example.app:/callback",
    ] {
        check(good, Ok(()));
    }
}

#[test]
fn h02_h03_h04_h05_f27_other_places_are_refused() {
    for scheme in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "blob:x",
        "vbscript:x",
        "about:blank",
        "intent://x",
        "ms-word:x",
        "search-ms:x",
        "x:cb",
    ] {
        check(scheme, Err(No::Scheme));
    }
    for plain in [
        "http://evil.example/cb",
        "http://localhost.evil/cb",
        "http://0.0.0.0/cb",
        "http://[::1].evil/cb",
        "http://10.0.0.1/cb",
    ] {
        assert!(plain.parse::<RedirectUri>().is_err(), "{plain}");
    }
    check("http://evil.example/cb", Err(No::NotHttps));
    check("http://localhost.evil/cb", Err(No::NotHttps));
    check("http://127.0.0.1@evil/cb", Err(No::NotHttps));
    check("https://app.example@evil/cb", Err(No::UserInfo));
    check("https://@evil/cb", Err(No::UserInfo));
    check("https://app.example/cb#x", Err(No::Fragment));
    check("https://app.example/a/../cb", Err(No::DotSegments));
    check("https://app.example/a/%2e%2e/cb", Err(No::DotSegments));
    check("https://app.example/..;/cb", Err(No::DotSegments));
    check("https://app.example/cb?code=1", Err(No::ResponseParameter));
    check("https://app.example/cb?x=1&state=1", Err(No::ResponseParameter));
    for syntax in [
        "",
        "cb",
        "/cb",
        "https://",
        " https://app.example/",
        "https://app.example/a b",
        "java\tscript:x",
        "https://app.example\\@evil",
        "https://äpp.example/",
        "https://APP.example/",
        "http://127.1/cb",
        "https://app.example%2f.evil/",
    ] {
        assert!(syntax.parse::<RedirectUri>().is_err(), "{syntax:?}");
    }
    assert!(format!("https://app.example/{}", "a".repeat(2048)).parse::<RedirectUri>().is_err());
}

#[test]
fn h02_h05_schemes_that_hand_the_response_to_another_browser_are_refused() {
    for handoff in [
        "microsoft-edge:https://evil.example/cb",
        "microsoft-edge:evil.example/cb",
        "Microsoft-Edge:evil.example/cb",
        "microsoft-edge-https://evil.example/cb",
        "googlechrome://evil.example/cb",
        "googlechromes://evil.example/cb",
        "googlechrome-x-callback://x-callback-url/open/",
        "chrome-extension://abc/cb",
        "firefox://open-url",
        "firefox-focus://open-url",
        "opera://evil.example/cb",
        "opera-https://evil.example/cb",
        "brave://open-url",
        "vivaldi://evil.example/cb",
        "x-safari-https://evil.example/cb",
        "x-web-search://?q",
        "android-app://com.android.chrome/cb",
        "ws://evil.example/cb",
        "wss://evil.example/cb",
        "jar:file!/cb",
        "view-source:evil.example",
        "web+app:cb",
        "ssh://evil.example/",
        "shortcuts://run-shortcut",
    ] {
        check(handoff, Err(No::Scheme));
    }
    for own in [
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "vscode://vscode.microsoft-authentication",
        "vscode-insiders://vscode.github-authentication/did-authenticate",
        "grokbot://mcp/oauth/callback",
        "com.example.app:/callback",
        "operator://oauth/callback",
    ] {
        check(own, Ok(()));
    }
}

#[test]
fn h02_h05_a_private_use_uri_carries_no_web_address() {
    for carrier in [
        "someapp:https://evil.example/cb",
        "someapp:http://evil.example/cb",
        "someapp://open?url=https://evil.example/cb",
        "someapp://open?url=HTTPS://evil.example/cb",
        "someapp://open?url=https%3A%2F%2Fevil.example",
        "someapp://open?url=https%3a//evil.example",
        "someapp://open?url=%68ttps%3A%2F%2Fevil.example",
        "someapp://open?url=%48%54%54%50:evil.example",
        "someapp://open?url=https%253A%252F%252Fevil.example",
        "someapp://open?url=https%25253A%25252F%25252Fevil.example",
        "someapp:/https:/evil.example",
    ] {
        check(carrier, Err(No::Scheme));
    }
    for plain in [
        "someapp://open?url=evil",
        "someapp://https/callback",
        "someapp://callback?use=http",
        "http-app://callback",
        "someapp://callback?a=100%25",
        "someapp://callback?a=%2",
        "https://app.example/cb?next=https%3A%2F%2Fapp.example",
    ] {
        check(plain, Ok(()));
    }
}

#[test]
fn h33_what_stays_on_the_persons_device_is_known_by_its_host() {
    let stays = |text: &str| text.parse::<RedirectUri>().unwrap().is_on_own_device();
    for own in [
        "http://localhost/cb",
        "https://localhost/cb",
        "https://127.0.0.1/cb",
        "https://[::1]/",
        "cursor://x/y",
    ] {
        assert!(stays(own), "{own}");
    }
    for elsewhere in ["https://app.example/cb", "https://localhost.example/cb", "https://10.0.0.1/cb"] {
        assert!(!stays(elsewhere), "{elsewhere}");
    }
}

#[track_caller]
fn check_match(registered: &str, requested: &str, expected: bool) {
    let parse = |text: &str| text.parse::<RedirectUri>().unwrap();
    assert_eq!(parse(registered).matches(&parse(requested)), expected, "{registered} {requested}");
}

#[test]
fn f03_f04_a_redirect_matches_byte_for_byte_but_for_loopback_ports() {
    check_match("https://app.example/cb", "https://app.example/cb", true);
    for other in [
        "https://app.example/cb/",
        "https://app.example/CB",
        "https://app.example/cb?x=1",
        "https://app.example:443/cb",
        "https://app.example:8443/cb",
        "https://evil.example/cb",
        "http://localhost/cb",
    ] {
        check_match("https://app.example/cb", other, false);
    }
    check_match("http://localhost/callback", "http://localhost:51234/callback", true);
    check_match("http://127.0.0.1:1/callback", "http://127.0.0.1:2/callback", true);
    check_match("http://127.0.0.1/", "http://127.0.0.1:33418", true);
    for other in [
        "http://127.0.0.1:1/callback",
        "http://localhost:1/callback/",
        "http://localhost:1/callback?x=1",
        "http://localhost:1/other",
        "https://localhost/callback",
    ] {
        check_match("http://localhost/callback", other, false);
    }
    check_match("cursor://a/cb", "cursor://a/cb", true);
    check_match("cursor://a/cb", "cursor://a:1/cb", false);
}

#[test]
fn a_person_is_told_the_scheme_and_the_host() {
    let place = |text: &str| text.parse::<RedirectUri>().unwrap().place();
    assert_eq!(place("https://claude.ai/api/mcp/auth_callback"), "https://claude.ai");
    assert_eq!(place("http://localhost:1/cb"), "http://localhost");
    assert_eq!(place("cursor://anysphere.cursor-mcp/oauth/callback"), "cursor:");
}
