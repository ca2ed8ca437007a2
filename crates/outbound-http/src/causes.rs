use std::error::Error;

/// An error with everything below it, in one line: of a failed connection only what lies below says whether it was the
/// network or the certificate.
#[must_use]
pub fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Wrappers that are transparent repeat what is below them.
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::causes;

    #[derive(Debug, thiserror::Error)]
    #[error("outside")]
    struct Outer(#[source] io::Error);

    #[derive(Debug, thiserror::Error)]
    #[error(transparent)]
    struct Transparent(#[from] Outer);

    #[test]
    fn every_cause_is_named_once() {
        let outer = || Outer(io::Error::other("inside"));
        assert_eq!(causes(&outer()), "outside: inside");
        assert_eq!(causes(&Transparent(outer())), "outside: inside");
        assert_eq!(causes(&io::Error::other("alone")), "alone");
    }
}
