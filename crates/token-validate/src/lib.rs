//! token-validate
