//! Grants in a file.

use std::{io, path::Path, sync::Arc};

use oauth_types::{CodeChallenge, CodeVerifier, Principal, SystemClock, SystemEntropy};
use storage::{RedbSettings, RedbStore};
use token_manager::{
    AuditLog, GrantParts, GrantSettings, Grants, IssuedTokens, KeyRing, MasterKey, Memberships, NewGrant,
    RedeemCheck, RotateCheck, SigningKeySettings, SigningKeys,
};

pub(crate) struct Scene {
    pub(crate) store: Arc<RedbStore>,
    pub(crate) grants: Grants,
}

impl Scene {
    /// Opens the file as the gateway does, or makes it.
    pub(crate) async fn open(path: &Path) -> io::Result<Self> {
        Self::open_as(&RedbSettings::new(path)).await
    }

    /// The same with other settings.
    pub(crate) async fn open_as(settings: &RedbSettings) -> io::Result<Self> {
        let store = Arc::new(RedbStore::open_or_create(settings).map_err(io::Error::other)?);
        let master_key = MasterKey::new(b"0123456789abcdefghijklmnopqrstuv").map_err(io::Error::other)?;
        let ring = Arc::new(KeyRing::new(&master_key, []).map_err(io::Error::other)?);
        let (clock, entropy) = (Arc::new(SystemClock::new()), Arc::new(SystemEntropy));
        let signing_keys = SigningKeys::open(
            store.clone(),
            ring.clone(),
            clock.clone(),
            entropy.clone(),
            SigningKeySettings::default(),
        )
        .await
        .map_err(io::Error::other)?;
        let events = Arc::new(AuditLog);
        let parts =
            GrantParts { store: store.clone(), feed: None, ring, signing_keys, clock, entropy, events };
        let settings = GrantSettings::new(parse("https://mcp.example.com")?);
        let grants = Grants::open(parts, settings).await.map_err(io::Error::other)?;
        Ok(Self { store, grants })
    }

    /// One more grant of person `number`, with its tokens.
    pub(crate) async fn sign_in(&self, number: usize) -> io::Result<IssuedTokens> {
        let verifier: CodeVerifier = parse(VERIFIER)?;
        let new = NewGrant {
            principal: Principal {
                provider: parse("github")?,
                subject: parse(&(10_000_000 + number).to_string())?,
            },
            ..grant(CodeChallenge::of(&verifier))?
        };
        let client_id = new.client_id.clone();
        let (_, code) = self.grants.issue_code(new).await.map_err(io::Error::other)?;
        let check = RedeemCheck {
            client_id: &client_id,
            redirect_uri: Some(REDIRECT_URI),
            code_verifier: Some(verifier.expose()),
            resources: &[],
            key: None,
            is_public: true,
            memberships: Memberships::NONE,
        };
        self.grants.redeem(code.expose(), check).await.map_err(io::Error::other)
    }

    /// The next refresh token.
    pub(crate) async fn rotate(&self, refresh_token: &str) -> io::Result<String> {
        let client_id = parse(CLIENT)?;
        let check = RotateCheck {
            client_id: &client_id,
            scope: None,
            resources: &[],
            key: None,
            memberships: Memberships::NONE,
        };
        let tokens = self.grants.rotate(refresh_token, check).await.map_err(io::Error::other)?;
        refresh_token_of(&tokens)
    }
}

pub(crate) fn refresh_token_of(tokens: &IssuedTokens) -> io::Result<String> {
    let token = tokens.refresh_token.as_ref().ok_or_else(|| io::Error::other("no refresh token"))?;
    Ok(token.expose().to_owned())
}

pub(crate) fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

fn grant(code_challenge: CodeChallenge) -> io::Result<NewGrant> {
    Ok(NewGrant {
        client_id: parse(CLIENT)?,
        principal: Principal { provider: parse("github")?, subject: parse("1")? },
        redirect_uri: parse(REDIRECT_URI)?,
        scope: parse("mcp files:read")?,
        resource: parse("https://mcp.example.com/mcp")?,
        code_challenge,
        session: None,
        refreshable: true,
        key: None,
    })
}

fn parse<T: std::str::FromStr>(text: &str) -> io::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(io::Error::other)
}

const CLIENT: &str = "https://claude.ai/oauth/mcp-oauth-client-metadata";
const REDIRECT_URI: &str = "https://claude.ai/api/mcp/auth_callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
