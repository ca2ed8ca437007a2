//! URLs of databases: sqlx understands those with one host, libpq those with several.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
};

use sqlx::{
    ConnectOptions,
    postgres::{PgConnectOptions, PgSslMode},
};

use super::settings::InvalidPostgresUrl;

/// One server, and how to connect to it.
pub(super) struct Host {
    pub(super) options: PgConnectOptions,
    /// What to call it in messages: nothing in it is secret.
    pub(super) place: String,
}

/// The hosts of a URL, in their order.
pub(super) fn parse(url: &str) -> Result<Vec<Host>, InvalidPostgresUrl> {
    let pieces = Pieces::split(url)?;
    let hosts = pieces.hosts()?;
    let ports = pieces.ports(hosts.len())?;
    hosts.into_iter().zip(ports).map(|(host, port)| pieces.host(host, port)).collect()
}

/// A URL in pieces, all percent-encoded as they were.
struct Pieces<'a> {
    user: &'a str,
    authority: &'a str,
    path: &'a str,
    /// The parameters `host` and `port`.
    host: Option<&'a str>,
    port: Option<&'a str>,
    /// The other ones.
    parameters: Vec<&'a str>,
}

impl<'a> Pieces<'a> {
    fn split(url: &'a str) -> Result<Self, InvalidPostgresUrl> {
        let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
        let rest = rest.ok_or(InvalidPostgresUrl::Scheme)?;
        if rest.contains('#') {
            return Err(InvalidPostgresUrl::Syntax);
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (rest, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (user, authority) = rest.rsplit_once('@').unwrap_or(("", rest));
        let mut pieces = Self { user, authority, path, host: None, port: None, parameters: Vec::new() };
        for parameter in query.split('&').filter(|it| !it.is_empty()) {
            pieces.take_parameter(parameter)?;
        }
        Ok(pieces)
    }

    fn take_parameter(&mut self, parameter: &'a str) -> Result<(), InvalidPostgresUrl> {
        let (name, value) = parameter.split_once('=').ok_or(InvalidPostgresUrl::Syntax)?;
        match name {
            "host" => self.host = Some(value),
            "port" => self.port = Some(value),
            "target_session_attrs" if TARGETS.contains(&value) => {}
            "target_session_attrs" => return Err(InvalidPostgresUrl::Target),
            "sslmode" if !SSL_MODES.contains(&value) => return Err(InvalidPostgresUrl::SslMode),
            _ if PARAMETERS.contains(&name) => self.parameters.push(parameter),
            _ => return Err(InvalidPostgresUrl::Parameter(name.to_owned())),
        }
        Ok(())
    }

    fn hosts(&self) -> Result<Vec<&'a str>, InvalidPostgresUrl> {
        let hosts = list(self.host.unwrap_or(self.authority));
        if hosts.iter().any(|it| it.is_empty()) { Err(InvalidPostgresUrl::NoHost) } else { Ok(hosts) }
    }

    /// The port of each host, if the parameter `port` gives them.
    fn ports(&self, hosts: usize) -> Result<Vec<Option<&'a str>>, InvalidPostgresUrl> {
        let Some(ports) = self.port.map(list) else {
            return Ok(vec![None; hosts]);
        };
        match ports.as_slice() {
            [port] => Ok(vec![Some(port); hosts]),
            _ if ports.len() == hosts => Ok(ports.into_iter().map(Some).collect()),
            _ => Err(InvalidPostgresUrl::Ports),
        }
    }

    /// Lets sqlx understand the URL that has this host alone.
    fn host(&self, host: &str, port: Option<&str>) -> Result<Host, InvalidPostgresUrl> {
        let Self { user, path, parameters, .. } = self;
        let authority = if self.host.is_some() { "localhost" } else { host };
        let mut url = format!("postgres://{user}@{authority}{path}?{}", parameters.join("&"));
        for (name, value) in [("host", self.host.and(Some(host))), ("port", port)] {
            if let Some(value) = value {
                url = format!("{url}&{name}={value}");
            }
        }
        let mut options: PgConnectOptions = url.parse().map_err(|_| InvalidPostgresUrl::Syntax)?;
        if options.get_application_name().is_none() {
            options = options.application_name("mcp-gateway");
        }
        checked(options)
    }
}

/// Refuses a server elsewhere that would not have to prove which one it is.
fn checked(options: PgConnectOptions) -> Result<Host, InvalidPostgresUrl> {
    let host = options.get_host();
    let socket =
        options.get_socket().map(PathBuf::as_path).or_else(|| host.starts_with('/').then(|| Path::new(host)));
    let place = match socket {
        Some(folder) => format!("{} (port {})", folder.display(), options.get_port()),
        None => format!("{host}:{}", options.get_port()),
    };
    let verified = matches!(options.get_ssl_mode(), PgSslMode::VerifyFull);
    if socket.is_none() && !is_loopback(host) && !verified {
        return Err(InvalidPostgresUrl::Unverified(host.to_owned()));
    }
    Ok(Host { options: options.disable_statement_logging(), place })
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|it: IpAddr| it.is_loopback())
}

/// Splits at commas, as they are or percent-encoded.
fn list(text: &str) -> Vec<&str> {
    text.split(',').flat_map(|it| it.split("%2C")).flat_map(|it| it.split("%2c")).collect()
}

const TARGETS: &[&str] = &["any", "primary", "read-write"];
const SSL_MODES: &[&str] = &["allow", "disable", "prefer", "require", "verify-ca", "verify-full"];
/// What sqlx heeds; it would pass over any other.
const PARAMETERS: &[&str] = &[
    "application_name",
    "dbname",
    "options",
    "password",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];
