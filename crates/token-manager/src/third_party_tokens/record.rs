//! The stored form: what must be seen without opening, then the sealed tokens.

use oauth_types::UnixTime;
use storage::{ChosenRevision, Expected, Record, Table, Versioned, Write};
use zeroize::Zeroizing;

use super::{Shared, ThirdPartyAccessToken, ThirdPartyRefreshToken, ThirdPartyTokenError, TokenSet};
use crate::{
    SealContext, SessionKey,
    codec::{Malformed, Reader, Writer},
    key_ring::next_revision,
};

/// A record, opened.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) header: Header,
    pub(super) tokens: TokenSet,
    pub(super) keep_until: UnixTime,
}

/// What is no secret, and is not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// When the tokens want to be refreshed, if ever.
    pub(super) refresh_at: Option<UnixTime>,
    pub(super) lease: Option<Lease>,
}

/// Somebody is refreshing, or was when the process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) holder: [u8; 16],
    pub(super) until: UnixTime,
}

impl Header {
    pub(super) const fn new(refresh_at: Option<UnixTime>) -> Self {
        Self { refresh_at, lease: None }
    }

    pub(super) fn is_due(&self, now: UnixTime) -> bool {
        self.refresh_at.is_some_and(|it| it <= now)
    }

    pub(super) fn read(body: &[u8]) -> Result<Self, Malformed> {
        split(body).map(|(header, _)| header)
    }
}

impl Shared {
    /// The record that the write of the number `revision` is to leave.
    pub(super) fn seal(
        &self,
        session: &SessionKey,
        revision: ChosenRevision,
        stored: &Stored,
    ) -> Result<Record, ThirdPartyTokenError> {
        let plaintext = write_tokens(&stored.tokens);
        let context = SealContext::of_write(TABLE, session.as_key(), revision.number());
        let sealed = self.parts.ring.seal(context, &plaintext);
        let sealed = sealed.map_err(|_| ThirdPartyTokenError::Record)?;
        let mut writer = Writer::with_capacity(64 + sealed.len());
        writer.byte(VERSION);
        writer.byte(
            u8::from(stored.header.refresh_at.is_some()) | (u8::from(stored.header.lease.is_some()) << 1),
        );
        if let Some(at) = stored.header.refresh_at {
            writer.number(at.as_seconds());
        }
        if let Some(lease) = &stored.header.lease {
            writer.array(&lease.holder);
            writer.number(lease.until.as_seconds());
        }
        Ok(Record::new(TABLE, stored.keep_until, writer.ending_with(&sealed)))
    }

    /// Seals and writes; answers the number of the write, or nothing if `expected` is not what is there.
    pub(super) async fn write(
        &self,
        session: &SessionKey,
        expected: Expected,
        stored: &Stored,
    ) -> Result<Option<ChosenRevision>, ThirdPartyTokenError> {
        let revision = next_revision();
        let record = self.seal(session, revision, stored)?;
        let write = Write::new(expected, record).numbered(revision);
        Ok(self.parts.store.write(TABLE, session.as_key(), write).await?.then_some(revision))
    }

    pub(super) fn open(
        &self,
        session: &SessionKey,
        found: &Versioned,
    ) -> Result<Stored, ThirdPartyTokenError> {
        let Versioned { record, revision } = found;
        let (header, sealed) = split(&record.body).map_err(|_| ThirdPartyTokenError::Record)?;
        let context = SealContext::of_write(TABLE, session.as_key(), *revision);
        let opened = self.parts.ring.open(context, record.format, sealed)?;
        let tokens = read_tokens(&opened.plaintext).map_err(|_| ThirdPartyTokenError::Record)?;
        Ok(Stored { header, tokens, keep_until: record.expires_at })
    }
}

/// What stands before the sealed part, whether somebody refreshes the tokens, and the sealed part.
///
/// While somebody does, the record is theirs: a change of its revision would lose what the third party answers.
pub(crate) fn sealed_part(body: &[u8]) -> Option<(&[u8], bool, &[u8])> {
    let (header, sealed) = split(body).ok()?;
    let before = body.get(..body.len() - sealed.len())?;
    Some((before, header.lease.is_some(), sealed))
}

fn split(body: &[u8]) -> Result<(Header, &[u8]), Malformed> {
    let mut reader = Reader::new(body);
    let (version, flags) = (reader.byte()?, reader.byte()?);
    if version != VERSION || flags > 3 {
        return Err(Malformed);
    }
    let refresh_at = if flags & 1 == 1 { Some(UnixTime::from_seconds(reader.number()?)) } else { None };
    let lease = if flags & 2 == 2 {
        Some(Lease { holder: reader.array()?, until: UnixTime::from_seconds(reader.number()?) })
    } else {
        None
    };
    Ok((Header { refresh_at, lease }, reader.rest()))
}

fn write_tokens(tokens: &TokenSet) -> Zeroizing<Vec<u8>> {
    let refresh_token = tokens.refresh_token.as_ref().map_or("", ThirdPartyRefreshToken::expose);
    let scope = tokens.scope.to_string();
    let access_token = tokens.access_token.expose();
    let mut writer = Writer::with_capacity(128 + access_token.len() + refresh_token.len() + scope.len());
    writer.text(tokens.provider.as_str());
    writer.text(access_token);
    // No token is empty, so none is written as the empty text.
    writer.text(refresh_token);
    writer.number(tokens.expires_at.map_or(u64::MAX, UnixTime::as_seconds));
    writer.text(&scope);
    Zeroizing::new(writer.finish())
}

fn read_tokens(plaintext: &[u8]) -> Result<TokenSet, Malformed> {
    let mut reader = Reader::new(plaintext);
    let provider = reader.parsed()?;
    let access_token = ThirdPartyAccessToken::new(reader.text()?.to_owned());
    let refresh_token = Some(reader.text()?).filter(|it| !it.is_empty());
    let refresh_token = refresh_token.map(|it| ThirdPartyRefreshToken::new(it.to_owned()));
    let expires_at = Some(reader.number()?).filter(|it| *it != u64::MAX).map(UnixTime::from_seconds);
    let scope = reader.parsed()?;
    reader.finish()?;
    Ok(TokenSet { provider, access_token, refresh_token, expires_at, scope })
}

/// The tokens, by the keys of their sessions.
pub(crate) const TABLE: Table = Table::new("third_party_tokens", 2);

const VERSION: u8 = 1;
