use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use test_support::issuer::TestKey;

use super::*;
use crate::{Algorithm, TokenTypePolicy};

const OK: Result<(), Reason> = Ok(());

fn refused(reason: Reason) -> Result<(), Reason> {
    Err(reason)
}

#[test]
fn every_algorithm_verifies() {
    for algorithm in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"] {
        let mut world = World::new();
        world.issuer = world.issuer.with_keys([TestKey::generate(algorithm, "k")]);
        world.policy = static_policy(&world.issuer);
        world.check(world.token(), OK);
        let other = world.token().claim("sub", "mallory").message();
        let signature = world.token().sign().rsplit('.').next().unwrap().to_owned();
        world.check_text(format!("{other}.{signature}"), refused(Reason::SignatureInvalid));
    }
}

#[test]
fn a_good_token_tells_who_it_speaks_for() {
    let world = World::new();
    let token = world.validate(world.token().claim("org", json!({ "id": 7 })).sign()).unwrap();
    assert_eq!(token.issuer().as_str(), ISSUER);
    assert_eq!(token.subject().as_str(), "alice");
    assert_eq!(token.client_id().unwrap().as_str(), "client-1");
    assert_eq!(token.scope().to_string(), "mcp");
    assert_eq!(token.expires_at(), UnixTime::from_seconds(NOW + 3600));
    assert_eq!(token.token_id(), Some("token-1"));
    assert_eq!(token.claim(&"org.id".parse().unwrap()), Some(&json!(7)));
    assert!(!format!("{token:?}").contains("alice"));
}

#[test]
fn a11_a12_shapes_that_are_no_jwt() {
    let world = World::new();
    let good = world.token().sign();
    world.check_text(good.clone(), OK);
    let (message, _) = good.rsplit_once('.').unwrap();
    world.check_text("a".repeat(MAX_TOKEN_BYTES), refused(Reason::TokenNotJwt));
    world.check_text(format!("eyJ{}", "a".repeat(MAX_TOKEN_BYTES)), refused(Reason::TokenTooLarge));
    world.check_text(format!("eyJ{}", "a".repeat(8_000)), refused(Reason::TokenNotJwt));
    world.check_text(format!("eyJ{}", ".".repeat(8_000)), refused(Reason::TokenNotJwt));
    world.check_text(".".repeat(8_000), refused(Reason::TokenNotJwt));
    world.check_text(message, refused(Reason::TokenNotJwt));
    world.check_text(format!("{good}.e30"), refused(Reason::TokenNotJwt));
    world.check_text(format!("{good}.e30.e30.e30"), refused(Reason::TokenNotJwt));
    world.check_text("", refused(Reason::TokenNotJwt));
    world.check_text("eyJ..", refused(Reason::JwtMalformed));
    world.check_text(format!("{message}."), refused(Reason::JwtMalformed));
    world.check(world.token().raw_claims("[1]"), refused(Reason::JwtMalformed));
    world.check(world.token().raw_claims("{"), refused(Reason::JwtMalformed));
}

#[test]
fn b01_alg_none_in_every_spelling() {
    let world = World::new();
    for alg in
        [json!("none"), json!("None"), json!("nOnE"), json!(""), Value::Null, json!(["ES256"]), json!(5)]
    {
        let token = world.token().header("alg", alg);
        world.check(token.clone(), refused(Reason::AlgorithmNotAllowed));
        world.check_text(token.with_signature(b""), refused(Reason::JwtMalformed));
    }
    world.check(world.token().without_header("alg"), refused(Reason::AlgorithmNotAllowed));
    world.check(world.token().header("alg", "ES256"), OK);
}

#[test]
fn b02_a_public_key_is_no_mac_key() {
    for algorithm in ["RS256", "ES256"] {
        let mut world = World::new();
        let key = TestKey::generate(algorithm, "k");
        world.issuer = world.issuer.with_keys([key.clone()]);
        world.policy = static_policy(&world.issuer);
        let jwk = key.jwk().to_string();
        for secret in [key.public_pem().into_bytes(), key.public_der(), jwk.into_bytes()] {
            for alg in ["HS256", "HS384", "HS512"] {
                let token = world.token().header("alg", alg).sign_hmac(&secret);
                world.check_text(token, refused(Reason::AlgorithmNotAllowed));
            }
            world.check_text(world.token().sign_hmac(&secret), refused(Reason::SignatureInvalid));
        }
    }
}

