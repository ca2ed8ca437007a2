use url::Url;

use super::{Provider, SignIn};
use crate::{
    CallbackParams, Known, SignInError, State, StateSecrets, Temporary, ThirdPartyTokens, WireCode,
    discovery::Endpoints,
    token::{TokenFailure, scopes},
};

/// The longest code that is sent on.
const MAX_CODE: usize = 4096;

impl Provider {
    /// Finishes the sign-in of `secrets` at `callback`, with what the browser brought.
    ///
    /// The caller has taken `secrets` out of its store, so that nobody can finish the same sign-in again, and has
    /// seen that they belong to this browser.
    /// At most four requests follow each other; the caller bounds their time together.
    ///
    /// # Errors
    /// [`SignInError`]; nothing is exchanged before `state` and `iss` are right.
    pub async fn finish(
        &self,
        secrets: StateSecrets,
        callback: &Url,
        params: CallbackParams,
    ) -> Result<SignIn, SignInError> {
        self.check_binding(&secrets, callback, &params)?;
        let endpoints = self.endpoints().await.map_err(SignInError::Temporary)?;
        check_issuer(&endpoints, params.iss.as_deref())?;
        let code = code_of(params)?;
        let tokens = self.exchange(&endpoints, code, &secrets).await.map_err(sign_in_error)?;
        let known = self.identify(&endpoints, &tokens, &secrets.nonce).await?;
        Ok(self.signed_in(&endpoints, known, tokens))
    }

    fn check_binding(
        &self,
        secrets: &StateSecrets,
        callback: &Url,
        params: &CallbackParams,
    ) -> Result<(), SignInError> {
        if secrets.provider != self.settings.id {
            return Err(SignInError::OtherProvider);
        }
        if secrets.callback != *callback {
            return Err(SignInError::OtherCallback);
        }
        let state = params.state.clone().map(State::new);
        if state.as_ref() != Some(&secrets.state) {
            return Err(SignInError::State);
        }
        if secrets.settings != self.settings_digest(&secrets.state) {
            return Err(SignInError::SettingsChanged);
        }
        Ok(())
    }

    fn signed_in(&self, endpoints: &Endpoints, known: Known, tokens: ThirdPartyTokens) -> SignIn {
        let wanted = scopes::wanted(&self.settings, &self.preset, endpoints);
        let granted = tokens.scope.as_deref().unwrap_or(&wanted);
        let without = |left: &[String], right: &[String]| {
            left.iter().filter(|it| !right.contains(it)).cloned().collect::<Vec<_>>()
        };
        let missing_scopes = without(&wanted, granted);
        let unasked_scopes = without(granted, &wanted);
        if !missing_scopes.is_empty() || !unasked_scopes.is_empty() {
            tracing::debug!(
                provider = %self.settings.id,
                missing = missing_scopes.len(),
                unasked = unasked_scopes.len(),
                "the third party granted other scopes than asked for"
            );
        }
        let sid = self.sid_of(endpoints, &tokens);
        SignIn { identity: known.identity(), known, tokens, sid, missing_scopes, unasked_scopes }
    }
}

/// `iss` must be there when the metadata promises it, and right whenever it is there (RFC 9207 section 2.4).
///
/// A third party without an issuer has its own callback as the defence against mix-up.
fn check_issuer(endpoints: &Endpoints, iss: Option<&str>) -> Result<(), SignInError> {
    match (&endpoints.issuer, iss) {
        (Some(_), None) if endpoints.iss_required => Err(SignInError::Issuer),
        (Some(issuer), Some(iss)) if !issuer.is_named_by(iss) => Err(SignInError::Issuer),
        _ => Ok(()),
    }
}

fn code_of(params: CallbackParams) -> Result<String, SignInError> {
    if let Some(error) = params.error {
        return Err(SignInError::Denied(WireCode::of(&error)));
    }
    params.code.filter(|it| (1..=MAX_CODE).contains(&it.len())).ok_or(SignInError::CodeMissing)
}

fn sign_in_error(failure: TokenFailure) -> SignInError {
    match failure {
        TokenFailure::Grant(code) => SignInError::CodeRefused(code),
        TokenFailure::Nonsense(what) => SignInError::BadAnswer(what),
        // GitHub's word for a bad code, and whatever others say of it.
        TokenFailure::Temporary(Temporary::Refused { code, .. }) if is_about_code(&code) => {
            SignInError::CodeRefused(code)
        }
        TokenFailure::Temporary(error) => SignInError::Temporary(error),
    }
}

fn is_about_code(code: &WireCode) -> bool {
    matches!(
        code.as_str(),
        "bad_verification_code" | "invalid_code" | "code_already_used" | "bad_code_verifier"
    )
}
