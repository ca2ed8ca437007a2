use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::{CodeVerifier, Entropy, ProviderId};
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

oauth_types::secret! {
    /// The `state` of one sign-in: 256 random bits, which say nothing (RFC 6749 section 10.12).
    pub struct State;
}

oauth_types::secret! {
    /// The `nonce` of one sign-in: 256 random bits (OpenID Connect Core section 15.5.2).
    pub struct Nonce;
}

/// What the caller keeps between sending a person away and seeing them come back.
///
/// Used once: [`Provider::finish`](crate::Provider::finish) takes it by value, so the caller takes it out of its
/// store first.
///
/// ```compile_fail,E0382
/// fn finish_twice(secrets: oauth_client::StateSecrets) {
///     drop(secrets);
///     drop(secrets);
/// }
/// ```
///
/// It must be stored sealed, and found again by [`StateSecrets::state`] together with a cookie of that browser.
pub struct StateSecrets {
    pub(crate) provider: ProviderId,
    pub(crate) callback: Url,
    pub(crate) settings: [u8; 32],
    pub(crate) state: State,
    pub(crate) nonce: Nonce,
    pub(crate) verifier: CodeVerifier,
}

/// Bytes that [`StateSecrets::to_bytes`] did not make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("are not the secrets of a sign-in")]
pub struct InvalidStateSecrets;

impl StateSecrets {
    pub(crate) fn draw(
        provider: &ProviderId,
        callback: &Url,
        entropy: &dyn Entropy,
        settings: impl FnOnce(&State) -> [u8; 32],
    ) -> Self {
        let state = State::new(random_text(entropy));
        Self {
            provider: provider.clone(),
            callback: callback.clone(),
            settings: settings(&state),
            state,
            nonce: Nonce::new(random_text(entropy)),
            verifier: CodeVerifier::new(random_text(entropy)),
        }
    }

    /// The `state` parameter that the third party will send back.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The third party that the person was sent to.
    #[must_use]
    pub const fn provider(&self) -> &ProviderId {
        &self.provider
    }

    /// Everything as bytes, to be sealed and stored; whoever reads them can finish the sign-in.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let stored = Stored {
            provider: self.provider.clone(),
            callback: self.callback.clone(),
            settings: URL_SAFE_NO_PAD.encode(self.settings),
            state: self.state.expose().to_owned(),
            nonce: self.nonce.expose().to_owned(),
            verifier: self.verifier.expose().to_owned(),
        };
        // Text and URLs always have a JSON form.
        Zeroizing::new(serde_json::to_vec(&stored).unwrap_or_default())
    }

    /// Reads what [`StateSecrets::to_bytes`] wrote, after it was opened.
    ///
    /// # Errors
    /// [`InvalidStateSecrets`] for any other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidStateSecrets> {
        let stored: Stored = serde_json::from_slice(bytes).map_err(|_| InvalidStateSecrets)?;
        let settings = URL_SAFE_NO_PAD.decode(&stored.settings).map_err(|_| InvalidStateSecrets)?;
        Ok(Self {
            provider: stored.provider.clone(),
            callback: stored.callback.clone(),
            settings: settings.try_into().map_err(|_| InvalidStateSecrets)?,
            state: State::new(stored.state.clone()),
            nonce: Nonce::new(stored.nonce.clone()),
            verifier: stored.verifier.parse().map_err(|_| InvalidStateSecrets)?,
        })
    }
}

impl fmt::Debug for StateSecrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StateSecrets").field("provider", &self.provider).finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    provider: ProviderId,
    callback: Url,
    settings: String,
    state: String,
    nonce: String,
    verifier: String,
}

impl Drop for Stored {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.state.zeroize();
        self.nonce.zeroize();
        self.verifier.zeroize();
    }
}

/// 256 random bits as 43 characters, the form that a code verifier must have (RFC 7636 section 4.1).
fn random_text(entropy: &dyn Entropy) -> String {
    let mut bytes = Zeroizing::new([0; 32]);
    entropy.fill(bytes.as_mut());
    URL_SAFE_NO_PAD.encode(bytes.as_ref())
}
