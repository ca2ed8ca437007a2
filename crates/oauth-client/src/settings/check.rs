use oauth_types::is_loopback_host;
use url::Url;

use super::ProviderSettings;
use crate::preset::{IdentitySource, IssuerSource, Preset};

/// Why settings describe no third party that can be used; the text names the key and what to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSettings {
    /// Built-in accounts are no third party.
    #[error("preset `local` has accounts, not a client; it is no OAuth provider")]
    Local,
    /// The preset cannot know the issuer.
    #[error("`issuer` is missing: this preset has no issuer of its own")]
    IssuerMissing,
    /// The preset has no metadata, so an issuer would be ignored.
    #[error("`issuer` is of no use here: the preset has no metadata, write the endpoints instead")]
    IssuerUnused,
    /// An endpoint is neither in the preset nor in any metadata.
    #[error("`endpoints.{0}` is missing: neither the preset nor any metadata names it")]
    EndpointMissing(&'static str),
    /// An endpoint is not `https`, or holds a user name or a fragment.
    #[error(
        "`endpoints.{0}` must be https (http is for loopback hosts only), without user name and fragment"
    )]
    EndpointForbidden(&'static str),
    /// The third party has confidential clients only.
    #[error("`client_secret` is missing: this preset needs one")]
    SecretMissing,
    /// The tenant is a name that changes hands, or nothing at all.
    #[error("`tenant` must be `common`, `organizations`, `consumers` or the id of a tenant (a UUID)")]
    Tenant,
    /// The preset has no tenants.
    #[error("`tenant` is for the preset `entra` only")]
    TenantUnused,
    /// A parameter that belongs to the protocol.
    #[error("`authorize_parameters` must not hold `{0}`, which the gateway sets itself")]
    ReservedParameter(String),
    /// The user id of this preset is fixed.
    #[error("`claims.subject` is for the preset `oauth2` only")]
    SubjectFixed,
    /// A scope is empty or holds a space, a comma or a control character.
    #[error("`scopes` must hold one scope per entry, without spaces and commas")]
    Scope,
}

/// Refuses settings that could never work, or would be insecure.
pub(crate) fn check(settings: &ProviderSettings, preset: &Preset) -> Result<(), InvalidSettings> {
    issuer(settings, preset)?;
    tenant(settings, preset)?;
    endpoints(settings, preset)?;
    if preset.secret_required && settings.client_secret.is_none() {
        return Err(InvalidSettings::SecretMissing);
    }
    if settings.claims.subject.is_some() && !preset.subject_configurable {
        return Err(InvalidSettings::SubjectFixed);
    }
    if let Some((name, _)) = settings.authorize_parameters.iter().find(|(name, _)| is_reserved(name)) {
        return Err(InvalidSettings::ReservedParameter(name.clone()));
    }
    if !settings.scopes.iter().all(|it| is_scope(it)) {
        return Err(InvalidSettings::Scope);
    }
    Ok(())
}

fn issuer(settings: &ProviderSettings, preset: &Preset) -> Result<(), InvalidSettings> {
    match (preset.issuer, &settings.issuer) {
        (IssuerSource::Configured, None) => Err(InvalidSettings::IssuerMissing),
        (IssuerSource::None | IssuerSource::Tenant, Some(_)) => Err(InvalidSettings::IssuerUnused),
        _ => Ok(()),
    }
}

fn tenant(settings: &ProviderSettings, preset: &Preset) -> Result<(), InvalidSettings> {
    let Some(tenant) = &settings.tenant else { return Ok(()) };
    if preset.issuer != IssuerSource::Tenant {
        return Err(InvalidSettings::TenantUnused);
    }
    let known = matches!(tenant.as_str(), "common" | "organizations" | "consumers");
    if known || crate::discovery::is_uuid(tenant) { Ok(()) } else { Err(InvalidSettings::Tenant) }
}

fn endpoints(settings: &ProviderSettings, preset: &Preset) -> Result<(), InvalidSettings> {
    let overrides = &settings.endpoints;
    if let Some((name, _)) = overrides.named().find(|(_, url)| !is_allowed(url)) {
        return Err(InvalidSettings::EndpointForbidden(name));
    }
    if preset.issuer != IssuerSource::None {
        return Ok(());
    }
    let known = &preset.endpoints;
    let needs_userinfo = matches!(preset.identity, IdentitySource::Userinfo(_));
    for (name, missing) in [
        ("authorization", overrides.authorization.is_none() && known.authorization.is_none()),
        ("token", overrides.token.is_none() && known.token.is_none()),
        ("userinfo", needs_userinfo && overrides.userinfo.is_none() && known.userinfo.is_none()),
    ] {
        if missing {
            return Err(InvalidSettings::EndpointMissing(name));
        }
    }
    Ok(())
}

/// Whether `url` is `https`, or `http` on this machine, and carries nothing but a place.
///
/// Whether loopback is really reachable is the HTTP client's policy.
pub(crate) fn is_allowed(url: &Url) -> bool {
    let loopback = url.host().is_some_and(|host| is_loopback_host(&host));
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    scheme
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none()
}

fn is_reserved(name: &str) -> bool {
    const RESERVED: [&str; 15] = [
        "client_id",
        "client_secret",
        "code",
        "code_challenge",
        "code_challenge_method",
        "id_token_hint",
        "nonce",
        "redirect_uri",
        "request",
        "request_uri",
        "response_mode",
        "response_type",
        "scope",
        "state",
        "user_scope",
    ];
    name.is_empty() || RESERVED.contains(&name)
}

fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}
