//! See the tests that use it.
