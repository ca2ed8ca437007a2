//! Option B: the gateway as authorization server towards MCP clients and as OAuth client towards third parties.

#[allow(dead_code, unused_imports, reason = "used by the runtime once all of option B is joined")]
mod adapters;
#[allow(dead_code, unused_imports, reason = "used by the runtime once all of option B is joined")]
mod browser;
#[allow(dead_code, reason = "used by the runtime once all of option B is joined")]
mod endpoints;
mod pages;
#[allow(dead_code, unused_imports, reason = "used by the runtime once all of option B is joined")]
mod state;
#[allow(dead_code, reason = "used by the runtime once all of option B is joined")]
mod tasks;

#[cfg(test)]
mod testing;
