//! What the end-to-end tests need: from npm and pip in the ignored folder `.parts/`, and a browser and a database from the system.

pub(crate) mod browser;
pub(crate) mod cargo;
pub(crate) mod node;
pub(crate) mod postgres;
pub(crate) mod python;
mod stamp;
mod system;
