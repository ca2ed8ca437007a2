//! What one subject, and all of them together, may have running.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

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

/// Counts the open event streams of each subject.
#[derive(Clone, Debug)]
pub(crate) struct StreamLimit {
    most: usize,
    open: Arc<Mutex<HashMap<SubjectDigest, usize>>>,
}

impl StreamLimit {
    /// At most `most` streams of one subject at a time.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, open: Arc::default() }
    }

    /// A place for one stream of `subject`, kept until it is dropped.
    ///
    /// # Errors
    /// [`Reason::TooManyStreams`] when the subject has as many already.
    pub(crate) fn open(&self, subject: SubjectDigest) -> Result<OpenStream, Reason> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(subject).or_default();
        if *count >= self.most {
            return Err(Reason::TooManyStreams);
        }
        *count += 1;
        Ok(OpenStream { subject, open: Arc::clone(&self.open) })
    }
}

/// One stream's place.
#[derive(Debug)]
pub(crate) struct OpenStream {
    subject: SubjectDigest,
    open: Arc<Mutex<HashMap<SubjectDigest, usize>>>,
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.subject) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.subject);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_has_its_own_places_and_gets_them_back() {
        let limit = StreamLimit::new(2);
        let (alice, bob) = (SubjectDigest::of("i", "alice"), SubjectDigest::of("i", "bob"));
        let first = limit.open(alice).unwrap();
        let _second = limit.open(alice).unwrap();
        assert_eq!(limit.open(alice).map(drop), Err(Reason::TooManyStreams));
        assert!(limit.open(bob).is_ok());
        drop(first);
        assert!(limit.open(alice).is_ok());
    }

    #[test]
    fn nothing_is_remembered_of_subjects_without_streams() {
        let limit = StreamLimit::new(1);
        drop(limit.open(SubjectDigest::of("i", "alice")).unwrap());
        assert!(limit.open.lock().unwrap().is_empty());
    }

    #[test]
    fn requests_beyond_the_limit_are_refused_until_one_ends() {
        let limit = RequestLimit::new(1);
        let place = limit.admit().unwrap();
        assert_eq!(limit.admit().map(drop), Err(Reason::Overloaded));
        drop(place);
        assert!(limit.admit().is_ok());
    }
}
