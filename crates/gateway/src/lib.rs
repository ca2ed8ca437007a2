//! gateway

pub mod config;
