//! Whole flows, from the authorization request to the access token: everything that client and browser do.

mod visitor;

use std::{
    cell::Cell,
    io,
    time::{Duration, Instant},
};

use futures_util::future::try_join_all;
use test_support::github::{GithubServer, GithubUser};

use self::visitor::{Person, Visitor};
use crate::{
    browser::Cookies,
    client::Client,
    load::{Answers, Sample},
    options::Options,
    process::Process,
};

/// A gateway with Option B, the third party that signs people in, and a client.
pub(crate) struct Scene {
    pub(crate) gateway: Process,
    github: GithubServer,
    client: Client,
    /// The number of the last person, and of the last request.
    last: Cell<u64>,
}

/// Which way a person goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// In a new browser, through the third party.
    ThirdParty,
    /// In a browser that is signed in: consent, and no third party.
    SignedIn,
}

impl Scene {
    pub(crate) async fn start(options: &Options) -> io::Result<Self> {
        let github = GithubServer::start().await;
        let gateway = options.option_b(&github)?;
        let client = Client::register(gateway.address).await?;
        Ok(Self { gateway, github, client, last: Cell::new(0) })
    }

    /// Access tokens of as many persons.
    pub(crate) async fn tokens(&self, count: usize) -> io::Result<Vec<String>> {
        let lane = async |first: usize| {
            let (mut visitor, mut tokens) = (Visitor::new(self).await?, Vec::new());
            for _ in (first..count).step_by(LANES) {
                tokens.push(visitor.sign_in(&mut Cookies::default()).await?);
            }
            io::Result::Ok(tokens)
        };
        Ok(try_join_all((0..LANES).map(lane)).await?.concat())
    }

    /// Keeps `at_once` persons busy for `duration`, each with one flow after the other.
    ///
    /// # Errors
    /// Fails at the first step that is not answered as it must be.
    pub(crate) async fn run(&self, way: Way, at_once: usize, duration: Duration) -> io::Result<Sample> {
        let people = try_join_all((0..at_once).map(|_| Person::prepare(self, way))).await?;
        let (before, started) = (self.gateway.cpu_us()?, Instant::now());
        let until = started + duration;
        let latencies = try_join_all(people.into_iter().map(|it| it.keep_busy(until))).await?.concat();
        Sample::new(Answers::new(started.elapsed(), latencies), &self.gateway, before)
    }

    /// A person whom nobody has seen before.
    fn new_person(&self) -> u64 {
        let id = self.next();
        self.github.add_user(GithubUser { id, login: format!("person-{id}"), ..GithubUser::default() });
        id
    }

    fn next(&self) -> u64 {
        self.last.set(self.last.get() + 1);
        self.last.get()
    }
}

/// How many persons sign in at once where it is not measured.
const LANES: usize = 8;
