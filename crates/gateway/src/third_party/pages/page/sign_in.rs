use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::{
    super::{
        FormView, SignInPage, SignInProblem,
        headers::{self, Opener},
        text::Shown,
    },
    NAME_LIMIT,
    client::Client,
};

impl SignInPage {
    /// The page: status 200, 403 after a wrong password, 429 after too many.
    pub(crate) fn into_response(self) -> Response {
        let status = match self.problem {
            None => StatusCode::OK,
            Some(SignInProblem::Wrong) => StatusCode::FORBIDDEN,
            Some(SignInProblem::TooMany) => StatusCode::TOO_MANY_REQUESTS,
        };
        let opener = if self.client.is_some() { Opener::Kept } else { Opener::Severed };
        let page = Page {
            form: self.form,
            provider: Shown::cut(&self.provider, NAME_LIMIT),
            client: self.client.as_ref().map(|it| Client::new(it, &[])),
            username: Shown::cut(&self.username, USERNAME_LIMIT),
            problem: self.problem.map(explain),
        };
        headers::html(status, opener, &page)
    }
}

#[derive(Debug, Template)]
#[template(path = "sign-in.html")]
struct Page {
    form: FormView,
    provider: Shown,
    client: Option<Client>,
    username: Shown,
    problem: Option<&'static str>,
}

fn explain(problem: SignInProblem) -> &'static str {
    match problem {
        SignInProblem::Wrong => "The name or the password is not right. Check both and try again.",
        SignInProblem::TooMany => "There have been too many attempts. Wait a few minutes, then try again.",
    }
}

/// Characters of a name that is typed again for the person.
const USERNAME_LIMIT: usize = 128;
