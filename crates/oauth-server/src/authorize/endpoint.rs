use std::sync::Arc;

use http::Method;
use oauth_types::{ClientId, CodeChallenge, JwkThumbprint, ResourceUri, Scope};

use super::{
    AuthorizationRequest, AuthorizationResponse, AuthorizePageError, AuthorizeRedirectError,
    AuthorizeRefusal,
    check_client::check_client,
    check_code_challenge::check_code_challenge,
    check_dpop_jkt::check_dpop_jkt,
    check_grant_type::check_grant_type,
    check_prompt::check_prompt,
    check_push_required::check_push_required,
    check_redirect_uri::check_redirect_uri,
    check_request_object::check_request_object,
    check_resource::check_resource,
    check_response_mode::check_response_mode,
    check_response_type::check_response_type,
    check_restrictions::check_restrictions,
    check_scope::{check_scope, intersection, permitted},
    check_state::check_state,
    refused::Refused,
};
use crate::{
    Client, Clients, GrantType, PushedRequests, ServerSettings, parameters::Parameters, push::RequestUri,
};

/// Judges authorization requests; it answers nobody and changes nothing.
#[derive(Clone, Debug)]
pub struct AuthorizeEndpoint {
    settings: Arc<ServerSettings>,
    clients: Clients,
    pushed: Option<PushedRequests>,
}

/// How a request came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// In the browser.
    Browser,
    /// From the client itself (RFC 9126).
    Pushed,
}

/// What the checks after those of client and redirect URI found.
struct Asked {
    code_challenge: CodeChallenge,
    resource: ResourceUri,
    scope: Scope,
    key: Option<JwkThumbprint>,
}

impl AuthorizeEndpoint {
    /// The methods of an authorization request (OAuth 2.1 section 3.1).
    pub const METHODS: &[Method] = &[Method::GET, Method::POST];

    /// The longest request, in bytes: query or form, as sent.
    pub const MAX_BYTES: usize = 32 * 1024;

    /// The endpoint for these clients.
    #[must_use]
    pub const fn new(settings: Arc<ServerSettings>, clients: Clients) -> Self {
        Self { settings, clients, pushed: None }
    }

    /// With the requests that clients pushed, of which a browser brings the name (RFC 9126 section 4).
    #[must_use]
    pub fn with_pushed(self, pushed: PushedRequests) -> Self {
        Self { pushed: Some(pushed), ..self }
    }

    /// Checks a request: `query` of a GET request, or `form`, the `application/x-www-form-urlencoded` body of a POST
    /// request.
    ///
    /// Unknown parameters are ignored, repeated ones refused (OAuth 2.1 section 3.1).
    /// Beside the name of a pushed request only `client_id` counts; what was pushed wins over the rest, and its name is
    /// used up.
    ///
    /// # Errors
    /// [`AuthorizeRefusal::Page`] as long as client and redirect URI are not known to be right,
    /// [`AuthorizeRefusal::Redirect`] afterwards (OAuth 2.1 section 4.1.2.1).
    pub async fn check(
        &self,
        query: Option<&str>,
        form: Option<&[u8]>,
    ) -> Result<AuthorizationRequest, AuthorizeRefusal> {
        let parameters = read(query, form)?;
        let client = check_client(&parameters, &self.clients).await?;
        match self.pushed_parameters(&parameters, &client).await? {
            Some(pushed) => self.judge(&pushed, client, Way::Pushed),
            None => self.judge(&parameters, client, Way::Browser),
        }
    }

    /// What of `scope` the client may have at `resource` now; nothing while either is not known, or nobody can say.
    pub async fn still_permitted(
        &self,
        client_id: &ClientId,
        resource: &ResourceUri,
        scope: &Scope,
    ) -> Scope {
        let offered = self.settings.resources().iter().find(|it| it.resource == *resource);
        let (Some(offered), Ok(client)) = (offered, self.clients.find(client_id).await) else {
            return Scope::default();
        };
        intersection(scope, &permitted(&client, offered))
    }

