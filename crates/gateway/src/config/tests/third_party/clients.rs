use super::{accepts, refuses, refuses_somewhere};

const ID: &str = "client_id = \"app\"";
const NAME: &str = "name = \"App\"";
const REDIRECTS: &str = "redirect_uris = [\"https://app.example.com/cb\"]";
const SECRET: &str = "client_secret = { env = \"APP_SECRET\" }";
const CREDENTIAL: &str = "auth = \"client_secret_basic\"\nclient_secret = { env = \"APP_SECRET\" }";

#[track_caller]
fn redirect(uri: &str, refusal: Option<&str>) {
    let to = format!("redirect_uris = [{uri:?}]");
    match refusal {
        Some(message) => refuses(REDIRECTS, &to, "third_party.client[0].redirect_uris[0]", message),
        None => drop(accepts(REDIRECTS, &to)),
    }
}

#[test]
fn o05_a_redirect_uri_is_written_in_full() {
    redirect("https://app.example.com/cb?tenant=1", None);
    redirect("http://127.0.0.1/cb", None);
    redirect("http://localhost:33418/", None);
    redirect("com.example.app:/cb", None);
    redirect("https://*.example.com/cb", Some("wildcard"));
    redirect("https://app.example.com/*", Some("wildcard"));
    redirect("https://app.example.com/%2A", Some("wildcard"));
    redirect("https://app.example.com/cb$", Some("wildcard"));
    redirect("^https://app.example.com/.*$", Some("absolute URI"));
    redirect("http://app.example.com/cb", Some("must be https"));
    redirect("https://app.example.com/cb#x", Some("no fragment"));
    redirect("https://me@app.example.com/cb", Some("no user name"));
    redirect("https://app.example.com/a/../cb", Some("dot segments"));
    redirect("javascript:alert(1)", Some("scheme"));
    let twice = "redirect_uris = [\"https://a.example/cb\", \"https://a.example/cb\"]";
    refuses(REDIRECTS, twice, "third_party.client[0].redirect_uris[1]", "is there twice");
}

#[test]
fn a_client_can_do_something() {
    accepts(REDIRECTS, "introspect = true");
    refuses_somewhere(REDIRECTS, "", "third_party.client[0].redirect_uris", "the client can do nothing");
    let key = "third_party.client[0].introspect";
    accepts(REDIRECTS, &format!("introspect = true\n{REDIRECTS}"));
    refuses_somewhere(CREDENTIAL, "introspect = true", key, "whoever asks about tokens must prove");
    accepts(REDIRECTS, "client_credentials = [\"mcp\"]");
    accepts(REDIRECTS, &format!("{REDIRECTS}\nscopes = [\"mcp\"]"));
    refuses_somewhere(
        REDIRECTS,
        &format!("{REDIRECTS}\nscopes = []"),
        "third_party.client[0].scopes",
        "allows no scope",
    );
}

#[test]
fn a_client_that_acts_for_itself_proves_itself_and_may_do_something() {
    let key = "third_party.client[0].client_credentials";
    let with = |list: &str| format!("{REDIRECTS}\nclient_credentials = {list}");
    accepts(REDIRECTS, &with("[\"mcp\"]"));
    refuses_somewhere(REDIRECTS, &with("[]"), key, "allows no scope");
    refuses_somewhere(
        REDIRECTS,
        &with("[\"mcp\", \"files\"]"),
        &format!("{key}[1]"),
        "is a scope of no server",
    );
    let public = "client_credentials = [\"mcp\"]";
    refuses_somewhere(CREDENTIAL, public, key, "must prove who it is");
    accepts(CREDENTIAL, &format!("{CREDENTIAL}\n{public}"));
}

#[test]
fn a_client_id_is_no_url_and_nobody_elses() {
    let key = "third_party.client[0].client_id";
    accepts(ID, "client_id = \"my-app_1.2~3\"");
    for id in ["https://app.example.com/client.json", "a b", "ä", "a/b", "", "a:b"] {
        refuses_somewhere(ID, &format!("client_id = {id:?}"), key, "");
    }
    refuses(ID, "client_id = \"https://app.example.com/c\"", key, "belongs to the document at that URL");
    let second = "[[third_party.client]]\nclient_id = \"app\"\nname = \"B\"\nintrospect = true\n\
        auth = \"client_secret_post\"\nclient_secret = { env = \"B\" }\n\n[[third_party.provider]]\nid = \"github\"";
    let from = "[[third_party.provider]]\nid = \"github\"";
    refuses_somewhere(
        from,
        second,
        "third_party.client[1].client_id",
        "is the id of `third_party.client[0]` too",
    );
    accepts(from, &second.replace("\"app\"", "\"other\""));
    refuses(NAME, "name = \" \"", "third_party.client[0].name", "is empty");
    refuses_somewhere(NAME, "name = \"a\\nb\"", "third_party.client[0].name", "one line");
}

