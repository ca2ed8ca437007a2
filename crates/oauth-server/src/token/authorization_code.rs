use oauth_types::ResourceUri;

use crate::{
    AuthenticatedClient, CodeCheck, DpopProof, GrantPort, TokenGrant, endpoint::EndpointError,
    parameters::Parameters,
};

/// A code for tokens (OAuth 2.1 section 4.1.3).
///
/// What belongs to the code is judged where the code is known: a missing `code_verifier` is a wrong one there, and a
/// missing `redirect_uri` too, unless the grant says otherwise.
pub(super) async fn redeem(
    grants: &dyn GrantPort,
    parameters: &Parameters,
    client: &AuthenticatedClient,
    resources: &[ResourceUri],
    proof: Option<&dyn DpopProof>,
) -> Result<TokenGrant, EndpointError> {
    let code = parameters.one("code")?.ok_or(EndpointError::InvalidRequest("code is missing"))?;
    let check = CodeCheck {
        client_id: &client.client().id,
        redirect_uri: parameters.one("redirect_uri")?,
        code_verifier: parameters.one("code_verifier")?,
        resources,
        proof,
        is_public: client.client().is_public(),
    };
    Ok(grants.redeem(code, check).await?)
}
