use super::*;

/// The line without its time.
fn line(format: LogFormat, request: RequestLine<'_>) -> String {
    let mut line = String::new();
    write_line(&mut line, format, Duration::from_secs(1), &request);
    line.replace("1970-01-01T00:00:01.000000Z", "")
}

fn request(path: &str) -> RequestLine<'_> {
    RequestLine {
        request_id: "1-2",
        client: "::1",
        method: "POST",
        path,
        status: 200,
        reason: "ok",
        detail: None,
        subject: None,
        head_us: 0,
        duration_us: 1_234_567_890,
        bytes: u64::MAX,
        cut: false,
    }
}

#[test]
fn a_line_has_its_fields_in_order() {
    assert_eq!(
        line(LogFormat::Human, request("/mcp")),
        "  INFO access: answered request.id=1-2 client=::1 method=POST path=/mcp status=200 reason=ok head_us=0 \
         duration_us=1234567890 bytes=18446744073709551615 cut=false\n"
    );
    let refused = RequestLine {
        status: 401,
        reason: "token_expired",
        detail: Some("9 s ago"),
        subject: Some("0123456789abcdef"),
        cut: true,
        ..request("/mcp")
    };
    assert_eq!(
        line(LogFormat::Json, refused),
        "{\"timestamp\":\"\",\"level\":\"INFO\",\"message\":\"answered\",\"request.id\":\"1-2\",\"client\":\"::1\",\
         \"method\":\"POST\",\"path\":\"/mcp\",\"status\":401,\"reason\":\"token_expired\",\"detail\":\"9 s ago\",\
         \"subject\":\"0123456789abcdef\",\"head_us\":0,\"duration_us\":1234567890,\"bytes\":18446744073709551615,\
         \"cut\":true,\"target\":\"access\"}\n"
    );
}

#[test]
fn m04_nothing_in_a_value_ends_a_line_or_a_text() {
    const ODD: &str = "a\"\\\r\n\u{1b}[31m\u{202e}\u{1f600}";
    const ESCAPED: &str = r#"a\"\\\u000d\u000a\u001b[31m\u202e\ud83d\ude00"#;
    let human = line(LogFormat::Human, request(ODD));
    assert!(human.contains(&format!(" path={ESCAPED} ")) && human.lines().count() == 1, "{human}");
    let json = line(LogFormat::Json, request(ODD));
    assert!(json.contains(&format!("\"path\":\"{ESCAPED}\"")) && json.lines().count() == 1, "{json}");
}
