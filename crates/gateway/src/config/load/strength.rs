/// How strong a secret must be, and where a stronger one comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strength {
    /// In bytes.
    pub(super) least: usize,
    remedy: &'static str,
}

/// A secret of our own that protects data: 256 bit.
pub(super) const OWN: Strength = Strength { least: 32, remedy: "make one with `openssl rand -base64 32`" };

/// A secret that somebody else chose: an authorization server, a third party or an upstream.
pub(super) const GIVEN: Strength =
    Strength { least: 16, remedy: "have a new one made where this one came from" };

/// Refuses a secret that is short, a placeholder, or one character again and again; never repeats it.
pub(super) fn check(secret: &str, Strength { least, remedy }: Strength) -> Result<(), String> {
    if secret.is_empty() {
        return Err(format!("the secret is empty: {remedy}"));
    }
    if secret.len() < least {
        return Err(format!("the secret has {} bytes and needs {least}: {remedy}", secret.len()));
    }
    let mut bytes = secret.bytes();
    let first = bytes.next();
    if bytes.all(|byte| Some(byte) == first) {
        return Err(format!("the secret is one character again and again: {remedy}"));
    }
    let lower = secret.to_ascii_lowercase();
    if PLACEHOLDERS.iter().any(|it| lower.contains(it)) {
        return Err(format!("the secret is a placeholder that everybody can read: {remedy}"));
    }
    Ok(())
}

/// What manuals, this one too, write where a secret goes.
const PLACEHOLDERS: [&str; 10] = [
    "changeme",
    "change-me",
    "change_me",
    "replace-me",
    "replace_me",
    "placeholder",
    "example",
    "your-secret",
    "your_secret",
    "0123456789abcdef0123456789abcdef",
];

#[cfg(test)]
mod tests {

    #[track_caller]
    fn check(secret: &str, expected: Option<&str>) {
        let outcome = super::check(secret, super::OWN).err();
        assert_eq!(outcome.is_some(), expected.is_some(), "{secret}: {outcome:?}");
        if let (Some(outcome), Some(expected)) = (outcome, expected) {
            assert!(outcome.contains(expected), "{secret}: {outcome}");
        }
    }

    #[test]
    fn o06_a_secret_is_long_and_nobody_could_guess_it() {
        check("kX9vQ2mLr7TzB4nWc8YpJ5sHd1FgUe3A", None);
        check("", Some("is empty"));
        check("kX9vQ2mLr7TzB4nWc8YpJ5sHd1FgUe3", Some("has 31 bytes and needs 32"));
        check("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", Some("one character"));
        check("ChangeMe-kX9vQ2mLr7TzB4nWc8YpJ5sHd1", Some("placeholder"));
        check("0123456789abcdef0123456789abcdef", Some("placeholder"));
    }

    #[test]
    fn nobody_is_told_to_make_what_another_server_gives() {
        let short = super::check("s3cret", super::GIVEN).unwrap_err();
        assert!(short.contains("6 bytes and needs 16") && !short.contains("openssl"), "{short}");
        assert_eq!(super::check("kX9vQ2mLr7TzB4nW", super::GIVEN), Ok(()));
    }
}
