//! An authorization server reduced to its keys: it signs good tokens, and bad ones in every way.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "only tests call it, and a test may panic"
)]

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
        KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
        RSA_PSS_SHA512, RsaEncoding, RsaKeyPair, RsaPublicKeyComponents,
    },
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Map, Value, json};

/// The time at which tokens are issued unless a test says otherwise; set the test's clock to it.
pub const NOW: u64 = 1_800_000_000;

/// The resource that tokens are for unless a test says otherwise.
pub const RESOURCE: &str = "https://mcp.example/mcp";

/// A signing key with its name.
#[derive(Clone)]
pub struct TestKey {
    kid: String,
    algorithm: &'static str,
    pair: Pair,
}

#[derive(Clone)]
enum Pair {
    Rsa(Arc<RsaKeyPair>),
    Ecdsa(Arc<EcdsaKeyPair>),
    Ed25519(Arc<Ed25519KeyPair>),
}

/// An issuer and its keys.
#[derive(Clone, Debug)]
pub struct TestIssuer {
    issuer: String,
    keys: Vec<TestKey>,
}

/// A token in the making: good unless told otherwise.
#[derive(Clone, Debug)]
pub struct TokenBuilder {
    key: TestKey,
    header: Map<String, Value>,
    claims: Map<String, Value>,
    raw_header: Option<String>,
    raw_claims: Option<String>,
}

impl TestIssuer {
    /// An issuer with one key, `key-1`, for ES256.
    #[must_use]
    pub fn new(issuer: &str) -> Self {
        Self { issuer: issuer.to_owned(), keys: vec![TestKey::generate("ES256", "key-1")] }
    }

    /// The same issuer with these keys instead.
    #[must_use]
    pub fn with_keys(&self, keys: impl IntoIterator<Item = TestKey>) -> Self {
        Self { issuer: self.issuer.clone(), keys: keys.into_iter().collect() }
    }

    /// The issuer identifier.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Its first key.
    #[must_use]
    pub fn key(&self) -> &TestKey {
        &self.keys[0]
    }

    /// Where its metadata document and its key set are to be served.
    #[must_use]
    pub fn urls(&self) -> (String, String) {
        let metadata =
            self.issuer.parse::<oauth_types::Issuer>().expect("an issuer").metadata_urls()[0].to_string();
        (metadata, self.jwks_uri())
    }

    /// Its metadata document.
    #[must_use]
    pub fn metadata(&self) -> Value {
        let base = self.issuer.trim_end_matches('/');
        json!({
            "issuer": self.issuer,
            "authorization_endpoint": format!("{base}/authorize"),
            "token_endpoint": format!("{base}/token"),
            "introspection_endpoint": format!("{base}/introspect"),
            "jwks_uri": self.jwks_uri(),
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
        })
    }

    /// Its key set document.
    #[must_use]
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.keys.iter().map(TestKey::jwk).collect::<Vec<_>>() })
    }

    /// A good `at+jwt` for [`RESOURCE`], issued at [`NOW`] for an hour, signed with the first key.
    #[must_use]
    pub fn token(&self) -> TokenBuilder {
        let claims = json!({
            "iss": self.issuer,
            "sub": "alice",
            "aud": RESOURCE,
            "client_id": "client-1",
            "scope": "mcp",
            "jti": "token-1",
            "iat": NOW,
            "exp": NOW + 3600,
        });
        let Value::Object(claims) = claims else { unreachable!("json! made an object") };
        let mut header = Map::new();
        header.insert("typ".to_owned(), "at+jwt".into());
        TokenBuilder { key: self.keys[0].clone(), header, claims, raw_header: None, raw_claims: None }
            .key(&self.keys[0])
    }

    fn jwks_uri(&self) -> String {
        format!("{}/jwks", self.issuer.trim_end_matches('/'))
    }
}

