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
