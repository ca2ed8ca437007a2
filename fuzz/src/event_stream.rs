//! A plain reader of event streams, as the standard describes it (WHATWG HTML section 9.2.6).

/// What a client makes of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) kind: Vec<u8>,
    pub(crate) data: Vec<u8>,
    id: Vec<u8>,
}

/// The events of a whole stream; one without its empty line is none.
pub(crate) fn events(stream: &[u8]) -> Vec<Event> {
    let stream = stream.strip_prefix("\u{feff}".as_bytes()).unwrap_or(stream);
    let (mut events, mut event, mut has_data) = (Vec::new(), Event::default(), false);
    for line in complete_lines(stream) {
        if line.is_empty() {
            if std::mem::take(&mut has_data) {
                events.push(event.clone());
            }
            // The id stays until another one comes.
            event = Event { id: event.id, ..Event::default() };
            continue;
        }
        let colon = line.iter().position(|it| *it == b':');
        let (name, value) = line.split_at(colon.unwrap_or(line.len()));
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"data" => {
                if std::mem::replace(&mut has_data, true) {
                    event.data.push(b'\n');
                }
                event.data.extend_from_slice(value);
            }
            b"event" => event.kind = value.to_vec(),
            b"id" => event.id = value.to_vec(),
            _ => {}
        }
    }
    events
}

/// Lines that end, without their ends: CRLF, LF or CR.
fn complete_lines(mut stream: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    while let Some(end) = stream.iter().position(|it| matches!(it, b'\r' | b'\n')) {
        lines.push(&stream[..end]);
        let length = if stream[end..].starts_with(b"\r\n") { 2 } else { 1 };
        stream = &stream[end + length..];
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standard_are_read_as_it_says() {
        let data = |stream: &str| -> Vec<String> {
            events(stream.as_bytes()).into_iter().map(|it| String::from_utf8(it.data).unwrap()).collect()
        };
        assert_eq!(data("data: YHOO\ndata: +2\ndata: 10\n\n"), ["YHOO\n+2\n10"]);
        assert_eq!(
            data(
                ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n"
            ),
            ["first event", "second event"]
        );
        assert_eq!(data("data\n\ndata\ndata\n\ndata:"), ["", "\n"]);
        assert_eq!(data("data:test\r\rdata: test\r\n\r\n"), ["test", "test"]);
    }
}
