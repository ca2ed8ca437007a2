//! A grant from its code to its end, on a store in memory: a refresh, a lost response, and a stolen token.

use std::{error::Error, io::Write, sync::Arc};

use oauth_types::{ClientId, CodeChallenge, CodeVerifier, Principal, SystemClock, SystemEntropy};
use storage::MemoryStore;
use token_manager::{
    AuditLog, GrantParts, GrantSettings, Grants, IssuedTokens, KeyRing, Liveness, MasterKey, Memberships,
    NewGrant, RedeemCheck, RefreshToken, RotateCheck, SigningKeySettings, SigningKeys,
};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const REDIRECT_URI: &str = "http://127.0.0.1:33418/callback";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (grants, client) = (grants().await?, "client".parse()?);
    let mut out = std::io::stdout();

    let first = sign_in(&grants, &client).await?;
    writeln!(out, "signed in: {}", tell(&grants, &first))?;

    let second = rotate(&grants, &first, &client).await?;
    writeln!(out, "refreshed: {}", tell(&grants, &second))?;

    // The response was lost, so the client asks again with the old token.
    let again = rotate(&grants, &first, &client).await?;
    writeln!(out, "asked again, the same successor: {}", again.refresh_token == second.refresh_token)?;

    // The client goes on; then somebody comes with the first token.
    let third = rotate(&grants, &second, &client).await?;
    if let Err(refusal) = rotate(&grants, &first, &client).await {
        writeln!(
            out,
            "the thief gets nothing ({refusal}), and the grant is over: {}",
            tell(&grants, &third)
        )?;
    }
    Ok(())
}

async fn grants() -> Result<Grants, Box<dyn Error>> {
    // Outside the store: 32 random bytes, from a file.
    let master_key = MasterKey::new(b"0123456789abcdefghijklmnopqrstuv")?;
    let ring = Arc::new(KeyRing::new(&master_key, [])?);
    let (store, clock, entropy) =
        (Arc::new(MemoryStore::new()), Arc::new(SystemClock::new()), Arc::new(SystemEntropy));
    ring.check(store.as_ref()).await?;
    let settings = SigningKeySettings::default();
    let signing_keys =
        SigningKeys::open(store.clone(), ring.clone(), clock.clone(), entropy.clone(), settings).await?;
    let parts =
        GrantParts { store, feed: None, ring, signing_keys, clock, entropy, events: Arc::new(AuditLog) };
    Ok(Grants::open(parts, GrantSettings::new("https://mcp.example".parse()?)).await?)
}

async fn sign_in(grants: &Grants, client: &ClientId) -> Result<IssuedTokens, Box<dyn Error>> {
    let verifier: CodeVerifier = VERIFIER.parse()?;
    let new = NewGrant {
        client_id: client.clone(),
        principal: Principal { provider: "github".parse()?, subject: "583231".parse()? },
        redirect_uri: REDIRECT_URI.parse()?,
        scope: "mcp".parse()?,
        resource: "https://mcp.example/mcp".parse()?,
        code_challenge: CodeChallenge::of(&verifier),
        session: None,
        refreshable: true,
        key: None,
    };
    let (_, code) = grants.issue_code(new).await?;
    let check = RedeemCheck {
        client_id: client,
        redirect_uri: Some(REDIRECT_URI),
        code_verifier: Some(VERIFIER),
        resources: &[],
        key: None,
        is_public: true,
        memberships: Memberships::NONE,
    };
    Ok(grants.redeem(code.expose(), check).await?)
}

async fn rotate(
    grants: &Grants,
    tokens: &IssuedTokens,
    client: &ClientId,
) -> Result<IssuedTokens, Box<dyn Error>> {
    let token = tokens.refresh_token.as_ref().map_or("", RefreshToken::expose);
    Ok(grants
        .rotate(
            token,
            RotateCheck {
                client_id: client,
                scope: None,
                resources: &[],
                key: None,
                memberships: Memberships::NONE,
            },
        )
        .await?)
}

fn tell(grants: &Grants, tokens: &IssuedTokens) -> &'static str {
    match grants.is_live(&tokens.grant) {
        Liveness::Live => "the access token is good",
        Liveness::Ended => "the access token is good no more",
        Liveness::Unknown => "nobody can tell",
    }
}
