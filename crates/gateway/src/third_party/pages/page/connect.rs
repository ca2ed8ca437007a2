use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::{
    super::{
        ConnectPage,
        headers::{self, Opener},
        text::Shown,
    },
    NAME_LIMIT,
    consent::Account,
};

impl ConnectPage {
    /// The page, with status 200.
    pub(crate) fn into_response(self) -> Response {
        let page = Page {
            provider: Shown::cut(&self.provider, NAME_LIMIT),
            account: Account::new(&self.account),
            csrf: self.csrf,
            path: self.path,
            subject: self.subject,
        };
        headers::html(StatusCode::OK, Opener::Severed, &page)
    }
}

#[derive(Debug, Template)]
#[template(path = "connect.html")]
struct Page {
    csrf: String,
    path: String,
    subject: String,
    provider: Shown,
    account: Account,
}
