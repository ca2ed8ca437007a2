//! A host that publishes client ID metadata documents, by https on loopback.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};
use tokio_rustls::TlsAcceptor;

use super::stage::{LOCAL, configuration, setup};
use crate::support::{Gateway, Setup};

/// The host; it stops when dropped.
pub(super) struct Documents {
    origin: String,
    /// Its own root, for `outbound.ca_files`.
    ca: String,
    requests: Arc<AtomicUsize>,
    server: AbortHandle,
}

impl Documents {
    /// Publishes the document of a client on the person's own machine, at every path.
    pub(super) async fn publish() -> Self {
        Self::publish_with(json!({})).await
    }

    /// The same, with these members in the place of its own.
    pub(super) async fn publish_with(members: Value) -> Self {
        let signed = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = PrivatePkcs8KeyDer::from(signed.signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![signed.cert.der().clone()], key.into())
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let requests = Arc::new(AtomicUsize::new(0));
        let server = tokio::spawn(serve(
            listener,
            TlsAcceptor::from(Arc::new(config)),
            origin.clone(),
            members,
            Arc::clone(&requests),
        ));
        Self { origin, ca: signed.cert.pem(), requests, server: server.abort_handle() }
    }

    /// A gateway before `upstream`, with built-in accounts, that may read the documents.
    pub(super) fn gateway(&self, upstream: &str) -> Gateway {
        self.gateway_with(setup(), upstream, LOCAL)
    }

    /// The same, with other sections and the files that they name.
    pub(super) fn gateway_with(&self, setup: Setup, upstream: &str, sections: &str) -> Gateway {
        setup.file("ca.pem", &self.ca).start(|listen| {
            configuration(listen, upstream, sections, "")
                .replace("allow_loopback = true", "allow_loopback = true\nca_files = [\"ca.pem\"]")
        })
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// How many connections were made to it.
    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Documents {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(
    listener: TcpListener,
    tls: TlsAcceptor,
    origin: String,
    members: Value,
    requests: Arc<AtomicUsize>,
) {
    loop {
        let Ok((socket, _)) = listener.accept().await else { return };
        requests.fetch_add(1, Ordering::SeqCst);
        let (tls, origin, members) = (tls.clone(), origin.clone(), members.clone());
        tokio::spawn(async move { answer(socket, tls, &origin, &members).await });
    }
}

/// One request per connection; whatever goes wrong is the other side's test.
async fn answer(socket: TcpStream, tls: TlsAcceptor, origin: &str, members: &Value) -> Option<()> {
    let mut stream = tls.accept(socket).await.ok()?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let path = String::from_utf8(head).ok()?.split(' ').nth(1)?.to_owned();
    let body = document(&format!("{origin}{path}"), members).to_string();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: max-age=600\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await.ok()?;
    stream.shutdown().await.ok()
}

fn document(client_id: &str, members: &Value) -> Value {
    let mut document = json!({
        "client_id": client_id,
        "client_name": "Published client of the tests",
        "redirect_uris": ["http://127.0.0.1/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    });
    for (name, value) in members.as_object().into_iter().flatten() {
        document[name] = value.clone();
    }
    document
}
