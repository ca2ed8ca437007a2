use super::*;

#[test]
fn i03_a_token_belongs_to_one_browser_and_one_form() {
    let token = CsrfToken::derive("browser", "transaction");
    assert!(token.is_answered_by(CsrfToken::derive("browser", "transaction").expose()));
    assert!(!token.is_answered_by(CsrfToken::derive("browser", "other transaction").expose()));
    assert!(!token.is_answered_by(CsrfToken::derive("other browser", "transaction").expose()));
    assert!(!token.is_answered_by(""));
    assert!(!token.is_answered_by(&token.expose()[1..]));
    assert!(!token.is_answered_by(&format!("{}A", token.expose())));
}
