use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;

use super::*;

async fn ask(method: &str, path: &str) -> Response {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    let mut router: Router = router();
    tower_service::Service::call(&mut router, request).await.unwrap()
}

#[tokio::test]
async fn the_stylesheet_may_be_kept_for_ever() {
    let response = ask("GET", stylesheet_path()).await;
    assert_eq!(response.status(), StatusCode::OK);
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/css; charset=utf-8");
    assert_eq!(header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cross-origin-resource-policy"), "same-origin");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, STYLESHEET);
}

#[tokio::test]
async fn nothing_else_is_there() {
    assert_eq!(ask("HEAD", stylesheet_path()).await.status(), StatusCode::OK);
    assert_eq!(ask("POST", stylesheet_path()).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(ask("GET", "/assets/pages-0000000000000000.css").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(ask("GET", "/assets/").await.status(), StatusCode::NOT_FOUND);
}

#[test]
fn i06_the_stylesheet_fetches_nothing() {
    assert!(STYLESHEET.contains(":focus-visible"), "it is our stylesheet");
    for word in ["url(", "@import", "@font-face", "http:", "https:", "//", "animation", "transition"] {
        assert!(!STYLESHEET.contains(word), "{word}");
    }
}
