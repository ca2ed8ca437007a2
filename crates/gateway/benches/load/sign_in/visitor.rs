//! Somebody with a browser and a client, and their way through one flow.

use std::{io, net::SocketAddr, time::Instant};

use url::Url;

use super::{Scene, Way};
use crate::{
    browser::{self, Cookies, expect, location, target},
    client::Client,
    connection::{Answer, Connection},
    load::microseconds_since,
};

/// The connections that flow after flow uses, as browsers and clients do.
pub(super) struct Visitor<'a> {
    scene: &'a Scene,
    gateway: Connection,
    github: Connection,
}

/// A visitor who goes one way.
pub(super) struct Person<'a> {
    visitor: Visitor<'a>,
    way: Way,
    /// Browsers that are signed in, used in turn, so that nobody gets more grants than one person may have.
    browsers: Vec<Cookies>,
}

impl<'a> Person<'a> {
    pub(super) async fn prepare(scene: &'a Scene, way: Way) -> io::Result<Self> {
        let mut visitor = Visitor::new(scene).await?;
        let mut browsers = vec![Cookies::default(); if way == Way::SignedIn { BROWSERS } else { 0 }];
        for cookies in &mut browsers {
            visitor.sign_in(cookies).await?;
        }
        Ok(Self { visitor, way, browsers })
    }

    /// One flow after the other, at least one; the microseconds that each took.
    pub(super) async fn keep_busy(mut self, until: Instant) -> io::Result<Vec<u32>> {
        let mut latencies = Vec::new();
        while latencies.is_empty() || Instant::now() < until {
            let started = Instant::now();
            match self.way {
                Way::ThirdParty => self.visitor.sign_in(&mut Cookies::default()).await?,
                Way::SignedIn => {
                    let turn = latencies.len() % self.browsers.len().max(1);
                    let cookies =
                        self.browsers.get_mut(turn).ok_or_else(|| io::Error::other("no browser"))?;
                    self.visitor.approve(cookies).await?
                }
            };
            latencies.push(microseconds_since(started));
        }
        Ok(latencies)
    }
}

impl<'a> Visitor<'a> {
    pub(super) async fn new(scene: &'a Scene) -> io::Result<Self> {
        let gateway = Connection::open(scene.gateway.address).await?;
        let github = scene.github.url("/");
        let github = Connection::open(address(&github)?).await?;
        Ok(Self { scene, gateway, github })
    }

    /// A person whom nobody has seen before approves, signs in at the third party, and the client gets its tokens.
    pub(super) async fn sign_in(&mut self, cookies: &mut Cookies) -> io::Result<String> {
        let state = self.state();
        let page = self.consent_page(cookies, &state).await?;
        let sent = self.press(cookies, &page, "provider:github").await?;
        let back = self.at_github(&sent).await?;
        let answer = self.open(cookies, &target(&back)).await?;
        let sent = location(&expect(answer, 303, "callback")?, self.address())?;
        self.client().redeem(&mut self.gateway, &sent, &state).await
    }

    /// A person who is signed in approves, and the client gets its tokens.
    pub(super) async fn approve(&mut self, cookies: &mut Cookies) -> io::Result<String> {
        let state = self.state();
        let page = self.consent_page(cookies, &state).await?;
        let sent = self.press(cookies, &page, "signed-in").await?;
        self.client().redeem(&mut self.gateway, &sent, &state).await
    }

    async fn consent_page(&mut self, cookies: &mut Cookies, state: &str) -> io::Result<Answer> {
        let request = self.client().authorization_request(state);
        let answer = self.open(cookies, &request).await?;
        let page = location(&expect(answer, 303, "authorization request")?, self.address())?;
        expect(self.open(cookies, &target(&page)).await?, 200, "consent page")
    }

    /// Presses a button of the consent page; where that leads.
    async fn press(&mut self, cookies: &mut Cookies, page: &Answer, decision: &str) -> io::Result<Url> {
        let address = self.address();
        let answer = browser::press(&mut self.gateway, address, cookies, page, decision).await?;
        location(&expect(answer, 303, "decision")?, address)
    }

    /// Opens a page of the gateway.
    async fn open(&mut self, cookies: &mut Cookies, target: &str) -> io::Result<Answer> {
        let address = self.address();
        browser::open(&mut self.gateway, address, cookies, target).await
    }

    /// The third party knows the person by their cookie, and sends them back.
    async fn at_github(&mut self, sent: &Url) -> io::Result<Url> {
        let github = address(sent)?;
        let person = self.scene.new_person();
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {github}\r\nUser-Agent: browser/1\r\nCookie: user={person}\r\n\r\n",
            target(sent)
        );
        location(&expect(self.github.exchange(&request).await?, 302, "third party")?, github)
    }

    /// One that no other request has.
    fn state(&self) -> String {
        format!("state-{}", self.scene.next())
    }

    fn client(&self) -> &'a Client {
        &self.scene.client
    }

    fn address(&self) -> SocketAddr {
        self.scene.gateway.address
    }
}

fn address(url: &Url) -> io::Result<SocketAddr> {
    let port = url.port_or_known_default().unwrap_or_default();
    let address = format!("{}:{port}", url.host_str().unwrap_or_default());
    address.parse().map_err(io::Error::other)
}

/// So many that each gets less than 256 grants in one round, beyond which older ones would have to end.
const BROWSERS: usize = 4;
