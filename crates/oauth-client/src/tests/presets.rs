//! One row per preset: what goes over the wire in a sign-in, and who comes out of it.
//!
//! The answers have the shape that each third party documents; the goldens are what we send and what we make of it.

use std::fmt::Write;

use http::header::AUTHORIZATION;
use serde_json::{Value, json};
use test_support::{
    fake_http::{FakeHttp, Recorded, Reply},
    golden,
};
use url::{Url, form_urlencoded};

use super::support::{CLIENT, NOW, callback, id_token, query, settings};
use crate::{CallbackParams, Lookups, Provider, ProviderKind, ProviderSettings, SignIn, SignInError};

/// A third party as it answers.
struct Row {
    name: &'static str,
    settings: ProviderSettings,
    /// Where metadata is, and what it says.
    metadata: Option<(&'static str, Value)>,
    token_url: &'static str,
    token: Value,
    /// The ID token's claims, without `aud`, `exp` and `nonce`.
    claims: Option<Value>,
    /// What other URLs answer.
    answers: Vec<(&'static str, Value)>,
    iss: Option<&'static str>,
}

async fn sign_in(row: &Row, http: &FakeHttp, provider: &Provider) -> Result<(Url, SignIn), SignInError> {
    if let Some((url, metadata)) = &row.metadata {
        http.set(url, Reply::json(metadata));
    }
    for (url, answer) in &row.answers {
        http.set(url, Reply::json(answer));
    }
    let begun = provider.begin(&callback()).await?;
    let mut token = row.token.clone();
    if let Some(claims) = &row.claims {
        let mut claims = claims.clone();
        claims["aud"] = CLIENT.into();
        claims["exp"] = (NOW + 300).into();
        claims["nonce"] = query(&begun.authorize_url, "nonce").unwrap().into();
        token["id_token"] = id_token(&json!({ "alg": "RS256" }), &claims, "good").into();
    }
    http.set(row.token_url, Reply::json(&token));
    let params = CallbackParams {
        code: Some("the-code".to_owned()),
        state: query(&begun.authorize_url, "state"),
        iss: row.iss.map(str::to_owned),
        ..CallbackParams::default()
    };
    Ok((begun.authorize_url, provider.finish(begun.secrets, &callback(), params).await?))
}

async fn check(row: Row) {
    let http = FakeHttp::new();
    let provider = super::support::provider(row.settings.clone(), http.clone());
    let (authorize_url, signed_in) = sign_in(&row, &http, &provider).await.unwrap();
    let mut text = format!("# {}\n", provider.display_name());
    write_authorize(&mut text, &authorize_url);
    for request in http.requests() {
        write_request(&mut text, &request);
    }
    write_outcome(&mut text, &signed_in);
    golden!(&format!("presets/{}.txt", row.name), &text);
}

fn write_authorize(text: &mut String, url: &Url) {
    let mut bare = url.clone();
    bare.set_query(None);
    writeln!(text, "\nbrowser {bare}").unwrap();
    for (name, value) in url.query_pairs() {
        writeln!(text, "  {name} = {value}").unwrap();
    }
}

fn write_request(text: &mut String, request: &Recorded) {
    writeln!(text, "\n{} {}", request.method, request.url).unwrap();
    if let Some(value) = request.headers.get(AUTHORIZATION) {
        writeln!(text, "  Authorization: {}", value.to_str().unwrap()).unwrap();
    }
    if request.body.starts_with(b"{") {
        writeln!(text, "  {}", String::from_utf8_lossy(&request.body)).unwrap();
    } else {
        for (name, value) in form_urlencoded::parse(&request.body) {
            writeln!(text, "  {name} = {value}").unwrap();
        }
    }
}

fn write_outcome(text: &mut String, signed_in: &SignIn) {
    let identity = &signed_in.identity;
    writeln!(text, "\nsubject {}", identity.principal.subject).unwrap();
    let list = |groups: &std::collections::BTreeSet<crate::Group>| {
        let one = |it: &crate::Group| {
            it.id.clone() + &it.name.as_ref().map(|it| format!("={it}")).unwrap_or_default()
        };
        groups.iter().map(one).collect::<Vec<_>>().join(" ")
    };
    let email = identity.email.as_ref();
    for (name, value) in [
        ("name", identity.name.clone()),
        ("login", identity.login.clone()),
        ("verified", email.filter(|it| it.verified).map(|it| it.address.to_string())),
        ("unverified", email.filter(|it| !it.verified).map(|it| it.address.to_string())),
        ("tenant", identity.tenant.clone()),
        ("organizations", Some(list(&identity.organizations))),
        ("teams", Some(list(&identity.teams))),
        ("groups", Some(list(&identity.groups))),
        ("refresh", signed_in.tokens.refresh.as_ref().map(|it| it.expose().to_owned())),
        ("life", signed_in.tokens.expires_at.map(|it| (it.as_seconds() - NOW).to_string())),
        ("missing", Some(signed_in.missing_scopes.join(" "))),
        ("unasked", Some(signed_in.unasked_scopes.join(" "))),
    ] {
        if let Some(value) = value.filter(|it| !it.is_empty()) {
            writeln!(text, "{name} {value}").unwrap();
        }
    }
}

/// Metadata of an OpenID provider whose endpoints are `{base}/authorize` and so on.
fn openid(issuer: &str, base: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "userinfo_endpoint": format!("{base}/userinfo"),
        "jwks_uri": format!("{base}/keys"),
        "revocation_endpoint": format!("{base}/revoke"),
    })
}

