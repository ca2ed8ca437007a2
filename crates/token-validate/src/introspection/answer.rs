use bytes::Bytes;
use http::{Response, StatusCode};
use oauth_types::UnixTime;
use serde_json::{Map, Value};

use super::unavailable;
use crate::{
    IssuerPolicy, Reason, Refusal, ResourcePolicy, ValidatedToken, ValidatorSettings,
    check::{Sender, check_answer, check_claims, check_purpose, granted_scope},
    jwt::{Claims, strict_object},
};

/// What an issuer says of a token that is active (RFC 7662 section 2.2).
pub(crate) struct Answer {
    members: Map<String, Value>,
    /// What the answer makes of an opaque token before the checks that depend on the request.
    opaque: Result<ValidatedToken, Refusal>,
}

impl Answer {
    /// Reads an answer; an inactive token and everything that is not clearly active is refused.
    pub(super) fn read(response: &Response<Bytes>, policy: &IssuerPolicy) -> Result<Self, Refusal> {
        if response.status() != StatusCode::OK {
            return Err(unavailable(format!("answered {}", response.status())));
        }
        let members =
            strict_object(response.body()).map_err(|_| unavailable("did not answer with a JSON object"))?;
        match members.get("active") {
            Some(Value::Bool(true)) => {}
            Some(Value::Bool(false)) => return Err(Reason::TokenInactive.into()),
            _ => return Err(unavailable("answered without a boolean active")),
        }
        check_purpose(None, &members)?;
        let opaque = Claims::read(members.clone()).and_then(|claims| {
            let scope = granted_scope(&claims, policy)?;
            Ok(ValidatedToken::proven(policy, claims, scope, None))
        });
        Ok(Self { members, opaque })
    }

    pub(super) fn expires_at(&self) -> Option<UnixTime> {
        self.opaque.as_ref().ok().map(ValidatedToken::expires_at)
    }

    /// The opaque token that was asked about, if it passes the checks a JWT must pass.
    pub(crate) fn token(
        &self,
        policy: &IssuerPolicy,
        resource: &ResourcePolicy,
        settings: &ValidatorSettings,
        request: (Sender<'_>, UnixTime),
    ) -> Result<ValidatedToken, Refusal> {
        let token = self.opaque.clone()?;
        check_issuer(token.claims(), policy)?;
        check_claims(token.claims(), policy, resource, settings, request)?;
        Ok(token)
    }

    /// The answer contradicts nothing that `token`, a JWT, says of itself.
    ///
    /// Members that the answer leaves out, as most servers do with some, are taken from the token.
    pub(crate) fn confirms(
        &self,
        token: &ValidatedToken,
        policy: &IssuerPolicy,
        resource: &ResourcePolicy,
        settings: &ValidatorSettings,
        request: (Sender<'_>, UnixTime),
    ) -> Result<(), Refusal> {
        let mut members = self.members.clone();
        for name in ["sub", "aud", "exp", "cnf"] {
            if let Some(value) = token.claims().all.get(name) {
                members.entry(name).or_insert_with(|| value.clone());
            }
        }
        let mut claims = Claims::read(members)?;
        check_issuer(&claims, policy)?;
        if claims.subject != *token.subject() {
            return Err(Refusal::new(Reason::IntrospectionMismatch).with_detail("sub"));
        }
        let client = token.client_id();
        if client.is_some() && claims.client_id.is_some() && claims.client_id.as_ref() != client {
            return Err(Refusal::new(Reason::IntrospectionMismatch).with_detail("client_id"));
        }
        claims.client_id = claims.client_id.or_else(|| client.cloned());
        check_answer(&claims, policy, resource, settings, request)
    }
}

/// The answer may leave `iss` out, but must not name another issuer.
fn check_issuer(claims: &Claims, policy: &IssuerPolicy) -> Result<(), Refusal> {
    match &claims.issuer {
        Some(issuer) if issuer != policy.issuer.as_str() => {
            Err(Refusal::new(Reason::IntrospectionMismatch).with_detail("iss"))
        }
        _ => Ok(()),
    }
}
