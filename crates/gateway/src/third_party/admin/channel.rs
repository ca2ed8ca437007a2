//! The way of a command to a gateway.

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{Router, body::Body};
use bytes::{Buf, BytesMut};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use oauth_types::{SystemClock, SystemEntropy};
use serde::{Serialize, de::DeserializeOwned};
use tokio::net::UnixStream;
use tower_service::Service;

use super::protocol::{Command, Line, Progress};
use crate::{
    config::{Config, ConfigError, Environment, Storage},
    serve::StateFile,
    third_party::{Resident, ResidentError},
};

/// The gateway of a configuration, for its operator.
#[derive(Debug)]
pub struct Channel(To);

#[derive(Debug)]
enum To {
    /// It runs, and answers on its socket.
    Running(PathBuf),
    /// None runs: this process has the store.
    Here(Box<Resident>, Router),
}

/// Why a command came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The configuration.
    #[error(transparent)]
    Configuration(#[from] ConfigError),
    /// There is nothing to operate.
    #[error("the configuration has no `[third_party]`, so there are no grants, clients and keys")]
    NoThirdParty,
    /// Its state ends with the gateway.
    #[error(
        "no gateway answers on the admin socket, and with `storage = \"memory\"` nothing is kept while none runs"
    )]
    Memory,
    /// There is no store yet.
    #[error("no gateway runs, and there is no store at {}: `mcp-gateway storage init` makes one", .0.display())]
    NoStore(PathBuf),
    /// The store cannot be opened.
    #[error("no gateway answers on the admin socket, and the store cannot be opened")]
    Resident(#[from] ResidentError),
    /// The socket.
    #[error("the admin socket {} cannot be used", path.display())]
    Socket {
        /// The socket.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The conversation.
    #[error("the gateway broke off")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The gateway is of another version.
    #[error("the gateway does not understand: {0}")]
    NotUnderstood(String),
    /// What was asked for failed.
    #[error("{0}")]
    Refused(String),
}

impl Channel {
    /// Reaches the gateway that runs with the configuration at `path`; if none does, opens its store, which no other
    /// process can use until [`Channel::close`].
    ///
    /// # Errors
    /// [`ChannelError`].
    pub async fn open(path: &Path, environment: &dyn Environment) -> Result<Self, ChannelError> {
        let config = Config::read(path)?;
        let third_party = config.third_party.as_ref().ok_or(ChannelError::NoThirdParty)?;
        if let Some(running) = Self::to_running(&config).await? {
            return Ok(running);
        }
        match &third_party.storage {
            Storage::Memory => Err(ChannelError::Memory),
            Storage::Redb(store) if !store.exists() => Err(ChannelError::NoStore(store.clone())),
            Storage::Redb(_) | Storage::Postgres(_) => Self::here(path, environment).await,
        }
    }

    /// Reaches the gateway that runs with `config`, if one does.
    ///
    /// # Errors
    /// [`ChannelError::Socket`].
    pub(crate) async fn to_running(config: &Config) -> Result<Option<Self>, ChannelError> {
        let Some(socket) = config.admin_socket() else { return Ok(None) };
        match UnixStream::connect(&socket).await {
            Ok(_) => Ok(Some(Self(To::Running(socket)))),
            Err(error) if is_nobody(&error) => Ok(None),
            Err(source) => Err(ChannelError::Socket { path: socket, source }),
        }
    }

    async fn here(path: &Path, environment: &dyn Environment) -> Result<Self, ChannelError> {
        let loaded = Config::load(path, environment)?;
        let (clock, entropy) = (Arc::new(SystemClock::new()), Arc::new(SystemEntropy));
        let resident = Resident::open(&loaded, StateFile::MustBeThere, clock, entropy).await?;
        match resident.prepare(&loaded).await {
            Ok((_, prepared)) => resident.put_to_work(prepared),
            Err(error) => {
                resident.stop().await;
                return Err(error.into());
            }
        }
        let router = resident.admin().ok_or(ChannelError::NoThirdParty)?;
        Ok(Self(To::Here(Box::new(resident), router)))
    }

    /// Asks `question`, and tells `progress` how far the gateway has come with it.
    ///
    /// # Errors
    /// [`ChannelError`].
    pub async fn ask<Q: Serialize, A: DeserializeOwned>(
        &self,
        command: Command<Q, A>,
        question: &Q,
        mut progress: impl FnMut(Progress),
    ) -> Result<A, ChannelError> {
        let body = serde_json::to_vec(question).map_err(broken)?;
        let request = Request::post(command.path).header(http::header::HOST, "admin");
        let request = request.body(Body::from(body)).map_err(broken)?;
        let mut response = self.send(request).await?;
        let mut received = BytesMut::new();
        while let Some(frame) = response.body_mut().frame().await {
            let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
            received.extend_from_slice(&data);
            if response.status() != StatusCode::OK {
                continue;
            }
            while let Some(end) = received.iter().position(|it| *it == b'\n') {
                let line = received.split_to(end);
                received.advance(1);
                match serde_json::from_slice(&line).map_err(broken)? {
                    Line::Progress(it) => progress(it),
                    Line::Answer(answer) => return Ok(answer),
                    Line::Error(why) => return Err(ChannelError::Refused(why)),
                }
            }
        }
        match response.status() {
            StatusCode::OK => Err(broken("there is no answer")),
            status => {
                let words = String::from_utf8_lossy(&received);
                Err(ChannelError::NotUnderstood(format!("{status} {words}")))
            }
        }
    }

    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, ChannelError> {
        let path = match &self.0 {
            To::Here(_, router) => {
                return match router.clone().call(request).await {
                    Ok(response) => Ok(response),
                    Err(never) => match never {},
                };
            }
            To::Running(path) => path,
        };
        let failed = |source| ChannelError::Socket { path: path.clone(), source };
        let stream = UnixStream::connect(path).await.map_err(failed)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        tokio::spawn(connection);
        Ok(sender.send_request(request).await.map_err(broken)?.map(Body::new))
    }

    /// Lets the store go, if this process has it.
    pub async fn close(self) {
        if let To::Here(resident, _) = self.0 {
            resident.stop().await;
        }
    }
}

/// Nobody listens there.
fn is_nobody(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused)
}

fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ChannelError {
    ChannelError::Broken(error.into())
}
