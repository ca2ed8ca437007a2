use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use mcp_message::MirroredParameters;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The tools of a child with arguments that request headers mirror (MCP 2026-07-28, custom headers).
#[derive(Debug, Default)]
pub(super) struct MirroredTools(HashMap<Box<str>, Arc<MirroredParameters>>);

/// A page of tools; of each what is needed here.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow, default)]
    tools: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Tool<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, rename = "inputSchema")]
    schema: &'a RawValue,
}

impl MirroredTools {
    /// Learns from a result of `tools/list`; what is no tool is left out.
    pub(super) fn learn(&mut self, result: &RawValue) {
        let Ok(page) = serde_json::from_str::<Page<'_>>(result.get()) else { return };
        let tools = page.tools.into_iter().filter_map(|it| serde_json::from_str::<Tool<'_>>(it.get()).ok());
        for tool in tools {
            let parameters = MirroredParameters::of(tool.schema);
            if parameters.is_empty() {
                self.0.remove(&*tool.name);
            } else if self.0.len() < MOST_TOOLS || self.0.contains_key(&*tool.name) {
                self.0.insert(tool.name.into(), Arc::new(parameters));
            }
        }
    }

    pub(super) fn of(&self, tool: &str) -> Option<Arc<MirroredParameters>> {
        self.0.get(tool).map(Arc::clone)
    }
}

/// A server that lists more of them than this has made them up.
const MOST_TOOLS: usize = 4096;
