//! One process of the gateway, whole but for its sockets.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use oauth_client::AllowRules;
use oauth_server::{
    AuthorizeEndpoint, Clients, GrantPort, IntrospectEndpoint, PushEndpoint, RevokeEndpoint, ServerMetadata,
    ServerSettings, TokenEndpoint,
};
use oauth_types::{Clock, SystemEntropy};
use outbound_http::HttpClient;
use serde_json::Value;
use session_binding::Connections;
use storage::RecordStore;
use token_manager::Liveness;
use tower_service::Service;
use url::{Url, form_urlencoded};

use super::{
    clients::{self, NEXT_HOP},
    hub::Hub,
};
use crate::{
    config::Membership,
    request_id::RequestIds,
    service::Arrival,
    third_party::{
        adapters::{Directory, NamedMemberships, OwnTokens, SignInProvider, Trust},
        admin,
        back_channel_logout::{self, BackChannelLogout},
        browser::{self, BrowserParts},
        endpoints::{self, Endpoints, Failures},
        state::{State, StorageSettings, Stores},
        tasks::Tasks,
        testing::*,
        to_the_end::to_the_end,
    },
};

pub(super) struct Gateway {
    pub(super) state: State,
    pub(super) tokens: OwnTokens,
    router: Router,
    /// What operators reach, on a socket of their own.
    operators: Router,
    tasks: Tasks,
    ids: RequestIds,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// A person's browser: its cookies.
#[derive(Debug, Default)]
pub(super) struct Browser(BTreeMap<String, String>);

impl Gateway {
    pub(super) async fn open(
        store: Arc<dyn RecordStore>,
        clock: Arc<dyn Clock>,
        hub: Arc<Hub>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let settings = settings(StorageSettings::Memory);
        let (state, work) =
            State::on(Stores::of_one_process(store), settings, clock.clone(), Arc::new(SystemEntropy))
                .await?;
        state.foundations.providers.replace(providers(&hub, &clock, "staff"), named());
        state.foundations.trust.replace(trust());
        let tasks = work.spawn();
        let tokens = OwnTokens::new(state.issuer.clone(), state.keys.clone(), clock.clone());
        let server = Arc::new(clients::settings(&state.issuer)?);
        let clients = clients::clients(&state, &clock, hub.clone())?;
        let browser = browser(&state, &server, &clients, (&hub, &clock));
        let router = endpoints::router(endpoints(&state, &server, clients, (&hub, &clock)))
            .merge(browser::router(Arc::new(browser)))
            .merge(back_channel_logout::router(back_channel_logout(&state, &clock)));
        let router = to_the_end(router, state.requests.clone());
        let operators = admin::router(state.clone());
        Ok(Self { state, tokens, router, operators, tasks, ids: RequestIds::new(&SystemEntropy) })
    }

    /// The process ends in good order.
    pub(super) async fn stop(self) {
        drop((self.router, self.operators));
        self.tasks.stop().await;
    }

    /// Whether the validator of an MCP endpoint would take this access token.
    pub(super) fn takes(&self, access_token: &str) -> bool {
        let read = self.tokens.read(access_token);
        read.is_some_and(|it| self.state.foundations.grants.is_live(&it.grant) == Liveness::Live)
    }

    /// A request of a program.
    pub(super) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Page {
        self.send(Method::POST, path, &[], Some(form)).await
    }

    /// A command of the operator; the line that answers it.
    pub(super) async fn command(&self, path: &str, question: &Value) -> Value {
        let request = Request::post(path).body(Body::from(question.to_string())).unwrap();
        let answer = self.operators.clone().call(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path} {question}");
        let lines = answer.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&lines).unwrap()
    }

    async fn send(
        &self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        form: Option<&[(&str, &str)]>,
    ) -> Page {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = form.map(|it| form_urlencoded::Serializer::new(String::new()).extend_pairs(it).finish());
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let mut request = request.body(Body::from(body.unwrap_or_default())).unwrap();
        request.extensions_mut().insert(Arrival::new(self.ids.next(), Ipv4Addr::LOCALHOST.into()));
        let (head, body) = self.router.clone().call(request).await.unwrap().into_parts();
        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        let page = Page { status: head.status, headers: head.headers, body };
        assert!(!format!("{page:?}").contains("third-access"), "a third-party token went out: {page:?}");
        assert!(!format!("{page:?}").contains("third-refresh"), "a third-party token went out: {page:?}");
        page
    }
}

impl Browser {
    pub(super) async fn get(&mut self, gateway: &Gateway, target: &str) -> Page {
        self.send(gateway, Method::GET, target, None).await
    }

    /// Sends a form of a page of ours.
    pub(super) async fn post(&mut self, gateway: &Gateway, path: &str, form: &[(&str, &str)]) -> Page {
        self.send(gateway, Method::POST, path, Some(form)).await
    }