#[test]
fn b03_only_algorithms_of_the_issuers_list() {
    let allow = |algorithms: Vec<Algorithm>| World::with(|it| it.algorithms = algorithms);
    for (world, expected) in [
        (allow(vec![Algorithm::Es256]), OK),
        (allow(vec![Algorithm::Rs256, Algorithm::EdDsa]), refused(Reason::AlgorithmNotAllowed)),
        (allow(vec![]), refused(Reason::AlgorithmNotAllowed)),
    ] {
        world.check(world.token(), expected);
    }
}

#[test]
fn b04_the_key_decides_the_algorithm() {
    let mut world = World::new();
    let mut jwks = world.issuer.jwks();
    jwks["keys"][0].as_object_mut().unwrap().remove("alg");
    let (keys, _) = KeySet::from_jwks_json(jwks.to_string().as_bytes()).unwrap();
    world.policy.keys = KeySource::Static(keys);
    world.check(world.token(), OK);
    for alg in ["RS256", "PS256", "ES384", "EdDSA"] {
        world.check(world.token().header("alg", alg), refused(Reason::KeyUnknown));
    }
}

#[test]
fn b06_b07_embedded_and_linked_keys_do_nothing() {
    let world = World::new();
    let mallory = TestKey::generate("ES256", "key-1");
    let forged = world.token().key(&mallory);
    world.check(forged.clone(), refused(Reason::SignatureInvalid));
    for (name, value) in [
        ("jwk", mallory.jwk()),
        ("x5c", json!(["MIIB"])),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("http://169.254.169.254/latest")),
    ] {
        world.check(forged.clone().header(name, value.clone()), refused(Reason::HeaderForbidden));
        world.check(world.token().header(name, value), refused(Reason::HeaderForbidden));
    }
    assert_eq!(world.http.requests().len(), 0);
    world.check(world.token().header("x5t", "AAAA"), OK);
}

#[test]
fn b08_a_kid_is_a_short_text_and_only_compared() {
    let world = World::new();
    for kid in ["../../etc/passwd", "' OR 1=1 --", "https://evil.example/key", "KEY-1", "key-1 "] {
        world.check(world.token().header("kid", kid), refused(Reason::KeyUnknown));
    }
    for kid in [
        json!(""),
        json!("key-1\u{0}"),
        json!("k".repeat(10 * 1024 / 2)),
        json!(1),
        Value::Null,
        json!(["key-1"]),
        json!({}),
    ] {
        world.check(world.token().header("kid", kid), refused(Reason::HeaderForbidden));
    }
    world.check(world.token().header("kid", "key-1"), OK);
    world.check(world.token().without_header("kid"), OK);
}

#[test]
fn b09_without_a_kid_one_key_must_fit() {
    let mut world = World::new();
    let keys =
        [TestKey::generate("ES256", "a"), TestKey::generate("ES256", "b"), TestKey::generate("EdDSA", "c")];
    world.issuer = world.issuer.with_keys(keys.clone());
    world.policy = static_policy(&world.issuer);
    world.check(world.token(), OK);
    world.check(world.token().without_header("kid"), refused(Reason::KeyAmbiguous));
    world.check(world.token().key(&keys[2]).without_header("kid"), OK);
}

#[test]
fn b10_c19_each_issuer_has_its_own_keys() {
    let world = World::new();
    let other = TestIssuer::new("https://other.example");
    let policies = vec![world.policy.clone(), static_policy(&other)];
    let (validator, _refresher) =
        Validator::new(policies, world.settings.clone(), Arc::new(world.http.clone()), world.clock.clone());
    let check = |token: TokenBuilder, expected| {
        let outcome = validate(&validator, token.sign(), &world.resource).map(drop).map_err(|it| it.reason);
        assert_eq!(outcome, expected);
    };
    check(world.token(), OK);
    check(other.token(), OK);
    check(other.token().claim("iss", ISSUER), refused(Reason::SignatureInvalid));
    check(world.token().claim("iss", "https://other.example"), refused(Reason::SignatureInvalid));
}

