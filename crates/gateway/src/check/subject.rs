/// The section of a server, as configuration errors spell it.
pub(super) fn server(index: usize) -> String {
    format!("server[{index}]")
}

/// The section of a third party.
pub(super) fn provider(index: usize) -> String {
    format!("third_party.provider[{index}]")
}

/// The section of an issuer of identity assertions.
pub(super) fn trusted_issuer(index: usize) -> String {
    format!("third_party.trusted_issuer[{index}]")
}

/// The section of a client.
pub(super) fn client(index: usize) -> String {
    format!("third_party.client[{index}]")
}

/// The section of an authorization server.
pub(super) fn authorization_server(index: usize) -> String {
    format!("authorization_server[{index}]")
}
