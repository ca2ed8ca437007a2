//! What the end-to-end tests need from npm and pip, in the ignored folder `.parts/`.

pub(crate) mod node;
pub(crate) mod python;
mod stamp;
mod system;
