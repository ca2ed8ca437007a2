use super::*;

#[track_caller]
fn check(text: &str, expected: Result<Option<&str>, InvalidParameter>) {
    assert_eq!(Parameters::from_urlencoded(text.as_bytes()).one("a"), expected, "{text}");
}

#[test]
fn a_parameter_is_read_once_and_decoded() {
    check("a=1", Ok(Some("1")));
    check("b=2&a=1+%2b%20x&c", Ok(Some("1 + x")));
    check("%61=1", Ok(Some("1")));
    check("a=1=2", Ok(Some("1=2")));
    check("&&a=1&", Ok(Some("1")));
    check("a=", Ok(None));
    check("a", Ok(None));
    check("A=1", Ok(None));
    check("", Ok(None));
    check("a=1&a=1", Err(InvalidParameter::Repeated));
    check("a=&a=1", Err(InvalidParameter::Repeated));
    check("a=1&%61=2", Err(InvalidParameter::Repeated));
    check("a=%ff", Err(InvalidParameter::NotText));
}

#[test]
fn bytes_stay_as_they_were_sent() {
    let parameters = Parameters::from_urlencoded(b"state=%ff%00+%2B%zz");
    assert_eq!(parameters.bytes("state"), Ok(Some(b"\xff\0 +%zz".as_slice())));
}

#[test]
fn only_resource_may_be_repeated() {
    let repeated = |text: &str| Parameters::from_urlencoded(text.as_bytes()).check_repeated();
    assert_eq!(repeated("a=1&b=1&resource=x&resource=y"), Ok(()));
    assert_eq!(repeated("a=1&b=1&a=1"), Err(InvalidParameter::Repeated));
    assert_eq!(repeated("unknown&b=1&unknown"), Err(InvalidParameter::Repeated));
}

#[test]
fn m02_values_are_not_shown() {
    let parameters = Parameters::from_urlencoded(b"client_secret=hunter2");
    assert!(!format!("{parameters:?}").contains("hunter2"));
}
