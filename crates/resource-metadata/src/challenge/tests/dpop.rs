//! Resources that take DPoP proofs.

use super::*;
use crate::Dpop;

const REPLAYED: ErrorDescription = ErrorDescription::from_static("the DPoP proof was used before");

fn taking(required: bool) -> ProtectedResource {
    ProtectedResource::builder(
        "https://mcp.example/mcp".parse().unwrap(),
        "https://as.example".parse().unwrap(),
    )
    .scopes("mcp".parse().unwrap())
    .dpop(Dpop { algorithms: vec!["ES256", "EdDSA"], required })
    .build()
}

fn values(challenge: &Challenge) -> Vec<String> {
    let all = std::iter::once(challenge.to_header_value()).chain(challenge.alternative());
    all.map(|it| it.to_str().unwrap().to_owned()).collect()
}

#[test]
fn rfc9449_7_2_an_offer_comes_second_and_leaves_the_bearer_challenge_as_it_is() {
    let plain = resource("https://mcp.example/mcp", "mcp");
    for of in [Challenge::missing, |it: &ProtectedResource| {
        Challenge::refused(it, BearerError::InvalidToken, EXPIRED)
    }] {
        let offered = values(&of(&taking(false)));
        assert_eq!(offered, [values(&of(&plain)).remove(0), r#"DPoP algs="ES256 EdDSA""#.to_owned()]);
        assert_eq!(values(&of(&plain)).len(), 1);
    }
    for error in [BearerError::InvalidRequest, BearerError::InsufficientScope] {
        let challenge = Challenge::refused(&taking(false), error, NARROW);
        assert_eq!(challenge.alternative(), None, "{error}");
    }
}

#[test]
fn rfc9449_7_1_where_it_is_required_nothing_else_is_offered() {
    let missing = Challenge::missing(&taking(true));
    let url = "https://mcp.example/.well-known/oauth-protected-resource/mcp";
    let expected = format!(r#"DPoP scope="mcp", resource_metadata="{url}", algs="ES256 EdDSA""#);
    assert_eq!(values(&missing), [expected]);
    assert_eq!(missing.status(), 401);
}

#[test]
fn rfc9449_7_1_a_request_with_a_proof_gets_its_scheme_back() {
    let url = "https://mcp.example/.well-known/oauth-protected-resource/mcp";
    for error in [BearerError::InvalidDpopProof, BearerError::UseDpopNonce] {
        let challenge = Challenge::refused(&taking(false), error, REPLAYED).for_dpop();
        let expected = format!(
            r#"DPoP error="{error}", error_description="{}", resource_metadata="{url}", algs="ES256 EdDSA""#,
            REPLAYED.as_str()
        );
        assert_eq!((challenge.status().as_u16(), values(&challenge)), (401, vec![expected]));
    }
    let plain = Challenge::missing(&mcp());
    assert_eq!(plain.clone().for_dpop(), plain, "who takes no proofs offers none");
}

#[test]
fn rfc9728_2_the_document_says_which_proofs_are_taken() {
    for required in [false, true] {
        let document: serde_json::Value = serde_json::from_slice(taking(required).document()).unwrap();
        let algorithms = serde_json::json!(["ES256", "EdDSA"]);
        assert_eq!(document["dpop_signing_alg_values_supported"], algorithms);
        assert_eq!(document.get("dpop_bound_access_tokens_required").is_some(), required);
    }
    let document: serde_json::Value = serde_json::from_slice(mcp().document()).unwrap();
    assert_eq!(document.get("dpop_signing_alg_values_supported"), None);
}
