use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{KeyFileError, KeyRing};

/// The keys of every file in use; they outlive a configuration, so that streams do too.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyRings(Arc<Mutex<BTreeMap<PathBuf, Arc<KeyRing>>>>);

impl KeyRings {
    /// The keys of the file at `path`, as the file is now.
    ///
    /// # Errors
    /// [`KeyFileError`] when the file is there and cannot be used.
    pub(crate) fn ring(&self, path: &Path) -> Result<Arc<KeyRing>, KeyFileError> {
        let mut rings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ring) = rings.get(path) {
            ring.look()?;
            return Ok(Arc::clone(ring));
        }
        let ring = Arc::new(KeyRing::open(path)?);
        rings.insert(path.to_owned(), Arc::clone(&ring));
        Ok(ring)
    }

    /// Looks at the files until this is dropped.
    pub(crate) async fn watch(self) {
        let mut looks: u32 = 0;
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            looks = looks.wrapping_add(1);
            let writes = looks.is_multiple_of(WRITE_EVERY);
            let rings = self.clone();
            // Files may be slow, and requests must not wait for them.
            tokio::task::spawn_blocking(move || rings.look(writes)).await.ok();
        }
    }

    /// Writes what is not written yet.
    pub(crate) fn close(&self) {
        self.in_use().iter().for_each(|it| write(it));
    }

    fn look(&self, writes: bool) {
        for ring in self.in_use() {
            match ring.look() {
                Ok(None) => {}
                Ok(Some(live)) => {
                    tracing::info!(file = %ring.path().display(), live, "API keys have changed");
                }
                Err(error) => tell(&ring, &error, "the keys of before stay good"),
            }
            if writes {
                write(&ring);
            }
        }
    }

    /// Those that some configuration still has; the others are let go.
    fn in_use(&self) -> Vec<Arc<KeyRing>> {
        let mut rings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rings.retain(|_, ring| Arc::strong_count(ring) > 1);
        rings.values().cloned().collect()
    }
}

fn write(ring: &KeyRing) {
    if let Err(error) = ring.write_last_use() {
        tell(ring, &error, "the last use of API keys is not kept");
    }
}

fn tell(ring: &KeyRing, error: &KeyFileError, consequence: &'static str) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(file = %ring.path().display(), %error, cause, consequence, "a file of API keys");
}

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How many looks are between two writings of the last use.
const WRITE_EVERY: u32 = 60;
