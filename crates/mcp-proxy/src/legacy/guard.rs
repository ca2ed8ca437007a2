/// Sees to it that a stream names an endpoint once only: clients would follow a second one wherever it leads.
///
/// It knows the place in the current line, and keeps none of the bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EndpointGuard {
    line: Line,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Line {
    /// So many bytes of `event:` were read, and nothing else.
    Field(usize),
    /// `event:` was read.
    Space,
    /// So many bytes of `endpoint` were read behind it.
    Value(usize),
    /// Another line.
    Other,
    #[default]
    Start,
}

impl EndpointGuard {
    /// Whether `bytes`, which follow those before, complete no line that makes an event an `endpoint`.
    ///
    /// An event takes effect with the empty line behind it, so what was let pass before does no harm.
    pub(crate) fn lets_pass(&mut self, bytes: &[u8]) -> bool {
        bytes.iter().all(|byte| {
            let is_end = matches!(byte, b'\r' | b'\n');
            let names_endpoint = is_end && self.line == Line::Value(VALUE.len());
            self.line = if is_end { Line::Start } else { self.line.then(*byte) };
            !names_endpoint
        })
    }
}

impl Line {
    fn then(self, byte: u8) -> Self {
        match self {
            Self::Start => Self::Field(0).then(byte),
            Self::Field(at) if FIELD.get(at) == Some(&byte) => {
                if at + 1 == FIELD.len() {
                    Self::Space
                } else {
                    Self::Field(at + 1)
                }
            }
            // One blank is no part of the value.
            Self::Space if byte == b' ' => Self::Value(0),
            Self::Space => Self::Value(0).then(byte),
            Self::Value(at) if VALUE.get(at) == Some(&byte) => Self::Value(at + 1),
            Self::Field(_) | Self::Value(_) | Self::Other => Self::Other,
        }
    }
}

const FIELD: &[u8] = b"event:";
const VALUE: &[u8] = b"endpoint";

#[cfg(test)]
mod tests {
    use super::*;

    /// In one piece and byte by byte.
    #[track_caller]
    fn check(text: &str, passes: bool) {
        assert_eq!(EndpointGuard::default().lets_pass(text.as_bytes()), passes, "{text:?}");
        let mut guard = EndpointGuard::default();
        assert_eq!(text.bytes().all(|byte| guard.lets_pass(&[byte])), passes, "{text:?} byte by byte");
    }

    #[test]
    fn e28_a_second_endpoint_is_seen_in_whichever_pieces_it_comes() {
        check("event: message\ndata: event: endpoint\n\n", true);
        check("event: endpoints\n\nevent:  endpoint\n\nevents: endpoint\n\n", true);
        check(": event: endpoint\ndata: endpoint\n\n", true);
        check("event: endpoint", true);
        for end in ["\n", "\r", "\r\n"] {
            check(&format!("data: 1{end}{end}event: endpoint{end}"), false);
            check(&format!("event:endpoint{end}data: //evil.example{end}{end}"), false);
        }
    }
}
