//! Every page, as it is sent.

mod content;
mod forms;
mod golden;
mod headers;
mod sample;
mod strangers;

use axum::response::Response;
use http_body_util::BodyExt;

async fn body_of(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}
