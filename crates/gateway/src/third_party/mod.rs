//! Option B: the gateway as authorization server towards MCP clients and as OAuth client towards third parties.

#[expect(dead_code, unused_imports, reason = "used by the handlers of the browser's part")]
mod pages;
