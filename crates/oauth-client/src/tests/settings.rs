use serde_json::json;
use test_support::fake_http::{FakeHttp, Reply};

use super::support::{
    METADATA, OpenId, TOKEN, callback, clock, metadata, openid_settings, ports, query, settings,
};
use crate::{
    AllowRules, EndpointOverrides, InvalidSettings, Lookups, MetadataError, Provider, ProviderKind,
    ProviderSettings,
};

#[track_caller]
fn check(
    kind: ProviderKind,
    change: impl FnOnce(&mut ProviderSettings),
    expected: Result<(), InvalidSettings>,
) {
    let mut settings = settings(kind);
    change(&mut settings);
    let outcome = Provider::new(settings, ports(FakeHttp::new(), &clock())).map(drop);
    assert_eq!(outcome, expected, "{kind}");
}

#[test]
fn o_a_preset_needs_an_issuer_or_knows_one() {
    use ProviderKind as Kind;
    for kind in [Kind::Auth0, Kind::Okta, Kind::Keycloak, Kind::Cognito, Kind::Oidc] {
        check(kind, |_| {}, Err(InvalidSettings::IssuerMissing));
        check(kind, |it| it.issuer = Some("https://idp.example".parse().unwrap()), Ok(()));
    }
    for kind in [Kind::GithubOauthApp, Kind::GithubApp, Kind::Linear, Kind::Atlassian, Kind::Entra] {
        check(kind, |_| {}, Ok(()));
        let issuer = Some("https://idp.example".parse().unwrap());
        check(kind, |it| it.issuer = issuer, Err(InvalidSettings::IssuerUnused));
    }
    for kind in [Kind::Google, Kind::Gitlab, Kind::Slack, Kind::Discord] {
        check(kind, |_| {}, Ok(()));
        check(kind, |it| it.issuer = Some("https://idp.example".parse().unwrap()), Ok(()));
    }
    check(Kind::Local, |_| {}, Err(InvalidSettings::Local));
}

#[test]
fn o_endpoints_are_there_and_https() {
    let url = |text: &str| Some(text.parse().unwrap());
    let kind = ProviderKind::Oauth2;
    check(kind, |_| {}, Err(InvalidSettings::EndpointMissing("authorization")));
    let all = |it: &mut ProviderSettings| {
        it.endpoints.authorization = url("https://a.example/authorize");
        it.endpoints.token = url("https://a.example/token");
        it.endpoints.userinfo = url("https://a.example/me");
    };
    check(kind, all, Ok(()));
    let without = |it: &mut ProviderSettings| {
        all(it);
        it.endpoints.userinfo = None;
    };
    check(kind, without, Err(InvalidSettings::EndpointMissing("userinfo")));
    for (text, allowed) in [
        ("http://127.0.0.1:1/token", true),
        ("http://localhost/token", true),
        ("http://a.example/token", false),
        ("https://me:pw@a.example/token", false),
        ("https://a.example/token#x", false),
        ("ftp://a.example/token", false),
    ] {
        let change = |it: &mut ProviderSettings| {
            all(it);
            it.endpoints.token = url(text);
        };
        let expected = if allowed { Ok(()) } else { Err(InvalidSettings::EndpointForbidden("token")) };
        check(kind, change, expected);
    }
}

#[test]
fn o_the_tenant_is_an_id_or_one_of_three_words() {
    let kind = ProviderKind::Entra;
    for tenant in ["common", "organizations", "consumers", "00000000-1111-2222-3333-444444444444"] {
        check(kind, |it| it.tenant = Some(tenant.to_owned()), Ok(()));
    }
    for tenant in ["", "contoso.onmicrosoft.com", "Common", "../evil", "0000-1111"] {
        check(kind, |it| it.tenant = Some(tenant.to_owned()), Err(InvalidSettings::Tenant));
    }
    let unused = |it: &mut ProviderSettings| it.tenant = Some("common".to_owned());
    check(ProviderKind::Google, unused, Err(InvalidSettings::TenantUnused));
}

#[test]
fn o_the_protocols_own_parameters_are_not_the_operators() {
    let kind = ProviderKind::GithubOauthApp;
    for name in
        ["state", "nonce", "redirect_uri", "code_challenge", "response_type", "response_mode", "scope"]
    {
        let change =
            |it: &mut ProviderSettings| it.authorize_parameters.push((name.to_owned(), "x".to_owned()));
        check(kind, change, Err(InvalidSettings::ReservedParameter(name.to_owned())));
    }
    let login =
        |it: &mut ProviderSettings| it.authorize_parameters.push(("login".to_owned(), "x".to_owned()));
    check(kind, login, Ok(()));
    for scope in ["", "a b", "a,b", "a\nb"] {
        check(kind, |it| it.scopes.push(scope.to_owned()), Err(InvalidSettings::Scope));
    }
    check(kind, |it| it.client_secret = None, Err(InvalidSettings::SecretMissing));
    let subject = |it: &mut ProviderSettings| it.claims.subject = Some("login".parse().unwrap());
    check(kind, subject, Err(InvalidSettings::SubjectFixed));
}