fn bearer(scope: &str) -> Value {
    json!({ "access_token": "at", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "rt", "scope": scope })
}

fn with_issuer(kind: ProviderKind, issuer: &str) -> ProviderSettings {
    ProviderSettings { issuer: Some(issuer.parse().unwrap()), ..settings(kind) }
}

fn everything() -> Lookups {
    Lookups { email: true, organizations: true, teams: true, groups: true, tenant: true }
}

fn github(kind: ProviderKind, name: &'static str, token: Value) -> Row {
    Row {
        name,
        settings: ProviderSettings { lookups: everything(), ..settings(kind) },
        metadata: None,
        token_url: "https://github.com/login/oauth/access_token",
        token,
        claims: None,
        answers: vec![
            (
                "https://api.github.com/user",
                json!({ "id": 583_231, "login": "octocat", "name": "The Octocat", "email": null }),
            ),
            (
                "https://api.github.com/user/emails?per_page=100&page=1",
                json!([
                    { "email": "octocat@users.noreply.example", "primary": false, "verified": true },
                    { "email": "octocat@github.example", "primary": true, "verified": true },
                ]),
            ),
            (
                "https://api.github.com/user/memberships/orgs?state=active&per_page=100&page=1",
                json!([
                    { "state": "active", "organization": { "id": 1000, "login": "my-org" } },
                    { "state": "pending", "organization": { "id": 2000, "login": "other-org" } },
                ]),
            ),
            (
                "https://api.github.com/user/teams?per_page=100&page=1",
                json!([
                    { "id": 10, "slug": "core", "organization": { "id": 1000, "login": "my-org" } },
                    { "id": 20, "slug": "core", "organization": { "id": 2000, "login": "other-org" } },
                ]),
            ),
        ],
        iss: None,
    }
}

#[tokio::test]
async fn github_oauth_app() {
    let token = json!({ "access_token": "gho_1", "scope": "read:org,read:user,user:email,repo", "token_type": "bearer" });
    check(github(ProviderKind::GithubOauthApp, "github", token)).await;
}

#[tokio::test]
async fn github_app() {
    let token = json!({
        "access_token": "ghu_1", "expires_in": 28800, "refresh_token": "ghr_1",
        "refresh_token_expires_in": 15_897_600, "scope": "", "token_type": "bearer",
    });
    check(github(ProviderKind::GithubApp, "github-app", token)).await;
}

fn google(claims: Value) -> Row {
    let issuer = "https://accounts.google.com";
    let mut metadata = openid(issuer, "https://google.example");
    metadata["authorization_response_iss_parameter_supported"] = true.into();
    Row {
        name: "google",
        settings: ProviderSettings {
            resource: Some("https://mcp.example/".to_owned()),
            ..settings(ProviderKind::Google)
        },
        metadata: Some(("https://accounts.google.com/.well-known/openid-configuration", metadata)),
        token_url: "https://google.example/token",
        token: bearer(
            "openid https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/userinfo.profile",
        ),
        claims: Some(claims),
        answers: vec![],
        iss: Some(issuer),
    }
}

fn google_claims() -> Value {
    json!({
        "iss": "https://accounts.google.com", "sub": "110169484474386276334", "azp": CLIENT,
        "email": "alice@ok.example", "email_verified": true, "hd": "ok.example", "name": "Alice",
    })
}

