use std::{fmt, sync::Arc, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, Method};
use oauth_types::{Clock, JwkThumbprint, UnixTime};

use super::{
    DpopNonces, Noted, ProofId, ReplayStore,
    proof::{SignedProof, malformed, text_in},
    target, thumbprint,
};
use crate::{Algorithm, BearerToken, Reason, Refusal, refusal::quoted};

/// Checks DPoP proofs (RFC 9449 section 4.3).
///
/// Cloning is cheap, and clones remember the same proofs.
#[derive(Clone)]
pub struct DpopVerifier(Arc<Inner>);

struct Inner {
    settings: DpopSettings,
    nonces: DpopNonces,
    replay: Arc<dyn ReplayStore>,
    clock: Arc<dyn Clock>,
}

/// What is demanded of proofs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DpopSettings {
    /// The algorithms that a proof may be signed with; [`DpopSettings::ALGORITHMS`] by default.
    pub algorithms: Vec<Algorithm>,
    /// How far `iat` may be from now, before or after; 5 min by default.
    pub window: Duration,
    /// Whether a proof must hold a nonce of ours, so that none can be made beforehand; false by default.
    pub nonce: bool,
}

/// The request that a proof must be for.
#[derive(Clone, Copy, Debug)]
pub struct ProofRequest<'a> {
    /// The method of the request.
    pub method: &'a Method,
    /// Its address as the client knows it: the public one, whatever a proxy in front made of it.
    pub url: &'a str,
    /// The access token beside the proof; `None` where one is asked for.
    pub token: Option<&'a BearerToken<'a>>,
}

/// A proof that is for this request; whether it was used before is not known yet.
///
/// It has no public constructor.
#[derive(Debug)]
#[must_use = "a proof proves nothing until it is spent"]
pub struct VerifiedProof {
    key: JwkThumbprint,
    id: ProofId,
    until: UnixTime,
}

/// Proof that the sender of a request has the private key with this thumbprint.
///
/// It has no public constructor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProvenKey(JwkThumbprint);

impl DpopSettings {
    /// Those that clients use: one for each kind of key, and the newer one for RSA too.
    pub const ALGORITHMS: &'static [Algorithm] =
        &[Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa, Algorithm::Ps256, Algorithm::Rs256];

    /// The names of the algorithms as metadata list them (RFC 9728 section 2); `EdDSA` has two (RFC 9864).
    #[must_use]
    pub fn algorithm_names(&self) -> Vec<&'static str> {
        let names = |it: &Algorithm| match it {
            Algorithm::EdDsa => vec![it.as_str(), "Ed25519"],
            other => vec![other.as_str()],
        };
        self.algorithms.iter().flat_map(names).collect()
    }

    /// How long a proof may have to be remembered: from the earliest moment it is taken to the last.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        self.window.saturating_mul(2)
    }
}

impl Default for DpopSettings {
    fn default() -> Self {
        Self { algorithms: Self::ALGORITHMS.to_vec(), window: Duration::from_secs(5 * 60), nonce: false }
    }
}

