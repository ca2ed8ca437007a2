use std::fmt;

use serde::{Serialize, Serializer};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know, nothing to do.
    Info,
    /// It works, but somebody should look at it.
    Warning,
    /// It does not work, for the gateway or for MCP clients.
    Error,
}

impl Severity {
    /// The mark in front of a finding for people.
    #[must_use]
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Info => "ok",
            Self::Warning => "warn",
            Self::Error => "FAIL",
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

macro_rules! codes {
    ($($name:ident $code:literal $severity:ident $meaning:literal $remedy:literal;)+) => {
        /// What kind of finding it is: a closed list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum FindingCode {
            $(#[doc = $meaning] $name,)+
        }

        impl FindingCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name in `--json` and in documents.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// How bad it is.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)+ }
            }

            /// What it means.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)+ }
            }

            /// What to do about it; `None` where nothing is to be done.
            #[must_use]
            pub const fn remedy(self) -> Option<&'static str> {
                let remedy = match self { $(Self::$name => $remedy,)+ };
                if remedy.is_empty() { None } else { Some(remedy) }
            }
        }
    };
}

codes! {
    ConfigurationRefused "configuration_refused" Error
        "The configuration is refused, and nothing else was looked at."
        "correct what the sentence names";
    SetupRefused "setup_refused" Error
        "The file was read, but the gateway would not start with it."
        "correct what the sentence names";

    PublicUrlLoopback "public_url_loopback" Warning
        "The public URL names this machine, so only clients on it can come."
        "write the origin that clients type, with https";
    PlainHttp "plain_http" Warning
        "The listener speaks plain HTTP on a loopback address."
        "fine for development; else set `listen.tls`, or `listen.behind_proxy` with a proxy that terminates TLS";
    PortDiffers "port_differs" Warning
        "Clients connect to the port of the public URL, and the listener has another one."
        "listen on that port, write the port into `public_url`, or forward the one to the other";
    BehindProxy "behind_proxy" Warning
        "TLS ends at proxies in front, and tokens come from there in plain HTTP."
        "let only the proxies connect from these networks, or set `listen.tls` as well";
    CertificateGood "certificate_good" Info
        "The certificate is valid and names the host of the public URL."
        "";
    CertificateExpiresSoon "certificate_expires_soon" Warning
        "A certificate of the chain expires within 14 days."
        "renew it; the gateway takes the new file without a restart";
    CertificateExpired "certificate_expired" Error
        "A certificate of the chain has expired."
        "renew it; the gateway takes the new file without a restart";
    CertificateNotYetValid "certificate_not_yet_valid" Error
        "A certificate of the chain is not valid yet."
        "check this machine's clock, or wait";
    CertificateOtherHost "certificate_other_host" Error
        "The certificate does not name the host of the public URL, so clients refuse it."
        "get a certificate for that host, or correct `public_url`";
    CertificateUnreadable "certificate_unreadable" Error
        "A certificate of the chain cannot be read."
        "write the chain again, the server's own certificate first";

    Server "server" Info
        "What a server is: its resource identifier, metadata URL, upstream, scopes and issuers."
        "";
    ScopesEmpty "scopes_empty" Warning
        "No scope is needed: any valid token for this server may do everything."
        "name at least one scope in `scopes`, unless the authorization server alone decides who gets a token";
    RuleMethodUnknown "rule_method_unknown" Warning
        "A rule is about a method that no revision of MCP has."
        "compare `methods` with the names in the specification, such as `tools/call`; leave it if the server has methods of its own";
    UpstreamPlainHttp "upstream_plain_http" Warning
        "Requests to the upstream cross a network in plain HTTP."
        "use https, a unix socket, or an address that only this machine and the upstream share";
    Credential "credential" Info
        "What the gateway shows the upstream to be let in."
        "";
    IdentityHeaders "identity_headers" Warning
        "The upstream is told the caller in plain headers, which whoever reaches it could send."
        "make sure that nobody reaches the upstream around the gateway, or use `identity.jwt`";
    IdentityKeyRandom "identity_key_random" Warning
        "Identity JWTs are signed with a key that is made at each start, another one in each replica."
        "set `identity.jwt.key` when there are replicas or the upstream pins the key";

    AuthorizationServer "authorization_server" Info
        "What is accepted of an authorization server."
        "";
    DirectUseUnknown "direct_use_unknown" Info
        "Of a server that nobody knows by its preset or host, only `check --online` can tell whether MCP clients can use it directly."
        "";
    DirectUseNeedsSetup "direct_use_needs_setup" Warning
        "MCP clients can use an authorization server of this product once something is set there."
        "set it there; where that is not possible, MCP clients need Option B (the gateway as authorization server)";
    DirectUseNeedsOptionB "direct_use_needs_option_b" Warning
        "MCP clients cannot use an authorization server of this product directly."
        "use Option B (the gateway as authorization server), or clients made for this server";
    PresetMissing "preset_missing" Warning
        "The host of the issuer is that of a product whose tokens the strict defaults refuse."
        "write the `preset`, or what it sets";
    PresetIncomplete "preset_incomplete" Warning
        "The preset needs another key, without which no token passes, or hardly any."
        "write the key that the sentence names";
    IssuerForm "issuer_form" Error
        "The product never writes this issuer into tokens that are for others, so none is accepted."
        "write `issuer` exactly as `iss` of an access token has it";
    LenientTokenType "lenient_token_type" Warning
        "Tokens need not say `at+jwt`, so other JWTs of the same issuer are told apart by their claims alone."
        "remove `token_type` if the server can issue RFC 9068 access tokens";
    IntrospectionOfEvery "introspection_of_every" Warning
        "Every token is asked about, so each new one costs a request, and the server's absence stops everybody."
        "fine where tokens must die at once; else introspect only opaque tokens";
    TokenLifetimeLong "token_lifetime_long" Warning
        "Tokens that live longer than a day are accepted, and a stolen one works as long."
        "shorten `max_token_lifetime`, and the lifetime at the authorization server";

    OptionB "option_b" Info
        "What Option B is: the issuer, where the state is, and how long tokens and grants last."
        "";
    StorageMemory "storage_memory" Warning
        "Grants, clients and keys are kept in memory: a restart signs everybody out and makes clients register again."
        "write `storage = { redb = \"state.redb\" }` before anybody else uses this gateway";
    ClientsShutOut "clients_shut_out" Error
        "No client can connect: registration and client ID metadata documents are off, and no client is configured."
        "switch one of them on, or write a `[[third_party.client]]` with `redirect_uris` or `client_credentials`";
    ScopeWordsMissing "scope_words_missing" Info
        "The consent page shows a scope by its name, because there are no words for it."
        "";
    ProviderCallback "provider_callback" Info
        "The redirect URI to register at the third party."
        "";
    ProviderEverybody "provider_everybody" Warning
        "Everybody whom the third party knows may sign in; with a public one, that is the whole world."
        "name `users`, `email_domains`, `organizations`, `teams`, `groups` or `tenants` in `allow`, unless that is meant";
    ProviderPublicClient "provider_public_client" Warning
        "The gateway has no secret at the third party, so whoever gets hold of a code could use it there but for PKCE."
        "make the client a confidential one at the third party, and write `client_secret`";
    ProviderPkceOff "provider_pkce_off" Warning
        "PKCE is switched off towards the third party."
        "remove `pkce = false`, unless the third party refuses PKCE";
    LocalAccounts "local_accounts" Info
        "How many built-in accounts there are."
        "";
    RuleGroupEmpty "rule_group_empty" Warning
        "A rule allows something to a group that no built-in account is in, so nobody may do it as one of that group."
        "write it as in `groups` of an account, or put somebody into it";
    PasswordsPlainHttp "passwords_plain_http" Warning
        "Passwords of built-in accounts are typed into a page that comes by plain HTTP."
        "fine on this machine for development; else let `public_url` be https";

    AuditUnwritable "audit_unwritable" Error
        "The audit cannot be written to its file, so the gateway does not start."
        "correct `audit.file`, or let the gateway's user write there; `check` must run as that user to know";
    AuditNotRotated "audit_not_rotated" Warning
        "The file of the audit can be written, but its folder takes no further files, so it grows beyond `audit.rotate_at`."
        "let the gateway's user make files in that folder, or move the file away by other means";

    AllowLoopback "allow_loopback" Warning
        "The gateway may fetch from loopback hosts, also over plain HTTP."
        "remove it before anybody else uses this gateway";
    SessionKeyRandom "session_key_random" Warning
        "MCP session ids of protocol revisions up to 2025-11-25 do not survive a restart, and replicas cannot share them."
        "set `sessions.key`, the same in each replica";
    StaleKeysLong "stale_keys_long" Warning
        "Keys stay in use for more than a day while their server cannot be asked, also when they were withdrawn."
        "shorten `validation.stale_keys`";

    OutboundUnusable "outbound_unusable" Error
        "The client for metadata and keys cannot be set up."
        "correct `[outbound]`, or install this system's CA certificates";
    MetadataFound "metadata_found" Info
        "The metadata document is where clients look for it, and names the configured issuer."
        "";
    MetadataMissing "metadata_missing" Error
        "No metadata document was found where clients and the gateway look for it."
        "correct `issuer`; name the network of an internal server in `[outbound] allow_networks`, and its own CA in `outbound.ca_files`; if the server publishes no metadata, MCP clients need Option B (the gateway as authorization server)";
    MetadataMalformed "metadata_malformed" Error
        "The metadata document cannot be read."
        "correct it at the authorization server";
    IssuerMismatch "issuer_mismatch" Error
        "The metadata document names another issuer; it must be the same byte for byte."
        "write `issuer` exactly as the document does, trailing slash included, if it is the server you mean";
    PkceMissing "pkce_missing" Error
        "The metadata does not offer PKCE with S256, without which MCP clients stop."
        "switch it on at the server; where that is not possible, MCP clients need Option B (the gateway as authorization server)";
    CodeResponseMissing "code_response_missing" Error
        "The metadata does not offer the response type `code`."
        "switch the authorization code grant on at the server";
    EndpointMissing "endpoint_missing" Error
        "The metadata lacks an endpoint that clients or the gateway need."
        "complete the metadata at the authorization server, or write the URL in the configuration where there is a key for it";
    EndpointInsecure "endpoint_insecure" Error
        "The metadata names an endpoint that is not an https URL without user name and fragment."
        "correct the URL at the authorization server, often its own idea of its public address";
    RegistrationMissing "registration_missing" Warning
        "Clients cannot register themselves: neither dynamic registration nor client ID metadata documents are offered."
        "switch one of them on, give every user a client id to type in, or use Option B (the gateway as authorization server)";
    ScopeUnpublished "scope_unpublished" Warning
        "A scope that a server requires is not among the published `scopes_supported`, and clients that ask for an unknown one get `invalid_scope`."
        "define the scope at the authorization server, and let clients ask for it; a server need not publish every one";
    PublicClientsMissing "public_clients_missing" Warning
        "The metadata does not say that clients without a secret are served (`none`), which most MCP clients are."
        "allow public clients at the server and list `none` in `token_endpoint_auth_methods_supported`";
    IssParameterMissing "iss_parameter_missing" Warning
        "The metadata does not promise `iss` in authorization responses, which protects clients of several servers."
        "switch it on at the server if it can (RFC 9207)";
    ClockDiffers "clock_differs" Warning
        "The clocks of the authorization server and of this machine differ by more than 30 s."
        "synchronise this machine's clock";
    ClockWrong "clock_wrong" Error
        "The clocks differ by more than `validation.leeway`, so good tokens are refused."
        "synchronise this machine's clock";
    KeysUsable "keys_usable" Info
        "The key set has keys that may sign access tokens."
        "";
    KeysUnreachable "keys_unreachable" Error
        "The key set cannot be fetched, so no token can be verified."
        "correct the URL, or let the gateway reach it; name the network of an internal server in `[outbound] allow_networks` (which does not hold for keys of clients), and its own CA in `outbound.ca_files`";
    KeysUnusable "keys_unusable" Error
        "The key set has no key that can be used."
        "publish a public key for signatures: RSA from 2048 bits, P-256, P-384 or Ed25519";
    KeysNotAllowed "keys_not_allowed" Error
        "No key of the set is for an algorithm that `algorithms` allows."
        "add the algorithm that the server signs with to `algorithms`";
    KeyIgnored "key_ignored" Warning
        "A key of the set is not used."
        "nothing, if it is for another purpose; if it is private, secret or weak, replace it at the server at once";
    IntrospectionWorks "introspection_works" Info
        "The introspection endpoint takes the gateway's credentials and knows a made-up token for what it is."
        "";
    IntrospectionUnreachable "introspection_unreachable" Error
        "The introspection endpoint does not answer."
        "correct `introspection.endpoint`, or let the gateway reach it";
    IntrospectionRefused "introspection_refused" Error
        "The introspection endpoint refuses the gateway's credentials."
        "check `client_id`, `client_secret` and `auth`, and that this client may introspect";
    IntrospectionWrong "introspection_wrong" Error
        "The introspection endpoint gave no proper answer about a made-up token."
        "check that `introspection.endpoint` is the server's RFC 7662 endpoint";

    ProviderFound "provider_found" Info
        "The third party's endpoints are known and answer."
        "";
    ProviderMetadataUnusable "provider_metadata_unusable" Error
        "The third party's metadata cannot be had or used, so nobody can sign in there."
        "correct `issuer`, or let the gateway reach it; name the network of an internal server in `[outbound] allow_networks`, and its own CA in `outbound.ca_files`";
    ProviderIssuerMismatch "provider_issuer_mismatch" Error
        "The third party's metadata names another issuer; it must be the same byte for byte."
        "write `issuer` exactly as the document does, trailing slash included, if it is the third party you mean";
    ProviderEndpointUnreachable "provider_endpoint_unreachable" Error
        "An endpoint of the third party does not answer."
        "correct it in `endpoints`, or let the gateway reach it; name the network of an internal server in `[outbound] allow_networks`, and its own CA in `outbound.ca_files`";

    StateOpens "state_opens" Info
        "The state file can be opened, and the configured master keys open everything that is sealed in it."
        "";
    StateNew "state_new" Warning
        "There is no state file."
        "make it with `mcp-gateway storage init`, or at the first start with `mcp-gateway serve --init`; if there was one, put it back, or a backup with `mcp-gateway storage restore`";
    StateNotSeen "state_not_seen" Warning
        "A running gateway has the state file and could not be asked, so it was not looked at."
        "check with the configuration of that gateway and as its user, with `[admin]` enabled, or while it is stopped";
    StateUnusable "state_unusable" Error
        "The state cannot be opened, or is not as the gateway left it."
        "do what the message says; if something does not belong where it is, find out who can write to the state; `mcp-gateway storage verify` tells more of a damaged file, and `storage restore` puts a backup in its place";
    MasterKeyWrong "master_key_wrong" Error
        "The state belongs to a master key that is not configured."
        "write the key that the message names as `master_key` or in `old_master_keys`; without it nothing that is sealed can be opened";
    SealedUnopened "sealed_unopened" Error
        "Something in the state cannot be opened with the configured master keys."
        "keep the missing key in `old_master_keys` until `mcp-gateway keys reseal` says that it is free; whoever needs what cannot be opened has to sign in again; if the message names no key, somebody has written to the state, so find out who can";

    UpstreamAnswers "upstream_answers" Info
        "The MCP server answers `initialize`."
        "";
    ExchangeWorks "exchange_works" Info
        "The token endpoint of a credential takes the gateway's own request, and refuses a made-up token."
        "";
    ExchangeUnreachable "exchange_unreachable" Error
        "The token endpoint of a credential does not answer."
        "correct `credential.exchange.token_endpoint`, or let the gateway reach it";
    ExchangeRefused "exchange_refused" Error
        "The token endpoint of a credential refuses the gateway's own request, whoever it is for."
        "compare `client_id`, `client_secret` or `client_key`, `audience`, `resource` and `scopes` with what the server knows, and let this client exchange tokens there";
    ExchangeWrong "exchange_wrong" Error
        "The token endpoint of a credential gave no proper answer to a made-up token."
        "check that `credential.exchange.token_endpoint` is the server's token endpoint";

    ProgramUnpinned "program_unpinned" Warning
        "The program of an upstream is fetched by a package runner in whatever version is the newest."
        "write the version behind the package, or install it and name the program itself";
    ProgramShared "program_shared" Warning
        "One process serves everybody: whoever makes it misbehave does so for all."
        "leave `shared` out unless the server is made for many users";
    ProgramFails "program_fails" Error
        "The program of an upstream cannot be started, or ends before it answers `initialize`."
        "run the command by hand with the same environment, and look at what it writes to stderr";
    UpstreamUnreachable "upstream_unreachable" Error
        "The MCP server cannot be reached."
        "start it, or correct `upstream`; for https, add its CA to `http.ca_files`";
    UpstreamTimeout "upstream_timeout" Error
        "The MCP server does not answer in time."
        "check the address, the firewall, and the server's own log";
    UpstreamWantsCredentials "upstream_wants_credentials" Error
        "The MCP server demands credentials of its own."
        "write a `credential` that it takes; or switch its own authorization off, and let it trust the gateway alone";
    UpstreamWrongPath "upstream_wrong_path" Error
        "The MCP server has no MCP endpoint at this path."
        "correct the path of `upstream`, often `/mcp`, or `/sse` for `upstream.sse`";
    UpstreamRedirects "upstream_redirects" Warning
        "The MCP server redirects each request, which costs time and fails for large ones."
        "write the final path in `upstream`";
    UpstreamRedirectRefused "upstream_redirect_refused" Error
        "The MCP server redirects to where the gateway does not follow."
        "write the final address in `upstream`";
    UpstreamFailed "upstream_failed" Error
        "The MCP server answers `initialize` with an error."
        "look into its own log; 403 and 421 often mean that it does not allow the host name in `upstream`";
    UpstreamNotMcp "upstream_not_mcp" Error
        "What answers is no MCP server: neither JSON-RPC nor an event stream."
        "correct `upstream`";
    UpstreamLegacySse "upstream_legacy_sse" Warning
        "The MCP server speaks the HTTP+SSE transport of 2024."
        "write the same URL as `upstream = { sse = … }`, or switch the server to streamable HTTP";
}

impl fmt::Display for FindingCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for FindingCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
