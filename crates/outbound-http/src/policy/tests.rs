use super::*;

fn certificate_pem() -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    rcgen::CertificateParams::new(vec!["ca.example".to_owned()]).unwrap().self_signed(&key).unwrap().pem()
}

fn check(pem: &str, expected: Result<usize, &str>) {
    let outcome = OutboundPolicy::default().with_ca_pem(pem.as_bytes());
    match outcome {
        Ok(policy) => assert_eq!(Ok(policy.extra_roots.len()), expected, "{pem}"),
        Err(error) => assert_eq!(Err(error.to_string().as_str()), expected.map(|_| ""), "{pem}"),
    }
}

#[test]
fn a_pem_file_holds_roots_or_is_refused() {
    let good = certificate_pem();
    check(&good, Ok(1));
    check(&format!("a comment\n{good}{}", certificate_pem()), Ok(2));
    check("", Err("the PEM file holds no certificate"));
    check("ca.example", Err("the PEM file holds no certificate"));
    check(&good.replace("-----END CERTIFICATE-----", ""), Err("not a PEM file"));
    let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    check(key, Err("the PEM file holds no certificate"));
    let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    check(nonsense, Err("a certificate of the PEM file cannot be a root"));
    check(&format!("{good}{nonsense}"), Err("a certificate of the PEM file cannot be a root"));
}

#[test]
fn certificates_add_up() {
    let policy = OutboundPolicy::default().with_ca_pem(certificate_pem().as_bytes()).unwrap();
    let policy = policy.with_ca_pem(certificate_pem().as_bytes()).unwrap();
    assert_eq!(policy.extra_roots.len(), 2);
}

#[test]
fn c15_nothing_local_is_allowed_by_default() {
    let policy = OutboundPolicy::default();
    assert_eq!((policy.allow_loopback, policy.max_concurrent, policy.extra_roots.len()), (false, 32, 0));
}
