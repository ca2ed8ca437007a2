use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use storage::{Key, RecordStore, RedbSettings, RedbStore};
use tokio::runtime::Runtime;

use crate::{
    Outcome,
    chance::Chance,
    disk::Disk,
    rows::{Change, Rows, THINGS},
};

/// Where histories begin: an empty store, made once.
pub(crate) struct Workshop {
    empty: Vec<u8>,
    settings: RedbSettings,
}

/// What has happened in a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Played {
    pub(crate) cuts: u64,
    pub(crate) cuts_while_opening: u64,
    pub(crate) cuts_while_growing: u64,
    pub(crate) torn: u64,
    pub(crate) answered: u64,
    pub(crate) unanswered_done: u64,
    /// Of the bytes that the last cut left.
    digest: u64,
}

impl Played {
    pub(crate) fn add(&mut self, other: &Self) {
        self.cuts += other.cuts;
        self.cuts_while_opening += other.cuts_while_opening;
        self.cuts_while_growing += other.cuts_while_growing;
        self.torn += other.torn;
        self.answered += other.answered;
        self.unanswered_done += other.unanswered_done;
    }
}

/// A history on its way.
struct History<'a> {
    settings: &'a RedbSettings,
    chance: Chance,
    /// What the next process finds on the disk.
    bytes: Vec<u8>,
    /// What must be there.
    certain: Rows,
    /// What may be there instead: the change that was not answered.
    possible: Option<Rows>,
    /// The highest revision that anybody has seen.
    revision: u64,
    changes: u8,
    played: Played,
}

impl Workshop {
    pub(crate) fn new() -> Outcome<Self> {
        let mut settings = RedbSettings::new("simulated");
        settings.cache_bytes = 256 << 10;
        settings.reopen_every = None;
        let disk = Disk::new(Vec::new(), None);
        drop(RedbStore::on_backend(&settings, disk.opener())?);
        let empty = disk.leave(&mut Chance::of(0)).bytes;
        Ok(Self { empty, settings })
    }

    /// Plays the history of `seed`; an error or a panic says what went wrong.
    pub(crate) fn play(&self, seed: u64, runtime: &Runtime) -> Outcome<Played> {
        let mut history = History {
            settings: &self.settings,
            chance: Chance::of(seed),
            bytes: self.empty.clone(),
            certain: Rows::default(),
            possible: None,
            revision: 0,
            changes: 0,
            played: Played::default(),
        };
        let cuts = 1 + history.chance.below(4);
        for _ in 0..cuts {
            history.live_until_the_cut(runtime)?;
        }
        history.check_the_end(runtime)?;
        Ok(history.played)
    }
}

impl History<'_> {
    /// One process: it opens what is there, works, and loses its power somewhere on the way.
    fn live_until_the_cut(&mut self, runtime: &Runtime) -> Outcome {
        // Opening takes a few operations, and so a short time is often not enough for it.
        let end = if self.chance.one_in(3) { 12 } else { 150 };
        let cut = 1 + self.chance.below(end) as u64;
        let disk = Disk::new(std::mem::take(&mut self.bytes), Some(cut));
        match RedbStore::on_backend(self.settings, disk.opener()) {
            Ok(store) => {
                let outcome = runtime.block_on(self.work(&store, &disk));
                disk.cut();
                drop(store);
                outcome?;
            }
            Err(_) if disk.is_off() => self.played.cuts_while_opening += 1,
            Err(error) => return Err(format!("after a cut the store does not open: {error}").into()),
        }
        let left = disk.leave(&mut self.chance);
        self.played.cuts += 1;
        self.played.cuts_while_growing += u64::from(left.resizing);
        self.played.torn += u64::from(left.torn);
        self.bytes = left.bytes;
        Ok(())
    }

    async fn work(&mut self, store: &RedbStore, disk: &Disk) -> Outcome {
        // Reads need power as well.
        if let Err(error) = self.recognize(store).await {
            return if disk.is_off() { Ok(()) } else { Err(error) };
        }
        for _ in 0..MOST_CHANGES {
            self.changes = self.changes.wrapping_add(1);
            let change = Change::random(&mut self.chance, self.changes);
            let after = self.certain.after(&change);
            match change.ask(store).await {
                Ok(revision) => {
                    self.certain = after;
                    self.revision = revision.unwrap_or(0).max(self.revision);
                    self.played.answered += 1;
                }
                Err(_) if disk.is_off() => {
                    self.possible = Some(after);
                    break;
                }
                Err(error) => return Err(format!("{change:?} failed: {error}").into()),
            }
        }
        Ok(())
    }

    /// Compares what is there with what must be: all that was answered, and of the rest everything or nothing.
    async fn recognize(&mut self, store: &RedbStore) -> Outcome {
        let (found, revision) = Rows::read(store).await?;
        if self.possible.as_ref().is_some_and(|it| *it == found && *it != self.certain) {
            self.played.unanswered_done += 1;
            self.certain.clone_from(&found);
        }
        if found != self.certain {
            return Err(format!(
                "something was lost or came back\nfound    {found:?}\nexpected {:?}\nor       {:?}",
                self.certain, self.possible
            )
            .into());
        }
        self.possible = None;
        self.revision = revision.max(self.revision);
        Ok(())
    }

    /// With power for good, everything is there, a new revision is new, and the indexes agree.
    fn check_the_end(&mut self, runtime: &Runtime) -> Outcome {
        let mut hasher = DefaultHasher::new();
        self.bytes.hash(&mut hasher);
        self.played.digest = hasher.finish();
        let disk = Disk::new(std::mem::take(&mut self.bytes), None);
        let store = Arc::new(RedbStore::on_backend(self.settings, disk.opener())?);
        runtime.block_on(async {
            self.recognize(&store).await?;
            let change =
                Change::Put(THINGS, 0, storage::Record::new(THINGS, oauth_types::UnixTime::EPOCH, "new"));
            self.certain = self.certain.after(&change);
            let revision = change.ask(store.as_ref()).await?;
            assert!(revision > Some(self.revision), "{revision:?} was given before {}", self.revision);
            assert!(store.get(THINGS, &Key::of([0])).await?.is_some());
            self.certain.check_indexes(store.as_ref()).await
        })
    }
}

const MOST_CHANGES: usize = 10;
