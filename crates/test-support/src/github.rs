//! A GitHub-shaped OAuth 2.0 server: opaque tokens, errors with status 200, comma scopes, form answers, a REST API.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "only tests call it, and a test may panic"
)]

mod applications;

use std::{
    collections::{BTreeMap, HashMap},
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Form, Json, Router,
    extract::{Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use oauth_types::{CodeChallenge, CodeVerifier};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::{Url, form_urlencoded};

use self::applications::{check_token, delete_grant, delete_token};

/// The application that the server knows.
pub const CLIENT_ID: &str = "Iv1.0123456789abcdef";
/// Its secret.
pub const CLIENT_SECRET: &str = "github-client-secret";

/// The server; it stops when dropped.
#[derive(Debug)]
pub struct GithubServer {
    address: SocketAddr,
    state: Shared,
    server: tokio::task::AbortHandle,
}

/// Somebody with an account.
#[derive(Clone, Debug, Default)]
pub struct GithubUser {
    /// The number that stays.
    pub id: u64,
    /// The name that can change.
    pub login: String,
    /// Addresses as (address, primary, verified).
    pub emails: Vec<(String, bool, bool)>,
    /// Memberships of organisations.
    pub organizations: Vec<Membership>,
    /// Teams as (id, slug, organisation's id, organisation's login).
    pub teams: Vec<(u64, String, u64, String)>,
}

/// A membership of an organisation.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The organisation's number.
    pub id: u64,
    /// Its name.
    pub login: String,
    /// Whether the invitation was accepted.
    pub active: bool,
}

/// How the server behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// As documented.
    #[default]
    Fine,
    /// Every request gets 503 with an HTML page.
    Down,
    /// Every request gets 403 with an HTML page, as from a firewall.
    Firewall,
    /// Every request gets 200 with an HTML page.
    Html,
    /// Every request gets 429 with `Retry-After: 30`.
    RateLimited,
    /// No request gets an answer.
    Silent,
}

/// How many tokens of one person, application and set of scopes live.
pub const MOST_TOKENS: usize = 10;

type Shared = Arc<Mutex<Inner>>;
type Form0 = HashMap<String, String>;

#[derive(Debug, Default)]
struct Inner {
    users: BTreeMap<u64, GithubUser>,
    browser: Option<u64>,
    expiring: bool,
    scopes_granted: Option<String>,
    mood: Mood,
    api_mood: Mood,
    codes: HashMap<String, Grant>,
    access: HashMap<String, Grant>,
    /// Every access token so far, oldest first.
    issued: Vec<String>,
    refresh: HashMap<String, (String, Grant)>,
    counter: u64,
    requests: Vec<String>,
}

#[derive(Clone, Debug)]
struct Grant {
    user: u64,
    scope: String,
    redirect_uri: String,
    challenge: Option<String>,
}

impl GithubServer {
    /// Listens on a free port of 127.0.0.1; `octocat` (583231) with a verified address is signed in to the browser.
    pub async fn start() -> Self {
        let state = Shared::default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let router = router(state.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        let server = Self { address, state, server };
        server.add_user(GithubUser {
            id: 583_231,
            login: "octocat".to_owned(),
            emails: vec![("octocat@github.example".to_owned(), true, true)],
            ..GithubUser::default()
        });
        server.sign_in_as(583_231);
        server
    }

    /// The URL of `path`.
    #[must_use]
    pub fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().expect("a path")
    }

    /// Adds an account, or replaces the one with the same number.
    pub fn add_user(&self, user: GithubUser) {
        self.state().users.insert(user.id, user);
    }

    /// Changes an account: renames it, verifies an address, removes it from an organisation or a team.
    pub fn change(&self, user: u64, change: impl FnOnce(&mut GithubUser)) {
        change(self.state().users.get_mut(&user).expect("an account"));
    }

    /// From now on this account approves every authorization request at once.
    pub fn sign_in_as(&self, user: u64) {
        self.state().browser = Some(user);
    }

    /// From now on every authorization request is denied.
    pub fn deny(&self) {
        self.state().browser = None;
    }

    /// From now on tokens expire after 8 hours and come with a single-use refresh token, as for GitHub Apps.
    pub fn expire_tokens(&self) {
        self.state().expiring = true;
    }

