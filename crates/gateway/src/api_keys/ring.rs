use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use arc_swap::ArcSwap;
use oauth_types::{Scope, Subject, UnixTime};
use tokio_util::sync::CancellationToken;

use super::{
    file::{self, KeyFileError},
    last_use::{self, LastUse},
    record::{KeyId, KeyRecord},
    text::{KeyDigest, sha_256},
};
use crate::{access::Caller, reason::Reason};

/// The keys of one file, as they are now.
#[derive(Debug)]
pub(crate) struct KeyRing {
    path: PathBuf,
    keys: ArcSwap<HashMap<KeyDigest, Standing>>,
    /// What was found when the file was looked at last.
    seen: Mutex<Option<Found>>,
    times: Mutex<Times>,
    /// Whether somebody was told that it cannot be written.
    told: AtomicBool,
}

/// When keys were used last.
#[derive(Debug)]
struct Times {
    /// Of keys as they were before the file changed, and of those of before the start.
    known: LastUse,
    /// What is written.
    written: LastUse,
}

/// The digest of what the file holds, `None` if it is not there, or why it cannot be read.
type Found = Result<Option<[u8; 32]>, String>;

#[derive(Clone, Debug)]
enum Standing {
    Live(Arc<ApiKey>),
    Revoked,
}

/// A key that is good until its time is up or it is revoked; there is no text of it.
#[derive(Debug)]
pub(crate) struct ApiKey {
    record: KeyRecord,
    subject: Subject,
    scope: Scope,
    caller: Arc<Caller>,
    ended: CancellationToken,
    used_at: AtomicU64,
}

impl KeyRing {
    /// The keys of the file at `path`, which need not be there yet.
    ///
    /// # Errors
    /// [`KeyFileError`] when the file is there and cannot be used.
    pub(crate) fn open(path: &Path) -> Result<Self, KeyFileError> {
        let last_use = last_use::read(path);
        let ring = Self {
            path: path.to_owned(),
            keys: ArcSwap::default(),
            seen: Mutex::default(),
            times: Mutex::new(Times { known: last_use.clone(), written: last_use }),
            told: AtomicBool::new(false),
        };
        ring.look()?;
        Ok(ring)
    }

    /// The live key of this text.
    ///
    /// # Errors
    /// The [`Reason`] why there is none: `ApiKey…`.
    pub(crate) fn find(&self, presented: &str, now: UnixTime) -> Result<Arc<ApiKey>, Reason> {
        let digest = KeyDigest::of_presented(presented).ok_or(Reason::ApiKeyMalformed)?;
        match self.keys.load().get(&digest) {
            None => Err(Reason::ApiKeyUnknown),
            Some(Standing::Revoked) => Err(Reason::ApiKeyRevoked),
            Some(Standing::Live(key)) => {
                key.still(now)?;
                key.used_at.fetch_max(now.as_seconds(), Relaxed);
                Ok(Arc::clone(key))
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Looks at the file again, and takes over what has changed; streams of keys that are gone end.
    ///
    /// The answer is how many keys live now, if anything changed. A file that is gone has no keys.
    ///
    /// # Errors
    /// [`KeyFileError`], once for each content; the keys of before stay good.
    pub(crate) fn look(&self) -> Result<Option<usize>, KeyFileError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = file::read_bytes(&self.path);
        let found = match &bytes {
            Ok(bytes) => Ok(bytes.as_deref().map(sha_256)),
            Err(error) => Err(error.to_string()),
        };
        if seen.as_ref() == Some(&found) {
            return Ok(None);
        }
        *seen = Some(found);
        let records = bytes?.map_or(Ok(Vec::new()), |it| file::parse(&it))?;
        Ok(Some(self.take(records)))
    }

    /// Writes when the keys were used last, if that has changed.
    ///
    /// # Errors
    /// [`KeyFileError::Write`], until the first time that it is told.
    pub(crate) fn write_last_use(&self) -> Result<(), KeyFileError> {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        self.note_last_use(&mut times.known);
        let now = times.known.clone();
        if now != times.written {
            match last_use::write(&self.path, &now) {
                Ok(()) => times.written = now,
                Err(error) if !self.told.swap(true, Relaxed) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(())
    }

    fn note_last_use(&self, times: &mut LastUse) {
        for standing in self.keys.load().values() {
            let Standing::Live(key) = standing else { continue };
            let used = UnixTime::from_seconds(key.used_at.load(Relaxed));
            if used > UnixTime::EPOCH {
                let time = times.entry(key.id().clone()).or_insert(used);
                *time = used.max(*time);
            }
        }
    }

    fn take(&self, records: Vec<KeyRecord>) -> usize {
        // A key that goes now has been used, too.
        self.note_last_use(&mut self.times.lock().unwrap_or_else(PoisonError::into_inner).known);
        let before = self.keys.load_full();
        let after: HashMap<_, _> =
            records.into_iter().filter_map(|it| Some((it.digest, Standing::of(it, &before)?))).collect();
        let live = after.values().filter(|it| matches!(it, Standing::Live(_))).count();
        self.keys.store(Arc::new(after));
        let now = self.keys.load();
        for (digest, standing) in before.iter() {
            if let Standing::Live(old) = standing
                && !matches!(now.get(digest), Some(Standing::Live(new)) if Arc::ptr_eq(old, new))
            {
                old.ended.cancel();
            }
        }
        live
    }
}

impl Standing {
    /// A key that has not changed stays the one it is, and its streams go on.
    fn of(record: KeyRecord, before: &HashMap<KeyDigest, Self>) -> Option<Self> {
        if record.revoked_at.is_some() {
            return Some(Self::Revoked);
        }
        match before.get(&record.digest) {
            Some(Self::Live(key)) if key.record == record => Some(Self::Live(Arc::clone(key))),
            _ => ApiKey::new(record).map(|it| Self::Live(Arc::new(it))),
        }
    }
}

impl ApiKey {
    fn new(record: KeyRecord) -> Option<Self> {
        // An id fits, see `KeyId`; the underscore is in no name of a provider, so that no person is called so.
        let subject: Subject = format!("api_key:{}", record.id).parse().ok()?;
        Some(Self {
            scope: record.scopes.iter().cloned().collect(),
            caller: Arc::new(Caller::named(Self::ISSUER, subject.as_str(), "")),
            subject,
            ended: CancellationToken::new(),
            used_at: AtomicU64::new(0),
            record,
        })
    }

    /// Stands where tokens have their issuer, which is a URL of `http` or `https`.
    pub(crate) const ISSUER: &str = "urn:mcp-gateway:api-key";

    /// Whether it is good at `now`, as far as is known by now.
    ///
    /// # Errors
    /// The [`Reason`] why not.
    pub(crate) fn still(&self, now: UnixTime) -> Result<(), Reason> {
        if self.ended.is_cancelled() {
            return Err(Reason::ApiKeyRevoked);
        }
        if self.expires_at().is_some_and(|it| it <= now) { Err(Reason::ApiKeyExpired) } else { Ok(()) }
    }

    pub(crate) const fn id(&self) -> &KeyId {
        &self.record.id
    }

    pub(crate) const fn subject(&self) -> &Subject {
        &self.subject
    }

    pub(crate) const fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(crate) const fn expires_at(&self) -> Option<UnixTime> {
        self.record.expires_at
    }

    /// Cancelled when it is revoked, or is in its file no longer as it was.
    pub(crate) const fn ended(&self) -> &CancellationToken {
        &self.ended
    }

    pub(crate) const fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }
}
