//! Fetches a document that somebody named, without being led anywhere by it.
//!
//! `cargo run -p outbound-http --example fetch -- https://as.example.com/.well-known/oauth-authorization-server`

use std::{env, io::Write};

use bytes::Bytes;
use http::Request;
use outbound_http::{GuardedClient, HttpClient, Limits, OutboundPolicy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = env::args().nth(1).ok_or("usage: fetch URL")?;
    let client = GuardedClient::new(OutboundPolicy::default())?;
    let answer = client.send(Request::get(url).body(Bytes::new())?, Limits::default()).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", answer.status())?;
    out.write_all(answer.body())?;
    Ok(())
}
