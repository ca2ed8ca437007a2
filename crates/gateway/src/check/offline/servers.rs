use oauth_types::is_loopback_host;
use url::Url;

use super::programs;
use crate::{
    adapters::protected_resource,
    check::{FindingCode, Findings, shown, subject},
    config::{Config, ExchangeSubject, Loaded, RulesDefault, Server, Upstream},
};

/// What each server is, and what is bold about it.
pub(super) fn check(loaded: &Loaded, findings: &mut Findings) {
    for (index, server) in loaded.config.servers.iter().enumerate() {
        let subject = subject::server(index);
        findings.add(FindingCode::Server, subject.as_str(), summary(&loaded.config, server));
        if server.scopes.is_empty() {
            let message = if server.has_rules() {
                "no scope is needed: any valid token for this server may do whatever no rule forbids"
            } else {
                "no scope is needed: any valid token for this server may do everything"
            };
            findings.add(FindingCode::ScopesEmpty, format!("{subject}.scopes"), message);
        }
        rules(server, &subject, findings);
        upstream(server, &subject, findings);
        programs::check(server, &subject, findings);
        identity(server, &subject, findings);
        credential(server, &subject, findings);
    }
}

fn summary(config: &Config, server: &Server) -> String {
    let resource = config.resource(server);
    let metadata = protected_resource(config, server).map(|it| it.metadata_url()).unwrap_or_default();
    let issuers: Vec<_> = config.issuers(server).iter().map(ToString::to_string).collect();
    let audiences = match &server.audiences {
        Some(_) => format!("; audiences {}", config.audiences(server).join(" ")),
        None => String::new(),
    };
    let scopes: Vec<_> = server.scopes.iter().map(ToString::to_string).collect();
    let scopes = if scopes.is_empty() { "none".to_owned() } else { scopes.join(" ") };
    let rules = match server.rules.len() {
        _ if !server.has_rules() => String::new(),
        count => format!("; rules {count}, the rest {}", rest(server)),
    };
    format!(
        "resource {resource}; metadata {metadata}; upstream {}; scopes {scopes}{rules}{audiences}; tokens of {}",
        address(&server.upstream),
        issuers.join(" ")
    )
}

fn rest(server: &Server) -> &'static str {
    match server.rules_default {
        None | Some(RulesDefault::Allow) => "allowed",
        Some(RulesDefault::Deny) => "denied",
    }
}

fn rules(server: &Server, subject: &str, findings: &mut Findings) {
    for (index, rule) in server.rules.iter().enumerate() {
        for methods in rule.methods.iter().flatten().filter(|it| !mcp_policy::is_of_mcp(it)) {
            let message = format!("no revision of MCP has a method `{methods}`");
            findings.add(FindingCode::RuleMethodUnknown, format!("{subject}.rule[{index}].methods"), message);
        }
    }
}

/// The upstream as people write it.
fn address(upstream: &Upstream) -> String {
    match upstream {
        Upstream::Http(url) => shown::text(url.as_str()),
        Upstream::Sse(url) => format!("{} (HTTP+SSE)", shown::text(url.as_str())),
        Upstream::Unix { socket, path } => format!("{} of the socket {}", path, socket.display()),
        Upstream::Stdio(stdio) => format!("the program {}", stdio.program.display()),
    }
}

fn upstream(server: &Server, subject: &str, findings: &mut Findings) {
    if let Some((key, url)) = server.upstream.url()
        && crosses_a_network(url)
    {
        let message =
            format!("requests to {} cross a network in plain HTTP", url.host_str().unwrap_or_default());
        findings.add(FindingCode::UpstreamPlainHttp, format!("{subject}.upstream.{key}"), message);
    }
}

fn crosses_a_network(url: &Url) -> bool {
    url.scheme() == "http" && !url.host().is_some_and(|host| is_loopback_host(&host))
}

fn identity(server: &Server, subject: &str, findings: &mut Findings) {
    if server.identity.headers {
        let message = "the upstream believes plain headers about who calls";
        findings.add(FindingCode::IdentityHeaders, format!("{subject}.identity.headers"), message);
    }
    if server.identity.jwt.as_ref().is_some_and(|jwt| jwt.key.is_none()) {
        let message = "identity JWTs are signed with a key that is made at each start";
        findings.add(FindingCode::IdentityKeyRandom, format!("{subject}.identity.jwt"), message);
    }
}

fn credential(server: &Server, subject: &str, findings: &mut Findings) {
    let Some(credential) = &server.credential else { return };
    let what = match (&credential.exchange, &credential.third_party) {
        (Some(exchange), _) => {
            let subject = match exchange.subject {
                ExchangeSubject::AccessToken => "its own access token",
                ExchangeSubject::Assertion => "an assertion of the gateway",
            };
            let endpoint = match &exchange.token_endpoint {
                Some(url) => shown::text(url.as_str()),
                None => format!("the token endpoint of {}", exchange.issuer),
            };
            format!("a token for each caller, in exchange for {subject} at {endpoint}")
        }
        (None, Some(provider)) => {
            format!("the access token that each caller's sign-in at {provider} brought")
        }
        (None, None) => "one secret for everybody".to_owned(),
    };
    let message = format!("the upstream is shown {what}, in the header {}", credential.header);
    findings.add(FindingCode::Credential, format!("{subject}.credential"), message);
}