    /// From now on these scopes are granted, whatever is asked for.
    pub fn grant_scopes(&self, scopes: &str) {
        self.state().scopes_granted = Some(scopes.to_owned());
    }

    /// Revokes every token of an account.
    pub fn revoke(&self, user: u64) {
        let mut state = self.state();
        state.access.retain(|_, grant| grant.user != user);
        state.refresh.retain(|_, (_, grant)| grant.user != user);
    }

    /// How many access tokens of an account live, and how many it was ever given.
    #[must_use]
    pub fn tokens_of(&self, user: u64) -> (usize, usize) {
        let state = self.state();
        (state.access.values().filter(|it| it.user == user).count(), state.issued.len())
    }

    /// How everything behaves from now on.
    pub fn set_mood(&self, mood: Mood) {
        let mut state = self.state();
        state.mood = mood;
        state.api_mood = mood;
    }

    /// How the REST API behaves from now on; sign-in stays as it is.
    pub fn set_api_mood(&self, mood: Mood) {
        self.state().api_mood = mood;
    }

    /// Every request so far, as `POST /login/oauth/access_token`.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    /// Does what a browser does at the authorization endpoint: gives the query of the redirect.
    ///
    /// `None` when there is a page and no redirect.
    #[must_use]
    pub fn approve(&self, authorize_url: &Url) -> Option<String> {
        let params = authorize_url.query_pairs().into_owned().collect();
        let mut state = self.state();
        let user = state.browser;
        let location = authorize(&mut state, user, &params)?;
        Url::parse(&location).ok()?.query().map(str::to_owned)
    }

    fn state(&self) -> MutexGuard<'_, Inner> {
        lock(&self.state)
    }
}

impl Drop for GithubServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn router(state: Shared) -> Router {
    Router::new()
        .route("/login/oauth/authorize", get(authorize_page))
        .route("/login/oauth/access_token", post(access_token))
        .route("/user", get(user))
        .route("/user/emails", get(emails))
        .route("/user/orgs", get(organizations))
        .route("/user/memberships/orgs", get(memberships))
        .route("/user/teams", get(teams))
        .route("/applications/{client_id}/token", post(check_token).delete(delete_token))
        .route("/applications/{client_id}/grant", axum::routing::delete(delete_grant))
        .layer(middleware::from_fn_with_state(state.clone(), temper))
        .with_state(state)
}

/// Records the request, and answers in the mood of the day.
async fn temper(State(state): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let is_api = !path.starts_with("/login/");
    let mood = {
        let mut state = lock(&state);
        state.requests.push(format!("{} {path}", request.method()));
        if is_api { state.api_mood } else { state.mood }
    };
    let page = || Html("<html>Unicorn!</html>");
    match mood {
        Mood::Fine if is_api && !request.headers().contains_key(header::USER_AGENT) => {
            (StatusCode::FORBIDDEN, "Request forbidden by administrative rules.").into_response()
        }
        Mood::Fine => next.run(request).await,
        Mood::Down => (StatusCode::SERVICE_UNAVAILABLE, page()).into_response(),
        Mood::Firewall => (StatusCode::FORBIDDEN, page()).into_response(),
        Mood::Html => page().into_response(),
        Mood::RateLimited => {
            let message = Json(json!({ "message": "API rate limit exceeded" }));
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "30")], message).into_response()
        }
        Mood::Silent => std::future::pending().await,
    }
}

