//! Whatever the gateway gives out is good in one place, and in no other (G26, G36, B23).

use http::Request;
use serde_json::json;

use super::{Connected, alice};
use crate::{
    support::{call, get, tool_call},
    third_party::client::{Client, TokenAnswer, register},
};

/// Where something can be presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    McpEndpoint,
    Refresh,
    Redemption,
    ClientManagement,
    AccountPage,
    Nowhere,
}

const PLACES: [Place; 5] =
    [Place::McpEndpoint, Place::Refresh, Place::ClientManagement, Place::AccountPage, Place::Redemption];

struct Scene {
    stage: Connected,
    client: Client,
    /// A client that has a token to manage itself with.
    managed: String,
    verifier: String,
    session_cookie: String,
}

impl Scene {
    async fn takes(&self, place: Place, text: &str) -> bool {
        let gateway = &self.stage.gateway;
        match place {
            Place::McpEndpoint => {
                let answer = call(tool_call(&gateway.url("/mcp"), Some(text))).await;
                assert!(matches!(answer.status.as_u16(), 200 | 400 | 401), "{}", answer.status);
                answer.status == 200
            }
            Place::Refresh => self.client.refresh(text).await.status == 200,
            Place::Redemption => self.client.redeem(text, &self.verifier).await.status == 200,
            Place::ClientManagement => {
                let request = Request::get(gateway.url(&format!("/register/{}", self.managed)));
                let request = request.header("authorization", format!("Bearer {text}"));
                call(request.body(String::new()).unwrap()).await.status == 200
            }
            Place::AccountPage => {
                let cookie = format!("{}={text}", self.session_cookie);
                let request = Request::get(gateway.url("/account")).header("cookie", cookie);
                call(request.body(String::new()).unwrap()).await.status == 200
            }
            Place::Nowhere => false,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn g26_g36_b23_each_secret_is_good_in_its_own_place_only() {
    let stage = Connected::with("").await;
    let client = stage.client.clone();
    let metadata = json!({
        "client_name": "Confidential",
        "redirect_uris": ["https://client.example/callback"],
        "token_endpoint_auth_method": "client_secret_post",
    });
    let registered = register(&stage.gateway, &metadata).await.json();
    let [managed, management, secret] = ["client_id", "registration_access_token", "client_secret"]
        .map(|name| registered[name].as_str().unwrap_or_else(|| panic!("{registered}")).to_owned());

    let asked = client.asks();
    let mut person = alice().stops_at(&client.redirect_uri);
    let spent = asked.code_in(&person.goes_to(&asked.url).await);
    let tokens = client.redeem(&spent, &asked.verifier).await.tokens();
    let asked = client.asks();
    let code = asked.code_in(&person.goes_to(&asked.url).await);
    let account = person.goes_to(&stage.gateway.url("/account")).await;
    let csrf = account.forms().into_iter().flat_map(|it| it.fields).find(|it| it.0 == "csrf").unwrap().1;
    let (session_cookie, session) = person.cookie_named("session");

    let scene = Scene { stage, client, managed, verifier: asked.verifier, session_cookie };
    let secrets = [
        ("access token", &tokens.access, Place::McpEndpoint),
        ("refresh token", &tokens.refresh, Place::Refresh),
        ("registration access token", &management, Place::ClientManagement),
        ("session cookie", &session, Place::AccountPage),
        ("client secret", &secret, Place::Nowhere),
        ("CSRF token", &csrf, Place::Nowhere),
        ("code", &code, Place::Redemption),
    ];
    for (what, text, own) in secrets {
        for place in PLACES.into_iter().filter(|it| *it != own) {
            assert!(!scene.takes(place, text).await, "a {what} is taken at {place:?}");
        }
    }
    for (what, text, own) in secrets.into_iter().filter(|it| it.2 != Place::Nowhere) {
        assert!(scene.takes(own, text).await, "a {what} is not taken at {own:?}");
    }
    assert_eq!(get(&scene.stage.gateway.url("/account")).await.status, 303, "nobody without the cookie");
}
