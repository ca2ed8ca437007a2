//! The gateway as authorization server: real clients, third parties and browsers, and attacks on it.

mod attacks;
mod browser;
mod client;
mod clients;
mod commands;
mod conformance;
mod connect;
mod corp;
mod credentials;
mod demo;
mod disk;
mod documents;
mod dpop;
mod enterprise;
mod exchange;
mod github;
mod groups;
mod machines;
mod moods;
mod one_line;
mod operating;
mod pushed;
mod reload;
#[cfg(feature = "postgres")]
mod replicas;
mod stage;
mod step_up;
mod storage;
