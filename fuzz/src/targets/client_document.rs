use oauth_types::ClientId;
use serde_json::{Map, Value};

/// A client's metadata document: what is read is what it says, and says it once.
#[must_use]
pub fn run(data: &[u8]) -> bool {
    let id: ClientId = ID.parse().expect("a client id");
    let read = |document: &[u8]| oauth_server::fuzzing::client_of_document(&id, "app.example", document);
    let Some(client) = read(data) else { return false };
    let document: Map<String, Value> = serde_json::from_slice(data).expect("what was read is JSON");
    assert_eq!(document["client_id"], ID, "another client");
    assert!(!document.contains_key("client_secret"), "a secret that everybody knows");
    assert!(client.name.is_some(), "a client without a name");
    assert!(!client.redirect_uris.is_empty(), "nowhere to send answers");
    let said = document["redirect_uris"].as_array().expect("what was read is a list");
    for uri in &client.redirect_uris {
        assert!(said.iter().any(|it| it.as_str() == Some(uri.as_str())), "{uri:?} is not in the document");
    }
    let again = read(Value::Object(document).to_string().as_bytes()).expect("the same document");
    assert_eq!(format!("{again:?}"), format!("{client:?}"), "not the same when read again");
    true
}

const ID: &str = "https://app.example/client.json";

/// What such documents are made of.
pub const WORDS: &[&str] = &[
    "\"client_id\"",
    "\"https://app.example/client.json\"",
    "\"client_name\"",
    "\"redirect_uris\"",
    "\"https://app.example/callback\"",
    "\"http://127.0.0.1/callback\"",
    "\"javascript:alert(1)\"",
    "\"client_secret\"",
    "\"token_endpoint_auth_method\"",
    "\"none\"",
    "\"private_key_jwt\"",
    "\"jwks\"",
    "\"jwks_uri\"",
    "\"grant_types\"",
    "\"authorization_code\"",
    "\"scope\"",
    "\"logo_uri\"",
    "\"client_uri\"",
    "null",
    "[]",
    "{}",
    "\\u0000",
    "\\ud800",
];