impl DpopVerifier {
    /// A verifier with these parts.
    #[must_use]
    pub fn new(
        settings: DpopSettings,
        nonces: DpopNonces,
        replay: Arc<dyn ReplayStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(Inner { settings, nonces, replay, clock }))
    }

    /// The same verifier, which demands a nonce or not.
    #[must_use]
    pub fn demanding_nonce(&self, nonce: bool) -> Self {
        let Inner { settings, nonces, replay, clock } = self.0.as_ref();
        let settings = DpopSettings { nonce, ..settings.clone() };
        Self::new(settings, nonces.clone(), Arc::clone(replay), Arc::clone(clock))
    }

    /// What it demands.
    #[must_use]
    pub fn settings(&self) -> &DpopSettings {
        &self.0.settings
    }

    /// The nonce to give out now (`DPoP-Nonce`); `None` while none is demanded.
    #[must_use]
    pub fn nonce(&self) -> Option<String> {
        self.0.settings.nonce.then(|| self.0.nonces.at(self.0.clock.now()))
    }

    /// Checks that the one proof among `headers` is for `request`, and by whose key it is.
    ///
    /// # Errors
    /// A [`Refusal`] with the first reason found; the nonce comes last, so whoever is told to use one has a good proof
    /// otherwise.
    pub fn verify(&self, headers: &HeaderMap, request: ProofRequest<'_>) -> Result<VerifiedProof, Refusal> {
        let Inner { settings, nonces, clock, .. } = self.0.as_ref();
        let proof = SignedProof::read(text_in(headers)?, &settings.algorithms)?;
        if proof.text("htm") != Some(request.method.as_str()) {
            return Err(Reason::DpopProofMethod.into());
        }
        let target = check_target(&proof, request.url)?;
        let now = clock.now();
        let until = check_time(&proof, settings.window, now)?;
        if let Some(token) = request.token {
            check_token(&proof, token)?;
        }
        let jti = proof.jti()?;
        if settings.nonce && !proof.text("nonce").is_some_and(|it| nonces.accepts(it, now)) {
            return Err(Reason::DpopNonce.into());
        }
        let key = thumbprint::of(proof.key.material());
        Ok(VerifiedProof { key, id: ProofId::new(&key, &target, jti), until })
    }

    /// Uses a proof up, which can be done once.
    ///
    /// To be called when all else about the request is known to be good, so that strangers fill no memory.
    ///
    /// # Errors
    /// [`Reason::DpopProofReplayed`], or [`Reason::DpopMemoryFull`] when that cannot be told.
    pub fn spend(&self, proof: &VerifiedProof) -> Result<ProvenKey, Refusal> {
        match self.0.replay.note(proof.id, proof.until, self.0.clock.now()) {
            Noted::Fresh => Ok(ProvenKey(proof.key)),
            Noted::Replayed => Err(Reason::DpopProofReplayed.into()),
            Noted::Full => Err(Reason::DpopMemoryFull.into()),
        }
    }
}

impl VerifiedProof {
    /// The key that signed it.
    #[must_use]
    pub const fn thumbprint(&self) -> &JwkThumbprint {
        &self.key
    }
}

impl ProvenKey {
    /// Which key it is.
    #[must_use]
    pub const fn thumbprint(&self) -> &JwkThumbprint {
        &self.0
    }
}

impl fmt::Debug for DpopVerifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DpopVerifier").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

/// `htu` is the address of the request, in whatever spelling; query and fragment do not count.
fn check_target(proof: &SignedProof, url: &str) -> Result<String, Refusal> {
    let named = proof.text("htu").unwrap_or_default();
    match (target::normalized(named), target::normalized(url)) {
        (Some(named), Some(ours)) if named == ours => Ok(ours),
        _ => Err(Refusal::new(Reason::DpopProofTarget).with_detail(format!(
            "htu is {}, not {}",
            quoted(named),
            quoted(url)
        ))),
    }
}

/// `iat` is near now; gives the last moment at which it will be.
fn check_time(proof: &SignedProof, window: Duration, now: UnixTime) -> Result<UnixTime, Refusal> {
    let issued_at = proof.issued_at()?;
    let until = issued_at + window;
    if now > until || issued_at > now + window {
        let (apart, side) = if now > until {
            (now.saturating_since(issued_at), "behind")
        } else {
            (issued_at.saturating_since(now), "ahead")
        };
        let detail = format!("iat is {} s {side}", apart.as_secs());
        return Err(Refusal::new(Reason::DpopProofTime).with_detail(detail));
    }
    Ok(until)
}

/// `ath` is the digest of the token.
fn check_token(proof: &SignedProof, token: &BearerToken<'_>) -> Result<(), Refusal> {
    let expected = URL_SAFE_NO_PAD.encode(digest(&SHA256, token.expose().as_bytes()));
    match proof.text("ath") {
        Some(hash) if hash == expected => Ok(()),
        Some(_) => Err(Reason::DpopProofToken.into()),
        None => Err(malformed("ath")),
    }
}
