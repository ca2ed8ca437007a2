use std::time::Duration;

use crate::{HostPattern, Rate};

/// Which client metadata documents are taken, and how much is done for them.
#[derive(Clone, Debug)]
pub struct DocumentSettings {
    /// The only hosts whose documents are fetched; none means every public host, which is the default.
    ///
    /// A list makes sense only where metadata do not advertise documents to everybody: clients that see them
    /// advertised do not fall back to registration.
    pub hosts: Option<Vec<HostPattern>>,
    /// The ports that a public host may be asked at; 443 and 8443 by default.
    pub ports: Vec<u16>,
    /// Whether `https` documents of this machine are asked for, at any port, for development; `false` by default.
    ///
    /// The HTTP client must allow it as well.
    pub allow_loopback: bool,
    /// How many fetches a host gets; 20 a minute by default.
    ///
    /// URLs that had no good document before share this. Those that had one, and those of clients that were used, have
    /// as much again, each of the two for itself; so no host is asked more than three times as often.
    pub per_host: Rate,
    /// How many fetches there are; 120 a minute by default. Shared and reserved like [`Self::per_host`].
    pub all_hosts: Rate,
    /// How many fetches one URL gets that had a good document before; 2 a minute by default.
    pub per_known_url: Rate,
    /// How many fetches may be under way at one time; 32 by default. A further one fails at once.
    ///
    /// URLs that had a good document before, and those of clients that were used, have a quarter as many besides, each
    /// of the two for itself.
    pub max_concurrent: usize,
    /// How many documents are kept, each of 5 KiB at most; 2000 by default. One goes whose client was never used, or
    /// else any, and of these the one that was not asked for for longest.
    pub max_documents: usize,
    /// How long a document is kept that says nothing of it; one hour by default.
    pub default_age: Duration,
    /// The least time that a document is kept which may be kept; 5 minutes by default.
    pub min_age: Duration,
    /// The most time that a document is kept, also while its host does not answer; 24 hours by default.
    pub max_age: Duration,
    /// How long a document is kept that must not be: long enough for the requests of one sign-in; 60 s by default.
    pub transaction_age: Duration,
}

impl Default for DocumentSettings {
    fn default() -> Self {
        Self {
            hosts: None,
            ports: vec![443, 8443],
            allow_loopback: false,
            per_host: Rate::per_minute(20),
            all_hosts: Rate::per_minute(120),
            per_known_url: Rate::per_minute(2),
            max_concurrent: 32,
            max_documents: 2000,
            default_age: Duration::from_secs(3600),
            min_age: Duration::from_secs(300),
            max_age: Duration::from_secs(24 * 3600),
            transaction_age: Duration::from_secs(60),
        }
    }
}
