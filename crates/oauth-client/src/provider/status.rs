use http::Method;
use oauth_types::{ClaimPath, Principal};
use serde_json::{Value, json};
use url::Url;

use super::{Provider, Status, userinfo::Unknown};
use crate::{
    EndedReason, Endpoint, Temporary, ThirdPartyTokens, answer::Reply, discovery::Endpoints,
    preset::StatusCheck, token,
};

impl Provider {
    /// Whether the access token still works, belongs to this client and, where the answer tells, speaks for `known`.
    ///
    /// # Errors
    /// [`Temporary`] when the third party cannot be asked; nothing is known then.
    pub async fn status(&self, known: &Principal, tokens: &ThirdPartyTokens) -> Result<Status, Temporary> {
        let endpoints = self.endpoints().await?;
        match (self.preset.status, &endpoints.introspection) {
            (StatusCheck::Github, _) => self.github_status(&endpoints, known, tokens).await,
            (StatusCheck::Audience { post, client }, Some(url)) => {
                self.audience_status(url, post, client, tokens).await
            }
            (StatusCheck::Introspection, Some(url)) if self.settings.client_secret.is_some() => {
                self.introspect(&endpoints, url, tokens).await
            }
            // The operator knows better than the preset.
            (_, Some(url)) if self.has_configured_check() => self.introspect(&endpoints, url, tokens).await,
            (StatusCheck::None, _) => Ok(Status::Unknown),
            _ => self.userinfo_status(&endpoints, known, tokens).await,
        }
    }

    /// Whether the operator named an endpoint for [`Provider::status`] (`endpoints.introspection`), so that it is to be
    /// asked also when the identity is known otherwise.
    #[must_use]
    pub const fn has_configured_check(&self) -> bool {
        self.settings.endpoints.introspection.is_some()
    }

    /// Asks who the token speaks for, without any lists.
    async fn userinfo_status(
        &self,
        endpoints: &Endpoints,
        known: &Principal,
        tokens: &ThirdPartyTokens,
    ) -> Result<Status, Temporary> {
        let Some(url) = &endpoints.userinfo else { return Ok(Status::Unknown) };
        let subject = match self.read_userinfo(url, &tokens.access).await {
            Ok(answer) => self.mapping.principal(self.id(), &answer),
            Err(Unknown::Refused) => return Ok(Status::Ended(EndedReason::Inactive)),
            Err(Unknown::Temporary(error)) => return Err(error),
        };
        match subject {
            Some(subject) if subject == *known => Ok(Status::Active),
            Some(_) => Ok(Status::Ended(EndedReason::OtherSubject)),
            None => Err(Temporary::Unreadable { endpoint: Endpoint::Userinfo, what: "no usable user id" }),
        }
    }

    /// RFC 7662; an answer about another client's token is no comfort.
    async fn introspect(
        &self,
        endpoints: &Endpoints,
        url: &Url,
        tokens: &ThirdPartyTokens,
    ) -> Result<Status, Temporary> {
        let auth = token::auth_of(&self.settings, &self.preset, endpoints);
        let form = [("token", tokens.access.expose()), ("token_type_hint", "access_token")];
        let reply = self.caller().form(Endpoint::Check, url, &form, Some(auth)).await?;
        if reply.status != 200 {
            return Err(check_failed(&reply));
        }
        match (reply.body.get("active"), reply.body.get("client_id")) {
            (Some(Value::Bool(false)), _) => Ok(Status::Ended(EndedReason::Inactive)),
            (Some(Value::Bool(true)), Some(client)) if !self.is_us(client) => {
                Ok(Status::Ended(EndedReason::OtherClient))
            }
            (Some(Value::Bool(true)), _) => Ok(Status::Active),
            _ => Err(reply.unexpected(Endpoint::Check, "no `active`")),
        }
    }

    /// A request with the token itself, whose answer says for which client it was made.
    async fn audience_status(
        &self,
        url: &Url,
        post: bool,
        client: &str,
        tokens: &ThirdPartyTokens,
    ) -> Result<Status, Temporary> {
        let endpoint = Endpoint::Check;
        let reply = if post {
            let form = [("access_token", tokens.access.expose())];
            self.caller().form(endpoint, url, &form, None).await?
        } else {
            self.caller().get(endpoint, url, &tokens.access).await?
        };
        let refused = post && reply.error_code().is_some_and(|it| it.as_str() == "invalid_token");
        if refused || reply.refuses_token() {
            return Ok(Status::Ended(EndedReason::Inactive));
        }
        let named = client.parse::<ClaimPath>().ok().and_then(|it| it.find(reply.body.as_object()?));
        match named {
            Some(client) if reply.status == 200 && self.is_us(client) => Ok(Status::Active),
            Some(_) if reply.status == 200 => Ok(Status::Ended(EndedReason::OtherClient)),
            _ => Err(reply.unexpected(endpoint, "no client")),
        }
    }

    /// "Check a token": 200 with the user for a live token of this application, 404 or 422 for any other.
    async fn github_status(
        &self,
        endpoints: &Endpoints,
        known: &Principal,
        tokens: &ThirdPartyTokens,
    ) -> Result<Status, Temporary> {
        let Some(url) = self.github_application(endpoints, endpoints.introspection.as_ref()) else {
            return Ok(Status::Unknown);
        };
        let body = json!({ "access_token": tokens.access.expose() });
        let reply = self.caller().json(Endpoint::Check, Method::POST, &url, &body).await?;
        let user = || reply.body.pointer("/user/id").map(ToString::to_string);
        match reply.status {
            200 if user().as_deref() == Some(known.subject.as_str()) => Ok(Status::Active),
            200 if user().is_some() => Ok(Status::Ended(EndedReason::OtherSubject)),
            404 | 422 if reply.body.is_object() => Ok(Status::Ended(EndedReason::Inactive)),
            _ => Err(check_failed(&reply)),
        }
    }

    /// `configured`, or `/applications/{client_id}/token` beside the user endpoint.
    pub(super) fn github_application(&self, endpoints: &Endpoints, configured: Option<&Url>) -> Option<Url> {
        if let Some(url) = configured {
            return Some(url.clone());
        }
        let mut url = endpoints.userinfo.clone()?;
        let mut segments = url.path_segments_mut().ok()?;
        segments.pop_if_empty().pop().extend(["applications", self.settings.client_id.as_str(), "token"]);
        drop(segments);
        Some(url)
    }

    fn is_us(&self, client: &Value) -> bool {
        client.as_str() == Some(self.settings.client_id.as_str())
    }
}

fn check_failed(reply: &Reply) -> Temporary {
    match reply.error_code() {
        Some(code) => Temporary::Refused { endpoint: Endpoint::Check, code },
        None => reply.unexpected(Endpoint::Check, "no answer to the question"),
    }
}
