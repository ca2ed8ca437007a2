//! What the tests of several crates share.
//!
//! Never a dependency of anything that is shipped.

pub mod fake_http;
pub mod github;
pub mod golden;
pub mod issuer;
pub mod upstream;
