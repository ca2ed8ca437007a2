use askama::Template;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};

use super::{
    super::{
        BackToClient, Problem, ProblemPage,
        address::Address,
        headers::{self, Opener},
        text::Shown,
    },
    NAME_LIMIT,
};

impl ProblemPage {
    /// The page, with the status of its problem.
    pub(crate) fn into_response(self) -> Response {
        let status = self.problem.status();
        let page = Page {
            words: self.problem.words(),
            request_id: Shown::cut(&self.request_id, NAME_LIMIT),
            back: self.back_to_client.and_then(Back::new),
        };
        let mut response = headers::html(status, Opener::Kept, &page);
        if matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE
        ) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        response
    }
}

#[derive(Debug, Template)]
#[template(path = "problem.html")]
struct Page {
    words: Words,
    request_id: Shown,
    back: Option<Back>,
}

/// What a page says about a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Words {
    title: &'static str,
    /// What happened.
    what: &'static str,
    /// What the person can do.
    next: &'static str,
}

/// A link that the person follows or not.
#[derive(Debug)]
struct Back {
    location: String,
    place: Address,
}

impl Back {
    /// None for a location that would run something instead of leading somewhere.
    fn new(back: BackToClient) -> Option<Self> {
        let scheme = back.location.split(':').next().unwrap_or_default();
        let leads = !scheme.is_empty()
            && scheme.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '+' | '-' | '.'))
            && !RUNNING_SCHEMES.iter().any(|it| scheme.eq_ignore_ascii_case(it));
        leads.then(|| Self { place: Address::new(&back.place), location: back.location })
    }
}

impl Problem {
    /// The status of its page.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::UnknownClient
            | Self::RedirectUri
            | Self::Malformed
            | Self::ClientMistake
            | Self::ThirdPartyRefused => StatusCode::BAD_REQUEST,
            Self::Expired | Self::NotOurForm | Self::NotAllowed => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::TooLong => StatusCode::URI_TOO_LONG,
            Self::Busy => StatusCode::TOO_MANY_REQUESTS,
            Self::ThirdPartyUnavailable => StatusCode::BAD_GATEWAY,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn words(self) -> Words {
        let (title, what, next) = match self {
            Self::UnknownClient => (
                "This app is not known here",
                "The app that sent you is not registered with this server, or its registration has expired.",
                "In the app, remove the connection to this server and add it again. Then it registers anew.",
            ),
            Self::RedirectUri => (
                "This app gave a wrong return address",
                "The app asks to be answered at an address that does not belong to it. \
                 Nothing was sent there, to keep your account safe.",
                "In the app, remove the connection to this server and add it again. \
                 If that does not help, tell the people who make the app.",
            ),
            Self::Malformed => (
                "This request cannot be understood",
                "Something that belongs to the request is missing, or is there twice.",
                "Go back to the app and start to connect again. \
                 If you typed or pasted the address of this page, check that it is complete.",
            ),
            Self::TooLong => (
                "This request is too long",
                "The address that brought you here is longer than this server accepts.",
                "Go back to the app and start to connect again. \
                 If that does not help, tell the people who make the app.",
            ),
            Self::ClientMistake => (
                "The app made a mistake",
                "The app asked for something that this server does not do. You have not been signed in.",
                "Go back to the app and start to connect again. \
                 If that does not help, tell the people who make the app.",
            ),
            Self::Expired => (
                "This sign-in cannot go on",
                "It took too long, it is already finished, or it was begun in another browser.",
                "Go back to the app and start to connect again, and finish it in the same browser.",
            ),
            Self::NotOurForm => (
                "This form was not sent from our page",
                "Nothing was changed. This also happens when cookies are blocked.",
                "Allow cookies for this site, then go back to the app and start to connect again. \
                 If you did not mean to do anything here, close this page.",
            ),
            Self::NotAllowed => (
                "You have no access to this server",
                "You are signed in, but the people who run this server have not let this account in.",
                "Try another account, or ask the people who run this server to let you in.",
            ),
            Self::ThirdPartyRefused => (
                "The sign-in did not work",
                "The service that you signed in with refused, or gave an answer that cannot be trusted.",
                "Go back to the app and start to connect again. \
                 If that does not help, show this page to the people who run this server.",
            ),
            Self::ThirdPartyUnavailable => (
                "The sign-in service does not answer",
                "The service that you sign in with cannot be reached at the moment.",
                "Wait a minute, then go back to the app and start to connect again.",
            ),
            Self::Busy => (
                "Too many sign-ins at once",
                "More sign-ins have been started than this server keeps open at one time.",
                "Wait a minute, then go back to the app and start to connect again.",
            ),
            Self::Unavailable => (
                "Something failed here",
                "The fault is on this server, not with you or the app. Nothing was changed.",
                "Wait a minute and try again. \
                 If that does not help, show this page to the people who run this server.",
            ),
            Self::NotFound => (
                "There is no such page",
                "Nothing is at this address.",
                "Check the address. To see which apps hold access for you, open your account page.",
            ),
        };
        Words { title, what, next }
    }
}

/// A link with one of these runs or shows what the link itself contains.
const RUNNING_SCHEMES: [&str; 6] = ["about", "blob", "data", "file", "javascript", "vbscript"];
const RETRY_AFTER_SECONDS: &str = "30";
