use std::{collections::BTreeSet, fs};

use test_support::golden;

use super::{super::assets, body_of, sample};

/// The name of the stylesheet changes with its content, the golden files do not.
fn with_fixed_stylesheet(html: &str) -> String {
    let path = assets::stylesheet_path();
    assert_eq!(html.matches(path).count(), 1, "one stylesheet, ours");
    html.replace(path, "/assets/pages-HASH.css")
}

#[tokio::test]
async fn every_page_is_as_reviewed() {
    for (name, response) in sample::pages() {
        let html = with_fixed_stylesheet(&body_of(response).await);
        golden!(&format!("pages/{name}.html"), &html);
    }
}

/// The browser tests photograph what is in the folder: each template is there, and nothing that is no page any more.
#[test]
fn every_template_has_its_page_and_every_page_is_made() {
    let names = |folder: &str| -> BTreeSet<String> {
        let path = format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"));
        let files = fs::read_dir(path).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
        files.filter_map(|it| it.strip_suffix(".html").map(str::to_owned)).collect()
    };
    let made: BTreeSet<_> = sample::pages().into_iter().map(|it| it.0).collect();
    assert_eq!(names("tests/golden/pages"), made);
    for template in names("templates") {
        let is_part = ["base", "parts"].contains(&template.as_str());
        assert!(is_part || made.iter().any(|it| it.starts_with(&template)), "no page of {template}");
    }
}
