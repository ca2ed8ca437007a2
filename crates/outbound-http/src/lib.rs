#![doc = include_str!("../README.md")]

mod address;
mod answer;
mod causes;
mod client;
mod failure;
mod guard;
mod guarded;
mod policy;
mod resolve;
mod special_ranges;
mod tls;

pub use causes::causes;
pub use client::{FetchError, HttpClient, Limits};
pub use guarded::{ClientSetupError, GuardedClient};
pub use policy::{InvalidCertificates, OutboundPolicy};

#[cfg(test)]
mod tests;
