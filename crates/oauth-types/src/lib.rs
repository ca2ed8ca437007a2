//! oauth-types
