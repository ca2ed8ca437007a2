//! Option B: the gateway as authorization server towards MCP clients and as OAuth client towards third parties.

#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "joined by the state of the process"))]
mod browser;
mod pages;
