/// Least length of a secret that protects data: 256 bit.
pub(super) const KEY_BYTES: usize = 32;

/// Least length of a client secret, which the authorization server chose.
pub(super) const CLIENT_SECRET_BYTES: usize = 16;

/// Refuses a secret that is short, a placeholder, or one character again and again; never repeats it.
pub(super) fn check(secret: &str, least: usize) -> Result<(), String> {
    let generate = "make one with `openssl rand -base64 32`";
    if secret.is_empty() {
        return Err(format!("the secret is empty: {generate}"));
    }
    if secret.len() < least {
        return Err(format!("the secret has {} bytes and needs {least}: {generate}", secret.len()));
    }
    let mut bytes = secret.bytes();
    let first = bytes.next();
    if bytes.all(|byte| Some(byte) == first) {
        return Err(format!("the secret is one character again and again: {generate}"));
    }
    let lower = secret.to_ascii_lowercase();
    if PLACEHOLDERS.iter().any(|it| lower.contains(it)) {
        return Err(format!("the secret is a placeholder that everybody can read: {generate}"));
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
        let outcome = super::check(secret, 32).err();
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
}
