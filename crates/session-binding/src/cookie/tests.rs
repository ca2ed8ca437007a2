use super::*;

const SECRET: &str = "0123456789012345678901234567890123456789010";

fn secret() -> SessionSecret {
    SECRET.parse().unwrap()
}

fn session_of(header: &str) -> Result<Option<SessionSecret>, CookieError> {
    Cookies::read([header.as_bytes()]).map(|it| CookieNames::new(true).find_session(&it))
}

#[track_caller]
fn check(header: &str, expected: Result<Option<SessionSecret>, CookieError>) {
    assert_eq!(session_of(header), expected, "{header:?}");
}

#[test]
fn i16_cookies_are_read_strictly_and_names_byte_for_byte() {
    let ours = format!("__Host-mcp-session={SECRET}");
    check(&ours, Ok(Some(secret())));
    check(&format!("theme=dark;  {ours} ;\tlang=de"), Ok(Some(secret())));
    check(&format!("theme=dark; theme=light; {ours}"), Ok(Some(secret())));
    check(&format!("city=Köln; {ours}"), Ok(Some(secret())));

    check(&format!("{ours}; {ours}"), Err(CookieError::Duplicate));
    check(&format!("{ours}; __Host-mcp-session="), Err(CookieError::Duplicate));
    check(&format!("$Version=1; {ours}"), Err(CookieError::Malformed));
    check(&format!("\u{2000}{ours}"), Err(CookieError::Malformed));
    check(&format!("\u{a0}{ours}"), Err(CookieError::Malformed));
    check(&format!("\x0b{ours}"), Err(CookieError::Malformed));
    check(&format!("nameless; {ours}"), Err(CookieError::Malformed));
    check(&format!("={ours}"), Err(CookieError::Malformed));

    check(&ours.to_ascii_lowercase(), Ok(None));
    check(&format!("mcp-session={SECRET}"), Ok(None));
    check(&format!("__Host-mcp-session=\"{SECRET}\""), Ok(None));
    check(&ours[..ours.len() - 1], Ok(None));
    check(&format!("{ours}x"), Ok(None));
    check("", Ok(None));
}

#[test]
fn i16_cookies_of_several_headers_are_counted_together() {
    let ours = format!("__Host-mcp-session={SECRET}");
    let read = |headers: &[&str]| Cookies::read(headers.iter().map(|it| it.as_bytes())).map(drop);
    assert_eq!(read(&["theme=dark", &ours]), Ok(()));
    assert_eq!(read(&[&ours, &ours]), Err(CookieError::Duplicate));
    let large = format!("a={}", "x".repeat(4000));
    assert_eq!(read(&[&large, &large]), Ok(()));
    assert_eq!(read(&[&large, &large, &large]), Err(CookieError::TooLarge));
    assert_eq!(Cookies::read([&b"a=\xff"[..]]).map(drop), Err(CookieError::Malformed));
}

#[test]
fn i17_cookies_have_every_attribute_that_protects_them() {
    let age = Duration::from_secs(3600);
    assert_eq!(
        CookieNames::new(true).session().set_session(&secret(), age).expose(),
        format!("__Host-mcp-session={SECRET}; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax"),
    );
    assert_eq!(
        CookieNames::new(true).session().clear().expose(),
        "__Host-mcp-session=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax",
    );
    // Over plain http a browser would drop the prefix and `Secure`.
    assert_eq!(
        CookieNames::new(false).session().set_session(&secret(), age).expose(),
        format!("mcp-session={SECRET}; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"),
    );
}

#[test]
fn i18_a_hundred_flows_fit_and_the_oldest_go() {
    let names = CookieNames::new(true);
    let bindings: Vec<BrowserBinding> = (0..100).map(binding).collect();
    let pairs: Vec<String> = bindings.iter().map(|it| pair(names, it)).collect();
    let header = pairs.join("; ");
    assert!(header.len() <= Cookies::MAX_BYTES, "{}", header.len());

    let cookies = Cookies::read([header.as_bytes()]).unwrap();
    assert_eq!(names.find_bindings(&cookies), bindings);
    let surplus = names.surplus_bindings(&cookies);
    assert_eq!(surplus.len(), 100 + 1 - CookieNames::MAX_BINDINGS);
    assert_eq!(surplus[0], names.binding(&bindings[0].id()).clear());

    let few = pairs[..15].join("; ");
    assert!(names.surplus_bindings(&Cookies::read([few.as_bytes()]).unwrap()).is_empty());
}

#[test]
fn i16_a_binding_under_another_transactions_name_is_none() {
    let names = CookieNames::new(true);
    let (first, second) = (binding(1), binding(2));
    let right = pair(names, &first);
    let wrong = format!("{}={}", names.binding(&first.id()).as_str(), second.expose());
    let find = |header: &str| names.find_bindings(&Cookies::read([header.as_bytes()]).unwrap());
    assert_eq!(find(&right), [first]);
    assert!(find(&wrong).is_empty());
    assert_eq!(
        Cookies::read([format!("{right}; {wrong}").as_bytes()]).map(drop),
        Err(CookieError::Duplicate)
    );
}

fn binding(number: usize) -> BrowserBinding {
    // The last character of a whole number of bytes has two bits only.
    format!("{number:042}A").parse().unwrap()
}

fn pair(names: CookieNames, binding: &BrowserBinding) -> String {
    let set = names.binding(&binding.id()).set_binding(binding, Duration::from_secs(1));
    set.expose().split(';').next().unwrap().to_owned()
}
