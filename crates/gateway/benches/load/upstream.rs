//! An MCP server reduced to two fixed answers: JSON for POST, an event stream that stays open for GET.

use std::{io, net::SocketAddr};

use tokio::net::TcpListener;

use crate::connection::Connection;

/// What every event stream begins with.
pub(crate) const EVENT: &[u8] = b"\"benchmark\"";

/// Starts to serve as a task of this process, for as long as that lasts.
pub(crate) async fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(serve(listener));
    Ok(address)
}

async fn serve(listener: TcpListener) -> io::Result<()> {
    let (json, events) = (json(), events());
    loop {
        let (stream, _) = listener.accept().await?;
        let (json, events) = (json.clone(), events.clone());
        // A connection that breaks off is the other end's affair.
        tokio::spawn(async move { answer(Connection::new(stream)?, &json, &events).await });
    }
}

async fn answer(mut connection: Connection, json: &[u8], events: &[u8]) -> io::Result<()> {
    while let Some(head) = connection.head().await? {
        if head.is_get() {
            connection.write(events).await?;
            return connection.closed().await;
        }
        connection.skip_body(&head).await?;
        connection.write(json).await?;
    }
    Ok(())
}

fn json() -> Vec<u8> {
    let text = "x".repeat(110);
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{"content":[{{"type":"text","text":"{text}"}}],"isError":false}}}}"#
    );
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into()
}

fn events() -> Vec<u8> {
    let text = "x".repeat(200);
    let event = format!(
        "data: {{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\
         \"params\":{{\"logger\":\"benchmark\",\"data\":\"{text}\"}}}}\n\n"
    );
    let length = event.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n\
         {length:x}\r\n{event}\r\n"
    )
    .into()
}
