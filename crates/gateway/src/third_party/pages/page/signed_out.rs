use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::super::{
    SignOutElsewhere, SignedOutPage,
    headers::{self, Opener},
};

impl SignedOutPage {
    /// The page, with status 200.
    pub(crate) fn into_response(self) -> Response {
        headers::html(StatusCode::OK, Opener::Severed, &Page { elsewhere: self.elsewhere })
    }
}

#[derive(Debug, Template)]
#[template(path = "signed-out.html")]
struct Page {
    elsewhere: Option<SignOutElsewhere>,
}
