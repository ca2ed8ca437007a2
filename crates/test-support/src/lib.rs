#![doc = include_str!("../README.md")]

pub mod dpop;
pub mod fake_http;
pub mod github;
pub mod golden;
pub mod issuer;
pub mod log;
pub mod parts;
pub mod postgres;
pub mod private_server;
pub mod upstream;
