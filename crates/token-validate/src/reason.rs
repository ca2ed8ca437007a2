use std::fmt;

use oauth_types::BearerError;

/// What a refusal answers: a status and the `error` of the challenge.
#[derive(Clone, Copy)]
enum Answer {
    /// 401 with a challenge that has no `error`: the request showed no usable credentials.
    Challenge,
    /// 400 `invalid_request`.
    BadRequest,
    /// 401 `invalid_token`.
    InvalidToken,
    /// 401 `invalid_dpop_proof`.
    InvalidProof,
    /// 401 `use_dpop_nonce`.
    UseNonce,
    /// 403 without an `error`: another token would not help this client.
    Forbidden,
    /// 503: the gateway cannot decide now.
    Unavailable,
}

macro_rules! reasons {
    ($($name:ident $code:literal $answer:ident $description:literal $explanation:literal;)+) => {
        /// Why a request was refused: a closed list, one variant for each distinct cause.
        ///
        /// The codes appear in logs, metric labels and the reference pages; the client sees
        /// [`Reason::description`] only.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason {
            $(#[doc = $explanation] $name,)+
        }

        impl Reason {
            /// Every reason, in the order of the checks.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name in logs, metrics and documents.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The `error_description` for the developer of the client, in the characters of RFC 6750 section 3.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $(Self::$name => $description,)+ }
            }

            /// What it means for the operator, and what to do.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$name => $explanation,)+ }
            }

            const fn answer(self) -> Answer {
                match self { $(Self::$name => Answer::$answer,)+ }
            }
        }
    };
}

