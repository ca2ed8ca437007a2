use crate::{
    Lookups, ProviderSettings,
    discovery::Endpoints,
    preset::{Offline, Preset},
};

/// The scopes to ask for, by the names that tokens will be said to have.
pub(crate) fn wanted(settings: &ProviderSettings, preset: &Preset, endpoints: &Endpoints) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    let mut add = |scope: &str| {
        if !scopes.iter().any(|it| it == scope) {
            scopes.push(scope.to_owned());
        }
    };
    if preset.is_openid() {
        add("openid");
    }
    for scope in preset.scopes.iter().filter(|_| settings.scopes.is_empty()) {
        add(scope);
    }
    for scope in &settings.scopes {
        add(scope);
    }
    let Lookups { email, organizations, teams, .. } = settings.lookups;
    for (asked, needed) in [
        (email, preset.lookup_scopes.email),
        (organizations, preset.lookup_scopes.organizations),
        (teams, preset.lookup_scopes.teams),
    ] {
        for scope in needed.iter().filter(|_| asked) {
            add(scope);
        }
    }
    if tells_groups_by_scope(settings, preset, endpoints) {
        add(preset.claims.groups);
    }
    if asks_by_scope(settings, preset, endpoints) {
        add("offline_access");
    }
    scopes
}

/// The `scope` parameter for `scopes`.
pub(crate) fn parameter(scopes: &[String], settings: &ProviderSettings, preset: &Preset) -> String {
    let prefixed: Vec<String> = scopes
        .iter()
        .map(|it| {
            if is_standard(it) || it.contains("://") {
                it.clone()
            } else {
                settings.scope_prefix.clone() + it
            }
        })
        .collect();
    prefixed.join(preset.scope_separator)
}

/// Granted scopes by the names they were asked with, whatever stands between them.
pub(crate) fn as_asked(granted: &str, prefix: &str, preset: &Preset) -> Vec<String> {
    granted
        .split([' ', ','])
        .filter(|it| !it.is_empty())
        .map(|theirs| {
            let alias = preset.scope_aliases.iter().find(|(name, _)| *name == theirs);
            alias.map_or(theirs, |(_, ours)| *ours)
        })
        .map(|it| it.strip_prefix(prefix).unwrap_or(it).to_owned())
        .collect()
}

/// Parameters of the authorization request that ask for a refresh token.
pub(crate) fn offline_parameters(
    settings: &ProviderSettings,
    preset: &Preset,
    endpoints: &Endpoints,
) -> &'static [(&'static str, &'static str)] {
    match preset.offline {
        Offline::Parameters(parameters) if settings.offline.unwrap_or(true) => parameters,
        Offline::ScopeIfAdvertised if asks_by_scope(settings, preset, endpoints) => &[("prompt", "consent")],
        _ => &[],
    }
}

/// Whether groups are needed that the third party tells to whoever has the scope of that name, which its metadata lists.
fn tells_groups_by_scope(settings: &ProviderSettings, preset: &Preset, endpoints: &Endpoints) -> bool {
    let claim = preset.claims.groups;
    let is_ordinary = settings.claims.groups.is_none() && settings.scope_prefix.is_empty();
    settings.lookups.groups && is_ordinary && endpoints.scopes_supported.iter().any(|it| it == claim)
}

fn asks_by_scope(settings: &ProviderSettings, preset: &Preset, endpoints: &Endpoints) -> bool {
    let advertised = || endpoints.scopes_supported.iter().any(|it| it == "offline_access");
    match preset.offline {
        Offline::Never | Offline::Parameters(_) => false,
        Offline::Scope => settings.offline.unwrap_or(true),
        Offline::ScopeOnDemand => settings.offline.unwrap_or(false),
        Offline::ScopeIfAdvertised => settings.offline.unwrap_or_else(advertised),
    }
}

/// Scopes of OpenID Connect belong to no API.
fn is_standard(scope: &str) -> bool {
    matches!(scope, "openid" | "profile" | "email" | "address" | "phone" | "offline_access")
}
