//! The application's own view of its tokens: checking and deleting them.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::json;

use super::{CLIENT_ID, CLIENT_SECRET, Shared, lock, message};

#[derive(Deserialize)]
pub(super) struct TokenBody {
    access_token: String,
}

pub(super) async fn check_token(
    State(state): State<Shared>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<TokenBody>,
) -> Response {
    if !is_application(&client_id, &headers) {
        return message(StatusCode::NOT_FOUND, "Not Found");
    }
    let state = lock(&state);
    let grant = state.access.get(&body.access_token);
    match grant.and_then(|it| Some((it, state.users.get(&it.user)?))) {
        Some((grant, user)) => Json(json!({
            "app": { "client_id": CLIENT_ID },
            "scopes": grant.scope.split([' ', ',']).collect::<Vec<_>>(),
            "user": { "id": user.id, "login": user.login },
        }))
        .into_response(),
        None => message(StatusCode::NOT_FOUND, "Not Found"),
    }
}

pub(super) async fn delete_token(
    State(state): State<Shared>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<TokenBody>,
) -> Response {
    if !is_application(&client_id, &headers) {
        return message(StatusCode::NOT_FOUND, "Not Found");
    }
    match lock(&state).access.remove(&body.access_token) {
        Some(_) => StatusCode::NO_CONTENT.into_response(),
        None => message(StatusCode::UNPROCESSABLE_ENTITY, "Validation Failed"),
    }
}

pub(super) async fn delete_grant(
    State(state): State<Shared>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<TokenBody>,
) -> Response {
    if !is_application(&client_id, &headers) {
        return message(StatusCode::NOT_FOUND, "Not Found");
    }
    let mut state = lock(&state);
    let Some(user) = state.access.get(&body.access_token).map(|it| it.user) else {
        return message(StatusCode::UNPROCESSABLE_ENTITY, "Validation Failed");
    };
    state.access.retain(|_, it| it.user != user);
    state.refresh.retain(|_, (_, it)| it.user != user);
    StatusCode::NO_CONTENT.into_response()
}

fn is_application(client_id: &str, headers: &HeaderMap) -> bool {
    let expected = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}")));
    client_id == CLIENT_ID
        && headers.get(header::AUTHORIZATION).is_some_and(|it| it.as_bytes() == expected.as_bytes())
}
