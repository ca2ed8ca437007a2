//! Whole validations, in process, with a clock that tests move.

mod cache;
mod dpop;
mod introspection;
mod jwt;
mod keys;
mod presets;
mod scope;
mod shared_keys;

use std::time::Duration;

use oauth_types::ManualClock;
use serde_json::json;
use test_support::{
    fake_http::FakeHttp,
    issuer::{NOW, RESOURCE, TestIssuer, TokenBuilder},
};

use super::*;
use crate::{KeySet, KeySource};

const ISSUER: &str = "https://as.example";

/// One issuer whose keys are from a file, one resource, and a clock at [`NOW`].
struct World {
    issuer: TestIssuer,
    policy: IssuerPolicy,
    resource: ResourcePolicy,
    settings: ValidatorSettings,
    clock: Arc<ManualClock>,
    http: FakeHttp,
}

impl World {
    fn new() -> Self {
        let issuer = TestIssuer::new(ISSUER);
        let policy = static_policy(&issuer);
        Self {
            issuer,
            policy,
            resource: ResourcePolicy::new([RESOURCE]).unwrap(),
            settings: ValidatorSettings::default(),
            clock: Arc::new(ManualClock::new(UnixTime::from_seconds(NOW))),
            http: FakeHttp::new(),
        }
    }

    fn with(change: impl FnOnce(&mut IssuerPolicy)) -> Self {
        let mut world = Self::new();
        change(&mut world.policy);
        world
    }

    fn token(&self) -> TokenBuilder {
        self.issuer.token()
    }

    fn validator(&self) -> Validator {
        let policies = vec![self.policy.clone()];
        Validator::new(policies, self.settings.clone(), Arc::new(self.http.clone()), self.clock.clone()).0
    }

    /// A fresh validator's word on `text`, which it must give without waiting.
    fn validate(&self, text: impl Into<String>) -> Result<ValidatedToken, Refusal> {
        validate(&self.validator(), text, &self.resource)
    }

    #[track_caller]
    fn check_text(&self, text: impl Into<String>, expected: Result<(), Reason>) {
        let text = text.into();
        let outcome = self.validate(text.clone()).map(drop).map_err(|it| it.reason);
        assert_eq!(outcome, expected, "{text:.200}");
    }

    #[track_caller]
    fn check(&self, token: TokenBuilder, expected: Result<(), Reason>) {
        let outcome = self.validate(token.sign()).map(drop).map_err(|it| it.reason);
        assert_eq!(outcome, expected, "{:.200} {:.400}", token.header_text(), token.claims_text());
    }
}

/// The strict policy with the issuer's keys at hand.
fn static_policy(issuer: &TestIssuer) -> IssuerPolicy {
    let mut policy = IssuerPolicy::new(issuer.issuer().parse().unwrap());
    policy.keys = KeySource::Static(key_set(issuer));
    policy
}

fn key_set(issuer: &TestIssuer) -> KeySet {
    KeySet::from_jwks_json(issuer.jwks().to_string().as_bytes()).unwrap().0
}

const fn bearer(text: &str) -> BearerToken<'_> {
    BearerToken::new(text)
}

fn validate(
    validator: &Validator,
    text: impl Into<String>,
    resource: &ResourcePolicy,
) -> Result<ValidatedToken, Refusal> {
    use futures_util::FutureExt;

    let text = text.into();
    validator.validate(&bearer(&text), resource).now_or_never().expect("nothing to wait for")
}
