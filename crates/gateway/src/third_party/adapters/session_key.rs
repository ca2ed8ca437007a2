use session_binding::ThirdPartySessionId;
use token_manager::SessionKey;

/// The session as grants and third-party tokens name it.
#[expect(clippy::expect_used, reason = "an id has 80 bytes, which are 107 characters of base64url")]
pub(crate) fn session_key(id: &ThirdPartySessionId) -> SessionKey {
    SessionKey::new(id.to_string()).expect("an id fits into a key")
}

/// The session that a grant rests on; `None` if the key is not one of [`session_key`].
pub(crate) fn session_id(key: &SessionKey) -> Option<ThirdPartySessionId> {
    std::str::from_utf8(key.as_bytes()).ok()?.parse().ok()
}
