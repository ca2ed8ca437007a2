//! The browser's part of option B: from an authorization request to its code, and the account page.
//!
//! ```text
//! /authorize ─▶ /consent ─▶ third party ─▶ /callback/{provider} ─▶ the client, with a code
//!                  │  └───▶ /sign-in (built-in accounts) ─────────▶ │
//!                  └──────── signed in already ───────────────────▶ ┘
//! ```
//!
//! What was asked for, and whether somebody approved, is in the store; a browser holds only the proof that it is the
//! browser that began.

mod account;
mod answer;
mod audit;
mod authorize;
mod away;
mod callback;
mod connect;
mod consent;
mod consented;
mod ending;
mod form;
mod guard;
mod issue;
mod parts;
mod show;
mod sign_in;
mod signed_in;
mod step_up;
mod tokens;
mod visit;

use std::sync::Arc;

use axum::{Router, middleware, routing::get};

pub(crate) use self::{
    connect::link_for,
    parts::{Browser, BrowserParts, ServerWords},
};

use super::{adapters::SignInProvider, pages};

/// Every path of the browser's part, with the assets of its pages.
///
/// Each request must have passed the gateway's edge, which checks `Host`.
pub(crate) fn router(browser: Arc<Browser>) -> Router {
    Router::new()
        .route(AUTHORIZE, get(authorize::asked).post(authorize::asked_by_form))
        .route(CONSENT, get(consent::shown).post(consented::posted))
        .route(SIGN_IN, get(sign_in::shown).post(sign_in::posted))
        .route(&format!("{CALLBACK}/{{provider}}"), get(callback::came_back))
        .route(ACCOUNT, get(account::shown).post(account::posted))
        .route(&format!("{CONNECT}/{{provider}}"), get(connect::shown).post(connect::posted))
        .route_layer(middleware::from_fn(guard::bounds))
        .with_state(browser)
        .merge(pages::router())
}

/// Authorization requests of clients (OAuth 2.1 section 4.1.1).
pub(crate) const AUTHORIZE: &str = "/authorize";
/// The page that asks the person.
pub(crate) const CONSENT: &str = "/consent";
/// The page that asks for the password of a built-in account.
pub(crate) const SIGN_IN: &str = "/sign-in";
/// Where third parties send people back to: each has its own, `/callback/{provider}` (RFC 9700 section 4.4).
pub(crate) const CALLBACK: &str = "/callback";
/// Where a signed-in person connects an account at a further third party: `/connect/{provider}`.
pub(crate) const CONNECT: &str = "/connect";
/// The page of a signed-in person.
pub(crate) const ACCOUNT: &str = "/account";

#[cfg(test)]
mod tests;
