//! MCP servers that the gateway starts.

use std::sync::Arc;

use mcp_stdio::{Bounds, Bridge, StdioSettings, Variable, VariableValue};
use oauth_types::Entropy;

use crate::config::{Server, StdioMaterial, StdioUpstream};

/// How the program behind `server` is started.
pub(crate) fn stdio_settings(
    server: &Server,
    stdio: &StdioUpstream,
    material: &StdioMaterial,
) -> StdioSettings {
    let variable = |name: &str, value: &str| Variable {
        name: name.to_owned(),
        value: VariableValue::new(value.to_owned()),
    };
    let mut settings = StdioSettings::new(server.path.as_str(), &material.program);
    settings.arguments.clone_from(&stdio.arguments);
    settings.ordinary = material.ordinary.iter().map(|(name, value)| variable(name, value)).collect();
    settings.environment =
        material.environment.iter().map(|(name, value)| variable(name, value.expose())).collect();
    settings.directory.clone_from(&stdio.directory);
    settings.shared = stdio.shared;
    settings.bounds = bounds(server);
    settings
}

fn bounds(server: &Server) -> Bounds {
    let stdio = &server.stdio;
    Bounds {
        children: stdio.children as usize,
        children_per_principal: stdio.children_per_principal as usize,
        idle: stdio.idle.get(),
        life: stdio.life.get(),
        start: stdio.start.get(),
        answer: stdio.answer.get(),
        grace: stdio.grace.get(),
        message: stdio.message_bytes.as_usize(),
        memory: stdio.memory.map(crate::config::ByteSize::bytes),
        open_files: Some(stdio.open_files.into()),
        keep_alive: server.http.keep_alive.get(),
    }
}

/// The bridges of one configuration.
#[derive(Debug, Default)]
pub(crate) struct Bridges(Vec<Arc<Bridge>>);

impl Bridges {
    /// The bridge of `before` if it has these very settings, whose processes go on then; else a new one.
    pub(crate) fn add(
        &mut self,
        settings: StdioSettings,
        before: Option<&Self>,
        entropy: &Arc<dyn Entropy>,
    ) -> Arc<Bridge> {
        let same = before.and_then(|it| it.0.iter().find(|it| *it.settings() == settings));
        let bridge = same.map_or_else(|| Arc::new(Bridge::new(settings, Arc::clone(entropy))), Arc::clone);
        self.0.push(Arc::clone(&bridge));
        bridge
    }

    /// Ends the processes that `next` has no use for.
    pub(crate) fn give_way_to(&self, next: &Self) {
        let is_kept = |bridge: &Arc<Bridge>| next.0.iter().any(|it| Arc::ptr_eq(it, bridge));
        self.0.iter().filter(|it| !is_kept(it)).for_each(|it| it.retire());
    }

    /// Ends all processes, and waits until they are gone.
    pub(crate) async fn stop(&self) {
        self.0.iter().for_each(|it| it.retire());
        for bridge in &self.0 {
            bridge.stop().await;
        }
    }
}