#[test]
fn a_credential_goes_with_its_method() {
    let section = "third_party.client[0]";
    let secret = |auth: &str| format!("auth = {auth:?}\n{SECRET}");
    let keys = |auth: &str, keys: &str| format!("auth = {auth:?}\nkeys = {keys}");
    let (uri, file) = ("{ jwks_uri = \"https://app.example.com/jwks\" }", "{ file = \"app.json\" }");
    accepts(CREDENTIAL, &secret("client_secret_post"));
    accepts(CREDENTIAL, "auth = \"none\"");
    accepts(CREDENTIAL, "");
    accepts(CREDENTIAL, &keys("private_key_jwt", uri));
    accepts(CREDENTIAL, &keys("private_key_jwt", file));
    refuses_somewhere(CREDENTIAL, &secret("none"), &format!("{section}.client_secret"), "is of no use");
    refuses_somewhere(
        CREDENTIAL,
        &secret("private_key_jwt"),
        &format!("{section}.client_secret"),
        "is of no use",
    );
    for auth in ["client_secret_basic", "client_secret_post"] {
        let to = format!("auth = {auth:?}");
        refuses_somewhere(CREDENTIAL, &to, &format!("{section}.client_secret"), "is missing");
    }
    refuses_somewhere(CREDENTIAL, "auth = \"private_key_jwt\"", &format!("{section}.keys"), "is missing");
    refuses_somewhere(CREDENTIAL, &keys("none", uri), &format!("{section}.keys"), "is of no use");
    for (text, message) in [
        ("{ jwks_uri = \"http://app.example.com/jwks\" }", "must be https"),
        ("{ jwks_uri = \"https://127.0.0.1/jwks\" }", "is a loopback host"),
    ] {
        let to = keys("private_key_jwt", text);
        refuses_somewhere(CREDENTIAL, &to, &format!("{section}.keys.jwks_uri"), message);
    }
    let to = keys("private_key_jwt", "{ file = \"\" }");
    refuses_somewhere(CREDENTIAL, &to, &format!("{section}.keys.file"), "path of a JWK set");
    refuses_somewhere(
        CREDENTIAL,
        "auth = \"client_secret_jwt\"",
        &format!("{section}.auth"),
        "unknown variant",
    );
}

#[test]
fn allow_lists_of_hosts_name_hosts() {
    for (from, name) in [
        ("[third_party.registration]\nenabled = true", "client_hosts"),
        ("[third_party.client_metadata_documents]\nenabled = true", "hosts"),
    ] {
        let head = from.lines().next().unwrap_or_default();
        let key = format!("{}.{name}", head.trim_matches(['[', ']']));
        let with = |list: &str| format!("{head}\n{name} = {list}");
        accepts(from, &with(r#"["claude.ai", "localhost"]"#));
        accepts(from, &format!("{head}\nenabled = false"));
        refuses_somewhere(from, &with("[]"), &key, "allows no host");
        refuses_somewhere(from, &with(r#"["claude.ai:8443"]"#), &format!("{key}[0]"), "leave the port out");
        refuses_somewhere(from, &with(r#"["claude.ai:443"]"#), &format!("{key}[0]"), "leave the port out");
        refuses_somewhere(from, &with(r#"["https://claude.ai"]"#), &format!("{key}[0]"), "write a host");
        refuses_somewhere(from, &with(r#"["*.claude.ai"]"#), &format!("{key}[0]"), "write a host");
    }
}

#[test]
fn whoever_exchanges_tokens_is_a_server_here_and_goes_on_to_another() {
    let section = "third_party.client[0].token_exchange";
    let with = |server: &str, targets: &str| {
        format!("{REDIRECTS}\ntoken_exchange = {{ server = {server:?}, targets = {targets} }}")
    };
    let target = |resource: &str, scopes: &str| format!("{{ resource = {resource:?}, scopes = {scopes} }}");
    let good = target("https://search.example.com/api", "[\"mcp\"]");
    let one = |target: &str| with("/mcp", &format!("[{target}]"));
    accepts(REDIRECTS, &one(&good));
    accepts(REDIRECTS, &one(&good).replace(REDIRECTS, ""));
    refuses_somewhere(
        REDIRECTS,
        &with("/other", &format!("[{good}]")),
        &format!("{section}.server"),
        "is the path of no",
    );
    refuses_somewhere(REDIRECTS, &with("/mcp", "[]"), &format!("{section}.targets"), "names no place");
    let target_key = |name: &str| format!("{section}.targets[0].{name}");
    let itself = target("https://mcp.example.com/mcp", "[\"mcp\"]");
    refuses_somewhere(REDIRECTS, &one(&itself), &target_key("resource"), "is the server itself");
    let nothing = target("https://search.example.com/api", "[]");
    refuses_somewhere(REDIRECTS, &one(&nothing), &target_key("scopes"), "allows no scope");
    let twice = with("/mcp", &format!("[{good}, {good}]"));
    refuses_somewhere(REDIRECTS, &twice, &format!("{section}.targets[1].resource"), "is there twice");
    let public = one(&good).replace(REDIRECTS, "");
    refuses_somewhere(CREDENTIAL, &public, section, "must prove who it is");
}