impl TestKey {
    /// A key for `algorithm`; RSA keys are the same one throughout the process, since making them takes long.
    ///
    /// # Panics
    /// Panics for an algorithm that is not asymmetric.
    #[must_use]
    pub fn generate(algorithm: &'static str, kid: &str) -> Self {
        let ecdsa = |kind| Pair::Ecdsa(Arc::new(EcdsaKeyPair::generate(kind).expect("entropy")));
        let pair = match algorithm {
            "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" => Pair::Rsa(shared_rsa_key()),
            "ES256" => ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING),
            "ES384" => ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING),
            "EdDSA" => Pair::Ed25519(Arc::new(Ed25519KeyPair::generate().expect("entropy"))),
            other => panic!("no key for {other}"),
        };
        Self { kid: kid.to_owned(), algorithm, pair }
    }

    /// The same key under another name.
    #[must_use]
    pub fn named(&self, kid: &str) -> Self {
        Self { kid: kid.to_owned(), ..self.clone() }
    }

    /// The public key as a JSON Web Key with `alg`, `use` and `kid`.
    #[must_use]
    pub fn jwk(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &self.pair {
            Pair::Rsa(pair) => {
                let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({ "kty": "RSA", "n": encode(&public.n), "e": encode(&public.e) })
            }
            Pair::Ecdsa(pair) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let crv = if self.algorithm == "ES256" { "P-256" } else { "P-384" };
                json!({ "kty": "EC", "crv": crv, "x": encode(x), "y": encode(y) })
            }
            Pair::Ed25519(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref()) })
            }
        };
        jwk["alg"] = self.algorithm.into();
        jwk["use"] = "sig".into();
        jwk["kid"] = self.kid.clone().into();
        jwk
    }

    /// The public key as `SubjectPublicKeyInfo` in DER.
    ///
    /// # Panics
    /// Never: every public key has an encoding.
    #[must_use]
    pub fn public_der(&self) -> Vec<u8> {
        let der: PublicKeyX509Der<'_> = match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_der(),
            Pair::Ecdsa(pair) => pair.public_key().as_der(),
            Pair::Ed25519(pair) => pair.public_key().as_der(),
        }
        .expect("a public key has an encoding");
        der.as_ref().to_vec()
    }

    /// The public key as PEM.
    #[must_use]
    pub fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &self.public_der())
    }

    /// The private key as PEM (PKCS #8), for programs that sign with it.
    ///
    /// # Panics
    /// Panics for an RSA or Ed25519 key, which no program has asked for yet.
    #[must_use]
    pub fn private_pem(&self) -> String {
        let Pair::Ecdsa(pair) = &self.pair else { panic!("only ECDSA keys are given away") };
        pem("PRIVATE KEY", pair.to_pkcs8v1().expect("a key pair has an encoding").as_ref())
    }

    /// The signature of `message` by the key's algorithm.
    ///
    /// # Panics
    /// Panics when the system gives no entropy.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(rsa_encoding(self.algorithm), &random, message, &mut signature)
                    .expect("a signature");
                signature
            }
            Pair::Ecdsa(pair) => pair.sign(&random, message).expect("a signature").as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }
}

impl TokenBuilder {
    /// Nothing but what `key` signs with.
    pub(crate) fn with_key(key: &TestKey) -> Self {
        let mut header = Map::new();
        header.insert("alg".to_owned(), key.algorithm.into());
        Self { key: key.clone(), header, claims: Map::new(), raw_header: None, raw_claims: None }
    }

    /// Sets a claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Leaves a claim out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Sets a header parameter, true or not.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// Leaves a header parameter out.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    /// Signs with `key`, and says so in the header.
    #[must_use]
    pub fn key(self, key: &TestKey) -> Self {
        let mut token = self.header("alg", key.algorithm).header("kid", key.kid.as_str());
        token.key = key.clone();
        token
    }

    /// Issues it at `iat` for an hour.
    #[must_use]
    pub fn issued_at(self, iat: oauth_types::UnixTime) -> Self {
        self.claim("iat", iat.as_seconds()).claim("exp", iat.as_seconds() + 3600)
    }

    /// Takes this text as the header, whatever it is.
    #[must_use]
    pub fn raw_header(mut self, text: impl Into<String>) -> Self {
        self.raw_header = Some(text.into());
        self
    }

    /// Takes this text as the claims, whatever it is.
    #[must_use]
    pub fn raw_claims(mut self, text: impl Into<String>) -> Self {
        self.raw_claims = Some(text.into());
        self
    }

    /// The text of the header.
    #[must_use]
    pub fn header_text(&self) -> String {
        self.raw_header.clone().unwrap_or_else(|| Value::Object(self.header.clone()).to_string())
    }

    /// The text of the claims.
    #[must_use]
    pub fn claims_text(&self) -> String {
        self.raw_claims.clone().unwrap_or_else(|| Value::Object(self.claims.clone()).to_string())
    }

    /// The token with a signature by its key.
    #[must_use]
    pub fn sign(&self) -> String {
        let signature = self.key.sign(self.message().as_bytes());
        self.with_signature(&signature)
    }

    /// The token with an HMAC-SHA256 under `secret` for a signature.
    #[must_use]
    pub fn sign_hmac(&self, secret: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        self.with_signature(hmac::sign(&key, self.message().as_bytes()).as_ref())
    }

    /// The token with any bytes for a signature.
    #[must_use]
    pub fn with_signature(&self, signature: &[u8]) -> String {
        format!("{}.{}", self.message(), URL_SAFE_NO_PAD.encode(signature))
    }

    /// What is signed: header and claims.
    #[must_use]
    pub fn message(&self) -> String {
        let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}", encode(self.header_text()), encode(self.claims_text()))
    }
}

impl fmt::Debug for TestKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TestKey({} {})", self.algorithm, self.kid)
    }
}

/// DER as PEM under `label`.
#[must_use]
pub fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem + &format!("-----END {label}-----\n")
}

fn shared_rsa_key() -> Arc<RsaKeyPair> {
    static KEY: OnceLock<Arc<RsaKeyPair>> = OnceLock::new();
    KEY.get_or_init(|| Arc::new(RsaKeyPair::generate(KeySize::Rsa2048).expect("entropy"))).clone()
}

fn rsa_encoding(algorithm: &str) -> &'static dyn RsaEncoding {
    match algorithm {
        "RS256" => &RSA_PKCS1_SHA256,
        "RS384" => &RSA_PKCS1_SHA384,
        "RS512" => &RSA_PKCS1_SHA512,
        "PS256" => &RSA_PSS_SHA256,
        "PS384" => &RSA_PSS_SHA384,
        _ => &RSA_PSS_SHA512,
    }
}
