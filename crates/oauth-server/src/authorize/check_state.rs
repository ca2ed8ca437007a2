use super::AuthorizePageError;
use crate::parameters::Parameters;

/// The longest `state`, after decoding.
const MAX_STATE: usize = 4096;

/// The `state`, whatever bytes it holds.
///
/// One that is too long cannot be answered, and an answer without it is none the client can use: the person gets a page.
/// A repeated one is refused later, by an answer without `state`.
pub(super) fn check_state(parameters: &Parameters) -> Result<Option<Vec<u8>>, AuthorizePageError> {
    let state = parameters.bytes("state").ok().flatten();
    if state.is_some_and(|it| it.len() > MAX_STATE) {
        return Err(AuthorizePageError::TooLong);
    }
    Ok(state.map(<[u8]>::to_vec))
}