#[test]
fn kinds_have_the_names_of_the_configuration() {
    for kind in ProviderKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), json!(kind.as_str()));
        assert_eq!(serde_json::from_value::<ProviderKind>(json!(kind.as_str())).unwrap(), kind);
    }
    assert!(serde_json::from_value::<EndpointOverrides>(json!({ "tokn": "https://a.example" })).is_err());
    assert!(serde_json::from_value::<AllowRules>(json!({ "everyone": true })).is_err());
}

#[test]
fn a_preset_tells_what_its_rules_need() {
    use ProviderKind as Kind;
    let row = |kind: Kind, expected: [bool; 5]| {
        let it = settings(kind).tells();
        assert_eq!([it.email, it.organizations, it.teams, it.groups, it.tenant], expected, "{kind}");
    };
    row(Kind::GithubOauthApp, [true, true, true, false, false]);
    row(Kind::Google, [true, false, false, false, true]);
    row(Kind::Entra, [true, false, false, true, true]);
    row(Kind::Slack, [true, false, false, false, true]);
    row(Kind::Discord, [true, true, false, false, false]);
    row(Kind::Auth0, [true, true, false, true, false]);
    row(Kind::Linear, [false, true, false, false, false]);
    row(Kind::Local, [true, false, false, true, false]);
    let mut mapped = settings(Kind::Linear);
    mapped.claims.email_verified = Some("verified".parse().unwrap());
    mapped.claims.teams = Some("teams".parse().unwrap());
    assert!(mapped.tells().email && mapped.tells().teams);
}

#[tokio::test]
async fn the_endpoints_in_use_are_known_before_a_sign_in() {
    let http = FakeHttp::new();
    http.set(METADATA, Reply::json(&metadata()));
    let endpoints = openid_settings().known_endpoints(&http, &*clock()).await.unwrap();
    let names: Vec<_> = endpoints.iter().map(|(name, _)| *name).collect();
    assert!(names.starts_with(&["authorization", "token"]) && names.contains(&"jwks"), "{names:?}");
    assert!(endpoints.iter().any(|(name, url)| *name == "token" && url.as_str() == TOKEN));
    let mut other = metadata();
    other["issuer"] = "https://other.example".into();
    http.set(METADATA, Reply::json(&other));
    let error = openid_settings().known_endpoints(&http, &*clock()).await.unwrap_err();
    assert_eq!(error, MetadataError::OtherIssuer);
    let error = settings(ProviderKind::Local).known_endpoints(&http, &*clock()).await.unwrap_err();
    assert_eq!(error, MetadataError::NotFound);
}

/// The scopes that somebody is asked for at an OpenID provider that lists these in its metadata.
async fn asked(listed: &[&str], change: impl FnOnce(&mut ProviderSettings)) -> String {
    let mut settings = openid_settings();
    settings.lookups = Lookups { groups: true, ..Lookups::default() };
    change(&mut settings);
    let mut metadata = metadata();
    metadata["scopes_supported"] = json!(listed);
    let begun = OpenId::with(settings, &metadata).provider.begin(&callback()).await.unwrap();
    query(&begun.authorize_url, "scope").unwrap()
}

#[tokio::test]
async fn groups_are_asked_for_by_their_scope_where_there_is_one() {
    let listed = ["openid", "groups"];
    assert_eq!(asked(&listed, |_| {}).await, "openid profile email groups");
    assert_eq!(asked(&listed, |it| it.scopes = vec!["openid".to_owned()]).await, "openid groups");
    assert_eq!(asked(&listed, |it| it.scopes = vec!["groups".to_owned()]).await, "openid groups");
    let without = "openid profile email";
    assert_eq!(asked(&["openid"], |_| {}).await, without);
    assert_eq!(asked(&listed, |it| it.lookups.groups = false).await, without, "nobody needs them");
    assert_eq!(asked(&listed, |it| it.claims.groups = Some("roles".parse().unwrap())).await, without);
    assert_eq!(asked(&listed, |it| it.scope_prefix = "api://x/".to_owned()).await, without);
}
