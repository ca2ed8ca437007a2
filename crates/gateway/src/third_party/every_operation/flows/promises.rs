//! What holds after each flow, whatever has failed on the way.

use serde_json::{Value, json};

use super::{acts::JWT_BEARER, *};
use crate::third_party::every_operation::{
    clients::{KEYED, MACHINE, MACHINE_SECRET},
    life::claims,
};

impl Stage {
    /// In the process that played, and in the one after it.
    pub(super) async fn keeps_its_promise(&mut self) {
        match self.flow {
            Flow::Connect => {
                self.the_person_goes_on();
                self.has_connected(1).await;
            }
            Flow::Disconnect => {
                self.the_person_goes_on();
                self.has_connected(0).await;
            }
            Flow::BackChannelLogout | Flow::RevokeGrants | Flow::Look | Flow::Rules | Flow::Overdue => {
                self.scene.is_dead(&self.gateway, &self.tokens).await;
            }
            Flow::ClientCredentials => {
                self.the_person_goes_on();
                self.what_was_gained_is_good(&Value::Null);
            }
            Flow::Exchange => {
                self.the_person_goes_on();
                self.what_was_gained_is_good(&json!(["third:staff"]));
            }
            Flow::IdentityAssertion => {
                self.the_person_goes_on();
                self.what_was_gained_is_good(&Value::Null);
                self.an_assertion_is_spent().await;
            }
            Flow::Push => {
                self.the_person_goes_on();
                self.a_pushed_request_and_its_proof_are_spent().await;
            }
            Flow::RotateKeys => {
                self.the_person_goes_on();
                self.what_the_old_key_signed_can_be_verified();
            }
        }
    }

    fn the_person_goes_on(&self) {
        assert!(self.gateway.takes(&self.tokens.access), "{:?}, {:?}", self.flow, self.scene.trouble);
    }

    /// A token, which says these groups.
    fn what_was_gained_is_good(&self, groups: &Value) {
        let token = self.gained.as_deref().unwrap();
        assert_eq!(&claims(token)["groups"], groups, "{:?}, {:?}", self.flow, self.scene.trouble);
        assert!(self.gateway.takes(token), "{:?}, {:?}", self.flow, self.scene.trouble);
    }

    /// One account, once; and no tokens of one that nobody sees.
    async fn has_connected(&self, accounts: usize) {
        let on = &self.gateway.state.foundations;
        let connected = on.connected(&person("1")).await.unwrap();
        assert_eq!(connected.len(), accounts, "{:?}: {connected:?}", self.scene.trouble);
        let kept = on.tokens.beginning_with(b"").await.unwrap();
        assert_eq!(
            kept.len(),
            1 + accounts,
            "{:?}: those of the sign-in, and of the account",
            self.scene.trouble
        );
    }

    /// The assertion that gave a token gives no second one.
    async fn an_assertion_is_spent(&self) {
        let assertion = self.spent.as_deref().unwrap();
        let form = [
            ("client_id", MACHINE),
            ("client_secret", MACHINE_SECRET),
            ("grant_type", JWT_BEARER),
            ("assertion", assertion),
        ];
        let answer = self.gateway.post("/token", &form).await;
        assert_eq!(answer.json()["error"], "invalid_grant", "{:?}: {answer:?}", self.scene.trouble);
    }

    /// The name of the request leads to the page that asks the person, once and in the process that has it.
    async fn a_pushed_request_and_its_proof_are_spent(&mut self) {
        let proof = self.spent.as_deref().unwrap();
        let answer = self.gateway.post("/par", &acts::pushed(proof)).await;
        assert_eq!(answer.json()["error"], "invalid_client", "{:?}: {answer:?}", self.scene.trouble);
        let Some(name) = self.gained.take() else { return };
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("client_id", KEYED), ("request_uri", &name)])
            .finish();
        for leads_on in [true, false] {
            let page = self.browser.get(&self.gateway, &format!("/authorize?{query}")).await;
            let asks = page.location().is_some_and(|it| it.path() == "/consent");
            assert_eq!(asks, leads_on, "{:?}: {page:?}", self.scene.trouble);
        }
    }

    fn what_the_old_key_signed_can_be_verified(&self) {
        let document = self.gateway.state.signing_keys.jwks();
        let document: serde_json::Value = serde_json::from_str(document.as_json()).unwrap();
        let kids: Vec<&str> =
            document["keys"].as_array().unwrap().iter().map(|it| it["kid"].as_str().unwrap()).collect();
        let signed_by = life::head(&self.tokens.access)["kid"].clone();
        assert!(
            kids.len() >= 2 && kids.iter().any(|it| signed_by == *it),
            "{:?}: {document}",
            self.scene.trouble
        );
        assert_ne!(signed_by, kids[0], "{:?}: another key signs now", self.scene.trouble);
    }
}
