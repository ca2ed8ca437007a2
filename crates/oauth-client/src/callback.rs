use std::fmt;

use url::form_urlencoded;

/// The query of a callback, as it came from the browser: nothing in it is to be trusted or shown.
#[derive(Clone, Default)]
pub struct CallbackParams {
    /// The authorization code (RFC 6749 section 4.1.2).
    pub code: Option<String>,
    /// What we sent as `state`, if the person really comes from there.
    pub state: Option<String>,
    /// Who says so (RFC 9207 section 2).
    pub iss: Option<String>,
    /// Why there is no code (RFC 6749 section 4.1.2.1).
    pub error: Option<String>,
    /// What the third party says about it; read, and never shown or logged.
    pub error_description: Option<String>,
}

/// A parameter that may come once came twice (RFC 6749 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the parameter `{0}` is repeated")]
pub struct RepeatedParameter(pub &'static str);

impl CallbackParams {
    /// Reads the query of a callback; other parameters are ignored (RFC 6749 section 4.1.2).
    ///
    /// # Errors
    /// [`RepeatedParameter`] when one of the five comes twice: two readers could see two different values.
    pub fn from_query(query: &str) -> Result<Self, RepeatedParameter> {
        let mut params = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let (name, field) = match name.as_ref() {
                "code" => ("code", &mut params.code),
                "state" => ("state", &mut params.state),
                "iss" => ("iss", &mut params.iss),
                "error" => ("error", &mut params.error),
                "error_description" => ("error_description", &mut params.error_description),
                _ => continue,
            };
            if field.replace(value.into_owned()).is_some() {
                return Err(RepeatedParameter(name));
            }
        }
        Ok(params)
    }
}

/// Names what is there, not what it says: a code is a secret and the rest is a stranger's text.
impl fmt::Debug for CallbackParams {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CallbackParams")
            .field("code", &self.code.is_some())
            .field("state", &self.state.is_some())
            .field("iss", &self.iss.is_some())
            .field("error", &self.error.is_some())
            .finish_non_exhaustive()
    }
}
