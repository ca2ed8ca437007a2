use std::sync::Mutex;

use super::*;
use crate::testing::{NOW, World, person};

/// Grants as pairs of a person's subject and a connection, and those whose code is out still, which no list shows.
#[derive(Debug, Default)]
struct Grants(Mutex<Vec<(&'static str, Connection)>>, Mutex<Vec<(&'static str, GrantId)>>);

#[async_trait]
impl GrantDirectory for Grants {
    async fn list(&self, principal: &Principal) -> Result<Vec<Connection>, DirectoryUnavailable> {
        let grants = self.0.lock().unwrap();
        let theirs = grants.iter().filter(|it| it.0 == principal.subject.as_str());
        Ok(theirs.map(|it| it.1.clone()).collect())
    }

    async fn end(&self, ended: &[GrantId]) -> Result<(), DirectoryUnavailable> {
        self.0.lock().unwrap().retain(|it| !ended.contains(&it.1.grant));
        Ok(())
    }

    async fn end_all(&self, principal: &Principal) -> Result<(), DirectoryUnavailable> {
        self.0.lock().unwrap().retain(|it| it.0 != principal.subject.as_str());
        self.1.lock().unwrap().retain(|it| it.0 != principal.subject.as_str());
        Ok(())
    }
}

fn connection(number: u8) -> Connection {
    Connection {
        grant: GrantId::from_bytes([number; 16]),
        client_id: "client".parse().unwrap(),
        client_name: None,
        resource: "https://mcp.example.com/mcp".parse().unwrap(),
        scope: "mcp".parse().unwrap(),
        created: NOW,
        last_used: NOW + std::time::Duration::from_secs(u64::from(number)),
    }
}

async fn set_up() -> (Arc<Grants>, Connections, BrowserSession, BrowserSession) {
    let world = World::new().await;
    let grants = Arc::new(Grants::default());
    *grants.0.lock().unwrap() = vec![("1", connection(1)), ("1", connection(2)), ("2", connection(3))];
    let connections = Connections::new(grants.clone());
    let mut sessions = Vec::new();
    for subject in ["1", "2"] {
        let who = world.signed_in(&person("github", subject)).await;
        sessions.push(world.browsers.sign_in(None, &who).await.unwrap());
    }
    let bob = sessions.remove(1);
    (grants, connections, sessions.remove(0), bob)
}

#[tokio::test]
async fn a_person_sees_their_own_connections() {
    let (_, connections, ada, bob) = set_up().await;
    assert_eq!(connections.list(&ada).await.unwrap(), [connection(2), connection(1)]);
    assert_eq!(connections.list(&bob).await.unwrap(), [connection(3)]);
}

#[tokio::test]
async fn k12_i03_a_person_ends_one_connection_of_theirs() {
    let (grants, connections, ada, bob) = set_up().await;
    let (right, wrong) = (ada.csrf_token(), bob.csrf_token());
    let forged = connections.end_one(&ada, wrong.expose(), connection(1).grant).await;
    assert!(matches!(forged, Err(DisconnectError::Csrf)));
    let not_theirs = connections.end_one(&ada, right.expose(), connection(3).grant).await;
    assert!(matches!(not_theirs, Err(DisconnectError::NotFound)));
    assert_eq!(grants.0.lock().unwrap().len(), 3);
    let ended = connections.end_one(&ada, right.expose(), connection(1).grant).await.unwrap();
    assert_eq!(ended, connection(1));
    assert_eq!(connections.list(&ada).await.unwrap(), [connection(2)]);
}

#[tokio::test]
async fn k12_a_person_ends_all_connections_of_theirs() {
    let (grants, connections, ada, bob) = set_up().await;
    let codes = [("1", connection(4).grant), ("2", connection(5).grant)];
    grants.1.lock().unwrap().extend(codes);
    let forged = connections.end_all(&ada, bob.csrf_token().expose()).await;
    assert!(matches!(forged, Err(DisconnectError::Csrf)));
    assert_eq!(*grants.1.lock().unwrap(), codes);
    assert_eq!(connections.end_all(&ada, ada.csrf_token().expose()).await.unwrap().len(), 2);
    assert!(connections.list(&ada).await.unwrap().is_empty());
    assert_eq!(connections.list(&bob).await.unwrap().len(), 1);
    assert_eq!(*grants.1.lock().unwrap(), codes[1..], "codes that are out end too");
}
