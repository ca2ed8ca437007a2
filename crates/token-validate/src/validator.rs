use std::{fmt, sync::Arc};

use oauth_types::{Clock, UnixTime};
use outbound_http::HttpClient;
use tokio_util::sync::CancellationToken;

use crate::{
    BearerToken, DpopVerifier, IssuerPolicy, IssuerStatus, KeyRefresher, KeySource, MAX_TOKEN_BYTES, Reason,
    Refusal, ResourcePolicy, ValidatedToken, ValidatorSettings, VerifiedProof,
    check::{Sender, check_claims, check_purpose, check_token_type, granted_scope},
    introspection::Introspector,
    jwt::{UnverifiedJwt, looks_like_jwt, missing, unverified_issuer},
    keys::KeyStore,
    refusal::quoted,
    verified_cache::{TokenDigest, Verified, VerifiedCache},
};

/// Decides whether bearer tokens are good for protected resources.
///
/// Cloning is cheap, and clones share what they know.
#[derive(Clone)]
pub struct Validator(Arc<Shared>);

struct Shared {
    issuers: Vec<Arc<IssuerState>>,
    settings: ValidatorSettings,
    clock: Arc<dyn Clock>,
    verified: VerifiedCache,
}

/// By which key a signature was found good.
struct Signed {
    /// The generation of the issuer's keys.
    generation: u64,
    key_withdrawn: CancellationToken,
    /// Whether the key had to be waited for.
    has_waited: bool,
}

/// One issuer with all that belongs to it alone.
pub(crate) struct IssuerState {
    pub(crate) policy: IssuerPolicy,
    pub(crate) keys: Arc<KeyStore>,
    pub(crate) introspector: Option<Introspector>,
}

impl Validator {
    /// A validator for tokens of `issuers`, and the refresher to spawn, which fetches their keys.
    ///
    /// Of two policies for the same issuer the first one counts.
    pub fn new(
        issuers: Vec<IssuerPolicy>,
        settings: ValidatorSettings,
        http: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
    ) -> (Self, KeyRefresher) {
        Self::build(None, issuers, settings, http, clock)
    }

    /// Like [`Validator::new`], after a change of configuration: an issuer whose key source is the same keeps the
    /// keys that `previous` has fetched.
    ///
    /// Verified tokens are not taken over, since another policy may refuse them.
    /// The refresher of `previous` should be dropped.
    pub fn new_inheriting(
        previous: &Self,
        issuers: Vec<IssuerPolicy>,
        settings: ValidatorSettings,
        http: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
    ) -> (Self, KeyRefresher) {
        Self::build(Some(previous), issuers, settings, http, clock)
    }

    fn build(
        previous: Option<&Self>,
        issuers: Vec<IssuerPolicy>,
        settings: ValidatorSettings,
        http: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
    ) -> (Self, KeyRefresher) {
        let issuers: Vec<_> = issuers
            .into_iter()
            .map(|policy| {
                let before = previous.and_then(|it| it.issuer(policy.issuer.as_str()));
                let keys = KeyStore::new(&policy, settings.stale_limit, before.map(|it| it.keys.as_ref()));
                let keys = Arc::new(keys);
                let introspector = policy.introspection.clone().map(|it| {
                    Introspector::new(it, keys.clone(), http.clone(), clock.clone(), settings.cache_entries)
                });
                Arc::new(IssuerState { policy, keys, introspector })
            })
            .collect();
        let stores = issuers.iter().map(|it| it.keys.clone()).collect();
        let refresher = KeyRefresher::new(stores, http, clock.clone(), settings.entropy.clone());
        let verified = VerifiedCache::new(settings.cache_entries);
        (Self(Arc::new(Shared { issuers, settings, clock, verified })), refresher)
    }

    /// Decides whether `token` is good for `resource` now; the order of all checks is to be read here and in
    /// `verify`.
    ///
    /// May wait some seconds for keys that are being fetched, and for an introspection answer.
    /// Cancelling it is safe.
    ///
    /// What a remembered token does not need is boxed: every request would carry its size around.
    ///
    /// # Errors
    /// A [`Refusal`] with the first reason found.
    pub async fn validate(
        &self,
        token: &BearerToken<'_>,
        resource: &ResourcePolicy,
    ) -> Result<ValidatedToken, Refusal> {
        self.validate_from(Sender::Bearer, token, resource).await
    }

