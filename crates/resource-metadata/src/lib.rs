//! resource-metadata
