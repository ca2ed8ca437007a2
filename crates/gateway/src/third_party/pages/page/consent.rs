use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::{
    super::{
        AccountView, ConsentPage, FormView,
        headers::{self, Opener},
        text::Shown,
    },
    Choice, NAME_LIMIT, Permission, URL_LIMIT,
    client::Client,
};

impl ConsentPage {
    /// The page, with status 200.
    pub(crate) fn into_response(self) -> Response {
        let providers = self.providers.iter().map(|it| it.name.as_str());
        let beside: Vec<&str> = providers.chain([self.server.as_str()]).collect();
        let page = Page {
            client: Client::new(&self.client, &beside),
            server: Shown::cut(&self.server, NAME_LIMIT),
            resource: Shown::cut(&self.resource, URL_LIMIT),
            permissions: Permission::all(&self.scopes),
            kept: Permission::all(&self.kept),
            kept_scope: self.kept.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(" "),
            account: self.account.as_ref().map(Account::new),
            choices: Choice::all(&self.providers),
            form: self.form,
        };
        headers::html(StatusCode::OK, Opener::Kept, &page)
    }
}

#[derive(Debug, Template)]
#[template(path = "consent.html")]
struct Page {
    form: FormView,
    client: Client,
    server: Shown,
    resource: Shown,
    permissions: Vec<Permission>,
    kept: Vec<Permission>,
    /// The scopes of `kept`, for the form.
    kept_scope: String,
    account: Option<Account>,
    choices: Vec<Choice>,
}

#[derive(Debug)]
pub(super) struct Account {
    pub(super) name: Shown,
    pub(super) provider: Shown,
}

impl Account {
    pub(super) fn new(account: &AccountView) -> Self {
        Self {
            name: Shown::cut(&account.name, NAME_LIMIT),
            provider: Shown::cut(&account.provider, NAME_LIMIT),
        }
    }
}
