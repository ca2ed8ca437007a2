use super::{OPTION_B, accepts, edited, parse, refuses, refuses_somewhere};

const ID: &str = "id = \"github\"";
const PRESET: &str = "preset = \"github\"";
const ALLOW: &str = "allow = { organizations = [\"my-org\"] }";
const SECRET: &str = "client_secret = { env = \"GITHUB_SECRET\" }\n";
const LOCAL: &str = "name = \"Staff\"";
const SECTION: &str = "third_party.provider[0]";

fn provider(name: &str) -> String {
    format!("{SECTION}.{name}")
}

/// The first provider as another preset, with further keys, and a rule that fits any.
fn preset(name: &str, further: &str) -> String {
    let text = edited(OPTION_B, PRESET, &format!("preset = {name:?}\n{further}"));
    edited(&text, ALLOW, "allow = { everybody = true }")
}

#[test]
fn a_provider_has_an_id_of_its_own() {
    accepts(ID, "id = \"github-2\"");
    for id in ["", "GitHub", "a_b", "a/b", "a b", "123456789012345678901234567890123"] {
        refuses(ID, &format!("id = {id:?}"), &provider("id"), "1 to 32 of a-z, 0-9 and -");
    }
    refuses(ID, "id = \"client\"", &provider("id"), "stands for clients that act for themselves");
    let error = parse(&edited(OPTION_B, "id = \"staff\"", "id = \"github\"")).unwrap_err();
    assert_eq!(error.key(), "third_party.provider[1].id", "{error}");
    assert!(error.message().contains("is the id of `third_party.provider[0]` too"), "{error}");
    let nobody = OPTION_B.split("[[third_party.provider]]").next().unwrap_or_default();
    let error = parse(nobody).unwrap_err();
    assert_eq!(error.key(), "third_party", "{error}");
    assert!(error.message().contains("`[[third_party.provider]]` section is missing"), "{error}");
    refuses(LOCAL, "name = \"\"", "third_party.provider[1].name", "is empty");
}

