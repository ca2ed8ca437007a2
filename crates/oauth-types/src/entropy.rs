use std::fmt;

/// Where unpredictable bytes come from.
pub trait Entropy: fmt::Debug + Send + Sync {
    /// Fills `buffer` with bytes that nobody can guess.
    fn fill(&self, buffer: &mut [u8]);
}

/// The random generator of the cryptographic library.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// # Panics
    /// Panics when the operating system gives no entropy: going on would make every secret guessable.
    fn fill(&self, buffer: &mut [u8]) {
        assert!(aws_lc_rs::rand::fill(buffer).is_ok(), "the operating system gives no entropy");
    }
}

/// A repeatable stream of bytes, for tests.
#[cfg(any(test, feature = "test-util"))]
#[derive(Debug)]
pub struct SeededEntropy(std::sync::Mutex<u64>);

#[cfg(any(test, feature = "test-util"))]
impl SeededEntropy {
    /// The stream that belongs to `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(std::sync::Mutex::new(seed))
    }
}

#[cfg(any(test, feature = "test-util"))]
impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for byte in buffer {
            // SplitMix64: short, and every seed has its own stream.
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut mixed = *state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            *byte = (mixed ^ (mixed >> 31)).to_le_bytes()[0];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_names_its_stream() {
        let draw = |seed| {
            let mut bytes = [0; 16];
            SeededEntropy::new(seed).fill(&mut bytes);
            bytes
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn the_system_does_not_repeat_itself() {
        let (mut first, mut second) = ([0; 32], [0; 32]);
        SystemEntropy.fill(&mut first);
        SystemEntropy.fill(&mut second);
        assert_ne!(first, second);
    }
}
