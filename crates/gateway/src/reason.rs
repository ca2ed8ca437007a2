//! Why a request was refused: a closed list, in the log line, in the documentation, and in no answer.

use http::StatusCode;

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
        }

        impl Reason {
            /// The reasons of the gateway itself, without those of tokens and upstreams.
            pub const OWN: &'static [Self] = &[$(Self::$name),+];

            /// Every reason there is.
            pub fn all() -> impl Iterator<Item = Self> {
                let tokens = token_validate::Reason::ALL.iter().map(|it| Self::Token(*it));
                let upstream = mcp_proxy::ForwardReason::ALL.iter().map(|it| Self::Upstream(*it));
                Self::OWN.iter().copied().chain(tokens).chain(upstream)
            }

            /// The name in logs, metrics and documents.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                    Self::Token(reason) => reason.code(),
                    Self::Upstream(reason) => reason.code(),
                }
            }

            /// The status of the answer.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self {
                    $(Self::$name => StatusCode::$status,)+
                    Self::Token(reason) => status(reason.status()),
                    Self::Upstream(reason) => status(reason.status()),
                }
            }

            /// What the developer of the client may know.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$name => $description,)+
                    Self::Token(reason) => reason.description(),
                    Self::Upstream(reason) => reason.description(),
                }
            }

            /// What it means for the operator, and what to do.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self {
                    $(Self::$name => $explanation,)+
                    Self::Token(reason) => reason.explanation(),
                    Self::Upstream(reason) => reason.explanation(),
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
        "No `[[server]]` has this path. Compare what was typed into the client with the paths in the configuration.";
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED
        "this method is not allowed here"
        "An MCP endpoint takes POST, GET, DELETE and HEAD; OPTIONS is for browsers.";
    OriginForbidden "origin_forbidden" FORBIDDEN
        "pages of this origin may not call this server"
        "`Origin` names a web page that is not in `allowed_origins`. Add it if the page is yours; otherwise somebody's page tries to reach the server through a visitor's browser.";
    GrantEnded "grant_ended" UNAUTHORIZED
        "the grant of the access token has ended"
        "The token is good, but the grant behind it has ended: the person or the operator ended it, a time was up, a refresh token was used twice, or the third party withdrew its own grant. The audit line of the grant has the cause. The client signs in again.";
    ScopeInsufficient "scope_insufficient" FORBIDDEN
        "the access token lacks a scope"
        "The token is good but lacks a scope of `[[server]] scopes`. The challenge names the scopes; a client can ask its user for more.";
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
    Internal "internal_error" INTERNAL_SERVER_ERROR
        "the gateway failed"
        "A defect of the gateway: please report it with the log lines around it. The request was not forwarded.";
}

/// The reference page: every reason with its status and what to do.
#[must_use]
pub fn reference_markdown() -> String {
    let row = |it: Reason| format!("| `{}` | {} | {} |", it.code(), it.status().as_u16(), it.explanation());
    let rows = Reason::all().map(row).collect::<Vec<_>>().join("\n");
    format!(
        "# Reasons of refusal\n\n\
         The log line of every request has a `reason`; it is `ok` for a request that was forwarded.\n\
         The client is told a fixed sentence and the request id, which the log line has too.\n\n\
         | reason | status | what it means and what to do |\n|---|---|---|\n{rows}\n"
    )
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

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