#[test]
fn each_preset_has_what_it_needs() {
    let issuer = "issuer = \"https://login.example.com/\"";
    for (name, further) in [
        ("github", ""),
        ("github-app", ""),
        ("google", ""),
        ("entra", "tenant = \"common\""),
        ("gitlab", ""),
        ("gitlab", issuer),
        ("slack", ""),
        ("slack", "scopes = [\"openid\", \"profile\"]"),
        ("slack-api", "scopes = [\"users:read\"]"),
        ("discord", ""),
        ("auth0", issuer),
        ("okta", issuer),
        ("keycloak", issuer),
        ("cognito", issuer),
        ("linear", ""),
        ("atlassian", ""),
        ("oidc", issuer),
        (
            "oauth2",
            "endpoints = { authorization = \"https://a.example/a\", token = \"https://a.example/t\", \
             userinfo = \"https://a.example/u\" }\nclaims = { subject = \"user.id\" }",
        ),
    ] {
        parse(&preset(name, further)).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    for (name, further, key, message) in [
        ("oidc", "", "issuer", "`issuer` is missing"),
        ("keycloak", "", "issuer", "`issuer` is missing"),
        ("github", issuer, "issuer", "of no use"),
        ("entra", "tenant = \"example.com\"", "tenant", "the id of a tenant"),
        ("google", "tenant = \"common\"", "tenant", "for the preset `entra` only"),
        ("oauth2", "", "endpoints.authorization", "is missing"),
        ("google", "claims = { subject = \"id\" }", "claims.subject", "for the preset `oauth2` only"),
        ("google", "scopes = [\"a b\"]", "scopes", "one scope per entry"),
        ("google", "authorize_parameters = { state = \"x\" }", "authorize_parameters.state", "sets itself"),
        ("slack", "scopes = [\"users:read\"]", "scopes", "slack-api"),
        ("slack-api", "", "scopes", "name the scopes"),
        ("slack-api", "scopes = [\"openid\"]", "scopes", "without `openid`"),
    ] {
        let error = parse(&preset(name, further)).unwrap_err();
        assert_eq!(error.key(), provider(key), "{name}: {error}");
        assert!(error.message().contains(message), "{name}: {error}");
    }
    refuses(PRESET, "preset = \"myspace\"", &provider("preset"), "unknown variant");
    refuses_somewhere(SECRET, "", &provider("client_secret"), "this preset needs one");
    refuses_somewhere(
        "client_id = \"Ov23\"\n",
        "",
        &provider("client_id"),
        "register the gateway at `github`",
    );
}

#[test]
fn every_key_of_a_provider_is_read() {
    let further = "scopes = [\"openid\", \"api\"]\nscope_prefix = \"api://x/\"\nresource = \"https://api.example.com\"\n\
        offline = true\npkce = false\ntoken_auth = \"post\"\nauthorize_parameters = { prompt = \"login\" }\n\
        claims = { name = \"a\", login = \"b\", email = \"c\", email_verified = \"d\", tenant = \"e\", \
        organizations = \"f\", teams = \"g\", groups = \"h.i\" }\nissuer = \"https://login.example.com\"";
    let config = parse(&preset("oidc", further)).unwrap();
    let third_party = config.third_party.clone().unwrap();
    let it = &third_party.providers[0];
    assert_eq!((it.offline, it.pkce), (Some(true), Some(false)));
    assert_eq!(it.claims.groups.as_ref().unwrap().to_string(), "h.i");
    let callback = config.callback(it).unwrap();
    assert_eq!(callback.as_str(), "https://mcp.example.com/callback/github");
    assert_eq!(config.callback(&third_party.providers[1]), None);
    refuses_somewhere(
        ID,
        "id = \"github\"\nclaims = { name = \"\" }",
        &provider("claims.name"),
        "empty member",
    );
}

#[test]
fn o02_third_parties_are_reached_over_https() {
    let at = |name: &str, url: &str| format!("{ID}\nendpoints = {{ {name} = {url:?} }}");
    for name in ["authorization", "token", "userinfo", "revocation", "introspection", "jwks", "end_session"] {
        accepts(ID, &at(name, "https://github.example.com/x"));
        let key = provider(&format!("endpoints.{name}"));
        refuses_somewhere(ID, &at(name, "http://github.example.com/x"), &key, "must be https");
        refuses_somewhere(ID, &at(name, "https://me@github.example.com/x"), &key, "without user name");
        refuses_somewhere(ID, &at(name, "https://127.0.0.1/x"), &key, "is a loopback host");
    }
    let text = preset("oidc", "issuer = \"https://localhost:9000\"");
    let error = parse(&text).unwrap_err();
    assert_eq!(error.key(), provider("issuer"), "{error}");
    let local = edited(&text, "https://mcp.example.com", "https://localhost:8443");
    let local = edited(&local, "allow_loopback = false", "allow_loopback = true");
    parse(&local).unwrap_or_else(|error| panic!("{error}"));
    parse(&edited(&local, "https://localhost:9000", "http://localhost:9000")).unwrap();
    let error = parse(&edited(&local, "https://localhost:9000", "http://login.example.com")).unwrap_err();
    assert_eq!(error.key(), provider("issuer"), "{error}");
}

#[test]
fn nobody_is_let_in_by_an_empty_list() {
    let key = provider("allow");
    accepts(ALLOW, "allow = { everybody = true }");
    refuses_somewhere(ALLOW, "", &key, "lets nobody sign in");
    for to in ["allow = {}", "allow = { everybody = false }", "allow = { users = [], teams = [] }"] {
        refuses(ALLOW, to, &key, "lets nobody sign in: name `users`");
    }
    accepts(LOCAL, "allow = { users = [\"alice\"] }");
    for (to, key) in [("users = [\"bob\"]", "users"), ("groups = [\"nobody\"]", "groups")] {
        let key = format!("third_party.provider[1].allow.{key}");
        refuses(LOCAL, &format!("allow = {{ {to} }}"), &key, "of the accounts");
    }
    refuses(LOCAL, "allow = {}", "third_party.provider[1].allow", "lets nobody sign in");
}

#[test]
fn rules_are_exact_and_can_match() {
    let allow = |rules: &str| format!("allow = {{ {rules} }}");
    let fine = [
        "users = [\"583231\", \"octo@example.com\"]",
        "email_domains = [\"example.com\"]",
        "organizations = [\"9919\", \"github\"], teams = [\"github/core\"]",
    ];
    for rules in fine {
        accepts(ALLOW, &allow(rules));
    }
    for (rules, name, message) in [
        ("users = [\"@octocat\"]", "users", "changes hands"),
        ("users = [\"octocat\"]", "users", "changes hands"),
        ("users = [\"\"]", "users", "is empty"),
        ("organizations = [\" my-org\"]", "organizations", "blanks around it"),
        ("organizations = [\"*\"]", "organizations", "wildcard"),
        ("email_domains = [\"*.example.com\"]", "email_domains", "wildcard"),
        ("email_domains = [\"@example.com\"]", "email_domains", "without `@`"),
        ("email_domains = [\"example\"]", "email_domains", "is no domain"),
        ("groups = [\"staff\"]", "groups", "tells no groups"),
        ("tenants = [\"x\"]", "tenants", "tells no tenants"),
        ("everybody = true, users = [\"1\"]", "everybody", "of no use"),
    ] {
        refuses(ALLOW, &allow(rules), &provider(&format!("allow.{name}")), message);
    }
    let google =
        |rules: &str| parse(&edited(&edited(OPTION_B, PRESET, "preset = \"google\""), ALLOW, &allow(rules)));
    google("tenants = [\"example.com\"], everybody = true").unwrap();
    for (rules, name) in [("organizations = [\"x\"]", "organizations"), ("teams = [\"x\"]", "teams")] {
        let error = google(rules).unwrap_err();
        assert_eq!(error.key(), provider(&format!("allow.{name}")), "{error}");
    }
    refuses(LOCAL, &allow("teams = [\"x\"]"), "third_party.provider[1].allow.teams", "tells no teams");
}

#[test]
fn o19_one_client_is_for_one_provider() {
    let second = |client: &str, further: &str| {
        format!(
            "[[third_party.provider]]\nid = \"second\"\npreset = \"github\"\nclient_id = {client:?}\n\
             client_secret = {{ env = \"SECOND\" }}\nallow = {{ everybody = true }}\n{further}\n{ID_OF_STAFF}"
        )
    };
    accepts(ID_OF_STAFF, &second("Ov24", ""));
    accepts(ID_OF_STAFF, &second("Ov23", "endpoints = { token = \"https://github.example.com/t\" }"));
    let key = "third_party.provider[1].client_id";
    refuses_somewhere(
        ID_OF_STAFF,
        &second("Ov23", ""),
        key,
        "is the client of `third_party.provider[0]` too",
    );
}

const ID_OF_STAFF: &str = "[[third_party.provider]]\nid = \"staff\"";

#[test]
fn built_in_accounts_have_names_and_hashes() {
    let section = "third_party.provider[1].account[0]";
    let (username, hash) = ("username = \"alice\"", "password_hash = \"$argon2id$v=19$m=19456,t=2,p=1$");
    accepts(
        username,
        "username = \"a.b-c_d@example.com\"\nname = \"A\"\nemail = \"a@b.example\"\ngroups = [\"x\"]",
    );
    for name in ["", "a b", "ä", "a/b"] {
        refuses(username, &format!("username = {name:?}"), &format!("{section}.username"), "must be 1 to 64");
    }
    refuses_somewhere(
        username,
        "username = \"alice\"\nemail = \"x\"",
        &format!("{section}.email"),
        "no plain e-mail",
    );
    for (to, message) in [
        ("password_hash = \"hunter2$", "is no argon2id hash"),
        ("password_hash = \"$argon2i$v=19$m=19456,t=2,p=1$", "is no argon2id hash"),
        ("password_hash = \"$argon2id$v=16$m=19456,t=2,p=1$", "must be argon2id, version 19"),
        ("password_hash = \"$argon2id$v=19$m=1024,t=1,p=1$", "is too weak"),
        ("password_hash = \"$argon2id$v=19$m=19456,t=20,p=1$", "is too costly"),
        ("password_hash = \"$argon2id$x$", "is no PHC string"),
    ] {
        refuses(hash, to, &format!("{section}.password_hash"), message);
    }
    let twice = format!(
        "{OPTION_B}\n[[third_party.provider.account]]\n{}",
        OPTION_B.split("account]]\n").nth(1).unwrap()
    );
    let error = parse(&twice).unwrap_err();
    assert_eq!(error.key(), "third_party.provider[1].account[1].username", "{error}");
    let without = OPTION_B.split("[[third_party.provider.account]]").next().unwrap();
    let error = parse(without).unwrap_err();
    assert_eq!(error.key(), "third_party.provider[1]", "{error}");
    assert!(error.message().contains("has no account"), "{error}");
}

#[test]
fn keys_of_clients_and_of_accounts_do_not_mix() {
    for to in [
        "client_id = \"x\"",
        "client_secret = { env = \"X\" }",
        "issuer = \"https://a.example\"",
        "tenant = \"common\"",
        "scopes = [\"a\"]",
        "scope_prefix = \"a\"",
        "resource = \"a\"",
        "offline = true",
        "pkce = true",
        "token_auth = \"basic\"",
        "authorize_parameters = { a = \"b\" }",
        "endpoints = { token = \"https://a.example/\" }",
        "claims = { name = \"a\" }",
    ] {
        let name = to.split(' ').next().unwrap_or_default();
        refuses(LOCAL, to, &format!("third_party.provider[1].{name}"), "is for third parties");
    }
    let error =
        parse(&edited(OPTION_B, "preset = \"local\"", "preset = \"google\"\nclient_id = \"x\"")).unwrap_err();
    assert_eq!(error.key(), "third_party.provider[1].account", "{error}");
}
