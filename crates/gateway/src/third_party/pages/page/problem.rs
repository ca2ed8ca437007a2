mod words;

use askama::Template;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};

use self::words::Words;
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
            words: Words::of(self.problem),
            request_id: Shown::cut(&self.request_id, NAME_LIMIT),
            leads_to_account: matches!(self.problem, Problem::NotFound | Problem::OtherPerson),
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
    words: &'static Words,
    request_id: Shown,
    /// Whoever is lost may have looked for it.
    leads_to_account: bool,
    back: Option<Back>,
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
            | Self::ClientDocument
            | Self::RedirectUri
            | Self::Malformed
            | Self::ClientMistake
            | Self::ThirdPartyRefused => StatusCode::BAD_REQUEST,
            Self::Expired | Self::NotOurForm | Self::NotAllowed | Self::OtherPerson => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::TooLong => StatusCode::URI_TOO_LONG,
            Self::Busy => StatusCode::TOO_MANY_REQUESTS,
            Self::ThirdPartyUnavailable => StatusCode::BAD_GATEWAY,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// A link with one of these runs or shows what the link itself contains.
const RUNNING_SCHEMES: [&str; 6] = ["about", "blob", "data", "file", "javascript", "vbscript"];
const RETRY_AFTER_SECONDS: &str = "30";
