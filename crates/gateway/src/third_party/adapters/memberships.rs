//! Which groups, organisations and teams an access token says that its person is in.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use oauth_client::{Group, Identity};
use oauth_server::{TokenRefusal, TokenUnavailable};
use oauth_types::{GrantId, ProviderId, ResourceUri};
use token_manager::{GrantSummary, Memberships, RestsOn};

use super::{GrantAccess, session_id};
use crate::config::{Membership, MembershipName};

/// What the rules of each server name, which is all that tokens for it may say.
///
/// Cloning is cheap.
#[derive(Clone, Debug, Default)]
pub(crate) struct NamedMemberships(Arc<HashMap<ResourceUri, BTreeSet<(Membership, MembershipName)>>>);

impl NamedMemberships {
    /// Each resource with what its rules name.
    pub(crate) fn new(
        servers: impl IntoIterator<Item = (ResourceUri, BTreeSet<(Membership, MembershipName)>)>,
    ) -> Self {
        Self(Arc::new(servers.into_iter().filter(|(_, named)| !named.is_empty()).collect()))
    }

    /// Whether rules of `resource` name anything of the people of `provider`.
    fn concern(&self, resource: &ResourceUri, provider: &ProviderId) -> bool {
        self.of(resource, provider).next().is_some()
    }

    fn of<'a>(
        &'a self,
        resource: &ResourceUri,
        provider: &'a ProviderId,
    ) -> impl Iterator<Item = &'a (Membership, MembershipName)> {
        self.0.get(resource).into_iter().flatten().filter(move |(_, it)| it.provider == *provider)
    }

    /// What a token for `resource` says of this person, in the spelling of the rules: nothing of other providers, and
    /// nothing that no rule of that resource names.
    pub(super) fn said_of(&self, resource: &ResourceUri, identity: &Identity) -> Memberships {
        let mut said = Memberships::default();
        for (membership, wanted) in self.of(resource, &identity.principal.provider) {
            let (groups, list) = match membership {
                Membership::Groups => (&identity.groups, &mut said.groups),
                Membership::Organizations => (&identity.organizations, &mut said.organizations),
                Membership::Teams => (&identity.teams, &mut said.teams),
            };
            if groups.iter().any(|it: &Group| it.is_named(&wanted.name)) {
                list.push(wanted.to_string());
            }
        }
        said
    }
}

impl GrantAccess {
    /// Checks what a grant rests on, and answers what its access token says of the person.
    ///
    /// # Errors
    /// As [`Foundations::check`].
    pub(super) async fn checked(&self, rests_on: Option<&RestsOn>) -> Result<Memberships, TokenRefusal> {
        let Some(rests_on) = rests_on else { return Ok(Memberships::default()) };
        // The rules that let the person in, what was heard of them, and what tokens say are of one moment.
        let in_force = self.foundations().providers.in_force();
        let identity = self.foundations().check(&in_force, rests_on).await?;
        let identity = identity.filter(|it| it.principal == rests_on.principal);
        Ok(identity.map(|it| in_force.named.said_of(&rests_on.resource, &it)).unwrap_or_default())
    }

    /// What a token for another resource says of the person who gave a grant; what the grant rests on is checked if the
    /// rules there name something of their provider.
    ///
    /// # Errors
    /// As [`Foundations::check`].
    pub(super) async fn memberships_elsewhere(
        &self,
        grant: GrantId,
        resource: &ResourceUri,
    ) -> Result<Memberships, TokenRefusal> {
        let found = self.grants().find(grant).await.map_err(|error| TokenUnavailable(Box::new(error)))?;
        // A grant of an identity assertion rests on no session, and what was asserted is not kept.
        let rests_on = found.and_then(|GrantSummary { session, principal, .. }| {
            let session = session.filter(|it| session_id(it).is_some())?;
            Some(RestsOn { grant, session, principal, resource: resource.clone() })
        });
        let in_force = self.foundations().providers.in_force();
        let rests_on = rests_on.filter(|it| in_force.named.concern(resource, &it.principal.provider));
        self.checked(rests_on.as_ref()).await
    }
}
