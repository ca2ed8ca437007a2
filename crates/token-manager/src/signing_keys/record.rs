//! The stored form of the keys, before it is sealed.

use std::sync::Arc;

use oauth_types::UnixTime;
use zeroize::Zeroizing;

use super::{
    SigningError, SigningKey,
    schedule::{Current, KeyChain, Retired},
};
use crate::codec::{Malformed, Reader, Writer};

pub(super) fn encode(chain: &KeyChain) -> Zeroizing<Vec<u8>> {
    let keys = chain.published().count();
    let mut writer = Writer::with_capacity(16 + keys * 256);
    writer.byte(VERSION);
    writer.number(chain.retired.len() as u64);
    for retired in &chain.retired {
        write_key(&mut writer, &retired.key, retired.until);
    }
    writer.byte(u8::from(chain.current.is_some()) | (u8::from(chain.next.is_some()) << 1));
    if let Some(current) = &chain.current {
        write_key(&mut writer, &current.key, current.since);
    }
    if let Some(next) = &chain.next {
        write_key(&mut writer, next, next.made_at);
    }
    Zeroizing::new(writer.finish())
}

pub(super) fn decode(bytes: &[u8]) -> Result<KeyChain, SigningError> {
    let mut reader = Reader::new(bytes);
    if reader.byte()? != VERSION {
        return Err(SigningError::Record);
    }
    let mut chain = KeyChain::default();
    for _ in 0..reader.number()? {
        let (key, until) = read_key(&mut reader)?;
        chain.retired.push(Retired { key, until });
    }
    let present = reader.byte()?;
    if present & 1 == 1 {
        let (key, since) = read_key(&mut reader)?;
        chain.current = Some(Current { key, since });
    }
    if present & 2 == 2 {
        chain.next = Some(read_key(&mut reader)?.0);
    }
    reader.finish()?;
    Ok(chain)
}

fn write_key(writer: &mut Writer, key: &SigningKey, time: UnixTime) {
    writer.text(&key.id);
    writer.number(key.made_at.as_seconds());
    writer.bytes(&key.private);
    writer.number(time.as_seconds());
}

fn read_key(reader: &mut Reader<'_>) -> Result<(Arc<SigningKey>, UnixTime), SigningError> {
    let id = reader.text()?.to_owned();
    let made_at = UnixTime::from_seconds(reader.number()?);
    let key = SigningKey::read(id, made_at, reader.bytes()?)?;
    Ok((Arc::new(key), UnixTime::from_seconds(reader.number()?)))
}

impl From<Malformed> for SigningError {
    fn from(_: Malformed) -> Self {
        Self::Record
    }
}

const VERSION: u8 = 1;
