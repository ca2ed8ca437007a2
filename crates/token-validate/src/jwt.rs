//! The parts of a JWT, read strictly and not yet proven.

mod claims;
mod compact;
mod header;
mod strict_json;

pub(crate) use claims::{Claims, missing, numeric_date};
pub(crate) use compact::{UnverifiedJws, UnverifiedJwt, decode, looks_like_jwt, unverified_issuer};
pub(crate) use header::Header;
pub(crate) use strict_json::strict_object;
