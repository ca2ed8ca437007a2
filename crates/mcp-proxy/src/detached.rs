use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::client::legacy::ResponseFuture;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// Reads answers on after their client has left, because up to MCP 2025-11-25 leaving does not cancel.
///
/// The upstream would see a closed connection as a reason to stop. Both the time and the number of such answers are bounded.
#[derive(Clone, Debug)]
pub(crate) struct Detached {
    places: Arc<Semaphore>,
    limit: Duration,
}

impl Detached {
    pub(crate) fn new(max: usize, limit: Duration) -> Self {
        Self { places: Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS))), limit }
    }

    /// Waits for the answer of a request whose client left before its head, and reads it to its end.
    pub(crate) fn wait_for(&self, answer: ResponseFuture) {
        self.spawn(async move {
            if let Ok(answer) = answer.await {
                read_to_end(answer.into_body()).await;
            }
        });
    }

    /// Reads the rest of an answer to its end.
    pub(crate) fn drain(&self, body: Incoming) {
        self.spawn(read_to_end(body));
    }

    /// Called from `drop`, so it does nothing where it cannot: then the upstream request ends with the client's.
    fn spawn(&self, rest: impl Future<Output = ()> + Send + 'static) {
        let (Ok(runtime), Ok(place)) = (Handle::try_current(), Arc::clone(&self.places).try_acquire_owned())
        else {
            return;
        };
        let limit = self.limit;
        runtime.spawn(async move {
            // Both outcomes end the exchange: the answer is whole, or it took too long.
            let _ = tokio::time::timeout(limit, rest).await;
            drop(place);
        });
    }
}

async fn read_to_end(mut body: Incoming) {
    while let Some(Ok(_)) = body.frame().await {}
}
