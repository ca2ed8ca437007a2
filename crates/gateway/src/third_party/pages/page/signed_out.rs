use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::super::{
    SignedOutPage,
    headers::{self, Opener},
};

impl SignedOutPage {
    /// The page, with status 200.
    #[expect(clippy::unused_self, reason = "every page is answered the same way")]
    pub(crate) fn into_response(self) -> Response {
        headers::html(StatusCode::OK, Opener::Severed, &Page)
    }
}

#[derive(Debug, Template)]
#[template(path = "signed-out.html")]
struct Page;
