use std::borrow::Cow;

use http::HeaderMap;

use super::{ClientAuthError, ClientAuthRefusal as Refusal, assertion, basic};

oauth_types::secret! {
    /// A secret as a client presented it.
    pub(crate) struct ClientSecret;
}

/// What a request presents to prove who sent it: one `client_id`, and by one method at most a proof.
///
/// Not proven by anything; [`Clients::authenticate`](crate::Clients::authenticate) does that.
#[derive(Debug)]
pub struct ClientCredentials<'a> {
    /// The readings of the `client_id`, the likeliest first.
    ids: Vec<Cow<'a, str>>,
    proof: Presented<'a>,
    uses_basic: bool,
}

/// The proof itself.
#[derive(Debug)]
pub(super) enum Presented<'a> {
    Nothing,
    /// The readings of the secret.
    Secret(Vec<ClientSecret>),
    Assertion(&'a str),
}

impl<'a> ClientCredentials<'a> {
    /// Reads the `Authorization` header and the parameters `client_id`, `client_secret`, `client_assertion_type` and
    /// `client_assertion` of the form, which `field` looks up; none of them may be there twice.
    ///
    /// An empty parameter counts as absent, and so does an empty Basic password.
    ///
    /// # Errors
    /// [`ClientAuthError::Refused`] if nothing is there, it cannot be read, or more than one method is used.
    pub fn read(
        headers: &HeaderMap,
        field: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<Self, ClientAuthError> {
        let filled = |name| field(name).filter(|it| !it.is_empty());
        let id = filled("client_id");
        let basic =
            basic::read(headers).map_err(|basic::Malformed| refused(Refusal::MalformedBasic, true))?;
        let assertion = filled("client_assertion");
        let secret = filled("client_secret");
        match (basic, secret, assertion) {
            (Some(basic), None, None) => Self::basic(basic, id),
            (None, Some(secret), None) => {
                let secret = Presented::Secret(vec![ClientSecret::new(secret.to_owned())]);
                Self::body(id.map(Cow::Borrowed), secret)
            }
            (None, None, Some(text)) => Self::assertion(id, text, filled("client_assertion_type")),
            (None, None, None) => Self::body(id.map(Cow::Borrowed), Presented::Nothing),
            (basic, _, _) => Err(refused(Refusal::TwoMethods, basic.is_some())),
        }
    }

    fn basic(basic: basic::Basic, id: Option<&'a str>) -> Result<Self, ClientAuthError> {
        let ids: Vec<Cow<'a, str>> = readings(&basic.id).into_iter().map(Cow::Owned).collect();
        // Some clients name themselves in the body as well, which is no second method.
        if id.is_some_and(|id| !ids.iter().any(|it| it == id)) {
            return Err(refused(Refusal::TwoMethods, true));
        }
        let proof = match basic.secret.expose() {
            "" => Presented::Nothing,
            secret => Presented::Secret(readings(secret).into_iter().map(ClientSecret::new).collect()),
        };
        Ok(Self { ids, proof, uses_basic: true })
    }

    fn assertion(id: Option<&'a str>, text: &'a str, kind: Option<&str>) -> Result<Self, ClientAuthError> {
        if kind != Some(assertion::TYPE) {
            return Err(refused(Refusal::MalformedAssertion, false));
        }
        let subject =
            assertion::unverified_subject(text).ok_or(refused(Refusal::MalformedAssertion, false))?;
        if id.is_some_and(|id| id != subject) {
            return Err(refused(Refusal::TwoMethods, false));
        }
        Self::body(Some(Cow::Owned(subject)), Presented::Assertion(text))
    }

    fn body(id: Option<Cow<'a, str>>, proof: Presented<'a>) -> Result<Self, ClientAuthError> {
        let id = id.ok_or(refused(Refusal::NoClientId, false))?;
        Ok(Self { ids: vec![id], proof, uses_basic: false })
    }

    /// Whether HTTP Basic is used.
    #[must_use]
    pub const fn uses_basic(&self) -> bool {
        self.uses_basic
    }

    pub(super) fn client_ids(&self) -> impl Iterator<Item = &str> {
        self.ids.iter().map(AsRef::as_ref)
    }

    pub(super) const fn proof(&self) -> &Presented<'a> {
        &self.proof
    }
}

/// What a Basic value can mean: what it says when decoded, and what it says as it is.
fn readings(text: &str) -> Vec<String> {
    basic::form_decoded(text).into_iter().chain([text.to_owned()]).collect()
}

const fn refused(refusal: Refusal, uses_basic: bool) -> ClientAuthError {
    ClientAuthError::Refused { refusal, uses_basic }
}
