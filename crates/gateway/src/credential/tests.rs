use super::*;

fn place(header: &'static str, scheme: Option<&str>) -> Placement {
    Placement { header: HeaderName::from_static(header), scheme: scheme.map(str::to_owned) }
}

#[test]
fn a_credential_stands_where_it_is_configured_to_and_is_never_printed() {
    let token = UpstreamToken::new("s3cr3t-of-alice".to_owned());
    let (name, value) = place("authorization", Some("Bearer")).field(&token).unwrap();
    assert_eq!((name.as_str(), value.to_str().unwrap()), ("authorization", "Bearer s3cr3t-of-alice"));
    assert!(value.is_sensitive());
    let (_, value) = place("x-api-key", None).field(&token).unwrap();
    assert_eq!(value, "s3cr3t-of-alice");
    let fixed = Credentials::Fixed(token.clone(), place("x-api-key", None));
    assert!(!format!("{fixed:?} {value:?}").contains("s3cr3t"));
    assert!(place("x-api-key", None).field(&UpstreamToken::new("a\r\nb: c".to_owned())).is_none());
}
