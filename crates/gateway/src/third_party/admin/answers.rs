//! A command as a route: JSON in, lines of JSON out.

use std::error::Error;

use axum::{
    Router,
    body::Body,
    extract,
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use futures_util::stream;
use http::{StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::mpsc;

use super::{
    State,
    protocol::{Command, Line, Progress},
};

/// Why a command came to nothing, in words for the operator.
#[derive(Debug)]
pub(super) struct Refused(pub(super) String);

/// Where a command tells how far it has come.
#[derive(Clone, Debug)]
pub(super) struct Reporter(mpsc::UnboundedSender<Bytes>);

/// Answers `command` with what `handler` makes of the question, whatever becomes of whoever asked.
pub(super) fn route<Q, A, H, F>(command: Command<Q, A>, handler: H) -> Router<State>
where
    Q: DeserializeOwned + Send + 'static,
    A: Serialize + 'static,
    H: Fn(State, Q, Reporter) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<A, Refused>> + Send + 'static,
{
    let answer = async move |extract::State(state): extract::State<State>, body: Bytes| -> Response {
        let question = match serde_json::from_slice(&body) {
            Ok(question) => question,
            Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
        };
        let (sender, mut lines) = mpsc::unbounded_channel();
        let reporter = Reporter(sender);
        let requests = state.requests.clone();
        let work = handler(state, question, reporter.clone());
        // To its end, as every change that somebody has begun.
        requests.spawn(async move {
            reporter.send(&match work.await {
                Ok(answer) => Line::Answer(answer),
                Err(Refused(why)) => Line::Error(why),
            });
        });
        let body = stream::poll_fn(move |context| lines.poll_recv(context).map(|it| it.map(Ok::<_, Never>)));
        ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(body)).into_response()
    };
    Router::new().route(command.path, post(answer))
}

type Never = std::convert::Infallible;

impl Reporter {
    pub(super) fn progress(&self, progress: Progress) {
        self.send::<()>(&Line::Progress(progress));
    }

    fn send<A: Serialize>(&self, line: &Line<A>) {
        let mut text = serde_json::to_vec(line).unwrap_or_default();
        text.push(b'\n');
        // Whoever asked may have left.
        let _ = self.0.send(text.into());
    }
}

impl<E: Error> From<E> for Refused {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            if !text.ends_with(&cause_text) {
                text = format!("{text}: {cause_text}");
            }
            source = cause.source();
        }
        Self(text)
    }
}
