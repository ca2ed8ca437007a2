use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response, header::AUTHORIZATION};
use tower_layer::Layer;
use tower_service::Service;

use crate::{Refusal, ResourcePolicy, Validator, bearer_token};

/// Lets only requests with a good token through to a tower or axum service.
///
/// The service finds the [`ValidatedToken`](crate::ValidatedToken) in the request's extensions, and no
/// `Authorization` header.
/// What a refused request is answered is up to the caller, since only it knows its metadata URL:
/// see [`Reason::status`](crate::Reason::status) and [`Reason::bearer_error`](crate::Reason::bearer_error).
#[derive(Clone)]
pub struct BearerLayer<F> {
    validator: Validator,
    resource: Arc<ResourcePolicy>,
    on_refusal: F,
}

/// The service that [`BearerLayer`] makes.
#[derive(Clone)]
pub struct BearerService<S, F> {
    inner: S,
    layer: BearerLayer<F>,
}

impl<F> BearerLayer<F> {
    /// Protects `resource`; `on_refusal` renders the answer to a refused request.
    #[must_use]
    pub fn new(validator: Validator, resource: ResourcePolicy, on_refusal: F) -> Self {
        Self { validator, resource: Arc::new(resource), on_refusal }
    }
}

impl<S, F: Clone> Layer<S> for BearerLayer<F> {
    type Service = BearerService<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        BearerService { inner, layer: self.clone() }
    }
}

impl<S, F, B, R> Service<Request<B>> for BearerService<S, F>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    F: Fn(&Refusal) -> Response<R> + Clone + Send + 'static,
    B: Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The service that was polled ready is the one to call; the clone takes its place.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let layer = self.layer.clone();
        Box::pin(async move {
            match admit(&layer.validator, &layer.resource, &mut request).await {
                Ok(()) => inner.call(request).await,
                Err(refusal) => Ok((layer.on_refusal)(&refusal)),
            }
        })
    }
}

impl<F> fmt::Debug for BearerLayer<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BearerLayer").field("resource", &self.resource).finish_non_exhaustive()
    }
}

impl<S, F> fmt::Debug for BearerService<S, F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BearerService").field("layer", &self.layer).finish_non_exhaustive()
    }
}

async fn admit<B>(
    validator: &Validator,
    resource: &ResourcePolicy,
    request: &mut Request<B>,
) -> Result<(), Refusal> {
    let token = bearer_token(request.headers(), request.uri().query())?;
    let validated = validator.validate(&token, resource).await?;
    request.headers_mut().remove(AUTHORIZATION);
    request.extensions_mut().insert(validated);
    Ok(())
}

#[cfg(test)]
mod tests;
