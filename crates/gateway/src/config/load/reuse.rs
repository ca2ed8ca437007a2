use super::{Material, Secret};
use crate::config::report::{KeyPath, Problem};

/// The same text behind two references is one secret with two purposes.
///
/// Private keys need no row here: a PEM text is no secret of this kind, and one file twice is refused by name.
pub(super) fn check(material: &Material) -> Result<(), Problem> {
    let session = material.session_key.as_ref().map(|it| (KeyPath::root("sessions").key("key"), it));
    let clients = material.authorization_servers.iter().enumerate().filter_map(|(index, it)| {
        let section = KeyPath::root("authorization_server").index(index);
        Some((section.key("introspection").key("client_secret"), it.client_secret.as_ref()?))
    });
    let mut seen: Vec<(KeyPath, &Secret)> = Vec::new();
    for (key, secret) in session.into_iter().chain(clients) {
        if let Some((other, _)) = seen.iter().find(|(_, it)| *it == secret) {
            let message = format!("is the secret of `{other}` too: use a secret of its own for each purpose");
            return Err(Problem::new(key, message));
        }
        seen.push((key, secret));
    }
    Ok(())
}