    /// Decides whether `token`, which came with `proof`, is good for `resource` now, and uses the proof up if it is.
    ///
    /// All that [`Validator::validate`] says holds here too, and the token must be bound to the key of the proof
    /// (RFC 9449 section 7.1).
    ///
    /// # Errors
    /// A [`Refusal`] with the first reason found.
    pub async fn validate_with_proof(
        &self,
        token: &BearerToken<'_>,
        resource: &ResourcePolicy,
        verifier: &DpopVerifier,
        proof: VerifiedProof,
    ) -> Result<ValidatedToken, Refusal> {
        let validated = self.validate_from(Sender::Key(proof.thumbprint()), token, resource).await?;
        verifier.spend(&proof)?;
        Ok(validated)
    }

    async fn validate_from(
        &self,
        sender: Sender<'_>,
        token: &BearerToken<'_>,
        resource: &ResourcePolicy,
    ) -> Result<ValidatedToken, Refusal> {
        let text = token.expose();
        if text.len() > MAX_TOKEN_BYTES {
            return Err(Reason::TokenTooLarge.into());
        }
        let digest = TokenDigest::of(text);
        let now = self.0.clock.now();
        let verified = if let Some(verified) = self.remembered(&digest, now) {
            accept_issuer(&verified.issuer, resource)?;
            let policy = &verified.issuer.policy;
            check_claims(verified.token.claims(), policy, resource, &self.0.settings, (sender, now))?;
            verified
        } else if self.is_opaque(text, resource) {
            return Box::pin(self.introspect_opaque(sender, token, digest, resource)).await;
        } else {
            let verified = Box::pin(self.verify(sender, text, resource)).await?;
            self.0.verified.insert(digest, verified.clone());
            verified
        };
        if let Some(introspector) = verified.issuer.introspector.as_ref().filter(|it| it.applies_to_every()) {
            let policy = &verified.issuer.policy;
            let answer = Box::pin(introspector.ask(token, digest, policy)).await?;
            // Asking takes time, in which a token may end.
            let now = self.0.clock.now();
            check_claims(verified.token.claims(), policy, resource, &self.0.settings, (sender, now))?;
            answer.confirms(&verified.token, policy, resource, &self.0.settings, (sender, now))?;
        }
        Ok(verified.token)
    }

    /// How each issuer is doing. Ready to serve means that every [`IssuerStatus::ready`] is true.
    #[must_use]
    pub fn status(&self) -> Vec<IssuerStatus> {
        let now = self.0.clock.now();
        self.0.issuers.iter().map(|it| it.keys.status(now)).collect()
    }

    /// A token that was verified with the keys that its issuer has now.
    fn remembered(&self, digest: &TokenDigest, now: UnixTime) -> Option<Verified> {
        let verified = self.0.verified.get(digest)?;
        let current = verified.issuer.keys.current(now);
        if current.is_some_and(|it| it.number == verified.generation) {
            return Some(verified);
        }
        self.0.verified.remove(digest);
        None
    }

    /// All checks of a JWT, the cheap ones first: a refusal needs no proof, and the signature is dear.
    async fn verify(
        &self,
        sender: Sender<'_>,
        text: &str,
        resource: &ResourcePolicy,
    ) -> Result<Verified, Refusal> {
        let jwt = UnverifiedJwt::read(text)?;
        let issuer = jwt.claims.issuer.as_deref().ok_or_else(|| missing("iss"))?;
        let issuer = self.issuer(issuer).ok_or_else(|| {
            Refusal::new(Reason::IssuerUnknown).with_detail(format!("iss is {}", quoted(issuer)))
        })?;
        accept_issuer(issuer, resource)?;
        let policy = &issuer.policy;
        if !policy.algorithms.contains(&jwt.header.algorithm) {
            return Err(Refusal::new(Reason::AlgorithmNotAllowed).with_detail(jwt.header.algorithm.as_str()));
        }
        if jwt.claims.issued_at.is_none() {
            return Err(missing("iat"));
        }
        check_claims(&jwt.claims, policy, resource, &self.0.settings, (sender, self.0.clock.now()))?;
        check_token_type(jwt.header.token_type.as_deref(), policy.token_type)?;
        check_purpose(Some(&jwt.header), &jwt.claims.all)?;
        let scope = granted_scope(&jwt.claims, policy)?;
        let signed = self.check_signature(&jwt, issuer).await?;
        if signed.has_waited {
            check_claims(&jwt.claims, policy, resource, &self.0.settings, (sender, self.0.clock.now()))?;
        }
        Ok(Verified {
            issuer: issuer.clone(),
            generation: signed.generation,
            token: ValidatedToken::proven(policy, jwt.claims, scope, Some(signed.key_withdrawn)),
        })
    }

