//! What the gateway takes for an access token of its own, at the exchange, at introspection and at revocation.

use std::sync::Arc;

use oauth_types::{GrantId, ManualClock, UnixTime};
use test_support::issuer::{NOW, RESOURCE as AUDIENCE, TestIssuer, TestKey, TokenBuilder};
use token_validate::{KeySet, SharedKeys};

use super::super::OwnTokens;

const OURS: &str = "https://mcp.example";

/// A good one, by the key that the gateway would sign with.
fn good(issuer: &TestIssuer) -> TokenBuilder {
    issuer.token().claim("grant", GrantId::from_bytes([7; 16]).to_string())
}

#[test]
fn b23_only_an_access_token_of_ours_by_its_type_is_one() {
    let issuer = TestIssuer::new(OURS);
    let keys = SharedKeys::new(KeySet::from_jwks_json(issuer.jwks().to_string().as_bytes()).unwrap().0);
    let now = UnixTime::from_seconds(NOW);
    let tokens = OwnTokens::new(OURS.parse().unwrap(), keys, Arc::new(ManualClock::new(now)));
    let read = |token: &TokenBuilder| tokens.read(&token.sign());
    let found = read(&good(&issuer)).unwrap();
    assert_eq!((found.subject.as_str(), found.resource.as_str()), ("alice", AUDIENCE));
    assert!(read(&good(&issuer).header("typ", "AT+JWT")).is_some());

    // Whatever else this key may come to sign says the same with another type.
    for typ in ["JWT", "dpop+jwt", "oauth-id-jag+jwt", "logout+jwt", "application/at+jwt", "at+jwt ", ""] {
        assert_eq!(read(&good(&issuer).header("typ", typ)), None, "{typ}");
    }
    assert_eq!(read(&good(&issuer).without_header("typ")), None);
    for other in [
        good(&issuer).claim("iss", "https://mcp.example/"),
        good(&issuer).claim("exp", NOW),
        good(&issuer).without("grant"),
        good(&issuer).without("exp"),
        good(&issuer).key(&TestKey::generate("ES256", "key-1")),
    ] {
        assert_eq!(read(&other), None, "{other:?}");
    }
}
