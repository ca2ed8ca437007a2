//! Requests that go on when whoever sent them has left.

use std::time::Duration;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use tokio_util::task::TaskTracker;

/// Lets every request of `router` go to its end, once it has begun, in a task that `tracker` knows.
///
/// A server drops the answer that it is making when its client leaves. What had begun to end by then (a grant above
/// all) would have ended in the store and be good in memory.
pub(super) fn to_the_end(router: Router, tracker: TaskTracker) -> Router {
    router.route_layer(middleware::from_fn_with_state(tracker, run))
}

async fn run(State(tracker): State<TaskTracker>, request: Request, next: Next) -> Response {
    match tracker.spawn(next.run(request)).await {
        Ok(response) => response,
        // A defect in this request, which ends it as everywhere else: whoever awaits it contains it.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Waits for what has begun, which may take as long as a third party may.
pub(super) async fn finish(tracker: &TaskTracker) {
    tracker.close();
    if tokio::time::timeout(LONGEST, tracker.wait()).await.is_err() {
        tracing::warn!(requests = tracker.len(), "requests were broken off at the end");
    }
}

/// More than the patience with a third party.
const LONGEST: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::{body::Body, routing::get};
    use futures_util::poll;
    use tokio::sync::Notify;
    use tower_service::Service;

    use super::*;

    /// A handler that ends a grant: it waits for the store, then tells whoever watches.
    fn router(tracker: &TaskTracker, store: &Arc<Notify>, told: &Arc<Notify>) -> Router {
        let (store, told) = (Arc::clone(store), Arc::clone(told));
        let handler = move || async move {
            store.notified().await;
            told.notify_one();
            "done"
        };
        to_the_end(Router::new().route("/revoke", get(handler)), tracker.clone())
    }

    fn request() -> Request {
        Request::get("/revoke").body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn g21_k08_what_has_begun_ends_although_the_client_left() {
        let (tracker, store, told) = (TaskTracker::new(), Arc::new(Notify::new()), Arc::new(Notify::new()));
        let mut router = router(&tracker, &store, &told);
        let mut answer = Box::pin(router.call(request()));
        assert!(poll!(&mut answer).is_pending());
        drop(answer);
        store.notify_one();
        told.notified().await;
        finish(&tracker).await;
        assert!(tracker.is_empty());
    }

    #[tokio::test]
    async fn who_stays_gets_the_answer() {
        let (tracker, store, told) = (TaskTracker::new(), Arc::new(Notify::new()), Arc::new(Notify::new()));
        store.notify_one();
        let answer = router(&tracker, &store, &told).call(request()).await.unwrap();
        assert_eq!(answer.status(), 200);
    }
}
