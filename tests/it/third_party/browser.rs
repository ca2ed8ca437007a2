//! Chromium in front of the pages.

use std::{collections::BTreeSet, path::PathBuf};

use super::stage::{LOCAL, corp, gateway};
use crate::support::{ClientOutput, Part, Person, client_output, root};

/// Runs scenarios of `tests/real/browser-scenarios.mjs`, which must succeed.
async fn run(scenarios: &[&str]) {
    let output = output(scenarios).await;
    assert!(output.succeeded, "{:#?}", output.lines);
}

async fn output(scenarios: &[&str]) -> ClientOutput {
    let third_party = Part::start("third-party.mjs", &[]);
    let gateway = gateway("http://127.0.0.1:1/", &format!("{LOCAL}{}", corp(third_party.origin())), "");
    let signed = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, signed.cert.pem()).unwrap();
    std::fs::write(&key, signed.signing_key.serialize_pem()).unwrap();
    let text = |path: &PathBuf| path.to_str().unwrap().to_owned();
    let options = [
        ("--gateway", gateway.origin().to_owned()),
        ("--third-party", third_party.origin().to_owned()),
        ("--chromium", chromium().to_owned()),
        ("--certificate", text(&certificate)),
        ("--key", text(&key)),
        ("--screenshots", text(&screenshots())),
    ];
    let options = options.iter().flat_map(|(name, value)| [*name, value.as_str()]);
    let arguments: Vec<_> = scenarios.iter().copied().chain(options).collect();
    client_output("browser.mjs", &arguments, &mut Person::new()).await
}

/// Debian's browser.
fn chromium() -> &'static str {
    let program = "/usr/bin/chromium";
    assert!(std::path::Path::new(program).exists(), "{program} is missing: run `cargo xtask parts`");
    program
}

fn screenshots() -> PathBuf {
    root().join(".parts/screenshots")
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_by_password_or_at_a_third_party_and_land_wherever_the_client_is() {
    run(&["password", "thirdParty"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i13_i18_i19_i20_people_deny_go_back_open_two_tabs_or_come_late() {
    run(&["denial", "staleness", "twoTabs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_without_javascript_and_without_a_mouse() {
    run(&["withoutScript", "keyboard"]).await;
}

/// Without this nobody would know that the other scenarios can fail for what a page does.
#[tokio::test(flavor = "multi_thread")]
async fn i06_a_page_that_broke_its_policy_would_be_noticed() {
    let output = output(&["breach"]).await;
    assert!(!output.succeeded);
    let error = output.report()["error"].to_string();
    for noticed in ["Content Security Policy", "a request left for https://elsewhere.example/"] {
        assert!(error.contains(noticed), "{error}");
    }
}

/// The pictures are for people to look at; what is tested is that every page can be reached and fits on a phone.
#[tokio::test(flavor = "multi_thread")]
async fn every_page_has_its_picture() {
    std::fs::remove_dir_all(screenshots()).ok();
    run(&["pictures"]).await;
    let names: BTreeSet<_> = std::fs::read_dir(screenshots())
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(names.len() >= 4 * 16, "{names:#?}");
}
