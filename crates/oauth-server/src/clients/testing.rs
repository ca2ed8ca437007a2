//! What the tests about clients share.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::{ClientId, ManualClock, SeededEntropy, UnixTime};
use serde_json::{Map, Value};
use storage::{FaultyStore, MemoryStore};

use crate::*;

pub(crate) const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);
pub(crate) const ISSUER: &str = "https://mcp.example.com";

/// A store, a clock and the ports, in which everything stands still until a test moves it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) entropy: Arc<SeededEntropy>,
    pub(crate) grants: Arc<FakeGrants>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            store: Arc::new(FaultyStore::new(Arc::new(MemoryStore::new()))),
            clock: Arc::new(ManualClock::new(NOW)),
            entropy: Arc::new(SeededEntropy::new(7)),
            grants: Arc::default(),
        }
    }

    /// Nothing is known but what a test adds.
    pub(crate) fn sources(&self) -> ClientSources {
        ClientSources {
            issuer: ISSUER.parse().unwrap(),
            configured: Vec::new(),
            documents: None,
            registrations: None,
            store: self.store.clone(),
            assertions: Arc::new(FakeVerifier),
            clock: self.clock.clone(),
        }
    }

    pub(crate) async fn registrations(&self, settings: RegistrationSettings) -> Registrations {
        let (store, grants) = (self.store.clone(), self.grants.clone());
        Registrations::open(store, grants, self.clock.clone(), self.entropy.clone(), settings).await.unwrap()
    }
}

pub(crate) fn id(text: &str) -> ClientId {
    text.parse().unwrap()
}

/// Grants that a test declares.
#[derive(Debug, Default)]
pub(crate) struct FakeGrants {
    pub(crate) live: Mutex<HashSet<ClientId>>,
    pub(crate) is_down: AtomicBool,
}

impl FakeGrants {
    pub(crate) fn give(&self, client: &ClientId) {
        self.live.lock().unwrap().insert(client.clone());
    }

    fn check(&self) -> Result<(), TokenUnavailable> {
        if self.is_down.load(Ordering::SeqCst) {
            return Err(TokenUnavailable("as the test wants it".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl GrantPort for FakeGrants {
    async fn redeem(&self, _: &str, _: CodeCheck<'_>) -> Result<TokenGrant, TokenRefusal> {
        unreachable!("clients redeem nothing")
    }

    async fn refresh(&self, _: &str, _: RefreshCheck<'_>) -> Result<TokenGrant, TokenRefusal> {
        unreachable!("clients refresh nothing")
    }

    async fn revoke(&self, _: &str, _: &ClientId) -> Result<(), TokenRefusal> {
        unreachable!("clients revoke nothing")
    }

    async fn introspect(&self, _: &str) -> Result<Option<TokenFacts>, TokenUnavailable> {
        unreachable!("clients introspect nothing")
    }

    async fn has_grants(&self, client: &ClientId) -> Result<bool, TokenUnavailable> {
        self.check()?;
        Ok(self.live.lock().unwrap().contains(client))
    }

    async fn end_grants(&self, client: &ClientId) -> Result<(), TokenUnavailable> {
        self.check()?;
        self.live.lock().unwrap().remove(client);
        Ok(())
    }
}

/// Takes an assertion whose third part is `good`, whatever the keys are.
#[derive(Debug)]
pub(crate) struct FakeVerifier;

#[async_trait]
impl ClientAssertionVerifier for FakeVerifier {
    async fn verify(
        &self,
        assertion: &str,
        _: AssertionKeys<'_>,
    ) -> Result<Map<String, Value>, ClientAssertionError> {
        let parts: Vec<&str> = assertion.split('.').collect();
        match parts[2] {
            "good" => Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap()),
            "nokeys" => Err(ClientAssertionError::Keys("as the test wants it".into())),
            _ => Err(ClientAssertionError::Invalid("signature")),
        }
    }
}

/// An assertion with these claims, signed as the third part says.
pub(crate) fn assertion(claims: &Value, signature: &str) -> String {
    format!("e30.{}.{signature}", URL_SAFE_NO_PAD.encode(claims.to_string()))
}
