//! Counts how often it was started, in a file that survives it: `cargo run -p storage --features redb --example counters`.

use oauth_types::UnixTime;
use storage::{Key, Record, RecordStore, RedbSettings, RedbStore, Table};

const STARTS: Table = Table::new("starts", 1);

#[tokio::main]
#[expect(clippy::print_stdout, reason = "tells the reader what happened")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let settings = RedbSettings::new(std::env::temp_dir().join("storage-example.redb"));
    let store = RedbStore::open_or_create(&settings)?;
    let key = Key::new("counter")?;
    store.insert_new(STARTS, &key, record(0)).await?;
    loop {
        let found = store.get(STARTS, &key).await?.ok_or("somebody removed it")?;
        let count = u64::from_be_bytes(found.record.body.as_slice().try_into()?) + 1;
        if store.compare_and_swap(STARTS, &key, found.revision, record(count)).await? {
            println!("start {count}, kept in {}", settings.path.display());
            return Ok(());
        }
    }
}

fn record(count: u64) -> Record {
    Record::new(STARTS, UnixTime::from_seconds(u64::MAX), count.to_be_bytes())
}
