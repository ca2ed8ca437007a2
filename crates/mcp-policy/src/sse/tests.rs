use super::*;

#[derive(Debug, PartialEq, Eq)]
enum Fault {
    Sse(SseFault),
    Judge,
}

impl From<SseFault> for Fault {
    fn from(fault: SseFault) -> Self {
        Self::Sse(fault)
    }
}

/// Replaces `old` by `new`, refuses `bad`, keeps everything else.
fn judge(_: &str, data: &str) -> Result<Verdict, Fault> {
    match data {
        "old" => Ok(Verdict::Replace("new".to_owned())),
        "bad" => Err(Fault::Judge),
        _ => Ok(Verdict::Keep),
    }
}

fn pieces(stream: &[u8], size: usize) -> Result<Vec<u8>, Fault> {
    let mut rewriter = SseRewriter::new(256);
    let mut all = Vec::new();
    for piece in stream.chunks(size) {
        all.extend(rewriter.push(piece, judge)?);
    }
    all.extend(rewriter.finish(judge)?);
    Ok(all)
}

/// However the stream is cut into pieces, the outcome is the same.
#[track_caller]
fn check(stream: &str, expected: Result<&str, Fault>) {
    for size in 1..=stream.len().max(1) {
        let outcome = pieces(stream.as_bytes(), size);
        let outcome = outcome.map(|it| String::from_utf8(it).unwrap());
        assert_eq!(outcome.as_deref(), expected.as_ref().map(|it| *it), "pieces of {size}");
    }
}

#[track_caller]
fn unchanged(stream: &str) {
    check(stream, Ok(stream));
}

#[test]
fn what_is_kept_passes_byte_for_byte() {
    unchanged("");
    unchanged("\n\n\r\r\n\n");
    unchanged(": comment\n\nid: 7\nretry: 10\ndata: {\"a\":\"\u{e9}\u{1f600}\"}\n\n");
    unchanged("data:x\r\ndata\r\ndata: y\r\n\r\nevent: message\rdata: z\r\r");
    unchanged("id: 1\ndata:\n\n");
    unchanged("other: \u{2028} \u{b} \u{85}\ndata: 1\u{2028}data: old\n\n");
    unchanged("data: without an end");
}

#[test]
fn replaced_data_keeps_its_other_lines_and_the_ends_of_lines() {
    check("data: old\n\n", Ok("data: new\n\n"));
    check("id: 7\r\ndata:old\r\nretry: 1\r\n\r\n", Ok("id: 7\r\ndata: new\r\nretry: 1\r\n\r\n"));
    check(": c\revent: message\rdata: old\r\r", Ok(": c\revent: message\rdata: new\r\r"));
    check("data: kept\n\ndata: old\n\ndata: kept\n\n", Ok("data: kept\n\ndata: new\n\ndata: kept\n\n"));
    check("data: old", Ok("data: new\n"));
    check("data:  old\n\n", Ok("data:  old\n\n"));
}

#[test]
fn data_of_several_lines_is_one_text_and_may_become_several_lines() {
    let mut rewriter = SseRewriter::new(256);
    let mut seen = Vec::new();
    let passed = rewriter.push(b"event: a\nevent: b\ndata: 1\nid: 3\ndata:\ndata:  2\n\n", |kind, data| {
        seen.push((kind.to_owned(), data.to_owned()));
        Ok::<_, Fault>(Verdict::Replace("x\ny".to_owned()))
    });
    assert_eq!(seen, [("b".to_owned(), "1\n\n 2".to_owned())]);
    assert_eq!(passed.unwrap(), b"event: a\nevent: b\ndata: x\ndata: y\nid: 3\n\n");
}

#[test]
fn an_event_passes_as_soon_as_its_empty_line_is_there() {
    for (end, rest) in [("\n\n", ""), ("\r\r", "\n"), ("\r\n\r", "\n"), ("\r\n\r\n", "")] {
        let mut rewriter = SseRewriter::new(64);
        let event = format!("data: a{end}");
        assert_eq!(rewriter.push(event.as_bytes(), judge).unwrap(), event.as_bytes());
        assert_eq!(rewriter.push(rest.as_bytes(), judge).unwrap(), rest.as_bytes());
        assert_eq!(rewriter.push(b"data: old", judge).unwrap(), b"");
        assert_eq!(rewriter.push(b"\n\n", judge).unwrap(), b"data: new\n\n");
    }
}

#[test]
fn e25_what_cannot_be_understood_ends_the_stream() {
    check("data: old\n\ndata: bad\n\n", Err(Fault::Judge));
    check("data: bad", Err(Fault::Judge));
    check("\u{feff}data: old\n\n", Err(Fault::Sse(SseFault::ByteOrderMark)));
    check("Data: x\n\n", Err(Fault::Sse(SseFault::FieldName)));
    check("data : x\n\n", Err(Fault::Sse(SseFault::FieldName)));
    check("data: a\nEVENT: x\n\n", Err(Fault::Sse(SseFault::FieldName)));
    for size in 1..9 {
        assert_eq!(pieces(b"\xff\n\ndata: a\n\n", size), Err(Fault::Sse(SseFault::Encoding)));
        assert_eq!(pieces(b"data: \xc3\x28\n\n", size), Err(Fault::Sse(SseFault::Encoding)));
        assert_eq!(pieces(b"data: \xc3", size), Err(Fault::Sse(SseFault::Encoding)));
    }
}

#[test]
fn e25_an_event_has_a_largest_size() {
    let event = |length: usize| format!("data: {}\n\n", "a".repeat(length - 8));
    for size in [1, 7, 1000] {
        assert_eq!(pieces(event(256).as_bytes(), size), Ok(event(256).into_bytes()));
        assert_eq!(pieces(event(257).as_bytes(), size), Err(Fault::Sse(SseFault::TooLarge)));
        let many = event(200).repeat(9);
        assert_eq!(pieces(many.as_bytes(), size), Ok(many.into_bytes()));
    }
}
