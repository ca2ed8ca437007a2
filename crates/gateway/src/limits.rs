//! What one subject, one address, and all of them together, may have running.

mod tally;

use std::{net::IpAddr, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) use self::tally::Counted;
use self::tally::Tally;
use crate::{access_log::SubjectDigest, reason::Reason};

/// Counts the requests that wait for the head of their answer.
#[derive(Clone, Debug)]
pub(crate) struct RequestLimit(Arc<Semaphore>);

impl RequestLimit {
    /// At most `most` at a time.
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(most)))
    }

    /// A place, kept until it is dropped.
    ///
    /// # Errors
    /// [`Reason::Overloaded`] when all places are taken.
    pub(crate) fn admit(&self) -> Result<OwnedSemaphorePermit, Reason> {
        Arc::clone(&self.0).try_acquire_owned().map_err(|_| Reason::Overloaded)
    }
}

/// Counts the requests of each address that wait for the head of their answer, whoever they are of.
#[derive(Clone, Debug)]
pub(crate) struct AddressLimit {
    most: usize,
    waiting: Tally<Site>,
}

impl AddressLimit {
    /// At most `most` requests of one address at a time. Those that `before` counts go on counting.
    pub(crate) fn new(most: usize, before: Option<&Self>) -> Self {
        Self { most, waiting: before.map(|it| it.waiting.clone()).unwrap_or_default() }
    }

    /// A place for a request of `address`, kept until it is dropped.
    ///
    /// # Errors
    /// [`Reason::AddressBusy`] when the address has none left.
    pub(crate) fn admit(&self, address: IpAddr) -> Result<Counted<Site>, Reason> {
        self.waiting.take(Site::of(address), self.most).ok_or(Reason::AddressBusy)
    }
}

/// What one site has: an IPv4 address, or the 64 bits of IPv6 under which it can take any address it likes.
///
/// The bits of an address of IPv6, where those of IPv4 have a place of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Site(u128);

impl std::fmt::Display for Site {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

impl Site {
    /// The site of `address`.
    pub(crate) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
            IpAddr::V6(address) => address.to_bits() >> 64 << 64,
        })
    }
}

/// Counts the open event streams of each subject, and its requests that may yet be answered by one.
///
/// Nobody knows before the upstream has done its work whether the answer to a POST is a stream.
/// So a POST is let in while the subject has a stream to spare, and counts among the waiting ones until it is answered:
/// long calls without a stream keep nobody from listening, and no answer is thrown away.
/// The price is that more streams may open than `most_open`, by as many as were waiting when the last place was taken.
#[derive(Clone, Debug)]
pub(crate) struct StreamLimit {
    most_open: usize,
    most_waiting: usize,
    open: Tally<SubjectDigest>,
    waiting: Tally<SubjectDigest>,
}

impl StreamLimit {
    /// At most `most_open` streams and `most_waiting` requests of one subject at a time.
    ///
    /// Those that `before` counts go on counting.
    pub(crate) fn new(most_open: usize, most_waiting: usize, before: Option<&Self>) -> Self {
        let (open, waiting) = before.map(|it| (it.open.clone(), it.waiting.clone())).unwrap_or_default();
        Self { most_open, most_waiting, open, waiting }
    }

    /// A place for a request of `subject` whose answer can be nothing but a stream.
    ///
    /// # Errors
    /// [`Reason::TooManyStreams`] when the subject has as many already.
    pub(crate) fn listen(&self, subject: SubjectDigest) -> Result<StreamPlace, Reason> {
        let counted = self.open.take(subject, self.most_open).ok_or(Reason::TooManyStreams)?;
        Ok(StreamPlace::Open(counted))
    }

    /// A place for a request of `subject` whose answer should be no stream.
    ///
    /// # Errors
    /// [`Reason::SubjectBusy`] when too many of its requests wait.
    pub(crate) fn pass(&self, subject: SubjectDigest) -> Result<StreamPlace, Reason> {
        let counted = self.waiting.take(subject, self.most_waiting).ok_or(Reason::SubjectBusy)?;
        Ok(StreamPlace::Waiting(counted, self.open.clone()))
    }

    /// A place for a request of `subject` whose answer may be a stream.
    ///
    /// # Errors
    /// [`Reason::TooManyStreams`] when the subject has no stream to spare, [`Reason::SubjectBusy`] when too many of
    /// its requests wait.
    pub(crate) fn ask(&self, subject: SubjectDigest) -> Result<StreamPlace, Reason> {
        if self.open.count(&subject) >= self.most_open {
            return Err(Reason::TooManyStreams);
        }
        self.pass(subject)
    }
}

/// The place of one request, given back when it is dropped.
#[derive(Debug)]
pub(crate) enum StreamPlace {
    /// It may become a stream.
    Waiting(Counted<SubjectDigest>, Tally<SubjectDigest>),
    /// It is one.
    Open(Counted<SubjectDigest>),
}

impl StreamPlace {
    /// The answer is a stream: it counts among the open ones from now on.
    pub(crate) fn open(self) -> Counted<SubjectDigest> {
        match self {
            Self::Waiting(waiting, open) => open.add(*waiting.key()),
            Self::Open(counted) => counted,
        }
    }
}

#[cfg(test)]
mod tests;
