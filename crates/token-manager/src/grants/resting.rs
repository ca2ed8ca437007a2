use oauth_types::{ClientId, GrantId, Principal, ResourceUri};

use super::{
    Grants, SessionKey, Unavailable,
    code::PresentedCode,
    refresh_token::Authentic,
    state::{Grant, State},
};

/// A grant that has not ended, and the third-party session that it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestsOn {
    /// The grant.
    pub grant: GrantId,
    /// The session.
    pub session: SessionKey,
    /// Who gave it.
    pub principal: Principal,
    /// Where its tokens are good.
    pub resource: ResourceUri,
}

impl Grants {
    /// What the grant rests on that `code` would bring to life for `client_id`.
    ///
    /// To be asked before [`Grants::redeem`], so that whatever the session lacks is known while the code is whole.
    /// `None` if it rests on nothing, or if the code will be refused anyway: it is of another client, wrong or spent.
    ///
    /// # Errors
    /// When the store does.
    pub async fn session_of_code(
        &self,
        code: &str,
        client_id: &ClientId,
    ) -> Result<Option<RestsOn>, Unavailable> {
        let Some(presented) = PresentedCode::parse(code) else { return Ok(None) };
        let Some(grant) = self.shared.find(presented.grant).await? else { return Ok(None) };
        let waits = matches!(&grant.state, State::CodeIssued(it) if it.code == presented.digest);
        Ok(rests_on(presented.grant, grant, client_id).filter(|_| waits))
    }

    /// What the grant rests on that `refresh_token` belongs to, if `client_id` may have new tokens for it.
    ///
    /// To be asked before [`Grants::rotate`]. `None` if it rests on nothing, or if the token will be refused anyway:
    /// it is of another client, not ours, or so old that its use is a theft.
    ///
    /// # Errors
    /// When the store does.
    pub async fn session_of_refresh_token(
        &self,
        refresh_token: &str,
        client_id: &ClientId,
    ) -> Result<Option<RestsOn>, Unavailable> {
        let Some(presented) = Authentic::verify(refresh_token, &self.shared.parts.ring) else {
            return Ok(None);
        };
        let Some(grant) = self.shared.find(presented.grant).await? else { return Ok(None) };
        let recent = |present: u64| (present.saturating_sub(1)..=present).contains(&presented.generation);
        let usable = matches!(&grant.state, State::Live(it) if recent(it.generation));
        Ok(rests_on(presented.grant, grant, client_id).filter(|_| usable))
    }
}

fn rests_on(id: GrantId, grant: Grant, client_id: &ClientId) -> Option<RestsOn> {
    let terms = grant.terms;
    let session = terms.session.filter(|_| terms.client_id == *client_id)?;
    Some(RestsOn { grant: id, session, principal: terms.principal, resource: terms.resource })
}