#[test]
fn b11_issuer_is_compared_byte_for_byte() {
    let world = World::new();
    for issuer in [
        "https://as.example/",
        "https://AS.example",
        "https://as.example:443",
        "http://as.example",
        "https://as.example.evil.example",
        "https://evil.example/https://as.example",
        "https://\u{430}s.example",
        " https://as.example",
        "",
    ] {
        world.check(world.token().claim("iss", issuer), refused(Reason::IssuerUnknown));
    }
    world.check(world.token().claim("iss", json!([ISSUER])), refused(Reason::ClaimMalformed));
    world.check(world.token().claim("iss", ISSUER), OK);
}

#[test]
fn a_resource_may_accept_some_issuers_only() {
    let mut world = World::new();
    world.resource = world.resource.with_issuers(vec![ISSUER.parse().unwrap()]);
    world.check(world.token(), OK);
    world.resource = world.resource.with_issuers(vec!["https://other.example".parse().unwrap()]);
    world.check(world.token(), refused(Reason::IssuerUnknown));
    world.resource = world.resource.with_issuers(vec![]);
    world.check(world.token(), refused(Reason::IssuerUnknown));
}

#[test]
fn b12_critical_parameters_are_never_understood() {
    let world = World::new();
    for (name, value) in
        [("crit", json!(["b64"])), ("crit", json!([])), ("crit", json!(["exp"])), ("b64", json!(false))]
    {
        world.check(world.token().header(name, value), refused(Reason::HeaderForbidden));
    }
    world.check(world.token().header("unknown", "x"), OK);
}

#[test]
fn b13_nothing_is_decrypted_or_inflated() {
    let world = World::new();
    world.check_text(format!("{}.AAAA.AAAA", world.token().sign()), refused(Reason::TokenEncrypted));
    for (name, value) in [
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("p2c", json!(2_000_000_000)),
        ("cty", json!("JWT")),
        ("cty", json!("jwt")),
        ("cty", json!(5)),
    ] {
        world.check(world.token().header(name, value), refused(Reason::HeaderForbidden));
    }
    world.check(world.token().header("alg", "PBES2-HS512+A256KW"), refused(Reason::AlgorithmNotAllowed));
    world.check(world.token().header("cty", "json"), OK);
}

#[test]
fn b14_ecdsa_signatures_are_two_numbers_of_fixed_length_below_n() {
    let world = World::new();
    let token = world.token();
    let good = token.sign();
    let signature = URL_SAFE_NO_PAD.decode(good.rsplit('.').next().unwrap()).unwrap();
    let (r, s) = signature.split_at(32);
    let der = [&[0x30, 70, 0x02, 33, 0x00], r, &[0x02, 33, 0x00], s].concat();
    for forged in [
        vec![0; 64],
        [&P256_ORDER, s].concat(),
        [r, &P256_ORDER].concat(),
        [[0; 32].as_slice(), s].concat(),
        der,
        signature[..63].to_vec(),
        [signature.as_slice(), &[0]].concat(),
        vec![0xFF; 64],
    ] {
        world.check_text(token.with_signature(&forged), refused(Reason::SignatureInvalid));
    }
    world.check_text(token.with_signature(&signature), OK);
}

#[test]
fn b15_a_malleated_copy_is_the_same_token() {
    let world = World::new();
    let token = world.token();
    let good = token.sign();
    let signature = URL_SAFE_NO_PAD.decode(good.rsplit('.').next().unwrap()).unwrap();
    let copy = token.with_signature(&[&signature[..32], &negated(&signature[32..])].concat());
    assert_ne!(copy, good);
    let (first, second) = (world.validate(good).unwrap(), world.validate(copy).unwrap());
    assert_eq!((first.issuer(), first.token_id()), (second.issuer(), second.token_id()));
}

#[test]
fn b16_base64_is_strict() {
    let mut world = World::new();
    world.issuer = world.issuer.with_keys([TestKey::generate("EdDSA", "k")]);
    world.policy = static_policy(&world.issuer);
    let good = world.token().claim("pad", "").sign();
    world.check_text(good.clone(), OK);
    for part in 0..3 {
        for suffix in ["=", "==", "+", "/", "%3D"] {
            let mut parts: Vec<String> = good.split('.').map(str::to_owned).collect();
            parts[part].push_str(suffix);
            world.check_text(parts.join("."), refused(Reason::JwtMalformed));
        }
    }
    // 64 bytes end in a character of which only two bits count.
    let (rest, last) = good.split_at(good.len() - 1);
    let twin = match last {
        "A" => "B",
        "Q" => "R",
        "g" => "h",
        _ => "x",
    };
    world.check_text(format!("{rest}{twin}"), refused(Reason::JwtMalformed));
}

