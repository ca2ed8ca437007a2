//! Every situation up to a smaller depth, on the stores themselves: each swap that the model has win wins there, each
//! that it has lose loses, and the row is the model's after every act. After a crash a store in a file is opened anew.

use std::{path::PathBuf, sync::Arc};

use oauth_types::GrantId;
use storage::{Key, MemoryStore, RecordStore, RedbSettings, RedbStore};

use super::*;

#[tokio::test]
async fn g17_the_model_holds_on_the_store_in_memory() {
    let played = play_all(&mut Stage::in_memory(), 6).await;
    assert!(played > 4_000, "only {played} interleavings");
}

#[tokio::test]
async fn g17_g20_the_model_holds_on_the_store_in_a_file_that_is_opened_anew_after_each_crash() {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let played = play_all(&mut Stage::in_file(folder.path().join("state.redb")), 4).await;
    assert!(played > 100, "only {played} interleavings");
}

/// Plays a way to each situation that the model reaches in `depth` acts; answers how many there are.
async fn play_all(stage: &mut Stage, depth: usize) -> usize {
    let mut seen = HashSet::new();
    let mut level = vec![(Model::new(), Vec::new())];
    for _ in 0..depth {
        let mut next_level = Vec::new();
        for (model, way) in level {
            for act in model.acts() {
                let mut next = model.clone();
                if next.play(act) && seen.insert(next.digest()) {
                    let way: Vec<Act> = way.iter().copied().chain([act]).collect();
                    stage.play(&way).await;
                    next_level.push((next, way));
                }
            }
        }
        level = next_level;
    }
    seen.len()
}

/// A store with one row, and what each actor has read of it.
struct Stage {
    store: Option<Arc<dyn RecordStore>>,
    file: Option<PathBuf>,
    read: [Option<u64>; ACTORS],
}

impl Stage {
    fn in_memory() -> Self {
        Self { store: Some(Arc::new(MemoryStore::new())), file: None, read: [None; ACTORS] }
    }

    fn in_file(path: PathBuf) -> Self {
        let mut stage = Self { store: None, file: Some(path), read: [None; ACTORS] };
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

    async fn play(&mut self, way: &[Act]) {
        let mut model = Model::new();
        self.read = [None; ACTORS];
        self.store().put(record::TABLE, &key(), record::encode(model.row.as_ref().unwrap())).await.unwrap();
        for act in way {
            let before = model.clone();
            assert!(model.play(*act));
            self.follow(*act, &before, &model).await;
            let found = self.store().get(record::TABLE, &key()).await.unwrap();
            let row = found.map(|it| record::decode(&it.record.body).unwrap());
            assert_eq!(row, model.row, "after {act:?} of {way:?}");
        }
        self.store().remove(record::TABLE, &key()).await.unwrap();
    }

    /// Does on the store what the act did on the model.
    async fn follow(&mut self, act: Act, before: &Model, after: &Model) {
        match act {
            Act::Wait(_) => {}
            Act::Sweep => {
                let now = UnixTime::from_seconds(before.now) + Duration::from_secs(3600);
                assert_eq!(self.store().sweep(now, 10).await.unwrap().len(), 1);
            }
            Act::Redeem(actor) | Act::Rotate(actor, _) => self.read(actor).await,
            Act::Revoke => self.read(REVOKER).await,
            Act::Expire => self.read(SWEEPER).await,
            Act::Finish(actor) | Act::Crash(actor) => {
                self.swap(actor, before, after).await;
                if matches!(act, Act::Crash(_)) {
                    self.open_anew();
                }
            }
        }
    }

    async fn read(&mut self, actor: usize) {
        let found = self.store().get(record::TABLE, &key()).await.unwrap();
        self.read[actor] = found.map(|it| it.revision);
    }

    async fn swap(&mut self, actor: usize, before: &Model, after: &Model) {
        let begun = before.actors[actor].begun.as_ref().unwrap();
        if !begun.changes {
            return;
        }
        let (revision, next) = (self.read[actor].take().unwrap(), record::encode(&begun.next));
        let won = self.store().compare_and_swap(record::TABLE, &key(), revision, next).await.unwrap();
        assert_eq!(won, after.revision > before.revision, "the store and the model disagree on who wins");
    }
}

fn key() -> Key {
    record::key(&GrantId::from_bytes([5; 16]))
}