#[tokio::test]
async fn google_workspace() {
    check(google(google_claims())).await;
}

/// The identity of a sign-in whose claims a test changed.
async fn identity(row: Row) -> crate::Identity {
    let http = FakeHttp::new();
    let provider = super::support::provider(row.settings.clone(), http.clone());
    sign_in(&row, &http, &provider).await.unwrap().1.identity
}

#[tokio::test]
async fn j12_j13_google_vouches_for_its_own_addresses_only() {
    for (email, hd, verified) in [
        ("alice@ok.example", Some("ok.example"), true),
        ("alice@gmail.com", None, true),
        // An address of elsewhere, that Google checked years ago.
        ("alice@ok.example", None, false),
        ("alice@ok.example", Some(""), false),
    ] {
        let mut claims = google_claims();
        claims["email"] = email.into();
        claims["hd"] = json!(hd);
        let identity = identity(google(claims)).await;
        assert_eq!(identity.email.unwrap().verified, verified, "{email} {hd:?}");
        assert_eq!(identity.tenant.as_deref(), hd.filter(|it| !it.is_empty()));
    }
    let mut claims = google_claims();
    claims["email_verified"] = "true".into();
    assert!(!identity(google(claims)).await.email.unwrap().verified);
}

const TENANT: &str = "00000000-1111-2222-3333-444444444444";

fn entra(tenant: Option<&str>, claims: Value) -> Row {
    let url: &'static str = match tenant {
        None => "https://login.microsoftonline.com/organizations/v2.0/.well-known/openid-configuration",
        Some("common") => "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration",
        Some(_) => {
            "https://login.microsoftonline.com/00000000-1111-2222-3333-444444444444/v2.0/.well-known/openid-configuration"
        }
    };
    let issuer = match tenant {
        None | Some("common") => "https://login.microsoftonline.com/{tenantid}/v2.0".to_owned(),
        Some(id) => format!("https://login.microsoftonline.com/{id}/v2.0"),
    };
    Row {
        name: "entra",
        settings: ProviderSettings {
            tenant: tenant.map(str::to_owned),
            scopes: ["openid", "profile", "files.read"].map(str::to_owned).into(),
            scope_prefix: "api://my-app/".to_owned(),
            resource: Some("https://mcp.example/".to_owned()),
            ..settings(ProviderKind::Entra)
        },
        metadata: Some((url, openid(&issuer, "https://entra.example"))),
        token_url: "https://entra.example/token",
        token: bearer("api://my-app/files.read openid profile offline_access"),
        claims: Some(claims),
        answers: vec![],
        iss: None,
    }
}

fn entra_claims() -> Value {
    json!({
        "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"), "sub": "pairwise",
        "oid": "99999999-aaaa-bbbb-cccc-dddddddddddd", "tid": TENANT, "name": "Alice",
        "preferred_username": "alice@ok.example", "email": "boss@ok.example", "email_verified": true,
        "groups": ["77777777-0000-0000-0000-000000000000"],
    })
}

#[tokio::test]
async fn j12_entra_tenant() {
    check(entra(Some(TENANT), entra_claims())).await;
}

#[tokio::test]
async fn j13_a_token_is_proven_to_be_of_the_tenant_that_it_names() {
    const OTHER: &str = "55555555-1111-2222-3333-444444444444";
    let outcome = async |tenant: Option<&str>, change: fn(&mut Value)| {
        let mut claims = entra_claims();
        change(&mut claims);
        let row = entra(tenant, claims);
        let http = FakeHttp::new();
        let provider = super::support::provider(row.settings.clone(), http.clone());
        sign_in(&row, &http, &provider)
            .await
            .map(|it| it.1.identity.tenant.unwrap())
            .map_err(|it| it.reason())
    };
    let moved: fn(&mut Value) = |it| {
        it["tid"] = OTHER.into();
        it["iss"] = format!("https://login.microsoftonline.com/{OTHER}/v2.0").into();
    };
    for tenant in [None, Some("common"), Some(TENANT)] {
        assert_eq!(outcome(tenant, |_| {}).await.as_deref(), Ok(TENANT), "{tenant:?}");
        // The issuer of one tenant beside the id of another.
        assert_eq!(outcome(tenant, |it| it["tid"] = OTHER.into()).await, Err("id_token"), "{tenant:?}");
        assert_eq!(outcome(tenant, |it| it["iss"] = "https://evil.example".into()).await, Err("id_token"));
    }
    assert_eq!(outcome(None, moved).await.as_deref(), Ok(OTHER), "any tenant; the rules say which");
    assert_eq!(outcome(Some(TENANT), moved).await, Err("id_token"), "one tenant only");
    for tid in ["", "../evil", "{tenantid}", "common"] {
        let mut claims = entra_claims();
        claims["tid"] = tid.into();
        claims["iss"] = format!("https://login.microsoftonline.com/{tid}/v2.0").into();
        let row = entra(None, claims);
        let http = FakeHttp::new();
        let provider = super::support::provider(row.settings.clone(), http.clone());
        assert_eq!(sign_in(&row, &http, &provider).await.unwrap_err().reason(), "id_token", "{tid}");
    }
}

