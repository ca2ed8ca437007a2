use super::{ForwardResource, Offline, Preset, generic::OIDC};

/// Okta: an audience is fixed per authorization server.
pub(super) const PRESET: Preset =
    Preset { display_name: "Okta", resource: ForwardResource::Never, offline: Offline::Scope, ..OIDC };
