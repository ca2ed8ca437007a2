use std::{collections::HashMap, sync::Arc};

use oauth_types::SystemEntropy;

use super::*;
use crate::config::Secret;

const SECRET: &str = "a secret+of=ours";

fn settings(proof: ClientProof) -> ExchangeSettings {
    ExchangeSettings {
        issuer: "https://as.example".parse().unwrap(),
        token_endpoint: None,
        client_id: "gate way".parse().unwrap(),
        proof,
        subject: SubjectToken::Presented,
        audience: None,
        resource: Some("https://files.example/mcp".parse().unwrap()),
        scope: "read write".parse().unwrap(),
    }
}

fn ask(proof: ClientProof) -> (Request<Bytes>, HashMap<String, String>) {
    let subject = UpstreamToken::new("the+subject".to_owned());
    let now = UnixTime::from_seconds(1000);
    let endpoint = "https://as.example/token".parse().unwrap();
    let request = question(&settings(proof), &endpoint, &subject, (now, &SystemEntropy)).unwrap();
    let form = form_urlencoded::parse(request.body()).into_owned().collect();
    (request, form)
}

#[test]
fn a_question_names_who_is_meant_and_what_for() {
    let (request, form) = ask(ClientProof::Basic(Secret::new(SECRET.to_owned())));
    assert_eq!(
        (request.method().as_str(), request.uri().to_string().as_str()),
        ("POST", "https://as.example/token")
    );
    assert_eq!(form["subject_token"], "the+subject");
    assert_eq!(
        (form["resource"].as_str(), form["scope"].as_str()),
        ("https://files.example/mcp", "read write")
    );
    assert!(!form.contains_key("audience") && !form.contains_key("client_id"));
    let pair = request.headers()[AUTHORIZATION].to_str().unwrap().strip_prefix("Basic ").unwrap();
    assert_eq!(STANDARD.decode(pair).unwrap(), b"gate+way:a+secret%2Bof%3Dours");
    assert!(request.headers()[AUTHORIZATION].is_sensitive());
}

#[test]
fn a_secret_goes_into_the_body_if_it_is_to() {
    let (request, form) = ask(ClientProof::Post(Secret::new(SECRET.to_owned())));
    assert_eq!((form["client_id"].as_str(), form["client_secret"].as_str()), ("gate way", SECRET));
    assert!(!request.headers().contains_key(AUTHORIZATION));
}

#[test]
fn a_key_proves_the_client_in_place_of_a_secret() {
    let key = Arc::new(SigningKey::generate().unwrap());
    let (request, form) = ask(ClientProof::Key(Arc::clone(&key)));
    assert!(!request.headers().contains_key(AUTHORIZATION) && !form.contains_key("client_secret"));
    assert_eq!(form["client_assertion_type"], CLIENT_ASSERTION);
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    rules.set_audience(&["https://as.example"]);
    rules.set_issuer(&["gate way"]);
    rules.validate_exp = false;
    let public = jsonwebtoken::DecodingKey::from_jwk(key.public()).unwrap();
    let read = jsonwebtoken::decode::<serde_json::Value>(&form["client_assertion"], &public, &rules).unwrap();
    assert_eq!(
        (&read.claims["sub"], &read.claims["iat"], &read.claims["exp"]),
        (&"gate way".into(), &1000.into(), &1060.into())
    );
    assert_eq!(read.claims["jti"].as_str().unwrap().len(), 22);
}