#[test]
fn b18_members_that_appear_twice() {
    let world = World::new();
    let (header, claims) = (world.token().header_text(), world.token().claims_text());
    let twice = |text: &str, name: &str| {
        let value: Value = serde_json::from_str(text).unwrap();
        format!("{},\"{name}\":{}}}", text.strip_suffix('}').unwrap(), value[name])
    };
    for name in ["alg", "kid", "typ"] {
        world.check(world.token().raw_header(twice(&header, name)), refused(Reason::JwtMalformed));
    }
    for name in ["iss", "aud", "exp", "sub", "scope"] {
        world.check(world.token().raw_claims(twice(&claims, name)), refused(Reason::JwtMalformed));
    }
    world.check(world.token().raw_header(header).raw_claims(claims), OK);
}

#[test]
fn b19_times_are_numbers() {
    let world = World::new();
    for name in ["exp", "nbf", "iat"] {
        for value in [
            json!("1800000000"),
            Value::Null,
            json!([NOW]),
            json!(-1),
            json!(-0.5),
            json!(true),
            json!({}),
            json!(1e300),
            json!(u64::MAX),
        ] {
            world.check(world.token().claim(name, value), refused(Reason::ClaimMalformed));
        }
        let claims = world.token().without(name).claims_text();
        for literal in ["1e400", "NaN", "Infinity", "01"] {
            let claims = format!("{},\"{name}\":{literal}}}", claims.strip_suffix('}').unwrap());
            world.check(world.token().raw_claims(claims), refused(Reason::JwtMalformed));
        }
    }
    world.check(
        world.token().claim("iat", 1_800_000_000.9).claim("exp", 1_800_003_600.5).claim("nbf", 1.8e9),
        OK,
    );
}

#[test]
fn b20_every_required_claim() {
    let world = World::new();
    world.check(world.token(), OK);
    for name in ["iss", "sub", "aud", "exp", "iat"] {
        world.check(world.token().without(name), refused(Reason::ClaimMissing));
        world.check(world.token().claim(name, Value::Null), refused(Reason::ClaimMalformed));
    }
    for name in ["client_id", "jti", "scope", "nbf"] {
        world.check(world.token().without(name), OK);
    }
}

#[test]
fn b21_times_have_a_leeway_of_a_minute_and_no_more() {
    let world = World::with(|it| it.max_lifetime = Some(Duration::from_secs(7200)));
    let times = |iat: u64, exp: u64| world.token().claim("iat", iat).claim("exp", exp);
    world.check(times(NOW - 3600, NOW - 59), OK);
    world.check(times(NOW - 3600, NOW - 60), refused(Reason::TokenExpired));
    world.check(times(NOW - 3600, 0), refused(Reason::TokenExpired));
    world.check(times(NOW + 60, NOW + 3600), OK);
    world.check(times(NOW + 61, NOW + 3600), refused(Reason::TokenNotYetValid));
    world.check(world.token().claim("nbf", NOW + 60), OK);
    world.check(world.token().claim("nbf", NOW + 61), refused(Reason::TokenNotYetValid));
    world.check(times(NOW, NOW + 7200), OK);
    world.check(times(NOW, NOW + 7201), refused(Reason::LifetimeTooLong));
}

#[test]
fn b22_the_audience_is_this_resource() {
    let world = World::new();
    for aud in [
        json!("https://mcp.example/mc"),
        json!("https://mcp.example/mcp/"),
        json!("https://mcp.example/mcp2"),
        json!("https://mcp.example/MCP"),
        json!("https://MCP.example/mcp"),
        json!("https://mcp.example:443/mcp"),
        json!("http://mcp.example/mcp"),
        json!("https://mcp.example"),
        json!("https://mcp.example/other"),
        json!("client-1"),
        json!("*"),
        json!(""),
        json!([]),
        json!(["https://mcp.example/other"]),
        json!(["https://mcp.example/mcp https://mcp.example/other"]),
    ] {
        world.check(world.token().claim("aud", aud), refused(Reason::AudienceMismatch));
    }
    for aud in [json!(5), json!({ "aud": RESOURCE }), json!([RESOURCE, 5]), Value::Null] {
        world.check(world.token().claim("aud", aud), refused(Reason::ClaimMalformed));
    }
    world.check(world.token().claim("aud", json!(["https://as.example/userinfo", RESOURCE])), OK);
}

