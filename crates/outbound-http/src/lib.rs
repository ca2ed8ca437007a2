//! The one way out of the process towards authorization servers and documents that somebody else named.
//!
//! [`HttpClient`] is the seam; [`GuardedClient`] is the real one.

mod client;

pub use client::{FetchError, HttpClient, Limits};
