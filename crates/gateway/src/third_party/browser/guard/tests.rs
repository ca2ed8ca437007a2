use super::*;

const OURS: &str = "https://mcp.example";
const FORM_TYPE: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[track_caller]
fn check(headers: &[(&str, &str)], accepted: bool) {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
    }
    let outcome = check_form(&map, &Origins::new(&OURS.parse().unwrap(), &[]));
    assert_eq!(outcome, if accepted { Ok(()) } else { Err(Problem::NotOurForm) }, "{headers:?}");
}

#[test]
fn i04_only_a_browser_on_our_page_sends_our_forms() {
    check(&[FORM_TYPE], true);
    check(&[FORM_TYPE, ("origin", OURS)], true);
    check(&[FORM_TYPE, ("origin", OURS), ("sec-fetch-site", "same-origin")], true);
    check(&[FORM_TYPE, ("origin", "null"), ("sec-fetch-site", "same-origin")], true);
    check(&[FORM_TYPE, ("sec-fetch-site", "none")], true);
    check(&[FORM_TYPE, ("origin", "null")], false);
    check(&[FORM_TYPE, ("origin", "null"), ("sec-fetch-site", "none")], false);
    check(&[FORM_TYPE, ("origin", "https://mcp.example.evil")], false);
    check(&[FORM_TYPE, ("origin", "http://mcp.example")], false);
    check(&[FORM_TYPE, ("origin", OURS), ("origin", OURS)], false);
    check(&[FORM_TYPE, ("origin", OURS), ("sec-fetch-site", "same-site")], false);
    check(&[FORM_TYPE, ("origin", OURS), ("sec-fetch-site", "cross-site")], false);
    check(&[FORM_TYPE, ("sec-fetch-site", "")], false);
}

#[test]
fn i04_a_form_is_a_form() {
    check(&[("content-type", "Application/X-WWW-Form-Urlencoded; charset=utf-8")], true);
    check(&[], false);
    check(&[("content-type", "text/plain")], false);
    check(&[("content-type", "multipart/form-data; boundary=x")], false);
    check(&[("content-type", "application/json")], false);
    check(&[FORM_TYPE, FORM_TYPE], false);
}
