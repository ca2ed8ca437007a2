//! Option B: the gateway as authorization server towards MCP clients and as OAuth client towards third parties.

#[cfg_attr(not(test), expect(dead_code, reason = "used by the handlers of the browser's part"))]
#[expect(unused_imports, reason = "used by the handlers of the browser's part")]
mod pages;
