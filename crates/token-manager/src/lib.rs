#![doc = include_str!("../README.md")]

mod codec;
#[cfg(test)]
mod every_operation;
mod grants;
mod key_ring;
mod liveness;
mod reseal;
mod signing_keys;
#[cfg(test)]
mod testing;
mod third_party_identities;
mod third_party_tokens;

pub use grants::{
    AuditLog, AuthorizationCode, DirectGrant, EndCause, ExchangedToken, FreshGrantId, GrantEnded, GrantError,
    GrantEvents, GrantFollower, GrantParts, GrantSettings, GrantSummary, Grants, InvalidSetting, IssueError,
    IssuedTokens, NewGrant, OpenGrantsError, RedeemCheck, RefreshToken, Refusal, RestsOn, RevokeSelector,
    RotateCheck, SessionKey, Unavailable, Upkeep,
};
pub use key_ring::{KeyId, KeyRing, KeyRingError, MasterKey, OpenError, Opened, SealContext, WeakMasterKey};
pub use liveness::{GrantWatch, Liveness};
pub use reseal::{ResealProgress, Resealed, Survey, Unopened};
pub use signing_keys::{
    AccessToken, AccessTokenClaims, Confirmation, Jwks, Memberships, SigningError, SigningKeyRotator,
    SigningKeySettings, SigningKeys,
};
pub use third_party_identities::{
    KeptIdentity, ThirdPartyIdentities, ThirdPartyIdentity, ThirdPartyIdentityError,
};
pub use third_party_tokens::{
    RefreshFailure, RefreshedTokens, Refresher, ThirdPartyAccessToken, ThirdPartyRefreshToken,
    ThirdPartyTokenError, ThirdPartyTokenKeeper, ThirdPartyTokenParts, ThirdPartyTokenSettings,
    ThirdPartyTokens, TokenSet,
};
