use super::{ForwardResource, IssuerSource, Offline, Preset, generic::OIDC};

/// GitLab: opaque access tokens of 2 hours, single-use refresh tokens that come unasked.
pub(super) const PRESET: Preset = Preset {
    display_name: "GitLab",
    issuer: IssuerSource::Fixed("https://gitlab.com"),
    resource: ForwardResource::Never,
    offline: Offline::Never,
    ..OIDC
};