    /// The signature is by a key of the issuer.
    ///
    /// An unknown key is looked for once more after a fetch, if one is due or under way.
    async fn check_signature(
        &self,
        jwt: &UnverifiedJwt<'_>,
        issuer: &IssuerState,
    ) -> Result<Signed, Refusal> {
        match self.try_signature(jwt, issuer) {
            Err(Reason::KeyUnknown | Reason::KeysUnavailable) if issuer.keys.fetches_keys() => {
                issuer.keys.progress.ring_and_wait(self.0.clock.now()).await;
                self.try_signature(jwt, issuer).map(|it| Signed { has_waited: true, ..it })
            }
            outcome => outcome,
        }
        .map_err(|reason| {
            let key_id =
                jwt.header.key_id.as_deref().map_or("no kid".to_owned(), |it| format!("kid {}", quoted(it)));
            Refusal::new(reason).with_detail(format!("{key_id} of {}", issuer.policy.issuer))
        })
    }

    fn try_signature(&self, jwt: &UnverifiedJwt<'_>, issuer: &IssuerState) -> Result<Signed, Reason> {
        let current = issuer.keys.current(self.0.clock.now()).ok_or(Reason::KeysUnavailable)?;
        let key = current.select(jwt.header.algorithm, jwt.header.key_id.as_deref())?;
        if !key.verifies(jwt.header.algorithm, jwt.message, jwt.signature) {
            return Err(Reason::SignatureInvalid);
        }
        Ok(Signed { generation: current.number, key_withdrawn: key.withdrawn().clone(), has_waited: false })
    }

    async fn introspect_opaque(
        &self,
        sender: Sender<'_>,
        token: &BearerToken<'_>,
        digest: TokenDigest,
        resource: &ResourcePolicy,
    ) -> Result<ValidatedToken, Refusal> {
        let (issuer, introspector) = self.whom_to_ask(token.expose(), resource)?;
        let answer = introspector.ask(token, digest, &issuer.policy).await?;
        answer.token(&issuer.policy, resource, &self.0.settings, (sender, self.0.clock.now()))
    }

    /// Whether only the issuer can tell what `text` is: it is no JWT, or one of an issuer without keys.
    fn is_opaque(&self, text: &str, resource: &ResourcePolicy) -> bool {
        if !looks_like_jwt(text) {
            return true;
        }
        if !self.0.issuers.iter().any(|it| it.is_introspection_only()) {
            return false;
        }
        if let Some(name) = unverified_issuer(text) {
            return self.issuer(&name).is_some_and(|it| it.is_introspection_only());
        }
        let mut accepted = self.0.issuers.iter().filter(|it| resource.accepts(&it.policy.issuer));
        accepted.all(|it| it.is_introspection_only())
    }

    /// The one issuer to show an opaque token to: the one it names, or else the only one of the resource that is
    /// asked about tokens. A token must not be shown to a stranger.
    fn whom_to_ask(
        &self,
        text: &str,
        resource: &ResourcePolicy,
    ) -> Result<(&Arc<IssuerState>, &Introspector), Refusal> {
        let named = Some(text).filter(|it| looks_like_jwt(it)).and_then(unverified_issuer);
        let mut asked = self
            .0
            .issuers
            .iter()
            .filter(|it| resource.accepts(&it.policy.issuer))
            .filter(|it| named.as_ref().is_none_or(|name| name == it.policy.issuer.as_str()))
            .filter_map(|it| it.introspector.as_ref().map(|introspector| (it, introspector)));
        let found = asked.next().ok_or(Reason::TokenNotJwt)?;
        if asked.next().is_some() {
            return Err(Reason::IntrospectionAmbiguous.into());
        }
        Ok(found)
    }

    fn issuer(&self, name: &str) -> Option<&Arc<IssuerState>> {
        self.0.issuers.iter().find(|it| it.policy.issuer.as_str() == name)
    }
}

impl IssuerState {
    fn is_introspection_only(&self) -> bool {
        self.policy.keys == KeySource::None && self.introspector.is_some()
    }
}

impl fmt::Debug for Validator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuers: Vec<_> = self.0.issuers.iter().map(|it| it.policy.issuer.as_str()).collect();
        formatter.debug_struct("Validator").field("issuers", &issuers).finish_non_exhaustive()
    }
}

fn accept_issuer(issuer: &IssuerState, resource: &ResourcePolicy) -> Result<(), Refusal> {
    if resource.accepts(&issuer.policy.issuer) {
        return Ok(());
    }
    Err(Refusal::new(Reason::IssuerUnknown).with_detail("the issuer is not one of this resource"))
}

#[cfg(test)]
mod tests;