#[tokio::test]
async fn gitlab() {
    check(Row {
        name: "gitlab",
        settings: settings(ProviderKind::Gitlab),
        metadata: Some(("https://gitlab.com/.well-known/openid-configuration", openid("https://gitlab.com", "https://gitlab.com/oauth"))),
        token_url: "https://gitlab.com/oauth/token",
        token: json!({ "access_token": "at", "token_type": "Bearer", "expires_in": 7200, "refresh_token": "rt", "scope": "openid profile email" }),
        claims: Some(json!({ "iss": "https://gitlab.com", "sub": "12345", "groups_direct": ["my-group"] })),
        answers: vec![("https://gitlab.com/oauth/userinfo", json!({
            "sub": "12345", "name": "Alice", "nickname": "alice", "preferred_username": "alice",
            "email": "alice@ok.example", "email_verified": true, "groups": ["my-group", "my-group/sub"],
        }))],
        iss: None,
    })
    .await;
}

#[tokio::test]
async fn slack_sign_in() {
    let ids = json!({ "https://slack.com/user_id": "U1", "https://slack.com/team_id": "T1", "sub": "U1" });
    let mut claims = ids.clone();
    claims["iss"] = "https://slack.com".into();
    let mut userinfo = ids;
    userinfo["ok"] = true.into();
    userinfo["email"] = "alice@ok.example".into();
    userinfo["email_verified"] = true.into();
    check(Row {
        name: "slack",
        settings: settings(ProviderKind::Slack),
        metadata: Some((
            "https://slack.com/.well-known/openid-configuration",
            openid("https://slack.com", "https://slack.com/api"),
        )),
        token_url: "https://slack.com/api/token",
        token: json!({ "ok": true, "access_token": "xoxp-1", "token_type": "Bearer" }),
        claims: Some(claims),
        answers: vec![("https://slack.com/api/userinfo", userinfo)],
        iss: None,
    })
    .await;
}

#[tokio::test]
async fn slack_api() {
    check(Row {
        name: "slack-api",
        settings: ProviderSettings {
            scopes: ["channels:read", "users:read"].map(str::to_owned).into(),
            ..settings(ProviderKind::Slack)
        },
        metadata: None,
        token_url: "https://slack.com/api/oauth.v2.access",
        token: json!({
            "ok": true, "app_id": "A1", "team": { "id": "T1" },
            "authed_user": {
                "id": "U1", "scope": "channels:read,users:read", "access_token": "xoxe.xoxp-1",
                "token_type": "user", "refresh_token": "xoxe-1", "expires_in": 43200,
            },
        }),
        claims: None,
        answers: vec![(
            "https://slack.com/api/auth.test",
            json!({ "ok": true, "user": "alice", "user_id": "U1", "team": "Team", "team_id": "T1" }),
        )],
        iss: None,
    })
    .await;
}

#[tokio::test]
async fn discord() {
    let mut metadata = openid("https://discord.com", "https://discord.com/api/oauth2");
    metadata["authorization_response_iss_parameter_supported"] = true.into();
    check(Row {
        name: "discord",
        settings: ProviderSettings { lookups: everything(), ..settings(ProviderKind::Discord) },
        metadata: Some(("https://discord.com/.well-known/oauth-authorization-server", metadata)),
        token_url: "https://discord.com/api/oauth2/token",
        token: json!({ "access_token": "at", "token_type": "Bearer", "expires_in": 604_800, "refresh_token": "rt", "scope": "identify email guilds" }),
        claims: None,
        answers: vec![
            ("https://discord.com/api/users/@me", json!({ "id": "80351110224678912", "username": "nelly", "global_name": "Nelly", "email": "nelly@ok.example", "verified": true })),
            ("https://discord.com/api/users/@me/guilds?per_page=100&page=1", json!([{ "id": "197038439483310086", "name": "my-org" }])),
        ],
        iss: Some("https://discord.com"),
    })
    .await;
}

