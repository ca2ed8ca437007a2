use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::StatusCode;
use oauth_types::TokenErrorCode;

use super::{ClientAuthRefusal as No, *};

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

#[track_caller]
fn check(authorization: &[&str], form: &[(&str, &str)], expected: Result<&str, ClientAuthRefusal>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let outcome = runtime.block_on(authenticate(&clients(&World::new()), authorization, form));
    let uses_basic = authorization.iter().any(|it| it.to_ascii_lowercase().starts_with("basic"));
    if let Err(error) = &outcome {
        let two_methods = expected == Err(No::TwoMethods);
        let wire = if two_methods {
            (StatusCode::BAD_REQUEST, TokenErrorCode::InvalidRequest)
        } else {
            (StatusCode::UNAUTHORIZED, TokenErrorCode::InvalidClient)
        };
        assert_eq!(error.wire(), wire, "{authorization:?} {form:?}");
        assert_eq!(error.uses_basic(), uses_basic && !two_methods, "{authorization:?} {form:?}");
    }
    assert_eq!(refusal(outcome), expected.map(str::to_owned).map_err(Some), "{authorization:?} {form:?}");
}

#[test]
fn g09_a_client_proves_itself_by_its_secret_in_the_body_or_by_basic() {
    for id in ["post", "basic"] {
        check(&[], &[("client_id", id), ("client_secret", SECRET)], Ok(id));
        check(&[&basic(id, SECRET)], &[], Ok(id));
        check(&[&basic(id, SECRET)], &[("client_id", id), ("client_secret", "")], Ok(id));
        check(&[&basic(id, SECRET).replace("Basic", "bAsIc")], &[], Ok(id));
        check(&[basic(id, SECRET).trim_end_matches('=')], &[], Ok(id));
        check(&[], &[("client_id", id), ("client_secret", "wrong")], Err(No::WrongSecret));
        check(&[], &[("client_id", id), ("client_secret", &SECRET[1..])], Err(No::WrongSecret));
        check(&[&basic(id, "wrong")], &[], Err(No::WrongSecret));
        check(&[], &[("client_id", id)], Err(No::NothingPresented));
        check(&[], &[("client_id", id), ("client_secret", "")], Err(No::NothingPresented));
        check(&[&basic(id, "")], &[], Err(No::NothingPresented));
    }
}

#[test]
fn g09_basic_is_read_with_and_without_form_encoding() {
    check(&[&basic("awk+ward%20", AWKWARD)], &[], Ok("awk+ward%20"));
    check(&[&basic("awk%2Bward%2520", "p%2541s%2Bs+w%3Ard%26%3D")], &[], Ok("awk+ward%20"));
    check(&[&basic("awk+ward%20", "p%2541s%2Bs+w%3Ard%26%3D")], &[], Ok("awk+ward%20"));
    check(&[&basic("awk+ward%20", "pAs+s w:rd&=")], &[], Err(No::WrongSecret));
    // The body is decoded by whoever reads the form, and only once.
    check(&[], &[("client_id", "awk+ward%20"), ("client_secret", AWKWARD)], Ok("awk+ward%20"));
    check(
        &[],
        &[("client_id", "awk+ward%20"), ("client_secret", "p%2541s%2Bs+w%3Ard%26%3D")],
        Err(No::WrongSecret),
    );
}

#[test]
fn g09_a_public_client_has_no_secret() {
    check(&[], &[("client_id", "public")], Ok("public"));
    check(&[], &[("client_id", "public"), ("client_secret", "")], Ok("public"));
    check(&[&basic("public", "")], &[], Ok("public"));
    check(&["Bearer abc"], &[("client_id", "public")], Ok("public"));
    check(&[], &[("client_id", "public"), ("client_secret", "x")], Err(No::OtherMethod));
    check(&[&basic("public", "x")], &[], Err(No::OtherMethod));
    check(&[], &[("client_id", "signer"), ("client_secret", SECRET)], Err(No::OtherMethod));
    check(&[], &[("client_id", "signer")], Err(No::NothingPresented));
}

