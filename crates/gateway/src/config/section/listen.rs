use std::{net::SocketAddr, path::PathBuf};

use ipnet::IpNet;
use serde::Deserialize;

/// Where connections are accepted.
///
/// Without `tls`, connections are plain HTTP:
/// allowed on a loopback address, or from the proxies in `behind_proxy`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// IP address and port, such as `0.0.0.0:443` or `[::1]:8080`; port 0 takes a free one.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub address: SocketAddr,
    /// Serve HTTPS with this certificate.
    pub tls: Option<Tls>,
    /// The networks of the reverse proxies in front, such as `10.0.0.0/8`, which terminate TLS.
    /// Connections from elsewhere are refused.
    /// Their `Forwarded` and `X-Forwarded-For` are used for logs and limits, never for identity or URLs.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub behind_proxy: Option<Vec<IpNet>>,
}

/// Certificate and key of the HTTPS listener; both are read again when the files change.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// PEM file with the certificate chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// PEM file with the private key (PKCS#8, PKCS#1 or SEC1), not readable by everybody.
    pub key: PathBuf,
}
