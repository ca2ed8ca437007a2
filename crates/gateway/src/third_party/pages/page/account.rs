use askama::Template;
use axum::response::Response;
use http::StatusCode;
use oauth_types::UnixTime;

use super::{
    super::{
        AccountNotice, AccountPage, ConnectedView, ConnectionView,
        headers::{self, Opener},
        text::Shown,
        time::Moment,
    },
    NAME_LIMIT, Permission, URL_LIMIT,
    consent::Account,
};

impl AccountPage {
    /// The page, with status 200.
    pub(crate) fn into_response(self) -> Response {
        let now = self.now;
        let page = Page {
            account: Account::new(&self.account),
            connections: self.connections.into_iter().map(|it| Connection::new(it, now)).collect(),
            accounts: self.accounts.into_iter().map(Connected::new).collect(),
            notice: self.notice.as_ref().map(say),
            csrf: self.csrf,
        };
        headers::html(StatusCode::OK, Opener::Severed, &page)
    }
}

#[derive(Debug, Template)]
#[template(path = "account.html")]
struct Page {
    csrf: String,
    account: Account,
    connections: Vec<Connection>,
    accounts: Vec<Connected>,
    notice: Option<Notice>,
}

#[derive(Debug)]
struct Connection {
    grant: String,
    name: Option<Shown>,
    client_id: Shown,
    server: Shown,
    permissions: Vec<Permission>,
    created: Moment,
    last_used: Moment,
}

impl Connection {
    fn new(view: ConnectionView, now: UnixTime) -> Self {
        Self {
            name: Shown::if_visible(view.client_name.as_deref(), NAME_LIMIT),
            client_id: Shown::cut(&view.client_id, URL_LIMIT),
            server: Shown::cut(&view.server, NAME_LIMIT),
            permissions: Permission::all(&view.scopes),
            created: Moment::new(view.created, now),
            last_used: Moment::new(view.last_used, now),
            grant: view.grant,
        }
    }
}

#[derive(Debug)]
struct Connected {
    provider: String,
    provider_name: Shown,
    name: Option<Shown>,
}

impl Connected {
    fn new(view: ConnectedView) -> Self {
        Self {
            provider_name: Shown::cut(&view.provider_name, NAME_LIMIT),
            name: Shown::if_visible(view.name.as_deref(), NAME_LIMIT),
            provider: view.provider,
        }
    }
}

/// A sentence, `name` in its middle.
#[derive(Debug)]
struct Notice {
    before: String,
    name: Option<Shown>,
    after: &'static str,
}

fn say(notice: &AccountNotice) -> Notice {
    let plain = |text: String| Notice { before: text, name: None, after: "" };
    match notice {
        AccountNotice::Ended(name) => match Shown::if_visible(name.as_deref(), NAME_LIMIT) {
            Some(name) => {
                Notice { before: "The connection of ".to_owned(), name: Some(name), after: " has ended." }
            }
            None => plain("The connection has ended.".to_owned()),
        },
        AccountNotice::Disconnected(name) => match Shown::if_visible(Some(name), NAME_LIMIT) {
            Some(name) => Notice {
                before: "Your account at ".to_owned(),
                name: Some(name),
                after: " is not used any more.",
            },
            None => plain("The account is not used any more.".to_owned()),
        },
        AccountNotice::AllEnded(0) => plain("There was no connection to end.".to_owned()),
        AccountNotice::AllEnded(1) => plain("One connection has ended.".to_owned()),
        AccountNotice::AllEnded(count) => plain(format!("{count} connections have ended.")),
    }
}
