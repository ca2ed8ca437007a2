use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use session_binding::PendingId;
use url::form_urlencoded;
use zeroize::Zeroize;

use super::{
    Browser,
    answer::Stop,
    guard,
    visit::{TRANSACTION, Visit},
};
use crate::{reason::Reason, request_body::BoundedBody, third_party::pages::Problem};

/// The fields of a form of ours; wiped when dropped, for one may be a password.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// A field, which must be there once.
    pub(super) fn field(&self, name: &str) -> Result<&str, Stop> {
        let mut values = self.0.iter().filter(|(it, _)| it == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            _ => Err(Problem::Malformed.into()),
        }
    }

    /// A field that need not be there, but not twice.
    pub(super) fn field_if_any(&self, name: &str) -> Result<Option<&str>, Stop> {
        if self.0.iter().any(|(it, _)| it == name) { self.field(name).map(Some) } else { Ok(None) }
    }

    /// What proves that the form is from our page; a form without it is not.
    pub(super) fn csrf(&self) -> Result<&str, Stop> {
        self.field("csrf").map_err(|_| Problem::NotOurForm.into())
    }

    /// The transaction that the form belongs to.
    pub(super) fn transaction(&self) -> Result<PendingId, Stop> {
        self.field(TRANSACTION)?.parse().map_err(|_| Problem::Malformed.into())
    }
}

impl Drop for Form {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|(_, value)| value.zeroize());
    }
}

impl Browser {
    /// The form that a page of ours sent.
    pub(super) async fn read_form(&self, visit: &Visit, body: Body) -> Result<Form, Stop> {
        guard::check_form(&visit.headers, &self.origins)?;
        let body = read_body(body, MAX_FORM, self.parts.body_idle).await?;
        Ok(Form(form_urlencoded::parse(&body).into_owned().collect()))
    }
}

/// A body of at most `limit` bytes, which may pause for `idle` and keeps a pace after that.
pub(super) async fn read_body(body: Body, limit: usize, idle: Duration) -> Result<Bytes, Stop> {
    let (body, fault) = BoundedBody::new(body, limit as u64, idle);
    match body.collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(_) if fault.reason() == Some(Reason::BodyTooLarge) => Err(Problem::TooLong.into()),
        Err(_) => Err(Problem::Malformed.into()),
    }
}

/// The longest password is 1 KiB.
const MAX_FORM: usize = 16 * 1024;