#[test]
fn b22_a_resource_has_several_names_and_no_others() {
    let mut world = World::new();
    world.resource = ResourcePolicy::new([RESOURCE, "api://mcp"]).unwrap();
    world.check(world.token().claim("aud", "api://mcp"), OK);
    world.check(world.token(), OK);
    world.check(world.token().claim("aud", "api://mcp2"), refused(Reason::AudienceMismatch));
}

#[test]
fn b23_the_type_of_the_header() {
    let strict = World::new();
    let lenient = World::with(|it| it.token_type = TokenTypePolicy::Lenient);
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        strict.check(strict.token().header("typ", typ), OK);
        lenient.check(lenient.token().header("typ", typ), OK);
    }
    for typ in ["JWT", "jwt"] {
        strict.check(strict.token().header("typ", typ), refused(Reason::TypeNotAccepted));
        lenient.check(lenient.token().header("typ", typ), OK);
    }
    strict.check(strict.token().without_header("typ"), refused(Reason::TypeNotAccepted));
    lenient.check(lenient.token().without_header("typ"), OK);
    for typ in [
        "",
        "id+jwt",
        "logout+jwt",
        "dpop+jwt",
        "secevent+jwt",
        "client-authentication+jwt",
        "oauth-authz-req+jwt",
        "xat+jwt",
    ] {
        strict.check(strict.token().header("typ", typ), refused(Reason::TypeNotAccepted));
        lenient.check(lenient.token().header("typ", typ), refused(Reason::TypeNotAccepted));
    }
    lenient.check(lenient.token().header("typ", json!(["JWT"])), refused(Reason::HeaderForbidden));
}

#[test]
fn b23_tokens_of_another_kind() {
    let lenient = World::with(|it| it.token_type = TokenTypePolicy::Lenient);
    let token = || lenient.token().header("typ", "JWT");
    lenient.check(token(), OK);
    for (name, value) in [
        ("nonce", json!("n-1")),
        ("at_hash", json!("x")),
        ("c_hash", json!("x")),
        ("events", json!({ "http://schemas.openid.net/event/backchannel-logout": {} })),
        ("htm", json!("POST")),
        ("token_use", json!("id")),
        ("token_use", json!(["access"])),
        ("typ", json!("ID")),
        ("typ", json!("Refresh")),
        ("typ", json!("Logout")),
        ("token_type", json!("id_token")),
    ] {
        lenient.check(token().claim(name, value), refused(Reason::NotAnAccessToken));
    }
    lenient.check(token().claim("typ", "Bearer"), OK);
    lenient.check(token().claim("token_use", "access"), OK);
    lenient.check(token().claim("typ", "Bearer").claim("nonce", "n-1"), OK);
    lenient.check(lenient.token().header("typ", "at+jwt").claim("nonce", "n-1"), OK);
    lenient.check(token().claim("typ", "Bearer").claim("at_hash", "x"), refused(Reason::NotAnAccessToken));
    let strict = World::new();
    strict.check(strict.token().claim("at_hash", "x"), refused(Reason::NotAnAccessToken));
}

#[test]
fn b24_tokens_of_the_gateway_itself_are_not_accepted() {
    let world = World::new();
    let ours = TestIssuer::new("https://mcp.example");
    world.check_text(ours.token().sign(), refused(Reason::IssuerUnknown));
    world.check_text(ours.token().claim("iss", ISSUER).sign(), refused(Reason::SignatureInvalid));
}

#[test]
fn b25_a_bound_token_is_no_bearer_token() {
    let world = World::new();
    for cnf in [json!({ "jkt": "x" }), json!({ "x5t#S256": "x" }), json!({}), Value::Null] {
        world.check(world.token().claim("cnf", cnf), refused(Reason::SenderConstrained));
    }
    world.check(world.token().claim("cnfx", json!({ "jkt": "x" })), OK);
}

