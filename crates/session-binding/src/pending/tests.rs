mod callback;
mod capacity;
mod consent;
mod faults;
mod switch_of_account;

use super::*;
use crate::testing::{STATE, World, person, provider, state};

fn request() -> AuthorizationRequest {
    AuthorizationRequest {
        client_id: "https://client.example/metadata".parse().unwrap(),
        client: ClientFacts {
            name: Some("<b>Example</b>".to_owned()),
            host: Some("client.example".to_owned()),
            origin: ClientOrigin::MetadataDocument,
            loopback_only: false,
        },
        redirect_uri: "https://client.example/callback".parse().unwrap(),
        scope: "mcp files:read".parse().unwrap(),
        resource: "https://mcp.example.com/mcp".parse().unwrap(),
        state: Some(ClientState::new(b"\x00\xff <&>".to_vec()).unwrap()),
        code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".parse().unwrap(),
        refreshable: true,
        key: None,
        issuer: "https://mcp.example.com".parse().unwrap(),
    }
}

impl World {
    async fn begin(&self) -> Transaction<Requested> {
        self.pending.begin(Purpose::Authorize(Box::new(request())), None).await.unwrap()
    }

    async fn approved(&self) -> Transaction<Consented> {
        let begun = self.begin().await;
        let csrf = begun.csrf_token(None);
        self.pending.approve(begun, csrf.expose(), provider("github"), None).await.unwrap()
    }

    async fn away(&self, sent: &str) -> Transaction<AwaitingCallback> {
        let approved = self.approved().await;
        self.pending.send_away(approved, &state(sent), b"sealed".to_vec()).await.unwrap()
    }

    /// A callback of provider `from` with `sent`, in the browser of `transaction`.
    async fn call_back<S>(
        &self,
        transaction: &Transaction<S>,
        sent: &str,
        from: &str,
    ) -> Result<Transaction<CalledBack>, CallbackError> {
        let bindings = [transaction.binding().clone()];
        self.pending.called_back(&bindings, &state(sent), &provider(from)).await.map(|it| it.0)
    }

    async fn load<S>(&self, transaction: &Transaction<S>) -> Result<Pending, StepError> {
        self.pending.load(transaction.id(), transaction.binding()).await
    }

    /// As when the person reloads the consent page.
    async fn reload<S>(&self, transaction: &Transaction<S>) -> Transaction<Requested> {
        self.load(transaction).await.unwrap().into_requested().unwrap()
    }

    async fn stored(&self) -> usize {
        self.store.all("pending_authorizations").await.len()
    }
}

fn completed(completion: Result<Completion, StepError>) -> Completed {
    match completion {
        Ok(Completion::Completed(it)) => it,
        other => panic!("{other:?}"),
    }
}
