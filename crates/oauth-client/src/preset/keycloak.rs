use super::{ForwardResource, Offline, Preset, generic::OIDC};

/// Keycloak: refresh tokens come unasked and end with the SSO session; `offline_access` makes them outlive it.
pub(super) const PRESET: Preset = Preset {
    display_name: "Keycloak",
    resource: ForwardResource::Never,
    offline: Offline::ScopeOnDemand,
    ..OIDC
};
