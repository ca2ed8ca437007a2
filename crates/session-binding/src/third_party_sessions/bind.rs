use oauth_types::GrantId;
use storage::StoreError;

use super::{ATTEMPTS, EndCause, Liveness, ThirdPartySessionId, ThirdPartySessions, contended};

/// A grant rests on a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The grant that had to make room, and has to end.
    pub pushed_out: Option<GrantId>,
}

/// Why a grant was not bound; then it must not be issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    /// The session does not live.
    #[error("the third-party session has ended: {}", .0.as_str())]
    Ended(EndCause),
    /// The store gave no answer.
    #[error("the store of third-party sessions failed")]
    Storage(#[from] StoreError),
}

impl ThirdPartySessions {
    /// Lets `grant` rest on the session, and counts as use of it.
    ///
    /// Call it before the grant is issued: a link without a grant does no harm, a grant without a link would.
    ///
    /// # Errors
    /// See [`BindError`].
    pub async fn bind(&self, grant: GrantId, id: &ThirdPartySessionId) -> Result<Bound, BindError> {
        self.bind_for(grant, id, None).await
    }

    /// [`ThirdPartySessions::bind`], with what the client calls itself; the first 100 characters are kept.
    ///
    /// # Errors
    /// See [`BindError`].
    pub async fn bind_for(
        &self,
        grant: GrantId,
        id: &ThirdPartySessionId,
        client_name: Option<&str>,
    ) -> Result<Bound, BindError> {
        for _ in 0..ATTEMPTS {
            let found = self.read(id.slot()).await?.ok_or(BindError::Ended(EndCause::Unknown))?;
            let now = self.clock.now();
            if let Liveness::Ended(cause) = found.value.liveness_of(id, now, &self.limits) {
                return Err(BindError::Ended(cause));
            }
            let mut next = found.value;
            next.last_used = next.last_used.max(now);
            let pushed_out = link(&mut next.grants, grant, self.limits.max_grants);
            next.to_end.extend(pushed_out);
            next.client_names.retain(|(of, _)| *of != grant && Some(*of) != pushed_out);
            next.client_names.extend(client_name.map(|it| (grant, it.chars().take(MAX_NAME).collect())));
            if self.replace(id.slot(), found.revision, &next).await? {
                return Ok(Bound { pushed_out });
            }
        }
        Err(contended().into())
    }

    /// Forgets grants that have ended, whatever ended them.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub async fn forget_grants(
        &self,
        id: &ThirdPartySessionId,
        grants: &[GrantId],
    ) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS {
            let Some(found) = self.read(id.slot()).await? else {
                return Ok(());
            };
            let mut next = found.value.clone();
            next.grants.retain(|it| !grants.contains(it));
            next.to_end.retain(|it| !grants.contains(it));
            next.client_names.retain(|(of, _)| !grants.contains(of));
            if next == found.value || self.replace(id.slot(), found.revision, &next).await? {
                return Ok(());
            }
        }
        Err(contended())
    }
}

fn link(grants: &mut Vec<GrantId>, grant: GrantId, max: usize) -> Option<GrantId> {
    if grants.contains(&grant) {
        return None;
    }
    let pushed_out = (grants.len() >= max.max(1)).then(|| grants.remove(0));
    grants.push(grant);
    pushed_out
}

const MAX_NAME: usize = 100;
