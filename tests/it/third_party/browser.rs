//! Chromium in front of the pages.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use test_support::parts::{chromium, root};

use super::stage::{LOCAL, corp, gateway};
use crate::support::{ClientOutput, Part, Person, client_output};

/// Runs scenarios of `tests/real/browser-scenarios.mjs`, which must succeed.
async fn run(scenarios: &[&str]) {
    let output = output(scenarios, "").await;
    assert!(output.succeeded, "{:#?}", output.lines);
}

/// The same before a gateway with further providers, for what they said.
async fn output(scenarios: &[&str], further_providers: &str) -> ClientOutput {
    let third_party = Part::start("third-party.mjs", &[]);
    let providers = format!("{LOCAL}{}{further_providers}", corp(third_party.origin()));
    let gateway = gateway("http://127.0.0.1:1/", &providers, "");
    let signed = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, signed.cert.pem()).unwrap();
    std::fs::write(&key, signed.signing_key.serialize_pem()).unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let options = [
        ("--gateway", gateway.origin().to_owned()),
        ("--third-party", third_party.origin().to_owned()),
        ("--chromium", text(chromium())),
        ("--certificate", text(&certificate)),
        ("--key", text(&key)),
        ("--pages", text(&root().join(PAGES))),
        ("--stylesheet", text(&root().join("crates/gateway/templates/pages.css"))),
        ("--screenshots", text(&screenshots(scenarios[0]))),
    ];
    let options = options.iter().flat_map(|(name, value)| [*name, value.as_str()]);
    let arguments: Vec<_> = scenarios.iter().copied().chain(options).collect();
    client_output("browser.mjs", &arguments, &mut Person::new()).await
}

/// Where a scenario puts its pictures.
fn screenshots(scenario: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots").join(scenario)
}

/// The names of the files in a folder, without what `suffix` says.
fn names(folder: &Path, suffix: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    files.filter_map(|it| it.strip_suffix(suffix).map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_by_password_or_at_a_third_party_and_land_wherever_the_client_is() {
    run(&["password", "thirdParty"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i13_i18_i19_i20_people_deny_go_back_open_two_tabs_or_come_late() {
    run(&["denial", "changesOfMind", "staleness", "twoTabs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_without_javascript_and_without_a_mouse() {
    run(&["withoutScript", "thirdPartyWithoutScript", "keyboard"]).await;
}

/// Without this nobody would know that the other scenarios can fail for what a page does.
#[tokio::test(flavor = "multi_thread")]
async fn i06_a_page_that_broke_its_policy_would_be_noticed() {
    let output = output(&["breach"], "").await;
    assert!(!output.succeeded);
    let error = output.report()["error"].to_string();
    for noticed in ["Content Security Policy", "a request left for https://elsewhere.example/"] {
        assert!(error.contains(noticed), "{error}");
    }
}

/// Without this nobody would know that the checks of every page find anything.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_with_faults_would_be_noticed() {
    let output = output(&["faults"], "").await;
    assert!(!output.succeeded);
    let error = output.report()["error"].as_str().unwrap().to_owned();
    for noticed in [
        "no language",
        "no title",
        "headings 2,4",
        "a level of headings is left out: 2,4",
        "contrast 2.85 of <p style=\"color: #999",
        "lets through another: <p style=\"background: rgb(0 0 0 / 50%)",
        "beyond the edge: <p style=\"width: 400px\"",
        "cut off: <p style=\"width: 100px",
        "of the edge of <input",
        "no label: <input",
        "no words: <button",
        "no words: <svg",
        "an id is there twice: x,x",
        "aria-describedby leads nowhere: <button",
        "too small: <button",
        "no focus is seen at <input",
        "Tab 3 is not at <a href",
    ] {
        assert!(error.contains(noticed), "{noticed} is missing in:\n{error}");
    }
}

/// The pictures are for people to look at; what is tested is that each page can be reached, read and used.
#[tokio::test(flavor = "multi_thread")]
async fn every_page_that_people_can_reach_is_sound() {
    let folder = fresh(screenshots("pictures"));
    let output = output(&["pictures"], GONE).await;
    assert!(output.succeeded, "{:#?}", output.lines);
    assert!(names(&folder, "-phone-dark.png").len() >= 22);
}

/// The folder of pages is complete: the tests of the gateway hold it against the variants of the views.
#[tokio::test(flavor = "multi_thread")]
async fn every_page_there_is_has_its_picture_and_is_sound() {
    let folder = fresh(screenshots("gallery"));
    run(&["gallery"]).await;
    let pages = names(&root().join(PAGES), ".html");
    for kind in ["desk-light", "desk-dark", "phone-light", "phone-dark"] {
        assert_eq!(names(&folder, &format!("-{kind}.png")), pages, "{kind}");
    }
}

fn fresh(folder: PathBuf) -> PathBuf {
    std::fs::remove_dir_all(&folder).ok();
    folder
}

/// Every page, as the tests of the gateway saw it sent.
const PAGES: &str = "crates/gateway/tests/golden/pages";
/// A third party that does not answer.
const GONE: &str = r#"
[[third_party.provider]]
id = "gone"
preset = "oidc"
name = "Gone"
issuer = "http://127.0.0.1:1"
client_id = "gateway"
client_secret = { file = "gone.secret" }
allow = { everybody = true }
"#;
