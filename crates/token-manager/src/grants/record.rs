//! The stored form of a grant.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::{CodeChallenge, GrantId, JwkThumbprint, Principal, UnixTime};
use storage::{Key, Record, Table};

use super::{
    EndCause,
    state::{CodeIssued, Digest, Ended, Grant, Live, State},
    terms::{SessionKey, Terms},
};
use crate::{
    KeyId,
    codec::{Malformed, Reader, Writer},
};

/// What the index of grants knows, read without looking at the rest.
#[derive(Debug)]
pub(super) struct Summary<'a> {
    pub(super) phase: Phase,
    /// When the phase ends by itself.
    pub(super) expires_at: UnixTime,
    pub(super) last_used_at: UnixTime,
    pub(super) client_id: &'a str,
    pub(super) provider: &'a str,
    pub(super) subject: &'a str,
    pub(super) session: Option<&'a [u8]>,
}

/// Which state a grant is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    CodeIssued,
    Live,
    Ended,
}

pub(super) fn key(id: &GrantId) -> Key {
    Key::of(*id.as_bytes())
}

pub(super) fn id(key: &Key) -> Option<GrantId> {
    key.as_bytes().try_into().ok().map(GrantId::from_bytes)
}

pub(super) fn encode(grant: &Grant) -> Record {
    let mut writer = Writer::with_capacity(256);
    write_summary(&mut writer, grant);
    let terms = &grant.terms;
    writer.number(terms.created_at.as_seconds());
    writer.number(terms.expires_at.as_seconds());
    writer.text(&terms.scope.to_string());
    writer.text(terms.resource.as_str());
    if let Some(key) = &terms.key {
        writer.array(key.as_bytes());
    }
    match &grant.state {
        State::CodeIssued(state) => write_code_issued(&mut writer, state),
        State::Live(state) => write_live(&mut writer, state),
        State::Ended(state) => {
            writer.byte(state.cause.number());
            writer.number(state.at.as_seconds());
        }
    }
    Record::new(TABLE, keep_until(grant), writer.finish())
}

pub(super) fn decode(body: &[u8]) -> Result<Grant, Malformed> {
    let mut reader = Reader::new(body);
    let (summary, flags) = read_summary(&mut reader)?;
    let terms = Terms {
        client_id: summary.client_id.parse().map_err(|_| Malformed)?,
        principal: Principal {
            provider: summary.provider.parse().map_err(|_| Malformed)?,
            subject: summary.subject.parse().map_err(|_| Malformed)?,
        },
        session: summary.session.map(SessionKey::new).transpose().map_err(|_| Malformed)?,
        refreshable: flags & REFRESHABLE != 0,
        created_at: time(&mut reader)?,
        expires_at: time(&mut reader)?,
        scope: reader.parsed()?,
        resource: reader.parsed()?,
        key: if flags & WITH_KEY == 0 { None } else { Some(JwkThumbprint::from_bytes(reader.array()?)) },
    };
    let state = match summary.phase {
        Phase::CodeIssued => State::CodeIssued(read_code_issued(&mut reader, summary.expires_at)?),
        Phase::Live => State::Live(read_live(&mut reader, summary.last_used_at)?),
        Phase::Ended => State::Ended(Ended {
            cause: EndCause::from_number(reader.byte()?).ok_or(Malformed)?,
            at: time(&mut reader)?,
        }),
    };
    reader.finish()?;
    Ok(Grant { terms, state })
}

pub(super) fn summary(body: &[u8]) -> Result<Summary<'_>, Malformed> {
    read_summary(&mut Reader::new(body)).map(|(summary, _)| summary)
}

fn write_summary(writer: &mut Writer, grant: &Grant) {
    let terms = &grant.terms;
    let (phase, expires_at, last_used_at) = match &grant.state {
        State::CodeIssued(state) => (0, state.expires_at, UnixTime::EPOCH),
        State::Live(state) => (1, terms.expires_at, state.last_used_at),
        State::Ended(_) => (2, terms.expires_at, UnixTime::EPOCH),
    };
    writer.byte(VERSION);
    writer.byte(phase);
    writer.byte(flags(terms));
    writer.number(expires_at.as_seconds());
    writer.number(last_used_at.as_seconds());
    writer.text(terms.client_id.as_str());
    writer.text(terms.principal.provider.as_str());
    writer.text(terms.principal.subject.as_str());
    if let Some(session) = &terms.session {
        writer.bytes(session.as_bytes());
    }
}

