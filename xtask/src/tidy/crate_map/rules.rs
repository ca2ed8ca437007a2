//! The crate map as data. A new edge is a change here, in a commit of its own.

/// Where a crate stands; edges point down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    /// Shipped: 0 is the vocabulary, 4 the process.
    Number(u8),
    /// A dev-dependency only.
    Tests,
}

impl Layer {
    pub(super) const fn is_above(self, other: Self) -> bool {
        match (self, other) {
            (Self::Number(upper), Self::Number(lower)) => upper > lower,
            (Self::Tests, _) | (_, Self::Tests) => false,
        }
    }
}

/// One crate of ours.
#[derive(Debug)]
pub(super) struct CrateRule {
    pub(super) name: &'static str,
    pub(super) layer: Layer,
    /// Our crates that it may use.
    pub(super) may_use: &'static [&'static str],
    /// Whether it is built with the feature `third-party` only.
    pub(super) third_party: bool,
}

/// Somebody else's crate that only some of ours may use.
#[derive(Debug)]
pub(super) struct Owner {
    pub(super) external: &'static str,
    pub(super) crates: &'static [&'static str],
    /// Those that may use it as an optional dependency.
    pub(super) optional: &'static [&'static str],
}

/// Our crates; one that does not exist yet does no harm.
pub(super) const CRATES: &[CrateRule] = &[
    always("oauth-types", 0, &[]),
    always("outbound-http", 1, &["oauth-types"]),
    third_party("storage", 1, &["oauth-types"]),
    always("mcp-message", 1, &["oauth-types"]),
    always("token-validate", 2, &["oauth-types", "outbound-http"]),
    always("resource-metadata", 2, &["oauth-types"]),
    always("mcp-proxy", 2, &["oauth-types", "mcp-message"]),
    always("mcp-policy", 2, &["oauth-types", "mcp-message"]),
    always("mcp-stdio", 2, &["oauth-types", "mcp-message"]),
    third_party("oauth-client", 2, &["oauth-types", "outbound-http"]),
    third_party("oauth-server", 2, &["oauth-types", "outbound-http", "storage"]),
    third_party("session-binding", 2, &["oauth-types", "storage"]),
    third_party("token-manager", 2, &["oauth-types", "storage"]),
    always("gateway", 3, LAYERS_0_TO_2),
    always("mcp-gateway", 4, &["gateway"]),
    CrateRule {
        name: "test-support",
        layer: Layer::Tests,
        may_use: &["oauth-types", "outbound-http", "storage"],
        third_party: false,
    },
    CrateRule {
        name: "fuzz",
        layer: Layer::Tests,
        may_use: &[
            "gateway",
            "mcp-message",
            "mcp-policy",
            "mcp-proxy",
            "mcp-stdio",
            "oauth-server",
            "oauth-types",
            "test-support",
            "token-validate",
        ],
        third_party: true,
    },
];

/// Packages that are no part of the product and use none of our crates.
pub(super) const OUTSIDE: &[&str] = &["xtask"];

/// Which of our crates a crate of others belongs to. What is not here is free.
pub(super) const OWNERS: &[Owner] = &[
    owner("annotate-snippets", &["gateway"], &[]),
    owner("argon2", &["oauth-client"], &[]),
    owner("askama", &[], &["gateway"]),
    owner("axum", &["gateway"], &["resource-metadata"]),
    owner("axum-server", &["gateway"], &[]),
    owner("clap", &["mcp-gateway"], &[]),
    owner("clap_complete", &["mcp-gateway"], &[]),
    owner("hyper", &["gateway", "mcp-proxy"], &[]),
    owner("hyper-rustls", &["mcp-proxy"], &[]),
    owner("hyper-util", &["gateway", "mcp-proxy"], &[]),
    owner("jiff", &["gateway", "oauth-server"], &[]),
    owner("governor", &["mcp-policy"], &[]),
    owner("jsonwebtoken", &["gateway", "token-manager", "token-validate"], &[]),
    owner("moka", &["token-validate"], &[]),
    owner("oauth2", &["oauth-client"], &[]),
    owner("rcgen", &[], &[]),
    owner("redb", &[], &["storage"]),
    owner("reqwest", &["outbound-http"], &[]),
    owner("rpassword", &["mcp-gateway"], &[]),
    owner("rustix", &["mcp-stdio"], &[]),
    owner("schemars", &[], &["gateway"]),
    owner("sqlx", &[], &["storage"]),
    owner("tempfile", &[], &[]),
    owner("tokio-postgres", &[], &["storage"]),
    owner("toml", &["gateway"], &[]),
    owner("tower-layer", &["gateway"], &["token-validate"]),
    owner("tower-service", &["gateway", "mcp-proxy"], &["token-validate"]),
    owner("tracing-subscriber", &["mcp-gateway"], &[]),
    owner("unicode-normalization", &[], &["gateway"]),
    owner("unicode-security", &[], &["gateway"]),
    owner("zeroize", &["oauth-client", "oauth-types", "token-manager"], &["gateway"]),
];

/// Those of layer 2 that talk to MCP servers, for which they may use all of tokio.
pub(super) const TO_UPSTREAMS: &[&str] = &["mcp-proxy", "mcp-stdio"];

/// What the rest of layer 2 may use of tokio.
pub(super) const LAYER_2_TOKIO: &[&str] = &["sync"];

const LAYERS_0_TO_2: &[&str] = &[
    "mcp-message",
    "mcp-policy",
    "mcp-proxy",
    "mcp-stdio",
    "oauth-client",
    "oauth-server",
    "oauth-types",
    "outbound-http",
    "resource-metadata",
    "session-binding",
    "storage",
    "token-manager",
    "token-validate",
];

const fn always(name: &'static str, layer: u8, may_use: &'static [&'static str]) -> CrateRule {
    CrateRule { name, layer: Layer::Number(layer), may_use, third_party: false }
}

const fn third_party(name: &'static str, layer: u8, may_use: &'static [&'static str]) -> CrateRule {
    CrateRule { name, layer: Layer::Number(layer), may_use, third_party: true }
}

const fn owner(
    external: &'static str,
    crates: &'static [&'static str],
    optional: &'static [&'static str],
) -> Owner {
    Owner { external, crates, optional }
}
