//! An MCP endpoint that refuses everybody, and tells clients where they get a token.
//!
//! Validation of the token is another crate's job; this one alone makes the server discoverable.

use std::net::Ipv4Addr;

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::any,
};
use http::{HeaderMap, header};
use oauth_types::BearerError;
use resource_metadata::{Challenge, Documents, ErrorDescription, ProtectedResource, router};

const UNKNOWN: ErrorDescription = ErrorDescription::from_static("this example knows no token");

#[tokio::main]
#[expect(clippy::print_stdout, reason = "tells the reader what to try")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let resource =
        ProtectedResource::builder(format!("{origin}/mcp").parse()?, "https://as.example.com".parse()?)
            .scopes("mcp".parse()?)
            .name("Example")
            .build();
    println!("curl -i {origin}/mcp");
    println!("curl -i {}", resource.metadata_url());

    let documents = router(Documents::new([resource.clone()])?);
    let endpoint = any(async move |headers: HeaderMap| refuse(&resource, &headers));
    axum::serve(listener, Router::new().route("/mcp", endpoint).merge(documents)).await?;
    Ok(())
}

fn refuse(resource: &ProtectedResource, headers: &HeaderMap) -> Response {
    let challenge = if headers.contains_key(header::AUTHORIZATION) {
        Challenge::refused(resource, BearerError::InvalidToken, UNKNOWN)
    } else {
        Challenge::missing(resource)
    };
    (challenge.status(), [(header::WWW_AUTHENTICATE, challenge.to_header_value())]).into_response()
}
