//! `/connect/{provider}`: a signed-in person connects an account at a further third party.
//!
//! MCP servers send people here by URL mode elicitation (MCP 2025-11-25 "Elicitation", "URL Mode"). The link says for
//! whom it was made, as a digest of the token's subject, and permits nothing: whoever is signed in as somebody else
//! is told so, and what is connected belongs to the one who is signed in and pressed the button, in this browser.

use std::sync::Arc;

use aws_lc_rs::{constant_time, digest};
use axum::{
    body::Body,
    extract::{Path, State},
    response::Response,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_client::SignIn;
use oauth_types::{Principal, ProviderId};
use session_binding::{
    BrowserSession, CalledBack, ConnectLink, ConnectRequest, Cookies, Purpose, Transaction,
};
use url::form_urlencoded;

use super::{
    ACCOUNT, Browser, CONNECT, SignInProvider,
    answer::{Stop, see_other, with_cookies},
    audit,
    tokens::token_set,
    visit::Visit,
};
use crate::third_party::{
    endpoints::source,
    pages::{ConnectPage, Problem},
};

pub(super) async fn shown(
    State(browser): State<Arc<Browser>>,
    Path(provider): Path<String>,
    visit: Visit,
) -> Response {
    visit.answer(browser.connect_page(&visit, &provider).await)
}

pub(super) async fn posted(
    State(browser): State<Arc<Browser>>,
    Path(provider): Path<String>,
    visit: Visit,
    body: Body,
) -> Response {
    visit.answer(browser.begin_to_connect(&visit, &provider, body).await)
}

impl Browser {
    async fn connect_page(&self, visit: &Visit, provider: &str) -> Result<Response, Stop> {
        let query = visit.query.as_deref().unwrap_or_default();
        let mut named = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == SUBJECT);
        let (Some((_, subject)), None) = (named.next(), named.next()) else {
            return Err(Problem::Malformed.into());
        };
        let (link, provider) = self.link(provider, &subject)?;
        let Some(session) = self.signed_in(&visit.cookies()?).await? else {
            return self.begin(visit, Purpose::FollowLink(link)).await;
        };
        check_person(&session, &link)?;
        let page = ConnectPage {
            csrf: session.csrf_token().expose().to_owned(),
            path: format!("{CONNECT}/{}", link.provider),
            subject: URL_SAFE_NO_PAD.encode(link.subject),
            provider: provider.name().to_owned(),
            account: self.account_view(session.who()),
        };
        Ok(page.into_response())
    }

    /// The person has pressed the button: only now is the third party contacted, and a `state` for it made.
    async fn begin_to_connect(&self, visit: &Visit, provider: &str, body: Body) -> Result<Response, Stop> {
        let form = self.read_form(visit, body).await?;
        let csrf = form.csrf()?;
        let (link, provider) = self.link(provider, form.field(SUBJECT)?)?;
        let cookies = visit.cookies()?;
        let Some(session) = self.signed_in(&cookies).await? else { return see_other(&address(&link)) };
        if !session.csrf_token().is_answered_by(csrf) {
            return Err(Problem::NotOurForm.into());
        }
        check_person(&session, &link)?;
        if form.field("decision")? != "connect" {
            return see_other(ACCOUNT);
        }
        let who = session.who().clone();
        let person = who.principal().clone();
        let request = ConnectRequest { provider: link.provider.clone(), who };
        let mut set = self.cookies.surplus_bindings(&cookies);
        let source = source(visit.address);
        let begun = self.parts.pending.begin(Purpose::Connect(Box::new(request)), Some(&source)).await?;
        let lifetime = self.parts.pending.cookie_lifetime();
        set.push(self.cookies.binding(begun.id()).set_binding(begun.binding(), lifetime));
        let csrf = begun.csrf_token(Some(&person));
        let approved = self.parts.pending.approve(begun, csrf.expose(), link.provider, Some(&person)).await?;
        Ok(with_cookies(self.send_away(approved, provider).await?, &set))
    }

    /// The third party has said whose account it is, and given tokens: they are kept for whoever pressed the button,
    /// if they still are signed in here. Nobody is signed in by it.
    pub(super) async fn connected(
        &self,
        cookies: &Cookies<'_>,
        back: Transaction<CalledBack>,
        signed_in: SignIn,
    ) -> Result<Response, Stop> {
        let (id, provider) = (back.id().clone(), back.provider().clone());
        let clear = || self.cookies.binding(&id).clear();
        let purpose = self.parts.pending.abandon(back).await?;
        let Purpose::Connect(request) = purpose else { return Err(Problem::Expired.into()) };
        let session = self.signed_in(cookies).await?;
        let stays = session.is_some_and(|it| {
            it.who().session() == request.who.session() && it.who().principal() == request.who.principal()
        });
        if !stays || request.provider != provider {
            return Err(Stop::from(Problem::OtherPerson).with_cookie(clear()));
        }
        let tokens = token_set(&provider, signed_in.tokens);
        let kept = self.parts.foundations.connect(request.who.session(), tokens, &signed_in.known).await;
        if !kept.map_err(|error| Stop::unavailable(&error).with_cookie(clear()))? {
            return Err(Stop::from(Problem::Expired).with_cookie(clear()));
        }
        audit::connected(&request.who, &signed_in.identity.principal);
        Ok(with_cookies(see_other(ACCOUNT)?, &[clear()]))
    }

    /// The link, if its third party is one whose accounts people may connect.
    fn link(&self, provider: &str, subject: &str) -> Result<(ConnectLink, &SignInProvider), Stop> {
        let provider: ProviderId = provider.parse().map_err(|_| Problem::NotFound)?;
        let offered = self.parts.connectable.contains(&provider);
        let found =
            self.provider(&provider).filter(|it| offered && !it.is_local()).ok_or(Problem::NotFound)?;
        let subject = URL_SAFE_NO_PAD.decode(subject).ok().and_then(|it| it.try_into().ok());
        Ok((ConnectLink { provider, subject: subject.ok_or(Problem::Malformed)? }, found))
    }
}

/// The address of the page.
pub(super) fn address(link: &ConnectLink) -> String {
    format!("{CONNECT}/{}?{SUBJECT}={}", link.provider, URL_SAFE_NO_PAD.encode(link.subject))
}

/// The link for the person of this provider's id, as MCP servers make it; `None` if the person has no `sub`.
pub(crate) fn link_for(person: &Principal, provider: &ProviderId) -> Option<String> {
    let subject = subject_digest(person)?;
    Some(address(&ConnectLink { provider: provider.clone(), subject }))
}

/// Whether the one who is signed in is the one for whom the link was made.
fn check_person(session: &BrowserSession, link: &ConnectLink) -> Result<(), Stop> {
    let is_theirs = subject_digest(session.who().principal())
        .is_some_and(|it| constant_time::verify_slices_are_equal(&it, &link.subject).is_ok());
    if is_theirs { Ok(()) } else { Err(Problem::OtherPerson.into()) }
}

/// SHA-256 of the `sub` of the person's tokens.
fn subject_digest(person: &Principal) -> Option<[u8; 32]> {
    let subject = person.to_subject().ok()?;
    digest::digest(&digest::SHA256, subject.as_str().as_bytes()).as_ref().try_into().ok()
}

/// The parameter, and the field, that says for whom the link was made.
const SUBJECT: &str = "subject";