fn flags(terms: &Terms) -> u8 {
    let rows = [
        (WITH_SESSION, terms.session.is_some()),
        (REFRESHABLE, terms.refreshable),
        (WITH_KEY, terms.key.is_some()),
    ];
    rows.into_iter().filter(|(_, is_set)| *is_set).fold(0, |flags, (flag, _)| flags | flag)
}

fn read_summary<'a>(reader: &mut Reader<'a>) -> Result<(Summary<'a>, u8), Malformed> {
    if reader.byte()? != VERSION {
        return Err(Malformed);
    }
    let phase = match reader.byte()? {
        0 => Phase::CodeIssued,
        1 => Phase::Live,
        2 => Phase::Ended,
        _ => return Err(Malformed),
    };
    let flags = reader.byte()?;
    if flags & !(WITH_SESSION | REFRESHABLE | WITH_KEY) != 0 {
        return Err(Malformed);
    }
    let summary = Summary {
        phase,
        expires_at: time(reader)?,
        last_used_at: time(reader)?,
        client_id: reader.text()?,
        provider: reader.text()?,
        subject: reader.text()?,
        session: if flags & WITH_SESSION != 0 { Some(reader.bytes()?) } else { None },
    };
    Ok((summary, flags))
}

fn write_code_issued(writer: &mut Writer, state: &CodeIssued) {
    writer.array(&state.code.0);
    // The constructor of a challenge has seen that it is base64url.
    writer.bytes(&URL_SAFE_NO_PAD.decode(state.challenge.as_str()).unwrap_or_default());
    writer.text(&state.redirect_uri);
    writer.byte(state.failures);
}

fn read_code_issued(reader: &mut Reader<'_>, expires_at: UnixTime) -> Result<CodeIssued, Malformed> {
    Ok(CodeIssued {
        code: Digest(reader.array()?),
        challenge: challenge(reader.bytes()?)?,
        redirect_uri: reader.text()?.into(),
        failures: reader.byte()?,
        expires_at,
    })
}

fn write_live(writer: &mut Writer, state: &Live) {
    writer.number(state.generation);
    writer.number(state.rotated_at.as_seconds());
    writer.array(state.key_id.as_bytes());
    writer.array(&state.code_proof.0);
}

fn read_live(reader: &mut Reader<'_>, last_used_at: UnixTime) -> Result<Live, Malformed> {
    Ok(Live {
        generation: reader.number()?,
        rotated_at: time(reader)?,
        key_id: KeyId::from_bytes(reader.array()?),
        code_proof: Digest(reader.array()?),
        last_used_at,
    })
}

/// When a sweep may take the record: a code when it is worth nothing, a grant some time after its absolute end, so
/// that our own upkeep comes first and says why it ended.
fn keep_until(grant: &Grant) -> UnixTime {
    match &grant.state {
        State::CodeIssued(state) => state.expires_at,
        State::Live(_) | State::Ended(_) => grant.terms.expires_at + MARGIN,
    }
}

fn challenge(bytes: &[u8]) -> Result<CodeChallenge, Malformed> {
    URL_SAFE_NO_PAD.encode(bytes).parse().map_err(|_| Malformed)
}

fn time(reader: &mut Reader<'_>) -> Result<UnixTime, Malformed> {
    reader.number().map(UnixTime::from_seconds)
}

/// The grants, by their ids.
pub(crate) const TABLE: Table = Table::new("grants", 1);

const VERSION: u8 = 1;
const WITH_SESSION: u8 = 1;
const REFRESHABLE: u8 = 1 << 1;
const WITH_KEY: u8 = 1 << 2;
const MARGIN: std::time::Duration = std::time::Duration::from_secs(3600);

#[cfg(test)]
mod tests;
