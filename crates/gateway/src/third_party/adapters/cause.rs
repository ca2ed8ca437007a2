use session_binding::EndCause as SessionCause;
use token_manager::EndCause;

/// Why a grant ends whose third-party session ended for `cause`.
pub(crate) const fn end_cause(cause: SessionCause) -> EndCause {
    match cause {
        SessionCause::Idle | SessionCause::Expired | SessionCause::Unused => EndCause::ThirdPartyTimeout,
        SessionCause::TooMany => EndCause::TooMany,
        SessionCause::SignedOut => EndCause::SignedOut,
        SessionCause::BackChannelLogout => EndCause::ThirdPartyLogout,
        SessionCause::NotAllowed => EndCause::NotAllowed,
        SessionCause::Administrator => EndCause::OperatorRevoked,
        SessionCause::Superseded | SessionCause::Revoked | SessionCause::Unknown => EndCause::ThirdPartyEnded,
    }
}
