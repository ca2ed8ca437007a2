//! mcp-proxy
