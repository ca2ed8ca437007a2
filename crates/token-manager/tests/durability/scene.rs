//! Everything of this crate on one file, with a third party that never forgets.

use std::{future::pending, path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use oauth_types::{
    Clock, CodeChallenge, CodeVerifier, GrantId, Principal, ProviderId, SystemClock, SystemEntropy,
};
use storage::{
    ChangeFeed, MemoryStore, PostgresSettings, PostgresStore, RecordStore, RedbSettings, RedbStore,
};
use token_manager::{
    AuditLog, GrantError, GrantParts, GrantSettings, Grants, IssuedTokens, KeyRing, MasterKey, Memberships,
    NewGrant, RedeemCheck, RefreshFailure, RefreshToken, RefreshedTokens, Refresher, RotateCheck, SessionKey,
    SigningKeySettings, SigningKeys, ThirdPartyAccessToken, ThirdPartyRefreshToken, ThirdPartyTokenKeeper,
    ThirdPartyTokenParts, ThirdPartyTokenSettings, ThirdPartyTokens, TokenSet,
};

use crate::Outcome;

#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) store: Arc<dyn RecordStore>,
    pub(crate) ring: Arc<KeyRing>,
    pub(crate) grants: Grants,
    pub(crate) third_party: ThirdPartyTokens,
    pub(crate) clock: Arc<SystemClock>,
}

/// Which of the two master keys seals; the other one opens what it sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sealing {
    Day,
    Night,
}

impl Sealing {
    /// The one for this cycle.
    pub(crate) const fn of(cycle: u64) -> Self {
        if cycle.is_multiple_of(2) { Self::Day } else { Self::Night }
    }

    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Day => Self::Night,
            Self::Night => Self::Day,
        }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Night => "night",
        }
    }

    pub(crate) fn named(word: &str) -> Option<Self> {
        [Self::Day, Self::Night].into_iter().find(|it| it.word() == word)
    }

    fn master_key(self) -> Outcome<MasterKey> {
        Ok(MasterKey::new(match self {
            Self::Day => b"0123456789abcdefghijklmnopqrstuv",
            Self::Night => b"vutsrqponmlkjihgfedcba9876543210",
        })?)
    }

    fn ring(self) -> Outcome<KeyRing> {
        Ok(KeyRing::new(&self.master_key()?, [self.other().master_key()?])?)
    }
}

/// Told before a third party answers: the session, and the number of the refresh token that it gives.
pub(crate) type BeforeAnswer = Arc<dyn Fn(&str, u64) + Send + Sync>;

impl Scene {
    pub(crate) async fn in_memory() -> Outcome<Self> {
        Ok(Self::on(Arc::new(MemoryStore::new()), None, Sealing::Day, Arc::new(|_, _| {})).await?.0)
    }

    /// One of several that share the database at `url`, with connections and a memory of its own.
    pub(crate) async fn in_database(url: &str) -> Outcome<Self> {
        let store = Arc::new(PostgresStore::connect(&PostgresSettings::new(url)?).await?);
        let scene = Self::on(store.clone(), Some(store), Sealing::Day, Arc::new(|_, _| {})).await?.0;
        tokio::spawn(scene.grants.follower().run(tokio::time::sleep));
        Ok(scene)
    }

    /// Opens the file, or makes it; third-party tokens are refreshed until the runtime ends.
    pub(crate) async fn open(path: &Path, sealing: Sealing, before_answer: BeforeAnswer) -> Outcome<Self> {
        let store = Arc::new(RedbStore::open_or_create(&RedbSettings::new(path))?);
        let (scene, keeper) = Self::on(store, None, sealing, before_answer).await?;
        tokio::spawn(keeper.run(tokio::time::sleep, pending()));
        Ok(scene)
    }

    /// Opens the file; third-party tokens stay as they are.
    pub(crate) async fn without_keeper(path: &Path, sealing: Sealing) -> Outcome<Self> {
        let store = Arc::new(RedbStore::open_or_create(&RedbSettings::new(path))?);
        Ok(Self::on(store, None, sealing, Arc::new(|_, _| {})).await?.0)
    }

    async fn on(
        store: Arc<dyn RecordStore>,
        feed: Option<Arc<dyn ChangeFeed>>,
        sealing: Sealing,
        before_answer: BeforeAnswer,
    ) -> Outcome<(Self, ThirdPartyTokenKeeper)> {
        let ring = Arc::new(sealing.ring()?);
        ring.check(store.as_ref()).await?;
        let (clock, entropy) = (Arc::new(SystemClock::new()), Arc::new(SystemEntropy));
        let settings = SigningKeySettings::default();
        let signing_keys =
            SigningKeys::open(store.clone(), ring.clone(), clock.clone(), entropy.clone(), settings).await?;
        let parts = GrantParts {
            store: store.clone(),
            feed,
            ring: ring.clone(),
            signing_keys,
            clock: clock.clone(),
            entropy: entropy.clone(),
            events: Arc::new(AuditLog),
        };
        let grants = Grants::open(parts, GrantSettings::new("https://mcp.example.com".parse()?)).await?;
        let refresher = Arc::new(ThirdParty(before_answer));
        let parts = ThirdPartyTokenParts {
            store: store.clone(),
            ring: ring.clone(),
            refresher,
            grants: grants.clone(),
            clock: clock.clone(),
            entropy,
        };
        let (third_party, keeper) = ThirdPartyTokens::new(parts, ThirdPartyTokenSettings::default());
        Ok((Self { store, ring, grants, third_party, clock }, keeper))
    }

