//! Ways to a principal beside tokens, each off unless its server says so.

use std::{net::IpAddr, sync::Arc};

use axum::body::Body;
use http::{HeaderMap, HeaderName, Method, Request, header};
use mcp_message::Limits;
use oauth_types::{Scope, Subject};

use super::{Asked, Caller, Principal, ProtectedServer, dpop::Shown, presented::has_credential_elsewhere};
use crate::{
    access_log::SubjectDigest, api_keys::KeyRing, limits::Site, reason::Reason, refusal::Refusal,
    service::Arrival,
};

/// What one server takes in place of a token.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    pub(crate) api_keys: Option<Arc<KeyRing>>,
    pub(crate) anonymous: Option<Anonymous>,
    pub(crate) loopback: Option<Loopback>,
}

/// Who calls without a credential, and what that is worth.
#[derive(Debug)]
pub(crate) struct Nobody {
    /// Stands where tokens have their issuer, which is a URL of `http` or `https`.
    pub(super) issuer: &'static str,
    pub(super) subject: Subject,
    pub(super) scope: Scope,
}

/// Requests without any credential, for some methods of MCP.
#[derive(Debug)]
pub(crate) struct Anonymous {
    methods: Vec<String>,
    nobody: Arc<Nobody>,
}

/// Requests without any credential from this machine.
#[derive(Debug)]
pub(crate) struct Loopback {
    nobody: Arc<Nobody>,
    caller: Arc<Caller>,
}

impl Ways {
    /// Whether there are requests that need no credential.
    pub(super) const fn let_some_in_without(&self) -> bool {
        self.anonymous.is_some() || self.loopback.is_some()
    }

    /// The principal of a request that brought no credential; `None` if it needs one.
    ///
    /// # Errors
    /// That of the body, where its method decides.
    pub(super) async fn without_credential(
        server: &ProtectedServer,
        arrival: &Arrival,
        request: &mut Request<Body>,
    ) -> Result<Option<Principal>, Refusal> {
        let ways = server.ways();
        let shown = Shown { method: request.method(), uri: request.uri(), headers: request.headers() };
        if has_credential_elsewhere(shown) {
            return Ok(None);
        }
        if let Some(loopback) = &ways.loopback
            && is_of_this_machine(arrival.peer, request.headers())
        {
            return Ok(Some(Principal::by_loopback(&loopback.nobody, &loopback.caller)));
        }
        match &ways.anonymous {
            Some(anonymous) if request.method() == Method::POST => {
                let asks = anonymous.asks_for_little(server, request).await?;
                Ok(asks.then(|| Principal::anonymous(&anonymous.nobody, arrival.client)))
            }
            _ => Ok(None),
        }
    }
}

impl Anonymous {
    /// Requests of these methods, with this scope.
    pub(crate) fn new(methods: Vec<String>, scope: Scope) -> Self {
        Self { methods, nobody: Nobody::of(ANONYMOUS, "anonymous", scope) }
    }

    /// Whether the body, which is read for this and put back, asks for nothing but `methods`.
    async fn asks_for_little(
        &self,
        server: &ProtectedServer,
        request: &mut Request<Body>,
    ) -> Result<bool, Refusal> {
        let bounds = server.bound_body(request.headers())?;
        // What is read counts among the requests under way.
        let _place = server.admit()?;
        match Asked::read(std::mem::take(request), bounds, &Limits::default()).await {
            Ok((asked, whole)) => {
                *request = whole;
                Ok(asked.operations().iter().all(|it| self.has(&it.method)))
            }
            Err(refusal) if matches!(refusal.reason, Reason::BodyTooLarge | Reason::BodyTooSlow) => {
                Err(refusal)
            }
            // Whatever it was: not one of the methods that need no credential.
            Err(_) => Ok(false),
        }
    }

    fn has(&self, method: &str) -> bool {
        self.methods.iter().any(|it| it == method)
    }
}

