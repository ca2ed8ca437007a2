//! MCP sessions of revisions up to 2025-11-25.

use std::{io, net::SocketAddr};

use crate::{
    connection::Connection,
    load::{Call, request},
};

/// Opens one, on a connection that may be used for others; its id.
pub(crate) async fn open(
    connection: &mut Connection,
    address: SocketAddr,
    token: &str,
) -> io::Result<String> {
    let mut text = Vec::new();
    request(&mut text, address, token, Some(&Call::new(INITIALIZE)));
    let head = answer_to(connection, &text, 200).await?;
    let id = head.values("mcp-session-id").next();
    let id = id.ok_or_else(|| io::Error::other("an answer without a session"))?.to_owned();
    request(&mut text, address, token, Some(&Call::new(INITIALIZED).in_session(&id)));
    answer_to(connection, &text, 202).await?;
    Ok(id)
}

async fn answer_to(
    connection: &mut Connection,
    request: &[u8],
    status: u16,
) -> io::Result<crate::connection::Head> {
    connection.write(request).await?;
    let head = connection.head().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
    connection.skip_body(&head).await?;
    if head.status() == Some(status) {
        return Ok(head);
    }
    Err(io::Error::other(format!("a session was answered {:?} instead of {status}", head.status())))
}

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"load","version":"1"}}}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