    pub(crate) async fn issue_code(&self) -> Outcome<(GrantId, String)> {
        let verifier: CodeVerifier = VERIFIER.parse()?;
        let fresh = self.grants.draw_id();
        let grant = fresh.id();
        let new = NewGrant {
            client_id: CLIENT.parse()?,
            principal: Principal { provider: "github".parse()?, subject: "1".parse()? },
            redirect_uri: REDIRECT_URI.parse()?,
            scope: "mcp".parse()?,
            resource: "https://mcp.example.com/mcp".parse()?,
            code_challenge: CodeChallenge::of(&verifier),
            session: Some(session(&grant)?),
            refreshable: true,
            key: None,
        };
        let code = self.grants.issue_code_as(fresh, new).await?;
        Ok((grant, code.expose().to_owned()))
    }

    pub(crate) async fn redeem(&self, code: &str) -> Result<IssuedTokens, GrantError> {
        let client_id = CLIENT.parse().map_err(|_| token_manager::Refusal::WrongClient)?;
        let check = RedeemCheck {
            client_id: &client_id,
            redirect_uri: Some(REDIRECT_URI),
            code_verifier: Some(VERIFIER),
            resources: &[],
            key: None,
            is_public: true,
            memberships: Memberships::NONE,
        };
        self.grants.redeem(code, check).await
    }

    pub(crate) async fn rotate(&self, refresh_token: &str) -> Result<IssuedTokens, GrantError> {
        let client_id = CLIENT.parse().map_err(|_| token_manager::Refusal::WrongClient)?;
        self.grants
            .rotate(
                refresh_token,
                RotateCheck {
                    client_id: &client_id,
                    scope: None,
                    resources: &[],
                    key: None,
                    memberships: Memberships::NONE,
                },
            )
            .await
    }

    /// Keeps third-party tokens number `number` for the grant's session. Those of every second grant always want to be
    /// refreshed, the others rest until they are sealed anew.
    pub(crate) async fn keep(&self, grant: &GrantId, number: u64) -> Outcome {
        self.keep_tokens(grant, number, access_token(number), grant.as_bytes()[0].is_multiple_of(2)).await
    }

    /// Keeps third-party tokens that nobody needs to refresh, as long as those are that say much of a person.
    pub(crate) async fn keep_at_rest(&self, grant: &GrantId) -> Outcome {
        self.keep_tokens(grant, 0, "a".repeat(AT_REST_BYTES), true).await
    }

    async fn keep_tokens(&self, grant: &GrantId, number: u64, access_token: String, rests: bool) -> Outcome {
        let now = self.clock.now();
        let tokens = TokenSet {
            provider: "github".parse()?,
            access_token: ThirdPartyAccessToken::new(access_token),
            refresh_token: Some(ThirdPartyRefreshToken::new(number.to_string())),
            expires_at: Some(if rests { now + DAY } else { now }),
            scope: "repo".parse()?,
        };
        Ok(self.third_party.store(&session(grant)?, tokens, now + DAY).await?)
    }
}

pub(crate) fn refresh_token(tokens: &IssuedTokens) -> String {
    tokens.refresh_token.as_ref().map(RefreshToken::expose).unwrap_or_default().to_owned()
}

pub(crate) fn session(grant: &GrantId) -> Outcome<SessionKey> {
    Ok(SessionKey::new(grant.to_string())?)
}

fn access_token(number: u64) -> String {
    format!("access-{number}")
}

/// The number of third-party tokens.
pub(crate) fn number_of(access_token: &str) -> Outcome<u64> {
    Ok(access_token.strip_prefix("access-").ok_or("not a token of this third party")?.parse()?)
}

/// Rotates its refresh tokens, which are numbers, and takes old ones too.
struct ThirdParty(BeforeAnswer);

#[async_trait]
impl Refresher for ThirdParty {
    async fn refresh(
        &self,
        _provider: &ProviderId,
        session: &SessionKey,
        refresh_token: &ThirdPartyRefreshToken,
    ) -> Result<RefreshedTokens, RefreshFailure> {
        let number: u64 = refresh_token.expose().parse().map_err(|_| RefreshFailure::Ended)?;
        let number = number + 1;
        (self.0)(&String::from_utf8_lossy(session.as_bytes()), number);
        Ok(RefreshedTokens {
            access_token: ThirdPartyAccessToken::new(access_token(number)),
            refresh_token: Some(ThirdPartyRefreshToken::new(number.to_string())),
            expires_in: Some(Duration::ZERO),
            scope: None,
        })
    }
}

impl std::fmt::Debug for ThirdParty {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ThirdParty")
    }
}

const CLIENT: &str = "https://client.example/metadata";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const REDIRECT_URI: &str = "http://127.0.0.1:33418/callback";
const AT_REST_BYTES: usize = 2048;
const DAY: Duration = Duration::from_secs(24 * 3600);
