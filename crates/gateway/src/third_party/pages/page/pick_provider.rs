use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::{
    super::{
        FormView, PickProviderPage,
        headers::{self, Opener},
    },
    Choice,
};

impl PickProviderPage {
    /// The page, with status 200.
    pub(crate) fn into_response(self) -> Response {
        let page = Page { choices: Choice::all(&self.providers), form: self.form };
        headers::html(StatusCode::OK, Opener::Severed, &page)
    }
}

#[derive(Debug, Template)]
#[template(path = "pick-provider.html")]
struct Page {
    form: FormView,
    choices: Vec<Choice>,
}