reasons! {
    TokenMissing "token_missing" Challenge
        "an access token is required"
        "The request had no `Authorization` header. Every client begins like this, to learn where to get a token; a token in the query does not count.";
    SchemeNotBearer "scheme_not_bearer" Challenge
        "the Bearer scheme is required"
        "The `Authorization` header names a scheme other than `Bearer`, or `DPoP` where that is off. The client is set up for another kind of credential.";
    AuthorizationRepeated "authorization_repeated" BadRequest
        "the request has more than one Authorization header"
        "The request had several `Authorization` headers. A client or a proxy in front adds a second one.";
    TokenSentTwice "token_sent_twice" BadRequest
        "the access token was sent in more than one way"
        "The request had a token in the header and an `access_token` in the query. The client must send the header only (RFC 6750 section 2).";
    AuthorizationMalformed "authorization_malformed" BadRequest
        "the Authorization header is malformed"
        "The `Authorization` header holds characters that no bearer token has, such as a comma or a control character.";
    TokenSyntax "token_syntax" InvalidToken
        "the Authorization header must be the scheme, one space and the token"
        "The `Authorization` header says `Bearer` or `DPoP` but no single token follows: it is empty, or spaces are in the wrong place.";
    TokenTooLarge "token_too_large" InvalidToken
        "the access token is too large"
        "The token is longer than 8 KiB. Let the authorization server put fewer claims (often groups or roles) into it.";
    TokenNotJwt "token_not_jwt" InvalidToken
        "the access token is not a JWT"
        "The token is opaque or has not three parts, and no issuer of this resource has `introspection`. Many servers issue opaque tokens when the client asked for no audience or resource; otherwise set up introspection.";
    TokenEncrypted "token_encrypted" InvalidToken
        "encrypted access tokens are not supported"
        "The token is encrypted (JWE). Switch encryption of access tokens off at the authorization server.";
    JwtMalformed "jwt_malformed" InvalidToken
        "the access token is malformed"
        "The token is not strict base64url, not JSON, repeats a member, or is nested too deeply. A genuine server does not produce this.";
    HeaderForbidden "header_forbidden" InvalidToken
        "the header of the access token is not acceptable"
        "The header has a parameter that is never accepted (`crit`, `b64`, `zip`, `jwk`, `jku`, `x5u`, `x5c`, `cty: JWT`) or a `kid` that is no short text. Usually an attack.";
    IssuerUnknown "issuer_unknown" InvalidToken
        "the access token comes from an issuer that is not accepted here"
        "The `iss` claim equals no configured issuer, byte for byte. Compare spelling and the slash at the end.";
    AlgorithmNotAllowed "algorithm_not_allowed" InvalidToken
        "the signature algorithm of the access token is not accepted"
        "The header names an algorithm that is not in the allow-list of the issuer. `none` and the HS family never are.";
    ClaimMissing "claim_missing" InvalidToken
        "the access token lacks a required claim"
        "The token lacks `iss`, `sub`, `aud`, `exp` or `iat`. The detail names the claim.";
    ClaimMalformed "claim_malformed" InvalidToken
        "the access token has a malformed claim"
        "A claim has the wrong JSON type or an impossible value. The detail names the claim.";
    AudienceMismatch "audience_mismatch" InvalidToken
        "the access token was not issued for this resource"
        "The `aud` claim does not name this resource. Let the authorization server issue tokens for the resource identifier, or list what it writes under `audiences` of the `[[server]]`. The detail has what the token says.";
    TokenExpired "token_expired" InvalidToken
        "the access token has expired"
        "The token is past `exp`. Normal when a client must refresh; if all tokens expire at once, compare the clocks.";
    TokenNotYetValid "token_not_yet_valid" InvalidToken
        "the access token is not valid yet"
        "`nbf` or `iat` is in the future by more than the leeway. Compare the clocks of the gateway and the authorization server.";
    LifetimeTooLong "lifetime_too_long" InvalidToken
        "the access token lives longer than is accepted here"
        "`exp` minus `iat` is above `max_token_lifetime` of the issuer.";
    TypeNotAccepted "type_not_accepted" InvalidToken
        "the token is not of the type of access tokens"
        "The `typ` of the header is not `at+jwt`. If the server says `JWT` or nothing, let `token_type` be lenient, or write the `preset` of the product.";
    NotAnAccessToken "not_an_access_token" InvalidToken
        "the token is not an access token"
        "The token carries the marks of another kind: an ID token, a refresh or logout token, a DPoP proof; or it lacks the claim by which the preset knows access tokens. The detail names the claim. The client sends the wrong one.";
    SenderConstrained "sender_constrained" InvalidToken
        "the access token is bound to a key and cannot be used as a bearer token"
        "The token has a `cnf` claim and was sent as a plain bearer token, or without the proof that `cnf` demands. A token bound to a DPoP key is sent with the scheme `DPoP` and a proof, if the server takes them; mutual TLS is not supported. If the client did nothing wrong, the token was stolen from one that has the key.";
    TokenNotBound "token_not_bound" InvalidToken
        "the access token is not bound to the key of the DPoP proof"
        "The token came with the scheme `DPoP` but has no `cnf` claim. The authorization server does not bind tokens, or the client did not send it a proof.";
    DpopRequired "dpop_required" InvalidToken
        "the access token must be bound to a key and sent with a DPoP proof"
        "The server has `dpop = \"required\"` and the token came as a plain bearer token. Such clients do not know DPoP (RFC 9449).";
    DpopKeyMismatch "dpop_key_mismatch" InvalidToken
        "the access token is bound to another key than that of the DPoP proof"
        "The proof is good, but by another key than the one in the `cnf` claim. The client mixes up its keys, or the token was stolen.";
    DpopProofMissing "dpop_proof_missing" InvalidProof
        "a DPoP proof is required"
        "The request has no `DPoP` header, which a token with the scheme `DPoP` needs, and a token request where bound tokens are demanded.";
    DpopProofRepeated "dpop_proof_repeated" InvalidProof
        "the request has more than one DPoP proof"
        "The request has several `DPoP` headers. A client or a proxy in front adds a second one.";
    DpopProofMalformed "dpop_proof_malformed" InvalidProof
        "the DPoP proof is malformed"
        "The proof is no JWT of at most 4 KiB, or lacks a claim or has it malformed: `jti`, `iat`, or `ath` beside a token. The detail says which.";
    DpopProofHeader "dpop_proof_header" InvalidProof
        "the header of the DPoP proof is not acceptable"
        "The `typ` of the proof is not `dpop+jwt`, its `alg` is not accepted, or its `jwk` is no public key of a supported kind. The detail says which.";
    DpopProofSignature "dpop_proof_signature" InvalidProof
        "the signature of the DPoP proof is not valid"
        "The proof was not signed by the key in its own header. A forged or damaged proof.";
    DpopProofMethod "dpop_proof_method" InvalidProof
        "the DPoP proof is for another method"
        "The `htm` of the proof is not the method of the request. A proof is for one request only.";
    DpopProofTarget "dpop_proof_target" InvalidProof
        "the DPoP proof is for another address"
        "The `htu` of the proof is not the address of the request, which begins with `public_url`. The detail has both; a client that comes by another of the `hosts` must use `public_url`.";
    DpopProofTime "dpop_proof_time" InvalidProof
        "the DPoP proof is not of this time"
        "The `iat` of the proof is more than 5 minutes from now. Compare the clocks of the client and the gateway; a proof is made anew for each request.";
    DpopProofToken "dpop_proof_token" InvalidProof
        "the DPoP proof is for another access token"
        "The `ath` of the proof is not the digest of the token beside it.";
    DpopNonce "dpop_nonce" UseNonce
        "the DPoP proof must hold the nonce of this answer"
        "The server demands nonces, and the proof has none or an old one. Normal for the first request of a client and after a pause: it sends another proof with the nonce of the answer.";
    DpopProofReplayed "dpop_proof_replayed" InvalidProof
        "the DPoP proof was used before"
        "A second request has the same proof. A client that sends a request again must make a new proof; otherwise somebody who saw the request repeats it.";
    DpopMemoryFull "dpop_memory_full" Unavailable
        "too many DPoP proofs at once"
        "More proofs are in use than can be remembered, so a second use would not show. A flood of requests with good tokens; it ends by itself within 20 minutes.";
    RequiredClaim "required_claim" InvalidToken
        "the access token lacks a claim that this resource requires"
        "A claim from `required_claims` of the issuer is absent or has another value. The detail names the claim.";
    ClientNotAllowed "client_not_allowed" Forbidden
        "this client is not allowed here"
        "The client of the token is not in `clients` of the issuer.";
    KeyUnknown "key_unknown" InvalidToken
        "the access token is signed with an unknown key"
        "No key of the issuer has the `kid` of the token and fits its algorithm. A fetch was tried at most once in 30 s; if genuine tokens fail, look at the key set of the authorization server.";
    KeyAmbiguous "key_ambiguous" InvalidToken
        "the key of the access token cannot be determined"
        "The token names no key, or a name that several keys have, and more than one fits. Give the keys distinct `kid`s.";
    SignatureInvalid "signature_invalid" InvalidToken
        "the signature of the access token is not valid"
        "The signature does not fit the key. A forged or damaged token, or two environments that share a `kid`.";
    KeysUnavailable "keys_unavailable" Unavailable
        "the keys of the authorization server are not available"
        "No usable key of the issuer is known: its metadata or key set could not be fetched yet, or not for longer than the stale limit. The gateway goes on trying; a warning in the log says each time why a fetch failed, and `mcp-gateway check --online` asks at once. An authorization server in a private network must be opened by `[outbound] allow_networks`, and one with a CA of its own by `outbound.ca_files`.";
    IntrospectionAmbiguous "introspection_ambiguous" InvalidToken
        "the issuer of the access token cannot be determined"
        "The token is opaque and more than one issuer of this resource has introspection. Limit the server to one of them: a token must not be shown to a stranger.";
    IntrospectionUnavailable "introspection_unavailable" Unavailable
        "the authorization server cannot be asked about the access token"
        "The introspection request failed, or its answer made no sense. The detail says how; check the endpoint and the client credentials.";
    IntrospectionMismatch "introspection_mismatch" InvalidToken
        "the authorization server does not confirm the access token"
        "The introspection answer speaks of another issuer, subject or client than the token, or of another issuer than the one asked.";
    TokenInactive "token_inactive" InvalidToken
        "the access token is not active"
        "The authorization server says that the token is not active: expired, revoked, or never issued by it.";
}

