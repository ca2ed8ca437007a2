use oauth_types::{Scope, ScopeToken};

use crate::config::{
    Config, DpopMode, Server,
    report::{KeyPath, Problem},
};

/// Ways without a token stay within what the server asks of everybody.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, server) in super::servers(config) {
        api_keys(&section, server)?;
        anonymous(&section, server)?;
        loopback(&section, config, server)?;
    }
    Ok(())
}

fn api_keys(section: &KeyPath, server: &Server) -> Result<(), Problem> {
    if server.api_keys.is_none() {
        return Ok(());
    }
    if server.dpop == DpopMode::Required {
        let message = "a key works for whoever has it, which `dpop = \"required\"` rules out: \
            remove one of the two, or give the keys a server of their own";
        return Err(Problem::new(section.key("api_keys"), message));
    }
    let passed = &server.http.request_headers;
    if let Some(index) = passed.iter().position(|it| it.as_str() == "x-api-key") {
        let message = "`x-api-key` carries the gateway's own keys, by `api_keys`: remove it";
        return Err(Problem::new(section.key("http").key("request_headers").index(index), message));
    }
    Ok(())
}

fn anonymous(section: &KeyPath, server: &Server) -> Result<(), Problem> {
    let Some(anonymous) = &server.anonymous else { return Ok(()) };
    let section = section.key("anonymous");
    if anonymous.methods.is_empty() {
        let message = "names no method: write those that need no credential, or remove `anonymous`";
        return Err(Problem::new(section.key("methods"), message));
    }
    suffice(&section, &anonymous.scopes, server)
}

fn loopback(section: &KeyPath, config: &Config, server: &Server) -> Result<(), Problem> {
    let Some(loopback) = &server.loopback else { return Ok(()) };
    let refuse = |message| Err(Problem::new(section.key("loopback"), message));
    if config.listen.behind_proxy.is_some() {
        return refuse(
            "a proxy on this machine would let everybody in: remove `loopback`, or `behind_proxy`",
        );
    }
    if !config.public_url.is_loopback() {
        return refuse(
            "`public_url` is for others than this machine, and whatever forwards to it from here would let them in: \
             remove `loopback`, or serve it by a gateway of its own whose `public_url` is on loopback",
        );
    }
    if !config.hosts.is_empty() {
        return refuse(
            "`hosts` has further names of this gateway, by which web pages could come: remove one of the two",
        );
    }
    suffice(&section.key("loopback"), &loopback.scopes, server)
}

/// Without every scope of the server, each request would be refused.
fn suffice(section: &KeyPath, scopes: &[ScopeToken], server: &Server) -> Result<(), Problem> {
    let granted: Scope = scopes.iter().cloned().collect();
    let missing = granted.missing(&server.scopes.iter().cloned().collect());
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("every request needs the scopes `{missing}` too: add them to `scopes` here");
    Err(Problem::new(section.clone(), message))
}
