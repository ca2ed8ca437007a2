//! A person, a client, and what they do from the first sign-in to the end of everything.

use serde_json::Value;
use url::form_urlencoded;

use super::gateway::{Browser, Gateway, Page};
use crate::third_party::testing::{REDIRECT, RESOURCE, VERIFIER, client};

/// What stopped a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// We, or the third party, cannot do it now; the same may be tried again.
    Unavailable(String),
    /// It cannot be done, now or later.
    Refused(String),
}

pub(super) type Step<T> = Result<T, Broken>;

/// What a client holds.
#[derive(Clone, Debug)]
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) refresh: String,
}

impl Broken {
    pub(super) fn page(page: &Page) -> Self {
        let text = format!("{}: {:?}", page.status, page.location());
        assert_ne!(page.status, 500, "{page:?}");
        if page.status.is_server_error() { Self::Unavailable(text) } else { Self::Refused(text) }
    }

    pub(super) const fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// From the client's request to the code, by the third party.
pub(super) async fn sign_in(gateway: &Gateway, browser: &mut Browser) -> Step<String> {
    let asked = browser.get(gateway, &format!("/authorize?{}", request())).await;
    let consent = local(&asked).ok_or_else(|| Broken::page(&asked))?;
    let page = browser.get(gateway, &consent).await;
    if page.status != 200 {
        return Err(Broken::page(&page));
    }
    let (transaction, csrf) = (page.hidden("transaction"), page.hidden("csrf"));
    let form = [("transaction", &*transaction), ("csrf", &*csrf), ("decision", "provider:third")];
    let away = browser.post(gateway, "/consent", &form).await;
    let back = answer_of_the_third_party(&away)?;
    let landed = browser.get(gateway, &format!("/callback/third?{back}")).await;
    let answer = landed.location().filter(|it| it.as_str().starts_with(REDIRECT));
    let Some(answer) = answer else { return Err(Broken::page(&landed)) };
    let parameter = |name: &str| answer.query_pairs().find(|it| it.0 == name).map(|it| it.1.into_owned());
    assert_eq!(parameter("state").as_deref(), Some("client-state"));
    match (parameter("code"), parameter("error").as_deref()) {
        (Some(code), None) => Ok(code),
        (None, Some(error @ ("server_error" | "temporarily_unavailable"))) => {
            Err(Broken::Unavailable(error.to_owned()))
        }
        (_, error) => Err(Broken::Refused(format!("{error:?}"))),
    }
}

/// What the third party adds to our callback when the browser is sent there.
pub(super) fn answer_of_the_third_party(away: &Page) -> Step<String> {
    let Some(third_party) = away.location().filter(|it| it.host_str() == Some("idp.example")) else {
        return Err(Broken::page(away));
    };
    let state = third_party.query_pairs().find(|it| it.0 == "state").unwrap().1.into_owned();
    Ok(form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("code", "code-1"), ("state", &state)])
        .finish())
}

pub(super) async fn redeem(gateway: &Gateway, code: &str) -> Step<Tokens> {
    token(
        gateway,
        &[
            ("grant_type", "authorization_code"),
            ("client_id", client().as_str()),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", REDIRECT),
        ],
    )
    .await
}

pub(super) async fn refresh(gateway: &Gateway, refresh_token: &str) -> Step<Tokens> {
    token(
        gateway,
        &[
            ("grant_type", "refresh_token"),
            ("client_id", client().as_str()),
            ("refresh_token", refresh_token),
        ],
    )
    .await
}

async fn token(gateway: &Gateway, form: &[(&str, &str)]) -> Step<Tokens> {
    let answer = gateway.post("/token", form).await;
    let whole = answer.json();
    let text = |name: &str| whole[name].as_str().map(str::to_owned);
    match (answer.status.as_u16(), text("error").as_deref()) {
        (200, None) => {
            Ok(Tokens { access: text("access_token").unwrap(), refresh: text("refresh_token").unwrap() })
        }
        (503, Some("temporarily_unavailable")) => {
            assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
            Err(Broken::Unavailable(answer.body))
        }
        (400, Some(error)) => Err(Broken::Refused(error.to_owned())),
        _ => panic!("no answer for a token request: {answer:?}"),
    }
}

/// The client gives its grant back.
pub(super) async fn revoke(gateway: &Gateway, refresh_token: &str) -> Step<()> {
    let form = [("client_id", client().as_str().to_owned()), ("token", refresh_token.to_owned())];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = gateway.post("/revoke", &form).await;
    if answer.status == 200 { Ok(()) } else { Err(Broken::page(&answer)) }
}

/// The person ends all their connections on the account page.
pub(super) async fn end_all(gateway: &Gateway, browser: &mut Browser) -> Step<()> {
    let page = browser.get(gateway, "/account").await;
    if page.status != 200 {
        return Err(Broken::page(&page));
    }
    let csrf = page.hidden("csrf");
    let after = browser.post(gateway, "/account", &[("csrf", &csrf), ("action", "end-all")]).await;
    if after.status == 200 { Ok(()) } else { Err(Broken::page(&after)) }
}

/// A page of ours that the browser is sent to.
fn local(page: &Page) -> Option<String> {
    let location = page.location().filter(|it| it.path() == "/consent")?;
    Some(format!("{}?{}", location.path(), location.query().unwrap_or_default()))
}

fn request() -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("client_id", client().as_str()),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
            ("resource", RESOURCE),
            ("scope", "mcp"),
            ("state", "client-state"),
        ])
        .finish()
}

/// What an access token says.
pub(super) fn claims(access_token: &str) -> Value {
    part(access_token, 1)
}

/// With which key it says so.
pub(super) fn head(access_token: &str) -> Value {
    part(access_token, 0)
}

fn part(access_token: &str, place: usize) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = access_token.split('.').nth(place).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