/// A browser that sends the cookie `user=ID` is that account's; any other is that of [`GithubServer::sign_in_as`].
async fn authorize_page(
    State(state): State<Shared>,
    headers: HeaderMap,
    Query(params): Query<Form0>,
) -> Response {
    let mut state = lock(&state);
    let cookie = headers.get(header::COOKIE).and_then(|it| it.to_str().ok()?.strip_prefix("user="));
    let user = cookie.and_then(|it| it.parse().ok()).or(state.browser);
    match authorize(&mut state, user, &params) {
        Some(location) => (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
        None => (StatusCode::NOT_FOUND, Html("<html>There is no such application.</html>")).into_response(),
    }
}

fn authorize(state: &mut Inner, user: Option<u64>, params: &Form0) -> Option<String> {
    let get = |name: &str| params.get(name).cloned();
    let redirect_uri = get("redirect_uri")?;
    let mut location = Url::parse(&redirect_uri).ok()?;
    if get("client_id")? != CLIENT_ID {
        return None;
    }
    let mut query = location.query_pairs_mut();
    if let Some(user) = user {
        let scope = state.scopes_granted.clone().or(get("scope")).unwrap_or_default();
        let code = state.name("code");
        let challenge = get("code_challenge");
        state.codes.insert(code.clone(), Grant { user, scope, redirect_uri, challenge });
        query.append_pair("code", &code);
    } else {
        query.append_pair("error", "access_denied");
        query.append_pair("error_description", "The user has <b>denied</b> your application access.");
    }
    if let Some(state) = get("state") {
        query.append_pair("state", &state);
    }
    drop(query);
    Some(location.into())
}

/// Every answer has status 200, refusals too.
async fn access_token(State(state): State<Shared>, headers: HeaderMap, Form(form): Form<Form0>) -> Response {
    let answer = token_answer(&mut lock(&state), &form)
        .unwrap_or_else(|code| json!({ "error": code, "error_description": "See the documentation." }));
    let accept = headers.get(header::ACCEPT).and_then(|it| it.to_str().ok()).unwrap_or_default();
    if accept.contains("json") {
        return Json(answer).into_response();
    }
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut body = form_urlencoded::Serializer::new(String::new());
    for (name, value) in answer.as_object().expect("an object") {
        body.append_pair(name, &text(value));
    }
    ([(header::CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")], body.finish())
        .into_response()
}

fn token_answer(state: &mut Inner, form: &Form0) -> Result<Value, &'static str> {
    let get = |name: &str| form.get(name).map(String::as_str);
    if get("client_id") != Some(CLIENT_ID) || get("client_secret") != Some(CLIENT_SECRET) {
        return Err("incorrect_client_credentials");
    }
    if get("grant_type") == Some("refresh_token") {
        let refresh = get("refresh_token").unwrap_or_default();
        let (access, grant) = state.refresh.remove(refresh).ok_or("bad_refresh_token")?;
        // The old access token dies with the refresh token.
        state.access.remove(&access);
        return Ok(state.issue(grant));
    }
    let grant = state.codes.remove(get("code").unwrap_or_default()).ok_or("bad_verification_code")?;
    if get("redirect_uri") != Some(&grant.redirect_uri) {
        return Err("redirect_uri_mismatch");
    }
    let verifier = get("code_verifier").and_then(|it| it.parse::<CodeVerifier>().ok());
    match (&grant.challenge, verifier) {
        (None, _) => {}
        (Some(challenge), Some(verifier)) if CodeChallenge::of(&verifier).as_str() == challenge => {}
        _ => return Err("bad_verification_code"),
    }
    Ok(state.issue(grant))
}

impl Inner {
    fn issue(&mut self, grant: Grant) -> Value {
        let access = self.name(if self.expiring { "ghu" } else { "gho" });
        let mut answer = json!({
            "access_token": access,
            "token_type": "bearer",
            "scope": grant.scope.replace(' ', ","),
        });
        self.access.insert(access.clone(), grant.clone());
        self.issued.push(access.clone());
        self.revoke_surplus(&grant);
        if self.expiring {
            let refresh = self.name("ghr");
            answer["expires_in"] = 28_800.into();
            answer["refresh_token"] = refresh.clone().into();
            answer["refresh_token_expires_in"] = 15_897_600.into();
            self.refresh.insert(refresh, (access, grant));
        }
        answer
    }

    /// A person has ten tokens of an application with the same scopes: a further one ends the oldest.
    fn revoke_surplus(&mut self, of: &Grant) {
        let same =
            |it: &&String| self.access.get(*it).is_some_and(|it| it.user == of.user && it.scope == of.scope);
        let live: Vec<_> = self.issued.iter().filter(same).cloned().collect();
        for surplus in live.iter().take(live.len().saturating_sub(MOST_TOKENS)) {
            self.access.remove(surplus);
            self.refresh.retain(|_, (access, _)| access != surplus);
        }
    }

    fn name(&mut self, kind: &str) -> String {
        self.counter += 1;
        format!("{kind}_{:016x}", self.counter.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// The scopes of the token of a request; those of an app's have none.
    fn granted(&self, headers: &HeaderMap) -> Option<String> {
        let token = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        let scopes = self.access.get(token)?.scope.replace([' ', ','], ", ");
        (!self.expiring).then_some(scopes)
    }

    /// The account that a request speaks for, if its token has `scope` or the application needs none.
    fn caller(&self, headers: &HeaderMap, scope: &str) -> Result<&GithubUser, (StatusCode, &'static str)> {
        let token =
            headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok()?.strip_prefix("Bearer "));
        let grant = token.and_then(|it| self.access.get(it));
        let Some((grant, user)) = grant.and_then(|it| Some((it, self.users.get(&it.user)?))) else {
            return Err((StatusCode::UNAUTHORIZED, "Bad credentials"));
        };
        let has = |it: &str| grant.scope.split([' ', ',']).any(|have| have == it);
        if self.expiring || scope.is_empty() || has(scope) {
            Ok(user)
        } else {
            Err((StatusCode::FORBIDDEN, "You need at least another scope."))
        }
    }
}

async fn user(State(state): State<Shared>, headers: HeaderMap) -> Response {
    list(
        &state,
        &headers,
        "",
        |it| json!({ "id": it.id, "login": it.login, "name": null, "email": "shown@profile.example", "type": "User" }),
    )
}

async fn emails(State(state): State<Shared>, headers: HeaderMap) -> Response {
    list(&state, &headers, "user:email", |it| {
        let email = |(email, primary, verified): &(String, bool, bool)| json!({ "email": email, "primary": primary, "verified": verified, "visibility": null });
        it.emails.iter().map(email).collect()
    })
}

async fn organizations(State(state): State<Shared>, headers: HeaderMap) -> Response {
    list(&state, &headers, "read:org", |it| {
        let active = it.organizations.iter().filter(|it| it.active);
        active.map(|it| json!({ "id": it.id, "login": it.login })).collect()
    })
}

#[derive(Deserialize)]
struct Page {
    page: Option<usize>,
    per_page: Option<usize>,
}

/// `state` is ignored on purpose: whoever relies on it must look at each membership's own.
async fn memberships(State(state): State<Shared>, headers: HeaderMap, Query(page): Query<Page>) -> Response {
    let size = page.per_page.unwrap_or(30);
    let skip = page.page.unwrap_or(1).saturating_sub(1) * size;
    list(&state, &headers, "read:org", |it| {
        let membership = |it: &Membership| {
            let state = if it.active { "active" } else { "pending" };
            json!({ "state": state, "role": "member", "organization": { "id": it.id, "login": it.login } })
        };
        it.organizations.iter().skip(skip).take(size).map(membership).collect()
    })
}

async fn teams(State(state): State<Shared>, headers: HeaderMap) -> Response {
    list(&state, &headers, "read:org", |it| {
        let team = |(id, slug, organization, login): &(u64, String, u64, String)| json!({ "id": id, "slug": slug, "organization": { "id": organization, "login": login } });
        it.teams.iter().map(team).collect()
    })
}

fn list(
    state: &Shared,
    headers: &HeaderMap,
    scope: &str,
    answer: impl FnOnce(&GithubUser) -> Value,
) -> Response {
    let state = lock(state);
    let mut response = match state.caller(headers, scope) {
        Ok(user) => Json(answer(user)).into_response(),
        Err((status, text)) => message(status, text),
    };
    if let Some(granted) = state.granted(headers) {
        let accepted = if scope == "read:org" { "admin:org, read:org, write:org" } else { scope };
        for (name, scopes) in [("x-oauth-scopes", granted), ("x-accepted-oauth-scopes", accepted.to_owned())]
        {
            response.headers_mut().insert(name, scopes.parse().expect("names of scopes"));
        }
    }
    response
}

fn message(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({ "message": text, "documentation_url": "https://docs.github.com/rest" })))
        .into_response()
}

fn lock(state: &Shared) -> MutexGuard<'_, Inner> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
