use std::time::Duration;

/// How long a transaction may take and how many there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingLimits {
    /// How long each step may take, the way through the third party included. Default 10 minutes.
    pub step_timeout: Duration,
    /// How long a transaction may take from its beginning, whatever the person does; also the cookie's age. Default 1 hour.
    pub total_timeout: Duration,
    /// How many transactions may be open at once, in this process. Default 10,000.
    pub max_open: usize,
    /// How many of them may have been begun by one source, as an address. Default 500, so that nobody alone can fill all
    /// places, and many people behind one address can sign in.
    pub max_open_of_a_source: usize,
    /// How long a transaction is safe from being pushed out by newer ones after its last step. Default 1 minute.
    pub protected_for: Duration,
}

impl Default for PendingLimits {
    fn default() -> Self {
        Self {
            step_timeout: Duration::from_secs(10 * 60),
            total_timeout: Duration::from_secs(60 * 60),
            max_open: 10_000,
            max_open_of_a_source: 500,
            protected_for: Duration::from_secs(60),
        }
    }
}
