//! Why a request was refused: a closed list, in the log line, in the documentation, and in no answer.

use http::StatusCode;

use crate::access_log::FIELDS;

macro_rules! reasons {
    ($($name:ident $code:literal $status:ident $description:literal $explanation:literal;)+) => {
        /// Why the gateway refused a request.
        ///
        /// The client sees [`Reason::description`] and a request id; the log has [`Reason::code`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason {
            $(#[doc = $explanation] $name,)+
            /// The credentials did not pass.
            Token(token_validate::Reason),
            /// The upstream gave no answer that can be passed on.
            Upstream(mcp_proxy::ForwardReason),
            /// A process of the upstream gave no answer that can be passed on.
            Stdio(mcp_stdio::StdioReason),
        }

        impl Reason {
            /// The reasons of the gateway itself, without those of tokens and upstreams.
            pub const OWN: &'static [Self] = &[$(Self::$name),+];

            /// Every reason there is.
            pub fn all() -> impl Iterator<Item = Self> {
                let tokens = token_validate::Reason::ALL.iter().map(|it| Self::Token(*it));
                let upstream = mcp_proxy::ForwardReason::ALL.iter().map(|it| Self::Upstream(*it));
                let stdio = mcp_stdio::StdioReason::ALL.iter().map(|it| Self::Stdio(*it));
                Self::OWN.iter().copied().chain(tokens).chain(upstream).chain(stdio)
            }

            /// The name in logs, metrics and documents.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                    Self::Token(reason) => reason.code(),
                    Self::Upstream(reason) => reason.code(),
                    Self::Stdio(reason) => reason.code(),
                }
            }

            /// The status of the answer.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self {
                    $(Self::$name => StatusCode::$status,)+
                    Self::Token(reason) => status(reason.status()),
                    Self::Upstream(reason) => status(reason.status()),
                    Self::Stdio(reason) => status(reason.status()),
                }
            }

            /// What the developer of the client may know.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$name => $description,)+
                    Self::Token(reason) => reason.description(),
                    Self::Upstream(reason) => reason.description(),
                    Self::Stdio(reason) => reason.description(),
                }
            }

            /// What it means for the operator, and what to do.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self {
                    $(Self::$name => $explanation,)+
                    Self::Token(reason) => reason.explanation(),
                    Self::Upstream(reason) => reason.explanation(),
                    Self::Stdio(reason) => reason.explanation(),
                }
            }
        }
    };
}

