//! Chromium in front of the pages.

use std::{collections::BTreeSet, path::PathBuf};

use super::stage::{LOCAL, corp, gateway};
use crate::support::{Part, program_output, root};

/// Runs scenarios of `tests/real/browser-scenarios.mjs`.
#[track_caller]
fn run(scenarios: &[&str]) {
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
    program_output("browser.mjs", &arguments);
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

#[test]
fn people_sign_in_by_password_or_at_a_third_party_and_land_wherever_the_client_is() {
    run(&["password", "thirdParty"]);
}

#[test]
fn i13_i18_i19_i20_people_deny_go_back_open_two_tabs_or_come_late() {
    run(&["denial", "staleness", "twoTabs"]);
}

#[test]
fn everything_works_without_javascript_and_without_a_mouse() {
    run(&["withoutScript", "keyboard"]);
}

/// The pictures are for people to look at; what is tested is that every page can be reached and fits on a phone.
#[test]
fn every_page_has_its_picture() {
    std::fs::remove_dir_all(screenshots()).ok();
    run(&["pictures"]);
    let names: BTreeSet<_> = std::fs::read_dir(screenshots())
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(names.len() >= 4 * 16, "{names:#?}");
}
