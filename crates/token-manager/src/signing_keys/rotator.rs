use std::{fmt, sync::Arc, time::Duration};

use storage::{Expected, Record, Table, Write};

use super::{Shared, SigningError, record, record_key, schedule::KeyChain};
use crate::{
    SealContext,
    key_ring::{FOREVER, next_revision},
};

/// The one part that replaces signing keys when their time has come.
#[must_use = "no key is ever replaced until `run` is polled"]
pub struct SigningKeyRotator(Arc<Shared>);

/// How soon a key is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// When every verifier has it.
    WhenKnown,
    /// Now.
    AtOnce,
}

impl SigningKeyRotator {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    /// Looks once a minute whether anything is due, here or done by another process; never ends.
    ///
    /// `sleep` waits for a time, as `tokio::time::sleep` does.
    pub async fn run<F: Future<Output = ()> + Send>(self, sleep: impl Fn(Duration) -> F + Send + Sync) {
        loop {
            sleep(PERIOD).await;
            if let Err(error) = self.0.keep_up().await {
                tracing::warn!(%error, "the signing keys could not be looked after");
            }
        }
    }
}

impl fmt::Debug for SigningKeyRotator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKeyRotator")
    }
}

impl Shared {
    /// Reads the keys, does what is due, and publishes the result.
    pub(super) async fn keep_up(&self) -> Result<(), SigningError> {
        let (now, settings) = (self.clock.now(), &self.settings);
        self.change(|chain, reseal| {
            if !reseal && !chain.is_due(now, settings) {
                return Ok(None);
            }
            chain.advance(now, settings, || self.fresh_key()).map(Some)
        })
        .await
    }

    pub(super) async fn rotate(&self, urgency: Urgency) -> Result<(), SigningError> {
        let (now, settings) = (self.clock.now(), &self.settings);
        self.change(|chain, _| {
            let usable = chain.next_usable_at(settings).filter(|it| *it > now);
            if let (Urgency::WhenKnown, Some(from)) = (urgency, usable) {
                return Err(SigningError::TooSoon(from));
            }
            chain.rotate(now, settings).advance(now, settings, || self.fresh_key()).map(Some)
        })
        .await
    }

    /// One compare-and-swap on the chain, repeated as long as somebody else is faster.
    async fn change(
        &self,
        step: impl Fn(KeyChain, bool) -> Result<Option<KeyChain>, SigningError>,
    ) -> Result<(), SigningError> {
        let key = record_key();
        loop {
            let found = self.store.get(TABLE, &key).await?;
            let (chain, reseal) = match &found {
                None => (KeyChain::default(), true),
                Some(found) => {
                    let context = SealContext::of_write(TABLE, &key, found.revision);
                    let opened = self.ring.open(context, found.record.format, &found.record.body)?;
                    (record::decode(&opened.plaintext)?, opened.reseal)
                }
            };
            let Some(next) = step(chain.clone(), reseal)? else {
                self.publish(chain);
                return Ok(());
            };
            let expected = found.map_or(Expected::Nothing, |it| Expected::Revision(it.revision));
            let revision = next_revision();
            let context = SealContext::of_write(TABLE, &key, revision.number());
            let sealed =
                self.ring.seal(context, &record::encode(&next)).map_err(|_| SigningError::Library)?;
            let write = Write::new(expected, Record::new(TABLE, FOREVER, sealed)).numbered(revision);
            if self.store.write(TABLE, &key, write).await? {
                self.publish(next);
                return Ok(());
            }
        }
    }
}

pub(crate) const TABLE: Table = Table::new("signing_keys", 2);
const PERIOD: Duration = Duration::from_secs(60);
