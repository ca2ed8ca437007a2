use crate::{Algorithm, KeySet};

/// The cryptographic library does not do what it must; nothing may be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cryptographic library fails its self-test for {0}")]
pub struct SelfTestFailed(pub Algorithm);

/// A signature that is known to be good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownAnswer {
    /// Its algorithm.
    pub algorithm: Algorithm,
    /// A JWK set with the public key alone.
    pub jwks: &'static str,
    /// What is signed: the header and the payload of a JWS with the dot between.
    pub message: &'static str,
    /// The signature in base64url.
    pub signature: &'static str,
}

/// Verifies each of `answers`, and refuses a forgery of it.
///
/// To be called once at start with [`KNOWN_ANSWERS`]: a library that was built without its provider shows here, not with
/// the first token.
///
/// # Errors
/// [`SelfTestFailed`] with the algorithm of the first answer that is not verified, or whose forgery is.
pub fn self_test(answers: &[KnownAnswer]) -> Result<(), SelfTestFailed> {
    for answer in answers {
        let failed = SelfTestFailed(answer.algorithm);
        let (keys, _) = KeySet::from_jwks_json(answer.jwks.as_bytes()).map_err(|_| failed)?;
        let key = keys.select(answer.algorithm, None).map_err(|_| failed)?;
        let forged = answer.message.replacen('e', "f", 1);
        if !key.verifies(answer.algorithm, answer.message, answer.signature)
            || key.verifies(answer.algorithm, &forged, answer.signature)
        {
            return Err(failed);
        }
    }
    Ok(())
}

/// One of each family: an RS256 signature made for this purpose, and the published examples of RFC 7515 appendix A.3 and
/// RFC 8037 appendix A.4.
pub const KNOWN_ANSWERS: &[KnownAnswer] = &[
    KnownAnswer {
        algorithm: Algorithm::Rs256,
        jwks: r#"{"keys":[{"kty":"RSA","e":"AQAB","n":"nKbXCQp6S45VHb4X7ZqYfI1HSBBg5Vpp63XMsM6zObE7f4ckDnllDgDJoJv-UuwgRUyawu_-79v_Nqig42RZ5L3r1bcyg73BR96Z5rmCGpMrEXw59a7oACg2ak54PR0XL6MhCctDjggyDkW9H9vlTQmBeUdHltwGYbaLuUJMmnSUylMamF1T9q1-JHjtxrWHgmf85nG-zX_QUFeGYOOk4Mwp9exmCHV8bNRdBVW-F18QngEbFYq-VjwytQBKPWx3t01JFybw3LhygGW88pUP1gsD2_IvM8HPjv92rK8DPcaxtVKz67zX8AihD2UpVk9xVWVaVsr_5AyKVsIIZqj6ww"}]}"#,
        message: "eyJhbGciOiJSUzI1NiJ9.a25vd24gYW5zd2Vy",
        signature: "V5hePuprIqQwH3c1ErSicLSne1ac9zi9vz4vXIvG1phdqgMUGtKd8Fbr819d1hTjiN92-RG3X-jHtt9gFRviC0kJmRyNSwKafkZYqEm2RvJ7Rphhpmn4CgcRaD1j7QnTX9gBVN0RwYNYvh99BpRWfDXkiq0GJPe4guL1e-a9GaSOdplwV9swxpDWfgCAW0TVGI5b2TnIIEMzZwYJC3lEcT_KK2RANL9mwUyRpx5OYi9l6z9xjxfZqxNpYNFEvu55B08qwkHP6bLGEt_klU74CNkxYCD8VLvvYDd7wPgps7-flnJQ4jzWsdRg_r8pGOZKha77PK1ppvQFPaNVcG3Vsg",
    },
    KnownAnswer {
        algorithm: Algorithm::Es256,
        jwks: r#"{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#,
        message: "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
        signature: "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    },
    KnownAnswer {
        algorithm: Algorithm::EdDsa,
        jwks: r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
        message: "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
        signature: "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o23_the_self_test_passes() {
        assert_eq!(self_test(KNOWN_ANSWERS), Ok(()));
    }

    #[test]
    fn o23_each_answer_that_is_not_the_known_one_is_noticed() {
        for (index, good) in KNOWN_ANSWERS.iter().enumerate() {
            let mut answers = KNOWN_ANSWERS.to_vec();
            answers[index].message = "eyJhbGciOiJub25lIn0.";
            assert_eq!(self_test(&answers), Err(SelfTestFailed(good.algorithm)));
            // A library that finds everything good fails by the forgery, one without keys by the key.
            answers[index] = KnownAnswer { jwks: r#"{"keys":[]}"#, ..*good };
            assert_eq!(self_test(&answers), Err(SelfTestFailed(good.algorithm)));
        }
    }
}
