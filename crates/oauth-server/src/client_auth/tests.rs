mod assertions;
mod secrets;

use http::{HeaderMap, header::AUTHORIZATION};

use super::*;
use crate::{
    ClientAuthMethod, ClientKeys, ClientOrigin, ConfiguredClient, GrantType, SecretDigest,
    clients::testing::{World, id},
};

const SECRET: &str = "s3cr3t-of-the_operator";
const AWKWARD: &str = "p%41s+s w:rd&=";

fn configured(name: &str, auth_method: ClientAuthMethod, proof: ClientProof) -> ConfiguredClient {
    let client = Client {
        id: id(name),
        origin: ClientOrigin::Configured,
        name: None,
        host: None,
        redirect_uris: vec!["https://app.example/cb".parse().unwrap()],
        auth_method,
        grant_types: vec![GrantType::AuthorizationCode],
        scope: None,
        default_scope: None,
        dpop_bound_access_tokens: false,
        require_pushed_authorization_requests: false,
    };
    ConfiguredClient::new(client, proof).unwrap()
}

fn clients(world: &World) -> Clients {
    let keys = || ClientKeys::Inline(serde_json::json!({"keys": [{"kty": "OKP"}]}));
    let secret = |text| ClientProof::Secret(SecretDigest::of(text));
    let mut sources = world.sources();
    sources.configured = vec![
        configured("public", ClientAuthMethod::None, ClientProof::Nothing),
        configured("post", ClientAuthMethod::ClientSecretPost, secret(SECRET)),
        configured("basic", ClientAuthMethod::ClientSecretBasic, secret(SECRET)),
        configured("awk+ward%20", ClientAuthMethod::ClientSecretBasic, secret(AWKWARD)),
        configured("signer", ClientAuthMethod::PrivateKeyJwt, ClientProof::Keys(keys())),
        configured("either", ClientAuthMethod::None, ClientProof::KeysOrNothing(keys())),
    ];
    Clients::new(sources)
}

/// Reads and authenticates; the answer is who it is, or what was wrong.
async fn authenticate(
    clients: &Clients,
    authorization: &[&str],
    form: &[(&str, &str)],
) -> Result<String, ClientAuthError> {
    let mut headers = HeaderMap::new();
    for value in authorization {
        headers.append(AUTHORIZATION, value.parse().unwrap());
    }
    let field = |name: &str| form.iter().find(|(it, _)| *it == name).map(|(_, value)| *value);
    let presented = ClientCredentials::read(&headers, field)?;
    clients.authenticate(presented).await.map(|it| it.client().id.to_string())
}

fn refusal(outcome: Result<String, ClientAuthError>) -> Result<String, Option<ClientAuthRefusal>> {
    outcome.map_err(|error| match error {
        ClientAuthError::Refused { refusal, .. } => Some(refusal),
        _ => None,
    })
}
