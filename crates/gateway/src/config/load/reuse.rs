use super::{Material, Secret, ThirdPartyMaterial, master_key};
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
    let credentials = material.servers.iter().enumerate().flat_map(|(index, it)| {
        let section = KeyPath::root("server").index(index).key("credential");
        let material = it.credential.as_ref();
        [
            (section.key("secret"), material.and_then(|it| it.secret.as_ref())),
            (section.key("exchange").key("client_secret"), material.and_then(|it| it.client_secret.as_ref())),
        ]
    });
    let credentials = credentials.filter_map(|(key, secret)| Some((key, secret?)));
    let third_party = material.third_party.as_ref();
    let further = third_party.map(ThirdPartyMaterial::secrets).unwrap_or_default();
    let masters = third_party.map(ThirdPartyMaterial::master_keys).unwrap_or_default();
    // Master keys are told apart by their bytes, however they are written.
    for (index, (key, secret)) in masters.iter().enumerate() {
        let bytes = master_key::decode(secret.expose());
        if let Some((other, _)) =
            masters.iter().take(index).find(|(_, it)| master_key::decode(it.expose()) == bytes)
        {
            return Err(Problem::new(
                key.clone(),
                format!("is the key of `{other}` too: remove one of them"),
            ));
        }
    }
    let mut seen: Vec<(KeyPath, &Secret)> = Vec::new();
    for (key, secret) in session.into_iter().chain(credentials).chain(clients).chain(masters).chain(further) {
        if let Some((other, _)) = seen.iter().find(|(_, it)| *it == secret) {
            let message = format!("is the secret of `{other}` too: use a secret of its own for each purpose");
            return Err(Problem::new(key, message));
        }
        seen.push((key, secret));
    }
    Ok(())
}
