//! Every way that a few acts open from each of some prepared situations, on the stores themselves: each swap that the
//! model has win wins there, each that it has lose loses, and the row is the model's after every act. After a crash a
//! store in a file is opened anew.
//!
//! Ways that lead to a situation that was seen before are played too: what a swap loses to is seen on the way only.

use std::{path::PathBuf, sync::Arc};

use futures_util::future::join_all;
use oauth_types::GrantId;
use storage::{Key, MemoryStore, RecordStore, RedbSettings, RedbStore};

use super::*;

#[tokio::test]
async fn g17_the_model_holds_on_the_store_in_memory() {
    let played = play_all(&mut Stage::in_memory(), 5).await;
    assert!(played > 10_000, "only {played} ways");
}

#[tokio::test]
async fn g17_g20_the_model_holds_on_the_store_in_a_file_that_is_opened_anew_after_each_crash() {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let played = play_all(&mut Stage::in_file(folder.path().join("state.redb")), 4).await;
    assert!(played > 2_000, "only {played} ways");
}

/// Where ways begin: nothing done, code redeemed, rotated once, and rotated so long ago that a repetition is a reuse.
const BEGINNINGS: [&[Act]; 4] = [
    &[],
    &[Act::Redeem(0), Act::Finish(0)],
    &[Act::Redeem(0), Act::Finish(0), Act::Rotate(0, 0), Act::Finish(0)],
    &[Act::Redeem(0), Act::Finish(0), Act::Rotate(0, 0), Act::Finish(0), Act::Wait(LIFE / 2)],
];

/// Plays every way of `depth` acts after each beginning; answers how many there are. All that has to be seen is seen
/// on the way.
async fn play_all(stage: &mut Stage, depth: usize) -> usize {
    let ways: Vec<Vec<Act>> = BEGINNINGS.iter().flat_map(|it| ways_from(it, depth)).collect();
    // A sweep is of the whole store.
    let (alone, together): (Vec<_>, Vec<_>) =
        ways.iter().partition(|it| it.iter().any(|act| matches!(act, Act::Sweep)));
    let mut sights = HashSet::new();
    for way in alone {
        sights.extend(stage.play(std::slice::from_ref(way)).await);
    }
    for some in together.chunks(AT_ONCE) {
        sights.extend(stage.play(some).await);
    }
    assert_all_seen(&sights);
    ways.len()
}

/// The ways that are no beginning of another one.
fn ways_from(beginning: &[Act], depth: usize) -> Vec<Vec<Act>> {
    let mut first = Model::new();
    assert!(beginning.iter().all(|act| first.play(*act)));
    let (mut seen, mut ways) = (HashSet::from([first.digest()]), Vec::new());
    let mut level = vec![(first, beginning.to_vec())];
    for left in (0..depth).rev() {
        let mut next_level = Vec::new();
        for (model, way) in level {
            for act in model.acts() {
                let mut next = model.clone();
                if !next.play(act) {
                    continue;
                }
                let way: Vec<Act> = way.iter().copied().chain([act]).collect();
                if seen.insert(next.digest()) && left > 0 {
                    next_level.push((next, way));
                } else {
                    ways.push(way);
                }
            }
        }
        level = next_level;
    }
    ways
}

/// A store, which ways share, each with a row of its own.
struct Stage {
    store: Option<Arc<dyn RecordStore>>,
    file: Option<PathBuf>,
}

/// A way in the playing: its row, its model, and what each actor has read of the row.
struct Lane<'a> {
    key: Key,
    way: &'a [Act],
    model: Model,
    read: [Option<u64>; ACTORS],
}

impl Stage {
    fn in_memory() -> Self {
        Self { store: Some(Arc::new(MemoryStore::new())), file: None }
    }

    fn in_file(path: PathBuf) -> Self {
        let mut stage = Self { store: None, file: Some(path) };
        stage.open_anew();
        stage
    }

    fn open_anew(&mut self) {
        let Some(path) = &self.file else { return };
        self.store = None;
        self.store = Some(Arc::new(RedbStore::open_or_create(&RedbSettings::new(path)).unwrap()));
    }

