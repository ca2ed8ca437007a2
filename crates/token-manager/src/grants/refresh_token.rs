use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::GrantId;

use crate::{KeyId, KeyRing};

oauth_types::secret! {
    /// A refresh token: `rt1.` and 80 characters of base64url.
    ///
    /// Names its grant and its generation, authenticated with a key that is not in the store: whoever has the store
    /// can neither make one nor read one from it.
    pub struct RefreshToken;
}

/// An authentic refresh token: issued by us, whatever has become of its grant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Authentic {
    pub(super) grant: GrantId,
    pub(super) generation: u64,
}

impl RefreshToken {
    /// The token of one generation: the same whenever it is asked for; `None` if the ring lacks the key.
    pub(super) fn derive(ring: &KeyRing, key_id: KeyId, grant: &GrantId, generation: u64) -> Option<Self> {
        let mut bytes = [0; LENGTH];
        let (message, tag) = bytes.split_at_mut(MESSAGE);
        message.copy_from_slice(&message_of(key_id, grant, generation));
        tag.copy_from_slice(ring.refresh_token_tag(key_id, message)?.as_ref());
        Some(Self::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }
}

impl Authentic {
    /// Reads a token and checks its tag, without looking anything up.
    pub(super) fn verify(text: &str, ring: &KeyRing) -> Option<Self> {
        let encoded = text.strip_prefix(PREFIX).filter(|it| it.len() == LENGTH / 3 * 4)?;
        let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
        let (message, tag) = bytes.split_first_chunk::<MESSAGE>()?;
        let (key_id, rest) = message.split_first_chunk()?;
        let (grant, rest) = rest.split_first_chunk()?;
        let (generation, _) = rest.split_first_chunk()?;
        ring.verify_refresh_token(KeyId::from_bytes(*key_id), message, tag)
            .then(|| Self { grant: GrantId::from_bytes(*grant), generation: u64::from_be_bytes(*generation) })
    }
}

fn message_of(key_id: KeyId, grant: &GrantId, generation: u64) -> [u8; MESSAGE] {
    let mut message = [0; MESSAGE];
    let (id, rest) = message.split_at_mut(4);
    let (name, number) = rest.split_at_mut(16);
    id.copy_from_slice(key_id.as_bytes());
    name.copy_from_slice(grant.as_bytes());
    number.copy_from_slice(&generation.to_be_bytes());
    message
}

const PREFIX: &str = "rt1.";
/// Key id, grant, generation.
const MESSAGE: usize = 4 + 16 + 8;
const LENGTH: usize = MESSAGE + 32;
