use std::time::{Duration, Instant};

use test_support::{postgres::PostgresServer, upstream::RecordingUpstream};

use super::balancer::Balancer;
use crate::{
    support::{Gateway, call, tool_call},
    third_party::{
        attacks::echo,
        client::Client,
        commands::{run, text},
        stage::{LOCAL, configuration, setup},
    },
};

/// Three gateways on one database, behind one address.
pub(super) struct Cluster {
    pub(super) gateways: Vec<Gateway>,
    pub(super) balancer: Balancer,
    pub(super) upstream: RecordingUpstream,
}

impl Cluster {
    pub(super) async fn start() -> Self {
        Self::before(echo().await).await
    }

    pub(super) async fn before(upstream: RecordingUpstream) -> Self {
        Self::behind(Balancer::start().await, upstream, LOCAL, PostgresServer::shared())
    }

    /// With these providers, which may know where the balancer is, and in a new database of this server.
    pub(super) fn behind(
        balancer: Balancer,
        upstream: RecordingUpstream,
        providers: &str,
        server: &PostgresServer,
    ) -> Self {
        let database = server.database();
        let (origin, uri) = (balancer.origin(), upstream.uri("/mcp").to_string());
        let starts: Vec<_> = (0..GATEWAYS)
            .map(|_| {
                let (database, origin, uri) = (database.clone(), origin.clone(), uri.clone());
                let providers = providers.to_owned();
                std::thread::spawn(move || gateway(&database, &origin, &uri, &providers))
            })
            .collect();
        let gateways: Vec<_> = starts.into_iter().map(|it| it.join().unwrap()).collect();
        balancer.put_behind(gateways.iter().map(Gateway::address).collect());
        Self { gateways, balancer, upstream }
    }

    /// A client that reaches whichever gateway its connections are given to.
    pub(super) async fn client(&self) -> Client {
        Client::register_at(&self.balancer.origin()).await
    }

    pub(super) fn url(&self) -> String {
        format!("{}/mcp", self.balancer.origin())
    }

    /// What a call at this gateway comes to.
    pub(super) async fn status(&self, gateway: usize, access: &str) -> u16 {
        self.balancer.to(gateway);
        let status = call(tool_call(&self.url(), Some(access))).await.status.as_u16();
        self.balancer.to_all();
        status
    }

    /// What a call at each of them comes to.
    pub(super) async fn statuses(&self, access: &str) -> Vec<u16> {
        let mut statuses = Vec::new();
        for gateway in 0..self.gateways.len() {
            statuses.push(self.status(gateway, access).await);
        }
        statuses
    }

    /// How long it takes from now until every gateway answers a call with this status.
    pub(super) async fn until_everywhere(&self, access: &str, status: u16) -> Duration {
        let begin = Instant::now();
        while self.statuses(access).await.iter().any(|it| *it != status) {
            assert!(begin.elapsed() < LONG, "{:?}", self.statuses(access).await);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        begin.elapsed()
    }

    /// What a command answers that an operator gives beside a gateway.
    #[track_caller]
    pub(super) fn command(&self, gateway: usize, arguments: &[&str]) -> String {
        let folder = self.gateways[gateway].path("");
        let output = run(&folder, &[arguments, &["--config", "gateway.toml"]].concat(), "");
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }
}

/// One of them.
fn gateway(database: &str, origin: &str, upstream: &str, providers: &str) -> Gateway {
    setup().file("database.url", database).start(|listen| {
        let port = listen.rsplit(':').next().unwrap();
        configuration(listen, upstream, providers, "")
            .replace(&format!("http://localhost:{port}\""), &format!("{origin}\""))
            .replace("{ redb = \"state.redb\" }", "{ postgres = { file = \"database.url\" } }")
            .replace("[outbound]", "[admin]\nsocket = \"admin.sock\"\n[outbound]")
    })
}

/// An upstream whose every answer is a stream without end.
pub(super) async fn endless() -> RecordingUpstream {
    crate::third_party::attacks::streams::endless().await
}

const GATEWAYS: usize = 3;
/// What the promises allow, and something for a busy machine: what took longer is told by the test itself.
const LONG: Duration = Duration::from_secs(30);
