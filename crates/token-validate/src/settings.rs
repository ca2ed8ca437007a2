use std::{sync::Arc, time::Duration};

use oauth_types::{Entropy, SystemEntropy};

/// What holds for all issuers of a [`Validator`](crate::Validator).
#[derive(Clone, Debug)]
pub struct ValidatorSettings {
    /// How far the clocks of the gateway and of an authorization server may differ; 60 s by default.
    pub leeway: Duration,
    /// The most verified tokens remembered, 10 000 by default; 0 remembers none.
    pub cache_entries: u64,
    /// How long fetched keys are used when they cannot be fetched again; 24 h by default.
    pub stale_limit: Duration,
    /// Where the jitter between fetches comes from; the system's random generator by default.
    pub entropy: Arc<dyn Entropy>,
}

impl Default for ValidatorSettings {
    fn default() -> Self {
        Self {
            leeway: Duration::from_secs(60),
            cache_entries: 10_000,
            stale_limit: Duration::from_secs(24 * 60 * 60),
            entropy: Arc::new(SystemEntropy),
        }
    }
}
