//! Clients that act for themselves, without a person.

use serde_json::json;
use test_support::issuer::TestKey;

use super::{
    client::{TokenAnswer, post_form},
    stage::{LOCAL, configuration, setup},
};
use crate::support::{Gateway, Part, Person, client_report};

/// A gateway before the Python server, with a client for each way to prove itself.
struct Machines {
    gateway: Gateway,
    key_file: String,
    _upstream: Part,
}

impl Machines {
    fn start() -> Self {
        let upstream = Part::start("server-python.py", &[]);
        let key = TestKey::generate("ES256", "job");
        let keys = json!({ "keys": [key.jwk()] }).to_string();
        let sections = format!("{LOCAL}{CLIENTS}");
        let setup = setup()
            .file("job.secret", SECRET)
            .file("post.secret", POST_SECRET)
            .file("job.json", &keys)
            .file("job.pem", &key.private_pem());
        let key_file = setup.folder().join("job.pem").to_str().unwrap().to_owned();
        let gateway = setup.start(|listen| configuration(listen, &upstream.url("/mcp"), &sections, ""));
        Self { gateway, key_file, _upstream: upstream }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn real_clients_act_for_themselves() {
    let stage = Machines::start();
    let (url, key) = (stage.gateway.url("/mcp"), stage.key_file.as_str());
    let proofs = [["--machine", "job-secret", "--secret", SECRET], ["--machine", "job-key", "--key", key]];
    let clients: [(&str, &[&str]); 3] = [
        ("client-typescript.mjs", &["--sdk", "v1"]),
        ("client-typescript.mjs", &["--sdk", "v2"]),
        ("client-python.py", &["--mode", "auto"]),
    ];
    for (program, options) in clients {
        for proof in proofs {
            let call = ["--url", &url, "--call", r#"add={"a":2,"b":3}"#];
            let mut nobody = Person::new();
            let report = client_report(program, &[&call, &proof, options].concat(), &mut nobody).await;
            assert_eq!(report["calls"][0]["content"][0], "5", "{program} {proof:?}: {report}");
            assert!(nobody.visited().is_empty(), "{program} {proof:?}: no browser was needed");
            let requests = report["requests"].as_array().unwrap();
            let registered = requests.iter().any(|it| it["url"].as_str().unwrap().ends_with("/register"));
            assert!(!registered, "{requests:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn g31_no_client_but_a_known_one_acts_for_itself() {
    let stage = Machines::start();
    let token = format!("{}/token", stage.gateway.origin());
    let own = [
        ("grant_type", "client_credentials"),
        ("client_id", "job-post"),
        ("client_secret", POST_SECRET),
        ("resource", &stage.gateway.url("/mcp")),
    ];
    let good = post_form(&token, &own).await;
    assert_eq!(good.status, 200, "{}", good.body);
    assert_eq!(good.json()["scope"], "mcp");
    assert!(good.json().get("refresh_token").is_none());
    let metadata = json!({
        "redirect_uris": ["http://127.0.0.1:1/callback"],
        "grant_types": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_method": "client_secret_post",
    });
    let made = super::client::register(&stage.gateway, &metadata).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.json()["grant_types"], json!(["authorization_code"]));
    let mut stranger = own;
    let (id, secret) = (made.json()["client_id"].clone(), made.json()["client_secret"].clone());
    (stranger[1].1, stranger[2].1) = (id.as_str().unwrap(), secret.as_str().unwrap());
    assert_eq!(post_form(&token, &stranger).await.refusal(), (400, "unauthorized_client".to_owned()));
}

const SECRET: &str = "c2VjcmV0LW9mLWEtam9iLW9mLXRoZS10ZXN0cy0wMTIz";
/// A secret of its own, as the configuration demands.
const POST_SECRET: &str = "cG9zdC1zZWNyZXQtb2YtYS1qb2Itb2YtdGhlLXRlc3Rz";
const CLIENTS: &str = r#"
[[third_party.client]]
client_id = "job-secret"
name = "Job with a secret"
auth = "client_secret_basic"
client_secret = { file = "job.secret" }
client_credentials = ["mcp"]
[[third_party.client]]
client_id = "job-key"
name = "Job with a key"
auth = "private_key_jwt"
keys = { file = "job.json" }
client_credentials = ["mcp"]
[[third_party.client]]
client_id = "job-post"
name = "Job with another secret"
auth = "client_secret_post"
client_secret = { file = "post.secret" }
client_credentials = ["mcp"]
"#;
