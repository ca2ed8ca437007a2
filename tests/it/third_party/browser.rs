//! Chromium in front of the pages.

use std::{collections::BTreeSet, path::PathBuf};

use super::stage::Stage;
use crate::support::{program_output, root};

/// Runs a scenario of `tests/real/browser-scenarios.mjs`.
fn run(scenario: &str) {
    let stage = Stage::with_corp();
    let signed = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, signed.cert.pem()).unwrap();
    std::fs::write(&key, signed.signing_key.serialize_pem()).unwrap();
    let text = |path: &PathBuf| path.to_str().unwrap().to_owned();
    let arguments = [
        ("--gateway", stage.gateway.origin().to_owned()),
        ("--third-party", stage.third_party.as_ref().unwrap().origin().to_owned()),
        ("--chromium", chromium().to_owned()),
        ("--certificate", text(&certificate)),
        ("--key", text(&key)),
        ("--screenshots", text(&screenshots())),
    ];
    let arguments = arguments.iter().flat_map(|(name, value)| [*name, value.as_str()]);
    let arguments: Vec<_> = std::iter::once(scenario).chain(arguments).collect();
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
fn a_person_signs_in_by_password_and_is_let_through_the_second_time() {
    run("password");
}

#[test]
fn a_person_picks_a_third_party_and_lands_at_a_private_use_scheme() {
    run("thirdParty");
}

#[test]
fn i20_who_denies_is_sent_back_and_the_third_party_is_not_asked() {
    run("denial");
}

#[test]
fn i13_i19_pages_that_come_late_twice_or_in_another_browser_say_so() {
    run("staleness");
}

#[test]
fn i18_two_tabs_finish() {
    run("twoTabs");
}

#[test]
fn everything_works_without_javascript() {
    run("withoutScript");
}

#[test]
fn everything_works_without_a_mouse() {
    run("keyboard");
}

/// The pictures are for people to look at; what is tested is that every page can be reached and fits on a phone.
#[test]
fn every_page_has_its_picture() {
    std::fs::remove_dir_all(screenshots()).ok();
    run("pictures");
    let names: BTreeSet<_> = std::fs::read_dir(screenshots())
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(names.len() >= 4 * 14, "{names:#?}");
}