#[test]
fn b26_subject_and_names_are_short_and_without_control_characters() {
    let world = World::new();
    for name in ["sub", "client_id", "jti"] {
        for value in
            ["a\r\nX-Admin: 1".to_owned(), "a\u{0}".to_owned(), "a\u{85}b".to_owned(), "a".repeat(4096)]
        {
            world.check(world.token().claim(name, value), refused(Reason::ClaimMalformed));
        }
        world.check(world.token().claim(name, 5), refused(Reason::ClaimMalformed));
        world.check(world.token().claim(name, "a".repeat(255)), OK);
    }
    world.check(world.token().claim("sub", ""), refused(Reason::ClaimMalformed));
}

#[test]
fn b28_bombs_are_refused() {
    let world = World::new();
    let with = |member: String| {
        let claims = world.token().claims_text();
        world.token().raw_claims(format!("{},{member}}}", claims.strip_suffix('}').unwrap()))
    };
    world.check(
        with(format!("\"x\":{}1{}", "[".repeat(2_000), "]".repeat(2_000))),
        refused(Reason::JwtMalformed),
    );
    world.check(with(format!("\"x\":{}1{}", "[".repeat(10), "]".repeat(10))), OK);
    world.check(with(format!("\"x\":1{}", "0".repeat(1_000))), refused(Reason::JwtMalformed));
    world.check(with(format!("\"exp2\":{}", u64::MAX)), OK);
}

#[test]
fn b29_only_clients_of_the_list() {
    let world = World::with(|it| it.allowed_clients = Some(vec!["client-1".parse().unwrap()]));
    world.check(world.token(), OK);
    world.check(world.token().claim("client_id", "client-2"), refused(Reason::ClientNotAllowed));
    world.check(
        world.token().claim("client_id", "client-2").claim("azp", "client-1"),
        refused(Reason::ClientNotAllowed),
    );
    world.check(world.token().without("client_id"), refused(Reason::ClientNotAllowed));
    world.check(world.token().without("client_id").claim("azp", "client-1"), OK);
    let nobody = World::with(|it| it.allowed_clients = Some(vec![]));
    nobody.check(nobody.token(), refused(Reason::ClientNotAllowed));
}

#[test]
fn required_claims_have_their_text() {
    let required = |path: &str, text: &str| {
        let row = (path.parse().unwrap(), text.to_owned());
        World::with(|it| it.required_claims.push(row))
    };
    let world = required("tenant.id", "7");
    world.check(world.token().claim("tenant", json!({ "id": "7" })), OK);
    world.check(world.token().claim("tenant", json!({ "id": 7 })), OK);
    world.check(world.token().claim("tenant", json!({ "id": 8 })), refused(Reason::RequiredClaim));
    world.check(world.token().claim("tenant", json!({ "id": [7] })), refused(Reason::RequiredClaim));
    world.check(world.token(), refused(Reason::RequiredClaim));
}

#[test]
fn b32_clocks_far_off_refuse_and_do_not_panic() {
    let world = World::new();
    let at = |seconds: u64| world.clock.set(UnixTime::from_seconds(seconds));
    at(NOW - 3600);
    world.check(world.token(), refused(Reason::TokenNotYetValid));
    at(NOW + 3660);
    world.check(world.token(), refused(Reason::TokenExpired));
    at(u64::MAX);
    world.check(world.token(), refused(Reason::TokenExpired));
    at(0);
    world.check(world.token(), refused(Reason::TokenNotYetValid));
    let year_2107 = 4_323_000_000;
    at(year_2107);
    world.check(world.token().issued_at(UnixTime::from_seconds(year_2107)), OK);
}

#[test]
fn m01_a_refusal_holds_no_token_text() {
    let world = World::new();
    let token = world.token().claim("iss", "https://evil.example").sign();
    let refusal = world.validate(token.clone()).unwrap_err();
    let text = format!("{refusal} {refusal:?}");
    assert!(text.contains("evil.example"));
    assert!(token.split('.').all(|part| !text.contains(part)));
}

/// The order of the group of P-256.
const P256_ORDER: [u8; 32] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC,
    0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
];

/// n − s.
fn negated(s: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let mut difference: Vec<u8> = P256_ORDER
        .iter()
        .zip(s)
        .rev()
        .map(|(&order, &digit)| {
            let digit = i16::from(order) - i16::from(digit) - borrow;
            borrow = i16::from(digit < 0);
            u8::try_from(digit.rem_euclid(256)).unwrap()
        })
        .collect();
    difference.reverse();
    difference
}
