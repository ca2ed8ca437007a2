use std::collections::BTreeSet;

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{Reader, Secret, strength};
use crate::config::{
    SecretSource,
    report::{KeyPath, Problem},
};

/// A master key, as the text that [`decode`] understands.
pub(super) fn read(key: &KeyPath, source: &SecretSource, reader: &mut Reader<'_>) -> Result<Secret, Problem> {
    let text = Secret::new(reader.key_text(key, source)?);
    check(text.expose()).map_err(|message| Problem::new(key.clone(), message))?;
    Ok(text)
}

/// The bytes that `text` means: hex, or base64 of either alphabet, padded or not.
///
/// A text that is both is hex: base64 without any letter beyond `f` does not happen by chance.
pub(in crate::config) fn decode(text: &str) -> Option<Vec<u8>> {
    if text.len() >= 2 * strength::OWN.least && text.bytes().all(|it| it.is_ascii_hexdigit()) {
        return hex(text);
    }
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [STANDARD, URL_SAFE].iter().find_map(|it| GeneralPurpose::new(it, lenient).decode(text).ok())
}

fn check(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err(format!("the key is empty: {MAKE_ONE}"));
    }
    let bytes = decode(text).ok_or_else(|| format!("is neither base64 nor hex: {MAKE_ONE}"))?;
    if bytes.len() < strength::OWN.least {
        return Err(format!("has {} bytes and needs {}: {MAKE_ONE}", bytes.len(), strength::OWN.least));
    }
    if !looks_random(&bytes) {
        return Err(format!("is a pattern that anybody could guess: {MAKE_ONE}"));
    }
    strength::check(text, strength::OWN).map_err(|_| format!("is a placeholder: {MAKE_ONE}"))
}

/// Random bytes are of many values and go up by no rule; of 32 of them fewer than 16 values do not happen.
fn looks_random(bytes: &[u8]) -> bool {
    let values: BTreeSet<u8> = bytes.iter().copied().collect();
    let steps: BTreeSet<u8> =
        bytes.iter().zip(bytes.iter().skip(1)).map(|(left, right)| right.wrapping_sub(*left)).collect();
    values.len() >= 16 && steps.len() > 1
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|it| it.to_digit(16)?.try_into().ok()).collect();
    let digits = digits?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some((high << 4) | low),
        _ => None,
    });
    pairs.collect()
}

const MAKE_ONE: &str = "make one with `mcp-gateway keys generate-master PATH`";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn row(text: &str, expected: Result<usize, &str>) {
        match (check(text), expected) {
            (Ok(()), Ok(length)) => assert_eq!(decode(text).unwrap().len(), length, "{text}"),
            (Err(message), Err(expected)) => assert!(message.contains(expected), "{text}: {message}"),
            (outcome, _) => panic!("{text}: {outcome:?}"),
        }
    }

    #[test]
    fn o06_a_master_key_is_32_random_bytes() {
        row("9LSWqdO3zQ1Y5tRZxk7mVb2uJ0cHnE8gPa6fTIwDyKo=", Ok(32));
        row("9LSWqdO3zQ1Y5tRZxk7mVb2uJ0cHnE8gPa6fTIwDyKo", Ok(32));
        row("9LSWqdO3zQ1Y5tRZxk7mVb2uJ0cHnE8gPa6fTIwD_-o", Ok(32));
        row("b3f1c07d6a2e984512fd7e30c9a8b1645fe20d738c4bb6aa19e7f3502d8c6491", Ok(32));
        row("", Err("is empty"));
        row("9LSWqdO3zQ1Y5tRZxk7mVb2uJ0cHnE8gPa6fTIwDyA", Err("has 31 bytes and needs 32"));
        row("b3f1c07d6a2e984512fd7e30c9a8b1645fe20d738c4bb6aa19e7f3502d8c649", Err("is neither"));
        row("correct horse battery staple, and some more", Err("is neither base64 nor hex"));
        row("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", Err("is a pattern"));
        row("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", Err("is a pattern"));
        row("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", Err("is a pattern"));
        row("changeme1Y5tRZxk7mVb2uJ0cHnE8gPa6fTIwDyKozQ1", Err("is a placeholder"));
    }
}
