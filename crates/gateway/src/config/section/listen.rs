use std::{net::SocketAddr, path::PathBuf};

use ipnet::IpNet;
use serde::Deserialize;

use crate::config::value::{network, socket_address};

/// Where connections are accepted.
///
/// Without `tls`, connections are plain HTTP:
/// allowed on a loopback address, or from the proxies in `behind_proxy`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// IP address and port, such as `0.0.0.0:443` or `[::1]:8080`; port 0 takes a free one.
    /// A change takes effect at the next restart.
    #[serde(deserialize_with = "socket_address::one")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub address: SocketAddr,
    /// Serve HTTPS with this certificate.
    /// Another certificate is taken at once; whether there is one at all is decided at the start.
    pub tls: Option<Tls>,
    /// The networks or addresses of the reverse proxies in front, such as `10.0.0.0/8` or `10.0.0.5`, which terminate TLS.
    /// Connections from elsewhere are refused.
    /// What they say of the client's address is used for logs and limits, never for identity or URLs.
    #[serde(default, deserialize_with = "network::some_list")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub behind_proxy: Option<Vec<IpNet>>,
    /// The header in which the proxies of `behind_proxy` name the client's address; the other one is ignored.
    /// Without this key: whichever is there, and neither in a request that has both,
    /// so that a client can hide its address by sending the one that the proxy does not write.
    pub forwarded_header: Option<ForwardedHeader>,
}

/// A header in which a proxy says for whom it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// `Forwarded` (RFC 7239).
    Forwarded,
    /// `X-Forwarded-For`, as nginx writes it.
    XForwardedFor,
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
