use std::fmt;

/// Why a grant ended; the first cause stays, whatever comes after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndCause {
    /// Its code was redeemed a second time by somebody who knew everything that belongs to it
    /// (OAuth 2.1 section 4.1.3).
    CodeReuse,
    /// Its client presented its code too often with something wrong.
    CodeBurned,
    /// A spent refresh token was used again (OAuth 2.1 section 4.3.1).
    RefreshReuse,
    /// A refresh token came back that this store has not issued yet: the store is older than the token.
    StoreRolledBack,
    /// The client gave it back (RFC 7009).
    ClientRevoked,
    /// The client itself was deleted or blocked.
    ClientRemoved,
    /// The person ended it.
    PersonRevoked,
    /// The operator ended it.
    OperatorRevoked,
    /// The person signed out.
    SignedOut,
    /// Not used for longer than grants may be idle.
    IdleTimeout,
    /// Older than grants may become.
    AbsoluteTimeout,
    /// The third party has withdrawn what the grant rests on.
    ThirdPartyEnded,
    /// A refresh at the third party was interrupted, and it takes the old refresh token no more.
    ThirdPartyRefreshLost,
    /// The third party told us of a sign-out (OpenID Connect Back-Channel Logout).
    ThirdPartyLogout,
    /// The third-party session was idle for too long, or became too old.
    ThirdPartyTimeout,
    /// The person is no longer allowed in.
    NotAllowed,
    /// The person or client had as many grants as they may have, and this was the one longest unused.
    TooMany,
    /// The operator took out or changed the trusted issuer whose assertion gave it.
    IssuerChanged,
}

impl EndCause {
    /// The cause as in the log and the audit: lower case and `_`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::CodeReuse => "code_reuse",
            Self::CodeBurned => "code_burned",
            Self::RefreshReuse => "refresh_reuse",
            Self::StoreRolledBack => "store_rolled_back",
            Self::ClientRevoked => "client_revoked",
            Self::ClientRemoved => "client_removed",
            Self::PersonRevoked => "person_revoked",
            Self::OperatorRevoked => "operator_revoked",
            Self::SignedOut => "signed_out",
            Self::IdleTimeout => "idle_timeout",
            Self::AbsoluteTimeout => "absolute_timeout",
            Self::ThirdPartyEnded => "third_party_ended",
            Self::ThirdPartyRefreshLost => "third_party_refresh_lost",
            Self::ThirdPartyLogout => "third_party_logout",
            Self::ThirdPartyTimeout => "third_party_timeout",
            Self::NotAllowed => "not_allowed",
            Self::TooMany => "too_many",
            Self::IssuerChanged => "issuer_changed",
        }
    }

    /// Every cause; its place is its number in stored records, so new ones come last.
    pub const ALL: [Self; 18] = [
        Self::CodeReuse,
        Self::CodeBurned,
        Self::RefreshReuse,
        Self::StoreRolledBack,
        Self::ClientRevoked,
        Self::ClientRemoved,
        Self::PersonRevoked,
        Self::OperatorRevoked,
        Self::SignedOut,
        Self::IdleTimeout,
        Self::AbsoluteTimeout,
        Self::ThirdPartyEnded,
        Self::ThirdPartyRefreshLost,
        Self::ThirdPartyLogout,
        Self::ThirdPartyTimeout,
        Self::NotAllowed,
        Self::TooMany,
        Self::IssuerChanged,
    ];

    pub(super) const fn number(self) -> u8 {
        self as u8
    }

    pub(super) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

impl fmt::Display for EndCause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_survives_its_number_and_has_its_own_code() {
        let codes: std::collections::HashSet<_> = EndCause::ALL.iter().map(|it| it.code()).collect();
        assert_eq!(codes.len(), EndCause::ALL.len());
        for cause in EndCause::ALL {
            assert_eq!(EndCause::from_number(cause.number()), Some(cause));
        }
        assert_eq!(EndCause::from_number(18), None);
    }
}
