//! Proxy variables cannot be set for this process, so a test runs another one again, in a child that has them.

use std::process::{Command, Output};

use super::{
    server::{Server, ok},
    setup::{AMPLE, get, local_client, outcome},
};

const PROXY_VARIABLES: [&str; 6] =
    ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

#[tokio::test]
async fn the_guarded_client_reaches_its_server() {
    let server = Server::answering(&ok("direct"));
    let result = get(&local_client(), &server.url("http", "127.0.0.1"), AMPLE).await;
    assert_eq!(outcome(result), "200 direct");
    assert_eq!(server.connections(), 1);
}

/// The library as it comes reads the variables; that is what the guard has to stand against.
#[tokio::test]
async fn an_unguarded_client_reaches_its_server() {
    let config = crate::tls::client_config(rustls::RootCertStore::empty()).unwrap();
    let client = reqwest::Client::builder().tls_backend_preconfigured(config).build().unwrap();
    let server = Server::answering(&ok("direct"));
    let answer = client.get(server.url("http", "127.0.0.1")).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "direct");
}

fn run_again(test: &str, proxy: &Server) -> Output {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test]).env("NO_PROXY", "").env("no_proxy", "");
    for variable in PROXY_VARIABLES {
        child.env(variable, proxy.url("http", "127.0.0.1"));
    }
    child.output().unwrap()
}

#[test]
fn h35_proxy_variables_are_not_looked_at() {
    for (client, is_guarded) in [("the_guarded_client", true), ("an_unguarded_client", false)] {
        let proxy = Server::answering(&ok("by proxy"));
        let output = run_again(&format!("tests::environment::{client}_reaches_its_server"), &proxy);
        let report = String::from_utf8_lossy(&output.stdout);
        assert!(report.contains("running 1 test"), "{report}");
        assert_eq!(output.status.success(), is_guarded, "{report}");
        assert_eq!(proxy.connections(), usize::from(!is_guarded));
    }
}