impl Loopback {
    /// Requests from this machine, with this scope.
    pub(crate) fn new(scope: Scope) -> Self {
        let nobody = Nobody::of(LOOPBACK, "loopback", scope);
        let caller = Caller::named(nobody.issuer, nobody.subject.as_str(), "");
        Self { nobody, caller: Arc::new(caller) }
    }
}

impl Nobody {
    #[expect(clippy::expect_used, reason = "both subjects are written in this file")]
    fn of(issuer: &'static str, subject: &str, scope: Scope) -> Arc<Self> {
        Arc::new(Self { issuer, subject: subject.parse().expect("a subject"), scope })
    }

    /// Nobody is known, but the sites that they come from are told apart, for limits and MCP sessions.
    pub(super) fn at(&self, client: IpAddr) -> Caller {
        let site = Site::of(client).to_string();
        Caller {
            subject: SubjectDigest::of(self.issuer, &site),
            ..Caller::named(self.issuer, self.subject.as_str(), &site)
        }
    }
}

/// Whether a request comes from a program on this machine: not from a page in a browser, and not from whatever forwards
/// requests of others.
fn is_of_this_machine(peer: IpAddr, headers: &HeaderMap) -> bool {
    peer.to_canonical().is_loopback() && !headers.keys().any(tells_of_others)
}

/// Headers that browsers and proxies write and other programs do not.
fn tells_of_others(name: &HeaderName) -> bool {
    let text = name.as_str();
    *name == header::ORIGIN
        || *name == header::FORWARDED
        || *name == header::VIA
        || text.starts_with("sec-fetch-")
        || text.starts_with("x-forwarded-")
        || text.starts_with("cf-")
        || matches!(text, "x-real-ip" | "x-client-ip" | "true-client-ip" | "cdn-loop")
}

const ANONYMOUS: &str = "urn:mcp-gateway:anonymous";
const LOOPBACK: &str = "urn:mcp-gateway:loopback";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e31_who_comes_by_nothing_is_told_apart_by_site_and_never_taken_for_a_token() {
        let nobody = Nobody::of(ANONYMOUS, "anonymous", Scope::empty());
        let name = |address: &str| nobody.at(address.parse().unwrap());
        let one = name("192.0.2.1");
        assert_eq!(one.unique_name, name("::ffff:192.0.2.1").unique_name);
        assert_ne!(one.unique_name, name("192.0.2.2").unique_name);
        assert_ne!(one.subject, name("192.0.2.2").subject);
        assert_eq!(name("2001:db8::1").unique_name, name("2001:db8::2").unique_name);
        assert_ne!(name("2001:db8::1").unique_name, name("2001:db8:0:1::1").unique_name);
        let loopback = Loopback::new(Scope::empty());
        assert_ne!(loopback.caller.unique_name, one.unique_name);
        for issuer in [ANONYMOUS, LOOPBACK, crate::api_keys::ApiKey::ISSUER] {
            assert!(issuer.parse::<oauth_types::Issuer>().is_err(), "{issuer} is the issuer of no token");
        }
    }

    #[test]
    fn d12_a18_only_what_the_connection_says_makes_a_program_of_this_machine() {
        let of = |peer: &str, header: Option<&'static str>| {
            let value = http::HeaderValue::from_static("127.0.0.1");
            let headers = header.map(|it| (HeaderName::from_static(it), value)).into_iter().collect();
            is_of_this_machine(peer.parse().unwrap(), &headers)
        };
        for home in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert!(of(home, None) && of(home, Some("user-agent")), "{home}");
        }
        for abroad in ["192.0.2.1", "10.0.0.1", "::ffff:192.0.2.1", "0.0.0.0", "::", "fe80::1"] {
            assert!(!of(abroad, None) && !of(abroad, Some("x-forwarded-for")), "{abroad}");
        }
        for header in
            ["origin", "sec-fetch-site", "forwarded", "x-forwarded-proto", "via", "cf-ray", "x-real-ip"]
        {
            assert!(!of("127.0.0.1", Some(header)), "{header}");
        }
    }
}