reasons! {
    PathNotCanonical "path_not_canonical" BAD_REQUEST
        "the path of the request has more than one reading"
        "The path holds percent-encoding, a backslash, `;`, or empty or dot segments. No client of this gateway needs them; usually a scanner.";
    HeadersTooMany "headers_too_many" REQUEST_HEADER_FIELDS_TOO_LARGE
        "the request has too many header fields"
        "An HTTP/2 request has more header fields than `limits.header_count`; on HTTP/1.1 the parser answers 431 without a line in the log.";
    FramingMalformed "framing_malformed" BAD_REQUEST
        "the end of the request has more than one reading"
        "`Transfer-Encoding` is something else than `chunked` alone. Usually an attempt at request smuggling.";
    NotFromProxy "not_from_proxy" FORBIDDEN
        "this address is served through its proxy only"
        "Plain HTTP came from an address outside `listen.behind_proxy`. Add the proxy's network, or close the port to others.";
    HostMalformed "host_malformed" BAD_REQUEST
        "the request must name one host"
        "The request has no `Host`, several, one with a user name, or a target for a forward proxy.";
    HostUnknown "host_unknown" MISDIRECTED_REQUEST
        "this host is not served here"
        "`Host` is neither that of `public_url` nor in `hosts`. A proxy in front must keep the `Host` of the client, or its own name must be added to `hosts`.";
    RouteUnknown "route_unknown" NOT_FOUND
        "there is nothing here"
        "No `[[server]]` has this path, or the metadata of a resource was asked for that is not here. Compare what was typed into the client with the paths in the configuration.";
    NotReady "not_ready" SERVICE_UNAVAILABLE
        "not ready"
        "The probe `/readyz`: the gateway is stopping, its store cannot be used, or a server has no authorization server whose keys are known. The detail says what is wrong with the store, or names the server and whose keys it waits for; a warning before this line says why they were not fetched.";
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED
        "this method is not allowed here"
        "An MCP endpoint takes POST, GET, DELETE and HEAD; OPTIONS is for browsers. Documents and probes are read with GET or HEAD.";
    OriginForbidden "origin_forbidden" FORBIDDEN
        "pages of this origin may not call this server"
        "`Origin` names a web page that is not in `allowed_origins`. Add it if the page is yours; otherwise somebody's page tries to reach the server through a visitor's browser.";
    GrantEnded "grant_ended" UNAUTHORIZED
        "the grant of the access token has ended"
        "The token is good, but the grant behind it has ended: the person or the operator ended it, a time was up, a refresh token was used twice, or the third party withdrew its own grant. The audit line of the grant has the cause. The client signs in again.";
    GrantUnknown "grant_unknown" SERVICE_UNAVAILABLE
        "the request cannot be answered now"
        "The token is good, but whether the grant behind it still lives is not known: the database that the gateways share has given no answer for more than 4 seconds, and another gateway may have ended the grant meanwhile. A warning before this line says what the database said. Goes away by itself when it answers again.";
    ScopeInsufficient "scope_insufficient" FORBIDDEN
        "the access token lacks a scope"
        "The token is good but lacks a scope of `[[server]] scopes`. The challenge names the scopes; a client can ask its user for more.";
    MessageInvalid "message_invalid" BAD_REQUEST
        "the body is not a JSON-RPC message that every reader understands alike"
        "A server with rules got a body that is no JSON-RPC message, or one that two readers could understand differently: a key twice, a mark before the text, an id that is no string or integer. The detail has the cause. A client with a defect, or somebody who tries to get round the rules.";
    MessageTypeUnsupported "message_type_unsupported" UNSUPPORTED_MEDIA_TYPE
        "the body must be application/json in UTF-8"
        "A server with rules got a body that `Content-Type` does not declare as `application/json` in UTF-8, so the MCP server could read it differently.";
    HeaderMismatch "header_mismatch" BAD_REQUEST
        "a header and the body say different things"
        "`MCP-Protocol-Version`, `Mcp-Method` or `Mcp-Name` is missing where the revision demands it, is there twice, cannot be decoded, or differs from the body. A proxy in between that changes headers, a client with a defect, or somebody who tries to get round the rules.";
    OperationDenied "operation_denied" FORBIDDEN
        "this operation is not allowed"
        "A rule of the server denies the operation, is for others than the caller, or no rule allows it. The detail names the rule and the operation; `mcp-gateway check --explain` says the same beforehand.";
    OperationScopeInsufficient "operation_scope_insufficient" FORBIDDEN
        "the access token lacks a scope for this operation"
        "The caller may use the server, but the rule about this operation requires a scope that the token lacks. The detail names the rule; the challenge names the scopes, and a client can ask its user for more.";
    ApiKeyMalformed "api_key_malformed" UNAUTHORIZED
        "the API key is not valid"
        "What came as an API key is none: cut off, mistyped, in another case, or a token in `X-API-Key`.";
    ApiKeyUnknown "api_key_unknown" UNAUTHORIZED
        "the API key is not valid"
        "No key of the server's `api_keys` is this one: it is another server's, was removed from the file, or was never made here.";
    ApiKeyExpired "api_key_expired" UNAUTHORIZED
        "the API key is not valid"
        "The time of the key is up. Make a new one by `mcp-gateway api-keys add`.";
    ApiKeyRevoked "api_key_revoked" UNAUTHORIZED
        "the API key is not valid"
        "The key was revoked, and somebody still uses it.";
    ApiKeyNotTaken "api_key_not_taken" UNAUTHORIZED
        "API keys are not taken here"
        "An API key came to a server without `api_keys`, or under the scheme `DPoP`. It was shown to no authorization server.";
    CredentialsRepeated "credentials_repeated" BAD_REQUEST
        "the request must have one credential"
        "An API key came together with another credential: `X-API-Key` beside `Authorization`, twice, or beside one in the query.";
    OauthRefused "oauth_refused" BAD_REQUEST
        "the request was refused"
        "A request to the gateway's own authorization server was refused as OAuth demands; the answer has the `error` or is a page that says why, and where there is more to know a log line before this one has the cause.";
    OauthUnavailable "oauth_unavailable" SERVICE_UNAVAILABLE
        "the request cannot be answered now"
        "The gateway's own authorization server could not answer: the storage or a third party is in trouble, or a client tried too often. The log line of the endpoint above has the cause; the client may try again.";
    BodyTooLarge "body_too_large" PAYLOAD_TOO_LARGE
        "the request body is too large"
        "The body is above `limits.body_bytes`.";
    BodyTooSlow "body_too_slow" REQUEST_TIMEOUT
        "the request body came too slowly"
        "The body made no progress for `limits.body_idle`.";
    Overloaded "overloaded" SERVICE_UNAVAILABLE
        "too many requests at once"
        "`limits.concurrent_requests` requests wait for their answers already. The upstream is slow, or the limit is too low.";
    TooManyStreams "too_many_streams" SERVICE_UNAVAILABLE
        "too many event streams are open"
        "One subject has `limits.streams_per_subject` event streams open. A client that opens streams without closing them, or a token shared by many.";
    AddressBusy "address_busy" SERVICE_UNAVAILABLE
        "too many requests of one address at once"
        "One client address has `limits.requests_per_address` requests that wait for their answers. A flood, or many users behind one address: a proxy that is not in `listen.behind_proxy`, or one that does not say for whom it asks.";
    AddressFails "address_fails" TOO_MANY_REQUESTS
        "too many failures of one address"
        "One client address has sent 600 requests a minute to the token endpoint and its kin that were refused: somebody who guesses, or a client that does not take no for an answer. What succeeds is not counted.";
    SubjectBusy "subject_busy" SERVICE_UNAVAILABLE
        "too many requests of one subject at once"
        "One subject has `limits.requests_per_subject` requests that wait for their answers. A client that floods, or a token shared by many.";
    CredentialDenied "credential_denied" FORBIDDEN
        "there is no credential of yours for this server"
        "`credential` needs one for each person, and this caller can have none: the authorization server refuses them, or they signed in elsewhere. The detail says which; nothing was forwarded.";
    CredentialNotConnected "credential_not_connected" FORBIDDEN
        "this server needs an account of yours at a third party"
        "`credential.third_party` names a provider where this person has neither signed in nor connected an account, or what was connected has ended. The answer says at which page of the gateway they can connect it; nothing was forwarded.";
    CredentialRefused "credential_refused" UNAUTHORIZED
        "your authorization for the server behind this one has ended"
        "The upstream refuses the credential of this person, the new one too if there was one; or what it rests on has ended. The client is asked to authorize again.";
    CredentialMisconfigured "credential_misconfigured" BAD_GATEWAY
        "the credential for the MCP server cannot be had"
        "The authorization server of `credential.exchange` does not take the gateway's own request. The detail names its error; compare client id, secret, audience and scopes, and run `mcp-gateway check --online`.";
    CredentialUnavailable "credential_unavailable" SERVICE_UNAVAILABLE
        "the credential for the MCP server cannot be had now"
        "Whoever gives the credential for the upstream does not answer. The detail says what happened; nothing was forwarded.";
    QuotaSpent "quota_spent" TOO_MANY_REQUESTS
        "too many requests: try again later"
        "A quota of the server is spent for this principal, client or tool; the detail says which, and `Retry-After` when the next request may come. Raise it, or ask the owner of the client why it asks so often.";
    ListUnreadable "list_unreadable" BAD_GATEWAY
        "the MCP server's list cannot be read"
        "With `filter_lists` the upstream answered a listing with something that cannot be reduced to what the caller may use: no JSON-RPC, no list, something with more than one reading, or too large. The detail has the cause; the server behind needs a fix.";
    AuditUnavailable "audit_unavailable" SERVICE_UNAVAILABLE
        "the request cannot be answered now"
        "The audit cannot be written, and `audit.if_failing` says to refuse then. The disk is full, or the file is no longer the gateway's: an error in the log has the cause.";
    Internal "internal_error" INTERNAL_SERVER_ERROR
        "the gateway failed"
        "A defect of the gateway: please report it with the log lines around it. The request was not forwarded.";
}