    /// Checks a request that `client`, which is authenticated, pushes.
    #[expect(clippy::result_large_err, reason = "it is made once for a request and taken apart at once")]
    pub(crate) fn check_pushed(
        &self,
        parameters: &Parameters,
        client: &Client,
    ) -> Result<(), AuthorizeRefusal> {
        self.judge(parameters, client.clone(), Way::Pushed).map(drop)
    }

    #[expect(clippy::result_large_err, reason = "it is made once for a request and taken apart at once")]
    fn judge(
        &self,
        parameters: &Parameters,
        client: Client,
        way: Way,
    ) -> Result<AuthorizationRequest, AuthorizeRefusal> {
        let redirect_uri = check_redirect_uri(parameters, &client)?;
        let state = check_state(parameters)?;
        match self.check_for_client(parameters, &client, way) {
            Ok(Asked { code_challenge, resource, scope, key }) => {
                let refreshable = client.grant_types.contains(&GrantType::RefreshToken);
                Ok(AuthorizationRequest {
                    client,
                    redirect_uri,
                    scope,
                    resource,
                    state,
                    code_challenge,
                    refreshable,
                    key,
                })
            }
            Err(Refused { code, description }) => {
                let issuer = self.settings.response_issuer();
                let response =
                    AuthorizationResponse { redirect_uri: &redirect_uri, state: state.as_deref(), issuer };
                let location = response.error(code, description);
                let error = AuthorizeRedirectError { code, description, location, client, redirect_uri };
                Err(AuthorizeRefusal::Redirect(error))
            }
        }
    }

    /// What was pushed, if the request brings the name of it; any other `request_uri` is left to the checks.
    async fn pushed_parameters(
        &self,
        parameters: &Parameters,
        client: &Client,
    ) -> Result<Option<Parameters>, AuthorizePageError> {
        let Some(pushed) = &self.pushed else { return Ok(None) };
        let text = parameters.one("request_uri").map_err(|_| AuthorizePageError::Malformed)?;
        let Some(text) = text.filter(|it| RequestUri::is_meant(it)) else { return Ok(None) };
        let request_uri = RequestUri::read(text).ok_or(AuthorizePageError::PushedRequest)?;
        let taken = pushed.take(&request_uri, &client.id).await;
        let taken = taken.map_err(|error| AuthorizePageError::Unavailable(Box::new(error)))?;
        taken.map(Some).ok_or(AuthorizePageError::PushedRequest)
    }

    /// The checks whose failure the client is told.
    fn check_for_client(&self, parameters: &Parameters, client: &Client, way: Way) -> Result<Asked, Refused> {
        parameters.check_repeated()?;
        check_request_object(parameters)?;
        if way == Way::Browser {
            check_push_required(client, &self.settings)?;
        }
        check_response_type(parameters)?;
        check_response_mode(parameters)?;
        check_restrictions(parameters)?;
        check_grant_type(client)?;
        let code_challenge = check_code_challenge(parameters)?;
        let key = check_dpop_jkt(parameters, &self.settings)?;
        let offered = check_resource(parameters, &self.settings)?;
        let scope = check_scope(parameters, client, offered)?;
        check_prompt(parameters)?;
        Ok(Asked { code_challenge, resource: offered.resource.clone(), scope, key })
    }
}

/// One source of parameters, so that two cannot disagree.
fn read(query: Option<&str>, form: Option<&[u8]>) -> Result<Parameters, AuthorizePageError> {
    let query = query.unwrap_or_default().as_bytes();
    let form = form.unwrap_or_default();
    let source = match (query, form) {
        (query, []) => query,
        ([], form) => form,
        _ => return Err(AuthorizePageError::Malformed),
    };
    if source.len() > AuthorizeEndpoint::MAX_BYTES {
        return Err(AuthorizePageError::TooLong);
    }
    Ok(Parameters::from_urlencoded(source))
}
