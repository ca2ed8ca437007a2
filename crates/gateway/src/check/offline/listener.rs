use oauth_types::UnixTime;

use super::certificate;
use crate::{
    check::{FindingCode, Findings},
    config::{Config, Loaded},
};

/// How clients come in.
pub(super) fn check(loaded: &Loaded, now: UnixTime, findings: &mut Findings) {
    let config = &loaded.config;
    if config.public_url.is_loopback() {
        let message = format!("clients on other machines cannot reach {}", config.public_url);
        findings.add(FindingCode::PublicUrlLoopback, "public_url", message);
    }
    port(config, findings);
    let proxies = config.listen.behind_proxy.as_deref();
    match (&loaded.material.tls, proxies) {
        (Some(pair), _) => {
            // Behind proxies the certificate is for them, under a name that only they know.
            let host = config.public_url.url().host_str().filter(|_| proxies.is_none());
            certificate::check(&pair.cert, host, now, findings);
        }
        (None, Some(networks)) => {
            let networks: Vec<_> = networks.iter().map(ToString::to_string).collect();
            let message = format!("tokens arrive in plain HTTP from {}", networks.join(", "));
            findings.add(FindingCode::BehindProxy, "listen.behind_proxy", message);
        }
        (None, None) => {
            let message = format!("{} speaks plain HTTP to this machine only", config.listen.address);
            findings.add(FindingCode::PlainHttp, "listen", message);
        }
    }
}

/// Behind proxies, and where something else speaks TLS, clients connect to somebody else's port.
fn port(config: &Config, findings: &mut Findings) {
    let is_direct =
        config.listen.behind_proxy.is_none() && config.listen.tls.is_some() == config.public_url.is_https();
    let (theirs, ours) = (config.public_url.url().port_or_known_default(), config.listen.address.port());
    if let Some(theirs) = theirs.filter(|it| is_direct && *it != ours) {
        let message = format!("{} means port {theirs}, and the listener has port {ours}", config.public_url);
        findings.add(FindingCode::PortDiffers, "listen.address", message);
    }
}