#[tokio::test]
async fn auth0() {
    let issuer = "https://tenant.eu.auth0.com/";
    check(Row {
        name: "auth0",
        settings: ProviderSettings { resource: Some("https://api.example/".to_owned()), ..with_issuer(ProviderKind::Auth0, issuer) },
        metadata: Some(("https://tenant.eu.auth0.com/.well-known/openid-configuration", openid(issuer, "https://tenant.eu.auth0.com"))),
        token_url: "https://tenant.eu.auth0.com/token",
        token: bearer("openid profile email offline_access"),
        claims: Some(json!({ "iss": issuer, "sub": "auth0|6112", "nickname": "alice", "org_id": "org_1" })),
        answers: vec![("https://tenant.eu.auth0.com/userinfo", json!({ "sub": "auth0|6112", "name": "Alice", "email": "alice@ok.example", "email_verified": false }))],
        iss: None,
    })
    .await;
}

#[tokio::test]
async fn okta() {
    let issuer = "https://org.okta.example/oauth2/default";
    let mut metadata = openid(issuer, "https://org.okta.example/oauth2/default/v1");
    metadata["token_endpoint_auth_methods_supported"] = json!(["client_secret_basic", "client_secret_post"]);
    check(Row {
        name: "okta",
        settings: with_issuer(ProviderKind::Okta, issuer),
        metadata: Some(("https://org.okta.example/oauth2/default/.well-known/openid-configuration", metadata)),
        token_url: "https://org.okta.example/oauth2/default/v1/token",
        token: bearer("openid profile email offline_access"),
        claims: Some(json!({ "iss": issuer, "sub": "00uid4BxXw6I6TV4m0g3", "groups": ["Everyone", "Admins"] })),
        answers: vec![("https://org.okta.example/oauth2/default/v1/userinfo", json!({ "sub": "00uid4BxXw6I6TV4m0g3", "preferred_username": "alice@ok.example", "email": "alice@ok.example", "email_verified": true }))],
        iss: None,
    })
    .await;
}

#[tokio::test]
async fn keycloak() {
    let issuer = "https://kc.example/realms/r";
    let mut metadata = openid(issuer, "https://kc.example/realms/r/protocol/openid-connect");
    metadata["authorization_response_iss_parameter_supported"] = true.into();
    check(Row {
        name: "keycloak",
        settings: ProviderSettings {
            claims: crate::ClaimMapping { groups: Some("realm_access.roles".parse().unwrap()), ..Default::default() },
            ..with_issuer(ProviderKind::Keycloak, issuer)
        },
        metadata: Some(("https://kc.example/realms/r/.well-known/openid-configuration", metadata)),
        token_url: "https://kc.example/realms/r/protocol/openid-connect/token",
        token: bearer("openid profile email"),
        claims: Some(json!({ "iss": issuer, "sub": "f3a1", "preferred_username": "alice", "realm_access": { "roles": ["mcp-user"] } })),
        answers: vec![("https://kc.example/realms/r/protocol/openid-connect/userinfo", json!({ "sub": "f3a1", "email": "alice@ok.example", "email_verified": true }))],
        iss: Some(issuer),
    })
    .await;
}

#[tokio::test]
async fn cognito() {
    let issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc";
    check(Row {
        name: "cognito",
        settings: ProviderSettings { resource: Some("https://mcp.example/mcp".to_owned()), ..with_issuer(ProviderKind::Cognito, issuer) },
        metadata: Some(("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc/.well-known/openid-configuration", openid(issuer, "https://d.auth.eu-west-1.amazoncognito.com/oauth2"))),
        token_url: "https://d.auth.eu-west-1.amazoncognito.com/oauth2/token",
        token: json!({ "access_token": "at", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "rt" }),
        claims: Some(json!({ "iss": issuer, "sub": "c0ffee", "cognito:username": "alice", "cognito:groups": ["admins"], "email": "alice@ok.example", "email_verified": true })),
        answers: vec![],
        iss: None,
    })
    .await;
}