/// The reference page: the fields of the log line, and every reason with its status and what to do.
#[must_use]
pub fn reference_markdown() -> String {
    let row = |it: Reason| format!("| `{}` | {} | {} |", it.code(), it.status().as_u16(), it.explanation());
    let rows = Reason::all().map(row).collect::<Vec<_>>().join("\n");
    let fields: Vec<_> = FIELDS.iter().map(|(name, what)| format!("| `{name}` | {what} |")).collect();
    format!(
        "# The log line of a request, and reasons of refusal\n\n\
         <!-- Generated from crates/gateway/src/reason.rs and crates/gateway/src/access_log.rs. -->\n\n\
         Each request has one line with the target `access`, written when its answer has ended.\n\
         It holds no token, no query and no name of a person.\n\n\
         | field | what it holds |\n|---|---|\n{}\n\n\
         ## Reasons\n\n\
         The client is told a fixed sentence and the request id, never the reason.\n\n\
         | reason | status | what it means and what to do |\n|---|---|---|\n{rows}\n",
        fields.join("\n")
    )
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every name in a text's backticks that could be a key of the configuration.
    #[cfg(feature = "schema")]
    fn keys_in(text: &str) -> impl Iterator<Item = &str> {
        let quoted = text.split('`').skip(1).step_by(2).filter(|it| !it.contains(['/', ':', '+', '@', '<']));
        let names =
            quoted.flat_map(|it| it.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_'));
        names.filter(|it| it.starts_with(|letter: char| letter.is_ascii_lowercase()))
    }

    #[cfg(feature = "schema")]
    fn collect_names(schema: &serde_json::Value, names: &mut BTreeSet<String>) {
        match schema {
            serde_json::Value::Object(members) => {
                for (name, value) in members {
                    if let (true, Some(properties)) = (name == "properties", value.as_object()) {
                        names.extend(properties.keys().cloned());
                    }
                    if let (true, Some(word)) = (name == "const", value.as_str()) {
                        names.insert(word.to_owned());
                    }
                    if let (true, Some(words)) = (name == "enum", value.as_array()) {
                        names.extend(words.iter().filter_map(|it| it.as_str().map(str::to_owned)));
                    }
                    collect_names(value, names);
                }
            }
            serde_json::Value::Array(items) => items.iter().for_each(|it| collect_names(it, names)),
            _ => {}
        }
    }

    /// What a person is told to write must be something that can be written.
    #[cfg(feature = "schema")]
    #[test]
    fn every_key_that_a_remedy_names_is_one() {
        use crate::check::FindingCode;

        /// Words of the protocols, of other documents and of commands, in backticks too.
        const OTHER_WORDS: &str = "iss sub aud exp iat nbf jti ath htm htu alg typ cnf kid crit b64 zip jwk jku \
            x5u x5c cty none chunked access_token error mcp check explain online gateway initialize invalid_scope scopes_supported \
            token_endpoint_auth_methods_supported code true false redb state third party grant api add serve init verify restore \
            reseal";
        let mut keys = BTreeSet::new();
        collect_names(&crate::config::json_schema(), &mut keys);
        assert!(keys.contains("max_token_lifetime") && !keys.contains("max_lifetime"));
        let reasons = Reason::all().map(|it| (it.code(), it.explanation()));
        let findings = FindingCode::ALL.iter();
        let findings =
            findings.flat_map(|it| [Some(it.meaning()), it.remedy()].map(|text| (it.as_str(), text)));
        let texts = reasons.chain(findings.filter_map(|(code, text)| Some((code, text?))));
        let unknown: Vec<_> = texts
            .flat_map(|(code, text)| keys_in(text).map(move |name| (code, name)))
            .filter(|(_, name)| !keys.contains(*name) && !OTHER_WORDS.split(' ').any(|word| word == *name))
            .collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    #[test]
    fn every_reason_has_its_own_code_and_an_error_status() {
        let codes: BTreeSet<_> = Reason::all().map(Reason::code).collect();
        assert_eq!(codes.len(), Reason::all().count());
        for reason in Reason::all() {
            assert!(reason.status().is_client_error() || reason.status().is_server_error(), "{reason:?}");
            assert!(
                reason.code().bytes().all(|it| matches!(it, b'a'..=b'z' | b'_' | b'0'..=b'9')),
                "{reason:?}"
            );
            assert!(!reason.description().contains(['"', '\\']), "{reason:?}");
        }
    }
}
