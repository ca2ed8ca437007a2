use std::convert::Infallible;

use http::{HeaderMap, StatusCode};
use oauth_types::{ManualClock, UnixTime};
use test_support::{
    fake_http::FakeHttp,
    issuer::{NOW, RESOURCE, TestIssuer},
};

use super::*;
use crate::{IssuerPolicy, KeySet, KeySource, ValidatedToken, ValidatorSettings};

/// Answers who called, and refuses to be called with a token.
#[derive(Clone)]
struct WhoAmI;

impl Service<Request<()>> for WhoAmI {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        assert!(!request.headers().contains_key(AUTHORIZATION));
        let caller = request.extensions().get::<ValidatedToken>().unwrap();
        std::future::ready(Ok(Response::new(caller.subject().to_string())))
    }
}

async fn call(issuer: &TestIssuer, uri: &str, headers: HeaderMap) -> (StatusCode, String) {
    let mut policy = IssuerPolicy::new(issuer.issuer().parse().unwrap());
    policy.keys = KeySource::Static(KeySet::from_jwks_json(issuer.jwks().to_string().as_bytes()).unwrap().0);
    let clock = Arc::new(ManualClock::new(UnixTime::from_seconds(NOW)));
    let http = Arc::new(FakeHttp::new());
    let (validator, _refresher) = Validator::new(vec![policy], ValidatorSettings::default(), http, clock);
    let resource = ResourcePolicy::new([RESOURCE]).unwrap();
    let refuse = |refusal: &Refusal| {
        let mut response = Response::new(refusal.reason.code().to_owned());
        *response.status_mut() = StatusCode::from_u16(refusal.reason.status()).unwrap();
        response
    };
    let mut service = BearerLayer::new(validator, resource, refuse).layer(WhoAmI);
    let mut request = Request::get(uri).body(()).unwrap();
    *request.headers_mut() = headers;
    let response = service.call(request).await.unwrap();
    (response.status(), response.into_body())
}

#[tokio::test]
async fn only_good_tokens_reach_the_service_and_only_as_proof() {
    let issuer = TestIssuer::new("https://as.example");
    let header =
        |token: &str| HeaderMap::from_iter([(AUTHORIZATION, format!("Bearer {token}").parse().unwrap())]);
    let good = issuer.token().sign();
    let expired = issuer.token().claim("exp", NOW - 60).sign();
    let check = |status: u16, text: &str| (StatusCode::from_u16(status).unwrap(), text.to_owned());
    assert_eq!(call(&issuer, "/mcp", header(&good)).await, check(200, "alice"));
    assert_eq!(call(&issuer, "/mcp", header(&expired)).await, check(401, "token_expired"));
    assert_eq!(call(&issuer, "/mcp", HeaderMap::new()).await, check(401, "token_missing"));
    let query = format!("/mcp?access_token={good}");
    assert_eq!(call(&issuer, &query, HeaderMap::new()).await, check(401, "token_missing"));
    assert_eq!(call(&issuer, &query, header(&good)).await, check(400, "token_sent_twice"));
}