#[tokio::test]
async fn linear() {
    check(Row {
        name: "linear",
        settings: ProviderSettings { scopes: ["read", "write"].map(str::to_owned).into(), ..settings(ProviderKind::Linear) },
        metadata: None,
        token_url: "https://api.linear.app/oauth/token",
        token: json!({ "access_token": "lin_1", "token_type": "Bearer", "expires_in": 86399, "refresh_token": "rt", "scope": "read,write" }),
        claims: None,
        answers: vec![("https://api.linear.app/graphql", json!({ "data": { "viewer": {
            "id": "5ab2", "name": "Alice", "displayName": "alice", "email": "alice@ok.example", "organization": { "id": "org-1" },
        } } }))],
        iss: None,
    })
    .await;
}

#[tokio::test]
async fn atlassian() {
    check(Row {
        name: "atlassian",
        settings: settings(ProviderKind::Atlassian),
        metadata: None,
        token_url: "https://auth.atlassian.com/oauth/token",
        token: bearer("read:me offline_access"),
        claims: None,
        answers: vec![("https://api.atlassian.com/me", json!({ "account_id": "712020:1", "name": "Alice", "nickname": "alice", "email": "alice@ok.example", "email_verified": true }))],
        iss: None,
    })
    .await;
}

#[tokio::test]
async fn generic_openid() {
    let issuer = "https://idp.example/tenant";
    let mut metadata = openid(issuer, "https://idp.example/tenant");
    metadata["scopes_supported"] = json!(["openid", "offline_access"]);
    metadata["token_endpoint_auth_methods_supported"] = json!(["client_secret_post", "private_key_jwt"]);
    check(Row {
        name: "oidc",
        settings: ProviderSettings { resource: Some("https://mcp.example/mcp".to_owned()), ..with_issuer(ProviderKind::Oidc, issuer) },
        metadata: Some(("https://idp.example/tenant/.well-known/openid-configuration", metadata)),
        token_url: "https://idp.example/tenant/token",
        token: bearer("openid profile email offline_access"),
        claims: Some(json!({ "iss": issuer, "sub": "alice-1" })),
        answers: vec![("https://idp.example/tenant/userinfo", json!({ "sub": "alice-1", "name": "Alice", "email": "alice@ok.example", "email_verified": true, "groups": "one" }))],
        iss: None,
    })
    .await;
}

#[tokio::test]
async fn generic_oauth2() {
    let mut settings = settings(ProviderKind::Oauth2);
    let url = |text: &str| Some(text.parse().unwrap());
    settings.endpoints.authorization = url("https://forge.example/authorize?app=1");
    settings.endpoints.token = url("https://forge.example/token");
    settings.endpoints.userinfo = url("https://forge.example/api/me");
    settings.scopes = vec!["profile".to_owned()];
    settings.claims.subject = Some("user.uid".parse().unwrap());
    settings.claims.groups = Some("user.roles".parse().unwrap());
    settings.display_name = Some("The Forge".to_owned());
    check(Row {
        name: "oauth2",
        settings,
        metadata: None,
        token_url: "https://forge.example/token",
        token: json!({ "access_token": "at" }),
        claims: None,
        answers: vec![(
            "https://forge.example/api/me",
            json!({ "user": { "uid": 42, "roles": ["dev", 7] }, "login": "alice" }),
        )],
        iss: None,
    })
    .await;
}

#[test]
fn every_path_of_every_preset_can_be_read() {
    for kind in ProviderKind::ALL {
        let Some(preset) = crate::preset::Preset::of(&settings(kind)) else { continue };
        let claims = preset.claims;
        let written =
            [claims.name, claims.login, claims.email, claims.tenant, claims.organizations, claims.groups];
        for path in claims.subject.iter().chain(&written).filter(|it| !it.is_empty()) {
            assert!(path.parse::<oauth_types::ClaimPath>().is_ok(), "{kind}: {path}");
        }
        assert!(!claims.subject.is_empty(), "{kind}");
        let endpoints = preset.endpoints;
        let known = [
            endpoints.authorization,
            endpoints.token,
            endpoints.userinfo,
            endpoints.revocation,
            endpoints.introspection,
        ];
        for url in known.into_iter().flatten() {
            assert_eq!(Url::parse(url).unwrap().scheme(), "https", "{kind}");
        }
    }
}