impl Reason {
    /// The `error` of the challenge; `None` asks for a challenge without one, and for none at all with 503.
    #[must_use]
    pub const fn bearer_error(self) -> Option<BearerError> {
        match self.answer() {
            Answer::BadRequest => Some(BearerError::InvalidRequest),
            Answer::InvalidToken => Some(BearerError::InvalidToken),
            Answer::InvalidProof => Some(BearerError::InvalidDpopProof),
            Answer::UseNonce => Some(BearerError::UseDpopNonce),
            Answer::Challenge | Answer::Forbidden | Answer::Unavailable => None,
        }
    }

    /// The HTTP status: 400, 401, 403 or 503.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self.answer() {
            Answer::BadRequest => 400,
            Answer::Challenge | Answer::InvalidToken | Answer::InvalidProof | Answer::UseNonce => 401,
            Answer::Forbidden => 403,
            Answer::Unavailable => 503,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_distinct_and_snake_case() {
        let codes: BTreeSet<_> = Reason::ALL.iter().map(|it| it.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        assert!(codes.iter().all(|code| code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_'))));
    }

    #[test]
    fn descriptions_keep_to_the_characters_of_rfc_6750() {
        for reason in Reason::ALL {
            let fits = |byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
            assert!(reason.description().bytes().all(fits), "{reason}");
        }
    }

    #[test]
    fn a_challenge_error_fits_its_status() {
        for reason in Reason::ALL {
            if let Some(error) = reason.bearer_error() {
                assert_eq!(error.status(), reason.status(), "{reason}");
            }
        }
        assert_eq!((Reason::TokenMissing.status(), Reason::TokenMissing.bearer_error()), (401, None));
        assert_eq!((Reason::KeysUnavailable.status(), Reason::KeysUnavailable.bearer_error()), (503, None));
        assert_eq!((Reason::ClientNotAllowed.status(), Reason::ClientNotAllowed.bearer_error()), (403, None));
    }
}
