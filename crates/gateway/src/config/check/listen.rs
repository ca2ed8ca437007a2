use crate::config::{
    Config,
    report::{KeyPath, Problem},
};

/// Tokens cross the listener, so it speaks TLS unless nobody else can listen in (RFC 6750 section 5.3).
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    let listen = &config.listen;
    let section = KeyPath::root("listen");
    if listen.tls.is_some() && !config.public_url.is_https() {
        let message = format!(
            "clients type `{}`, which is not https: remove `tls`, or change `public_url`",
            config.public_url
        );
        return Err(Problem::new(section.key("tls"), message));
    }
    let is_plain = listen.tls.is_none() && listen.behind_proxy.is_none();
    if is_plain && !listen.address.ip().is_loopback() {
        let message = "would carry tokens in plain HTTP: \
            add `tls = { certificate = \"cert.pem\", key = \"key.pem\" }`, \
            name the proxy that terminates TLS in `behind_proxy`, or use a loopback address";
        return Err(Problem::new(section.key("address"), message));
    }
    Ok(())
}