#[test]
fn g09_a_malformed_or_doubled_method_is_refused() {
    let good = basic("basic", SECRET);
    check(&[&good, &good], &[], Err(No::MalformedBasic));
    for header in ["Basic", "Basic ", "Basic !!!", "Basic YmFzaWM="] {
        check(&[header], &[], Err(No::MalformedBasic));
    }
    check(&[&basic("", SECRET)], &[], Err(No::MalformedBasic));
    check(&[&basic("basic\n", SECRET)], &[], Err(No::MalformedBasic));
    check(&[&format!("Basic {}", STANDARD.encode(b"basic:\xFF"))], &[], Err(No::MalformedBasic));
    check(&[&good], &[("client_id", "basic"), ("client_secret", SECRET)], Err(No::TwoMethods));
    check(&[&good], &[("client_id", "post")], Err(No::TwoMethods));
    check(&[&good], &[("client_assertion", "a.b.c")], Err(No::TwoMethods));
    check(
        &[],
        &[("client_id", "post"), ("client_secret", SECRET), ("client_assertion", "a.b.c")],
        Err(No::TwoMethods),
    );
}

#[test]
fn g09_nobody_is_an_invalid_client() {
    check(&[], &[], Err(No::NoClientId));
    check(&[], &[("client_id", "")], Err(No::NoClientId));
    check(&[], &[("client_secret", SECRET)], Err(No::NoClientId));
    check(&[], &[("client_id", "nobody")], Err(No::UnknownClient));
    check(&[], &[("client_id", "nobody"), ("client_secret", SECRET)], Err(No::UnknownClient));
    check(&[], &[("client_id", "POST"), ("client_secret", SECRET)], Err(No::UnknownClient));
    check(&[&basic("nobody", SECRET)], &[], Err(No::UnknownClient));
    check(&[], &[("client_id", &"a".repeat(5000))], Err(No::UnknownClient));
}

#[tokio::test]
async fn g09_guessing_is_slowed_down_for_that_client_only() {
    let world = World::new();
    let clients = clients(&world);
    let wrong = [("client_id", "post"), ("client_secret", "wrong")];
    for _ in 0..20 {
        let outcome = authenticate(&clients, &[], &wrong).await;
        assert_eq!(refusal(outcome), Err(Some(No::WrongSecret)));
    }
    let error = authenticate(&clients, &[], &wrong).await.unwrap_err();
    assert!(matches!(error, ClientAuthError::TooManyAttempts { retry_after } if retry_after.as_secs() == 60));
    assert_eq!(
        error.wire(),
        (StatusCode::TOO_MANY_REQUESTS, TokenErrorCode::TemporarilyUnavailable),
        "never invalid_client: the client would forget its registration"
    );
    let other = [("client_id", "basic"), ("client_secret", "wrong")];
    let outcome = authenticate(&clients, &[], &other).await;
    assert_eq!(refusal(outcome), Err(Some(No::WrongSecret)));
    world.clock.advance(Duration::from_secs(60));
    let outcome = authenticate(&clients, &[], &wrong).await;
    assert_eq!(refusal(outcome), Err(Some(No::WrongSecret)));
}

#[tokio::test]
async fn g09_a_stranger_who_guesses_does_not_lock_the_client_out() {
    let clients = clients(&World::new());
    for _ in 0..100 {
        let wrong = [("client_id", "post"), ("client_secret", "wrong")];
        assert!(authenticate(&clients, &[], &wrong).await.is_err());
        let right = [("client_id", "post"), ("client_secret", SECRET)];
        assert_eq!(authenticate(&clients, &[], &right).await.unwrap(), "post");
    }
}

#[test]
fn a_method_without_its_proof_is_no_configured_client() {
    let client = |auth_method| Client {
        auth_method,
        ..configured("x", ClientAuthMethod::None, ClientProof::Nothing).client().clone()
    };
    let secret = || ClientProof::Secret(SecretDigest::of(SECRET));
    let check = |method, proof, expected: bool| {
        assert_eq!(ConfiguredClient::new(client(method), proof).is_ok(), expected, "{method:?}");
    };
    check(ClientAuthMethod::None, ClientProof::Nothing, true);
    check(ClientAuthMethod::None, secret(), false);
    check(ClientAuthMethod::ClientSecretPost, secret(), true);
    check(ClientAuthMethod::ClientSecretBasic, ClientProof::Nothing, false);
    check(ClientAuthMethod::PrivateKeyJwt, secret(), false);
}
