//! outbound-http