    fn store(&self) -> &dyn RecordStore {
        self.store.as_deref().unwrap()
    }

    /// Plays the ways beside each other, an act of each at a time; answers what was seen.
    async fn play(&mut self, ways: &[impl AsRef<[Act]>]) -> HashSet<Sight> {
        let mut lanes: Vec<_> =
            (0..).zip(ways).map(|(number, way)| Lane::new(number, way.as_ref())).collect();
        join_all(lanes.iter().map(|it| it.begin(self.store()))).await;
        let mut sights = HashSet::new();
        for step in 0..lanes.iter().map(|it| it.way.len()).max().unwrap_or(0) {
            let mut at_work: Vec<_> = lanes.iter_mut().filter(|it| step < it.way.len()).collect();
            let store = self.store();
            join_all(at_work.iter_mut().map(|it| it.act(store, step))).await;
            let crashes = at_work.iter().any(|it| matches!(it.way[step], Act::Crash(_)));
            if crashes {
                self.open_anew();
            }
            let store = self.store();
            join_all(at_work.iter().map(|it| it.compare(store, step))).await;
            sights.extend(at_work.iter().filter_map(|it| it.model.sight));
        }
        join_all(lanes.iter().map(|it| it.end(self.store()))).await;
        sights
    }
}

impl<'a> Lane<'a> {
    fn new(number: u32, way: &'a [Act]) -> Self {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        Self { key: record::key(&GrantId::from_bytes(id)), way, model: Model::new(), read: [None; ACTORS] }
    }

    async fn begin(&self, store: &dyn RecordStore) {
        let row = record::encode(self.model.row.as_ref().unwrap());
        assert!(store.insert_new(record::TABLE, &self.key, row).await.unwrap());
    }

    async fn act(&mut self, store: &dyn RecordStore, step: usize) {
        let before = self.model.clone();
        assert!(self.model.play(self.way[step]));
        self.follow(store, self.way[step], &before).await;
    }

    async fn compare(&self, store: &dyn RecordStore, step: usize) {
        let found = store.get(record::TABLE, &self.key).await.unwrap();
        let row = found.map(|it| record::decode(&it.record.body).unwrap());
        assert_eq!(row, self.model.row, "after act {step} of {:?}", self.way);
    }

    async fn end(&self, store: &dyn RecordStore) {
        store.remove(record::TABLE, &self.key).await.unwrap();
    }

    /// Does on the store what the act did on the model.
    async fn follow(&mut self, store: &dyn RecordStore, act: Act, before: &Model) {
        match act {
            Act::Wait(_) => {}
            Act::Sweep => {
                let now = UnixTime::from_seconds(before.now) + Duration::from_secs(3600);
                assert_eq!(store.sweep(now, 10).await.unwrap().len(), 1);
            }
            Act::Redeem(actor) | Act::Rotate(actor, _) => self.read(store, actor).await,
            Act::Revoke => self.read(store, REVOKER).await,
            Act::Expire => self.read(store, SWEEPER).await,
            Act::Finish(actor) | Act::Crash(actor) => self.swap(store, actor, before).await,
        }
    }

    async fn read(&mut self, store: &dyn RecordStore, actor: usize) {
        let found = store.get(record::TABLE, &self.key).await.unwrap();
        self.read[actor] = found.map(|it| it.revision);
    }

    async fn swap(&mut self, store: &dyn RecordStore, actor: usize, before: &Model) {
        let begun = before.actors[actor].begun.as_ref().unwrap();
        let revision = self.read[actor].take().unwrap();
        if !begun.changes {
            return;
        }
        let next = record::encode(&begun.next);
        let won = store.compare_and_swap(record::TABLE, &self.key, revision, next).await.unwrap();
        let wins = self.model.revision > before.revision;
        assert_eq!(won, wins, "the store and the model disagree on who wins: {:?}", self.way);
    }
}

/// Ways that are played beside each other: a store in a file writes what they change in one go.
const AT_ONCE: usize = 2_000;
