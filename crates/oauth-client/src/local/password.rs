use std::{fmt, str::FromStr};

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc};
use oauth_types::Entropy;
use serde::{Deserialize, Serialize};

oauth_types::secret! {
    /// A password as somebody typed it.
    pub struct Password;
}

/// A password's hash: an argon2id PHC string, `$argon2id$v=19$m=19456,t=2,p=1$salt$hash` (RFC 9106).
///
/// Prints without salt and hash.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PasswordHash {
    hash: phc::PasswordHash,
    memory_kib: u32,
    passes: u32,
}

/// Why a text is no password hash that is safe to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPasswordHash {
    /// No PHC string with salt and hash.
    #[error("is no PHC string; make one with `mcp-gateway hash-password`")]
    Syntax,
    /// Another algorithm, or an old version of it.
    #[error("must be argon2id, version 19")]
    Algorithm,
    /// Cheaper to guess than OWASP's lowest recommendation.
    #[error("is too weak: at least m=19456,t=2 or m=47104,t=1, and 16 bytes of salt and hash")]
    Weak,
    /// So costly that signing in would tie up the machine.
    #[error("is too costly: at most 1 GiB of memory and 16 passes")]
    Costly,
}

/// Why a password is not hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer than 8 characters (NIST SP 800-63B section 5.1.1.2).
    #[error("the password must have at least 8 characters")]
    TooShort,
    /// More than 1024 bytes.
    #[error("the password must have at most 1024 bytes")]
    TooLong,
    /// The memory for hashing cannot be had.
    #[error("there is not enough memory to hash the password")]
    OutOfMemory,
}

/// 19 MiB and two passes: OWASP's first choice for argon2id.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
/// With one pass it must be 46 MiB.
const ONE_PASS_MEMORY_KIB: u32 = 47_104;
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 16;
const MAX_PASSWORD: usize = 1024;
const SALT: usize = 16;

/// Hashes `password` with a fresh salt, for the configuration or the store.
///
/// # Errors
/// [`PasswordError`] for a password that is too short or too long.
pub fn hash_password(password: &Password, entropy: &dyn Entropy) -> Result<PasswordHash, PasswordError> {
    if password.expose().chars().count() < 8 {
        return Err(PasswordError::TooShort);
    }
    if password.expose().len() > MAX_PASSWORD {
        return Err(PasswordError::TooLong);
    }
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|_| PasswordError::OutOfMemory)?;
    let mut salt = [0; SALT];
    entropy.fill(&mut salt);
    let hash = argon2id(params)
        .hash_password_with_salt(password.expose().as_bytes(), &salt)
        .map_err(|_| PasswordError::OutOfMemory)?;
    Ok(PasswordHash { hash, memory_kib: MEMORY_KIB, passes: PASSES })
}

impl PasswordHash {
    /// Whether it is the hash of `password`; takes the time that its parameters ask for.
    pub(super) fn is_of(&self, password: &Password) -> bool {
        // Nobody has such a password, and hashing a megabyte is work for nothing.
        let text = password.expose().as_bytes().get(..password.expose().len().min(MAX_PASSWORD + 1));
        let verified = Argon2::default().verify_password(text.unwrap_or_default(), &self.hash);
        verified.is_ok() && password.expose().len() <= MAX_PASSWORD
    }

    /// How much work it is to check.
    pub(super) const fn cost(&self) -> u64 {
        self.memory_kib as u64 * self.passes as u64
    }

    /// A hash that costs the same and that no password has.
    pub(super) fn decoy(&self, entropy: &dyn Entropy) -> Self {
        let mut output = [0; 32];
        entropy.fill(&mut output);
        let mut decoy = self.clone();
        decoy.hash.hash = phc::Output::new(&output).ok();
        decoy
    }

    /// The PHC string.
    #[must_use]
    pub fn to_phc(&self) -> String {
        self.hash.to_string()
    }
}

impl FromStr for PasswordHash {
    type Err = InvalidPasswordHash;

    fn from_str(text: &str) -> Result<Self, InvalidPasswordHash> {
        let hash = phc::PasswordHash::new(text).map_err(|_| InvalidPasswordHash::Syntax)?;
        let (Some(salt), Some(output)) = (&hash.salt, &hash.hash) else {
            return Err(InvalidPasswordHash::Syntax);
        };
        let version = hash.version == Some(u32::from(Version::V0x13));
        if hash.algorithm != argon2::ARGON2ID_IDENT || !version {
            return Err(InvalidPasswordHash::Algorithm);
        }
        let params = Params::try_from(&hash).map_err(|_| InvalidPasswordHash::Syntax)?;
        let (memory_kib, passes) = (params.m_cost(), params.t_cost());
        let strong = memory_kib >= if passes == 1 { ONE_PASS_MEMORY_KIB } else { MEMORY_KIB };
        if !strong || salt.len() < SALT || output.as_bytes().len() < 16 {
            return Err(InvalidPasswordHash::Weak);
        }
        if memory_kib > MAX_MEMORY_KIB || passes > MAX_PASSES || params.p_cost() > MAX_LANES {
            return Err(InvalidPasswordHash::Costly);
        }
        Ok(Self { hash, memory_kib, passes })
    }
}

impl TryFrom<String> for PasswordHash {
    type Error = InvalidPasswordHash;

    fn try_from(text: String) -> Result<Self, InvalidPasswordHash> {
        text.parse()
    }
}

impl From<PasswordHash> for String {
    fn from(hash: PasswordHash) -> Self {
        hash.to_phc()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PasswordHash(argon2id, m={}, t={})", self.memory_kib, self.passes)
    }
}

fn argon2id(params: Params) -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}
