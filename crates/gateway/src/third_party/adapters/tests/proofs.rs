//! Proofs of keys beside codes and refresh tokens.

use std::sync::atomic::{AtomicUsize, Ordering};

use oauth_server::{CodeCheck, DpopError, DpopProof, GrantPort, RefreshCheck, TokenGrant, TokenRefusal};
use oauth_types::{ClientId, JwkThumbprint, TokenErrorCode};

use crate::third_party::testing::*;

/// A proof by a key, which can be spent as often as said.
#[derive(Debug)]
struct Proof {
    key: u8,
    left: usize,
    spent: AtomicUsize,
}

impl Proof {
    const fn by(key: u8) -> Self {
        Self { key, left: 1, spent: AtomicUsize::new(0) }
    }

    const fn used(key: u8) -> Self {
        Self { key, left: 0, spent: AtomicUsize::new(0) }
    }

    fn spent(&self) -> usize {
        self.spent.load(Ordering::SeqCst)
    }
}

impl DpopProof for Proof {
    fn key(&self) -> JwkThumbprint {
        JwkThumbprint::from_bytes([self.key; 32])
    }

    fn spend(&self) -> Result<(), DpopError> {
        let spent = self.spent.fetch_add(1, Ordering::SeqCst);
        if spent < self.left { Ok(()) } else { Err(DpopError::Invalid("used before")) }
    }
}

#[track_caller]
fn code_of(outcome: Result<TokenGrant, TokenRefusal>) -> TokenErrorCode {
    match outcome {
        Err(TokenRefusal::Refused { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn l22_a_proof_is_spent_only_beside_a_code_that_is_good() {
    let world = World::new().await;
    let session = world.sign_in("1").await;
    let (grant, code) = world.code(&session, "1").await;
    let (own, other): (_, ClientId) = (client(), "https://other.example/client".parse().unwrap());
    let elsewhere = ["https://mcp.example/other".parse().unwrap()];
    let proof = Proof::by(1);
    let good = CodeCheck {
        client_id: &own,
        redirect_uri: Some(REDIRECT),
        code_verifier: Some(VERIFIER),
        resources: &[],
        proof: Some(&proof),
        is_public: true,
    };
    let rows = [
        ("no code", good),
        (&code, CodeCheck { client_id: &other, ..good }),
        (&code, CodeCheck { redirect_uri: None, ..good }),
        (&code, CodeCheck { code_verifier: Some(REDIRECT), ..good }),
        (&code, CodeCheck { resources: &elsewhere, ..good }),
    ];
    for (code, check) in rows {
        code_of(world.access.redeem(code, check).await);
        assert_eq!(proof.spent(), 0, "{check:?}");
    }
    let used = Proof::used(1);
    let outcome = world.access.redeem(&code, CodeCheck { proof: Some(&used), ..good }).await;
    assert_eq!(code_of(outcome), TokenErrorCode::InvalidDpopProof);
    world.access.redeem(&code, good).await.unwrap();
    assert_eq!(proof.spent(), 1);
    // The second use ends the grant, whatever became of its proof.
    let used = Proof::used(1);
    let outcome = world.access.redeem(&code, CodeCheck { proof: Some(&used), ..good }).await;
    assert_eq!((code_of(outcome), used.spent()), (TokenErrorCode::InvalidGrant, 0));
    assert!(!world.is_live(grant));
}

#[tokio::test]
async fn l22_a_proof_is_spent_only_beside_a_refresh_token_that_is_good() {
    let world = World::new().await;
    let (_, grant, tokens) = world.live("1").await;
    let (own, other): (_, ClientId) = (client(), "https://other.example/client".parse().unwrap());
    let unknown = "admin".parse().unwrap();
    let (proof, used) = (Proof::by(1), Proof::used(1));
    let good = RefreshCheck { client_id: &own, scope: None, resources: &[], proof: Some(&proof) };
    let token = refresh_token(&tokens);
    for (token, check) in [
        ("no token", good),
        (token, RefreshCheck { client_id: &other, ..good }),
        (token, RefreshCheck { scope: Some(&unknown), ..good }),
    ] {
        code_of(world.access.refresh(token, check).await);
        assert_eq!(proof.spent(), 0, "{check:?}");
    }
    let outcome = world.access.refresh(token, RefreshCheck { proof: Some(&used), ..good }).await;
    assert_eq!(code_of(outcome), TokenErrorCode::InvalidDpopProof);
    let next = world.access.refresh(token, good).await.unwrap();
    assert_eq!(proof.spent(), 1);
    world.access.refresh(refresh_token(&next), RefreshCheck { proof: None, ..good }).await.unwrap();
    assert!(world.is_live(grant));
}
