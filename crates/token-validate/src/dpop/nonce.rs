use std::{fmt, time::Duration};

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::{Entropy, UnixTime};

/// Nonces that nobody can foretell and nobody has to remember (RFC 9449 sections 8 and 9).
///
/// A nonce is a MAC over a slice of two minutes, so it is good for two to four minutes: in its own slice and in the next.
/// Whoever has the same key, such as another process behind the same load balancer, takes it as well.
#[derive(Clone)]
pub struct DpopNonces(hmac::Key);

impl DpopNonces {
    /// Nonces under this key, which must be secret.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// Nonces under a key that nobody else has.
    #[must_use]
    pub fn random(entropy: &dyn Entropy) -> Self {
        let mut key = [0; 32];
        entropy.fill(&mut key);
        Self::new(&key)
    }

    /// The nonce of the present slice.
    #[must_use]
    pub fn at(&self, now: UnixTime) -> String {
        URL_SAFE_NO_PAD.encode(self.of_slice(slice(now)))
    }

    /// Whether `nonce` is that of the present slice or the one before it.
    #[must_use]
    pub fn accepts(&self, nonce: &str, now: UnixTime) -> bool {
        let Ok(nonce) = URL_SAFE_NO_PAD.decode(nonce) else { return false };
        let present = slice(now);
        [Some(present), present.checked_sub(1)]
            .into_iter()
            .flatten()
            .any(|it| aws_lc_rs::constant_time::verify_slices_are_equal(&self.of_slice(it), &nonce).is_ok())
    }

    fn of_slice(&self, slice: u64) -> [u8; 16] {
        let mut nonce = [0; 16];
        let tag = hmac::sign(&self.0, &slice.to_be_bytes());
        for (to, from) in nonce.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        nonce
    }
}

impl fmt::Debug for DpopNonces {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DpopNonces(..)")
    }
}

const fn slice(now: UnixTime) -> u64 {
    now.as_seconds() / SLICE.as_secs()
}

const SLICE: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use oauth_types::SeededEntropy;

    use super::*;

    #[test]
    fn a_nonce_is_good_in_its_slice_and_the_next() {
        let nonces = DpopNonces::random(&SeededEntropy::new(1));
        let start = UnixTime::from_seconds(15_000_000 * 120);
        let nonce = nonces.at(start);
        assert_eq!(nonce.len(), 22);
        assert_eq!(nonces.at(start + Duration::from_secs(119)), nonce);
        for (later, expected) in [(0, true), (119, true), (120, true), (239, true), (240, false)] {
            assert_eq!(nonces.accepts(&nonce, start + Duration::from_secs(later)), expected, "{later}");
        }
        assert!(!nonces.accepts(&nonces.at(start + SLICE), start), "a nonce of the future");
    }

    #[test]
    fn a_nonce_of_another_key_is_none() {
        let now = UnixTime::from_seconds(1_800_000_000);
        let (ours, others) = (DpopNonces::new(&[1; 32]), DpopNonces::new(&[2; 32]));
        assert!(DpopNonces::new(&[1; 32]).accepts(&ours.at(now), now));
        assert!(!ours.accepts(&others.at(now), now));
        assert!(!ours.accepts("", now));
        assert!(!ours.accepts(&format!("{}=", ours.at(now)), now));
    }
}