    async fn send(
        &mut self,
        gateway: &Gateway,
        method: Method,
        target: &str,
        form: Option<&[(&str, &str)]>,
    ) -> Page {
        let cookies: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut headers = Vec::new();
        if !cookies.is_empty() {
            headers.push(("cookie", cookies.as_str()));
        }
        if form.is_some() {
            headers.extend([("origin", ISSUER), ("sec-fetch-site", "same-origin")]);
        }
        let page = gateway.send(method, target, &headers, form).await;
        for cookie in page.headers.get_all(header::SET_COOKIE) {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.0.remove(name);
            } else {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
        page
    }
}

impl Page {
    /// Where it sends the browser.
    pub(super) fn location(&self) -> Option<Url> {
        let location = self.headers.get(header::LOCATION)?.to_str().ok()?;
        Url::parse(ISSUER).unwrap().join(location).ok()
    }

    /// What a hidden field of its first form holds.
    pub(super) fn hidden(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let at = self.body.find(&start).unwrap_or_else(|| panic!("no field {name} in {self:?}"));
        self.body[at + start.len()..].split('"').next().unwrap().to_owned()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }
}

/// Who lets people in: the third party, for members of `group`; and the same under two further names, as an OpenID
/// provider, and as one whose accounts people connect.
pub(super) fn providers(hub: &Arc<Hub>, clock: &Arc<dyn Clock>, group: &str) -> [SignInProvider; 3] {
    let of = |id: &str, source: Source| {
        let rules = AllowRules { groups: [group.to_owned()].into(), ..AllowRules::default() };
        let http: Arc<dyn HttpClient> = Arc::<Hub>::clone(hub);
        provider_of(id, source, http, Arc::clone(clock), rules)
    };
    [of("third", Source::Api), of(CORP, Source::Userinfo), of(FURTHER, Source::Api)]
}

/// What the rules of the next hop name, so that each token for it says it.
pub(super) fn named() -> NamedMemberships {
    let staff = (Membership::Groups, "third:staff".parse().unwrap());
    NamedMemberships::new([(NEXT_HOP.parse().unwrap(), [staff].into())])
}

/// The third party is trusted as an enterprise too.
fn trust() -> Trust {
    Trust::new([(IDP.parse().unwrap(), "the section of the third party".to_owned())])
}

fn browser(
    state: &State,
    server: &Arc<ServerSettings>,
    clients: &Clients,
    (hub, clock): (&Arc<Hub>, &Arc<dyn Clock>),
) -> browser::Browser {
    browser::Browser::new(BrowserParts {
        authorize: AuthorizeEndpoint::new(Arc::clone(server), clients.clone())
            .with_pushed(state.pushed.clone()),
        pending: state.pending.clone(),
        browser_sessions: state.foundations.browsers.clone(),
        foundations: state.foundations.clone(),
        connections: Connections::new(Arc::new(Directory::new(
            state.foundations.grants.clone(),
            state.foundations.sessions.clone(),
            Arc::new(clients.clone()),
        ))),
        ring: Arc::clone(&state.ring),
        connectable: vec![FURTHER.parse().unwrap()],
        providers: providers(hub, clock, "staff").into(),
        issuer: state.issuer.clone(),
        response_issuer: true,
        servers: BTreeMap::new(),
        body_idle: Duration::from_secs(10),
        clock: Arc::clone(clock),
    })
}

fn endpoints(
    state: &State,
    server: &Arc<ServerSettings>,
    clients: Clients,
    (hub, clock): (&Arc<Hub>, &Arc<dyn Clock>),
) -> Endpoints {
    let grants = Arc::new(state.grant_access().trusting(trust()));
    let port: Arc<dyn GrantPort> = grants.clone();
    let token = TokenEndpoint::new(Arc::clone(server), clients.clone(), Arc::clone(&port));
    Endpoints {
        metadata: ServerMetadata::new(server),
        token: token
            .with_direct_grants(grants)
            .with_identity_assertions(Arc::new(clients::enterprises(hub.clone(), clock))),
        push: PushEndpoint::new(Arc::clone(server), clients.clone(), state.pushed.clone()),
        revoke: RevokeEndpoint::new(clients.clone(), Arc::clone(&port)),
        introspect: IntrospectEndpoint::new(Arc::clone(server), clients, port),
        registrations: None,
        signing_keys: state.signing_keys.clone(),
        failures: Failures::new(Arc::clone(clock)),
        body_idle: Duration::from_secs(10),
    }
}

fn back_channel_logout(state: &State, clock: &Arc<dyn Clock>) -> BackChannelLogout {
    BackChannelLogout {
        foundations: state.foundations.clone(),
        store: Arc::clone(&state.store),
        clock: Arc::clone(clock),
        failures: Failures::new(Arc::clone(clock)),
        body_idle: Duration::from_secs(10),
    }
}

/// The OpenID provider that tells of sign-outs.
pub(super) const CORP: &str = "corp";
/// Where people connect further accounts.
pub(super) const FURTHER: &str = "further";
