mod allow_rules;
mod callback;
mod discovery;
mod github;
mod id_token;
mod identity;
mod presets;
mod refresh;
mod settings;
mod status;
mod support;
mod token_answers;

/// Whoever serves requests runs these on many threads; that they can is a promise, checked where it is kept.
#[expect(dead_code, reason = "it is enough that it compiles")]
fn every_conversation_can_move_between_threads(
    provider: &crate::Provider,
    (secrets, callback): (crate::StateSecrets, &url::Url),
    (tokens, refresh): (&crate::ThirdPartyTokens, &crate::RefreshToken),
    principal: &oauth_types::Principal,
) {
    fn check(_: impl Future + Send) {}
    check(provider.begin(callback));
    check(provider.finish(secrets, callback, crate::CallbackParams::default()));
    check(provider.refresh(refresh));
    check(provider.revoke(tokens));
    check(provider.status(principal, tokens));
}
