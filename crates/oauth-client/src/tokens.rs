use oauth_types::UnixTime;

oauth_types::secret! {
    /// A third party's access token.
    pub struct AccessToken;
}

oauth_types::secret! {
    /// A third party's refresh token.
    pub struct RefreshToken;
}

oauth_types::secret! {
    /// A third party's ID token, kept as the hint of a later sign-out.
    pub struct IdToken;
}

/// What a third party's token endpoint gave (RFC 6749 section 5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThirdPartyTokens {
    /// The access token; it is a bearer token whatever the third party called it.
    pub access: AccessToken,
    /// The refresh token; `None` after a refresh means that the one before stays.
    pub refresh: Option<RefreshToken>,
    /// When the access token expires; `None` means that it lives until somebody revokes it.
    ///
    /// A third party that names no time but gives a refresh token is taken to mean an hour.
    pub expires_at: Option<UnixTime>,
    /// The scopes that were granted, by the names they were asked with; `None` means as asked
    /// (RFC 6749 section 5.1).
    pub scope: Option<Vec<String>>,
    /// The ID token of sign-in, or of a refresh that brought one.
    pub id_token: Option<IdToken>,
}
