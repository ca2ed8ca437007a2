use oauth_types::AuthorizeErrorCode;

use crate::parameters::InvalidParameter;

/// Why the client, which is right as far as it goes, gets an error at its redirect URI.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused {
    pub(super) code: AuthorizeErrorCode,
    pub(super) description: &'static str,
}

impl Refused {
    pub(super) const fn new(code: AuthorizeErrorCode, description: &'static str) -> Self {
        Self { code, description }
    }

    pub(super) const fn invalid_request(description: &'static str) -> Self {
        Self::new(AuthorizeErrorCode::InvalidRequest, description)
    }
}

impl From<InvalidParameter> for Refused {
    fn from(error: InvalidParameter) -> Self {
        Self::invalid_request(match error {
            InvalidParameter::Repeated => "a parameter is given more than once",
            InvalidParameter::NotText => "a parameter is not valid UTF-8",
        })
    }
}
