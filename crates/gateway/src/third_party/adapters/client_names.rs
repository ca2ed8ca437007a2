use async_trait::async_trait;
use oauth_server::Clients;
use oauth_types::ClientId;

use super::ClientNames;

#[async_trait]
impl ClientNames for Clients {
    /// A client that is known by its document is named by the address of that: nothing is fetched for a mere list,
    /// and the host says more than a stranger's name.
    async fn name(&self, client_id: &ClientId) -> Option<String> {
        if is_document(client_id) {
            return None;
        }
        self.find(client_id).await.ok()?.name
    }
}

fn is_document(client_id: &ClientId) -> bool {
    client_id.as_str().get(..6).is_some_and(|it| it.eq_ignore_ascii_case("https:"))
}
