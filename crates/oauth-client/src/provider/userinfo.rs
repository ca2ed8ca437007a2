use oauth_types::Principal;
use serde_json::{Map, Value};
use url::Url;

use super::Provider;
use crate::{
    AccessToken, Endpoint, Temporary,
    identity::{self, Statement},
    preset::{IdentitySource, UserRequest},
};

/// Why the userinfo endpoint tells nothing.
pub(super) enum Unknown {
    /// It refuses the token.
    Refused,
    Temporary(Temporary),
}

impl Provider {
    /// What the userinfo endpoint answers.
    pub(super) async fn read_userinfo(
        &self,
        url: &Url,
        access: &AccessToken,
    ) -> Result<Map<String, Value>, Unknown> {
        let endpoint = Endpoint::Userinfo;
        let reply = match self.preset.identity {
            IdentitySource::Userinfo(UserRequest::Post(json)) => {
                self.caller().post(endpoint, url, access, json).await
            }
            _ => self.caller().get(endpoint, url, access).await,
        };
        let reply = reply.map_err(Unknown::Temporary)?;
        if reply.refuses_token() {
            return Err(Unknown::Refused);
        }
        if reply.status != 200 || !reply.body.is_object() {
            return Err(Unknown::Temporary(reply.unexpected(endpoint, "no JSON object")));
        }
        match reply.body {
            Value::Object(answer) => Ok(answer),
            _ => Ok(Map::new()),
        }
    }

    /// Whom `answer` speaks of, and what it and the lists that rules need say; `None` without a usable user id.
    pub(super) async fn with_lists(
        &self,
        answer: &Map<String, Value>,
        url: &Url,
        access: &AccessToken,
    ) -> Result<Option<(Principal, Statement)>, Temporary> {
        let Some(principal) = self.mapping.principal(self.id(), answer) else { return Ok(None) };
        let mut said = self.mapping.statement(answer);
        let (lists, wanted) = (&self.preset.lists, self.settings.lookups);
        identity::look_up(&mut said, &self.caller(), url, access, lists, wanted).await?;
        Ok(Some((principal, said)))
    }
}
