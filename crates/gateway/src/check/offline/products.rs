//! What a product needs beside its preset, and how it writes its issuer.

use oauth_types::Issuer;

use crate::{
    check::{FindingCode, Findings},
    config::{AuthorizationServer, Config, Preset},
};

/// Says what of `section` lets no token of its product pass.
pub(super) fn check(config: &Config, section: &AuthorizationServer, subject: &str, findings: &mut Findings) {
    match section.preset {
        None => missing(section, subject, findings),
        Some(preset) => {
            if let Some(message) = incomplete(config, section, preset) {
                findings.add(FindingCode::PresetIncomplete, subject, message);
            }
            if let Some(message) = form(&section.issuer, preset) {
                findings.add(FindingCode::IssuerForm, format!("{subject}.issuer"), message);
            }
        }
    }
}

fn missing(section: &AuthorizationServer, subject: &str, findings: &mut Findings) {
    use token_validate::Preset;

    let known = Preset::of(&section.issuer).filter(|it| *it != Preset::Google);
    if let Some(preset) = known.filter(|_| section.token_type.is_none()) {
        let message = format!("tokens of this host need `preset = \"{preset}\"`");
        findings.add(FindingCode::PresetMissing, subject, message);
    }
}

fn incomplete(config: &Config, section: &AuthorizationServer, preset: Preset) -> Option<&'static str> {
    let has_audiences = || {
        let accepts = |it: &&crate::config::Server| config.issuers(it).contains(&section.issuer);
        config.servers.iter().filter(accepts).all(|it| it.audiences.is_some())
    };
    match preset {
        Preset::EntraV2 if !has_audiences() => Some(
            "`aud` of these tokens is the client id (a GUID) of the API: write it into `audiences` of the `[[server]]`",
        ),
        Preset::Cognito if section.clients.is_none() => Some(
            "these tokens have an `aud` only where clients name a resource: write the app clients into `clients`",
        ),
        Preset::Auth0
        | Preset::Keycloak
        | Preset::Okta
        | Preset::EntraV1
        | Preset::EntraV2
        | Preset::Cognito
        | Preset::Google => None,
    }
}

fn form(issuer: &Issuer, preset: Preset) -> Option<&'static str> {
    let path = issuer.url().path();
    match preset {
        Preset::EntraV1 | Preset::EntraV2 if is_of_no_tenant(issuer) => {
            Some("tokens name the tenant: write its id, a GUID, in place of this word")
        }
        Preset::EntraV1 if path.ends_with("/v2.0") => Some(
            "this is an issuer of version 2.0: write `preset = \"entra-v2\"`, or `https://sts.windows.net/TENANT/`",
        ),
        Preset::EntraV2 if !path.ends_with("/v2.0") => Some(
            "this is no issuer of version 2.0, which ends in `/v2.0`: \
             write `https://login.microsoftonline.com/TENANT/v2.0`, or `preset = \"entra-v1\"`",
        ),
        Preset::Okta if !path.starts_with("/oauth2/") => Some(
            "tokens of the org authorization server are for Okta alone: \
             write the issuer of a custom one, `https://ORG/oauth2/NAME`",
        ),
        Preset::Auth0 if !issuer.as_str().ends_with('/') => Some("issuers of Auth0 end with a slash"),
        Preset::Auth0
        | Preset::Keycloak
        | Preset::Okta
        | Preset::EntraV1
        | Preset::EntraV2
        | Preset::Cognito
        | Preset::Google => None,
    }
}

/// An address for sign-in of several tenants, or a placeholder from a document.
fn is_of_no_tenant(issuer: &Issuer) -> bool {
    let mut segments = issuer.url().path_segments().into_iter().flatten();
    issuer.as_str().contains(['{', '}'])
        || segments.any(|it| ["common", "organizations", "consumers"].contains(&it))
}
