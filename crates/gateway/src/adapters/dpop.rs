//! Proofs of tokens that are bound to a key.

use std::sync::Arc;

use aws_lc_rs::hmac;
use oauth_types::{Clock, Entropy};
use token_validate::{DpopNonces, DpopSettings, DpopVerifier, MemoryReplayStore};

/// What outlives a configuration: which proofs were used, and the key of nonces.
#[derive(Debug)]
pub(crate) struct DpopMemory {
    replay: Arc<MemoryReplayStore>,
    nonces: DpopNonces,
}

impl DpopMemory {
    /// Nothing was used yet.
    pub(crate) fn new(entropy: &dyn Entropy) -> Self {
        let lifetime = DpopSettings::default().lifetime();
        Self {
            replay: Arc::new(MemoryReplayStore::new(MOST_PROOFS, lifetime)),
            nonces: DpopNonces::random(entropy),
        }
    }

    /// A verifier of proofs, which demands a nonce or not.
    ///
    /// Processes that share `key` take each other's nonces.
    pub(crate) fn verifier(&self, key: Option<&str>, nonce: bool, clock: Arc<dyn Clock>) -> DpopVerifier {
        let nonces = key.map_or_else(|| self.nonces.clone(), shared_nonces);
        let settings = DpopSettings { nonce, ..DpopSettings::default() };
        DpopVerifier::new(settings, nonces, Arc::<MemoryReplayStore>::clone(&self.replay), clock)
    }
}

fn shared_nonces(key: &str) -> DpopNonces {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), b"DPoP nonces");
    let mut derived = [0; 32];
    derived.copy_from_slice(tag.as_ref());
    DpopNonces::new(&derived)
}

/// Proofs that are remembered at once: for 10 to 20 minutes, with some 50 MB when all are taken.
const MOST_PROOFS: usize = 1_000_000;

#[cfg(test)]
mod tests {
    use oauth_types::{ManualClock, SeededEntropy, UnixTime};

    use super::*;

    #[test]
    fn processes_with_one_key_take_each_others_nonces() {
        let clock = Arc::new(ManualClock::new(UnixTime::from_seconds(1_800_000_000)));
        let nonce = |seed, key| {
            let memory = DpopMemory::new(&SeededEntropy::new(seed));
            memory.verifier(key, true, Arc::<ManualClock>::clone(&clock)).nonce().unwrap()
        };
        assert_eq!(nonce(1, Some("key")), nonce(2, Some("key")));
        assert_ne!(nonce(1, Some("key")), nonce(1, Some("other")));
        assert_ne!(nonce(1, None), nonce(2, None));
    }
}
