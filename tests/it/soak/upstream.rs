//! An MCP server that says in each answer for whom it was made, and that can be made to confuse them.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc, sync::oneshot, task::AbortHandle};

use super::behind::Behind;

/// What a server does wrong now and then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// An answer is another caller's.
    AnswerOfAnother,
    /// An answer says that it was made for somebody else.
    NameOfAnother,
    /// An event goes to another caller's stream.
    EventForAnother,
    /// A stream ends before the result.
    Lost,
    /// A call is answered 503.
    Refused,
    /// A program gives an answer to another caller.
    ProgramAnswersAnother,
    /// A program tells another user what is meant for one.
    ProgramTellsAnother,
    /// A process has users that it should not have.
    ProcessOfAnother,
}

impl Fault {
    /// Where it happens.
    pub(super) const fn at(self) -> Behind {
        match self {
            Self::AnswerOfAnother
            | Self::NameOfAnother
            | Self::EventForAnother
            | Self::Lost
            | Self::Refused => Behind::Http,
            Self::ProcessOfAnother => Behind::OwnProgram,
            Self::ProgramAnswersAnother | Self::ProgramTellsAnother => Behind::SharedProgram,
        }
    }

    /// The argument that makes the program do it.
    pub(super) const fn of_program(self) -> Option<&'static str> {
        match self {
            Self::ProgramAnswersAnother => Some("answers-another"),
            Self::ProgramTellsAnother => Some("tells-another"),
            _ => None,
        }
    }
}

/// The running server; stops when dropped.
pub(super) struct Upstream {
    url: String,
    server: AbortHandle,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    fault: Option<Fault>,
    faults: AtomicU64,
    turns: AtomicU64,
    /// How many sessions each subject has opened: everybody's first is called the same.
    sessions: Mutex<HashMap<String, u32>>,
    /// Who waits for the client's answer to a question.
    questions: Mutex<HashMap<Place, oneshot::Sender<Value>>>,
    /// Streams that only listen.
    listeners: Mutex<HashMap<Place, Vec<mpsc::UnboundedSender<Value>>>>,
    last: Mutex<Option<Proof>>,
}

/// A subject and one of its sessions; none in the newer era.
type Place = (String, Option<String>);

/// Whom an answer is for, and what only its caller knows.
#[derive(Clone)]
struct Proof {
    subject: String,
    assertion: String,
    secret: String,
}

impl Upstream {
    pub(super) async fn start(fault: Option<Fault>) -> Self {
        let shared = Arc::new(Shared { fault, ..Shared::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        Self { url, server, shared }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// How often it did something wrong.
    pub(super) fn faults(&self) -> u64 {
        self.shared.faults.load(Relaxed)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers.get(name).and_then(|it| it.to_str().ok()).map(str::to_owned);
    let assertion = header("x-mcp-assertion").unwrap();
    let place = (subject(&assertion), header("mcp-session-id"));
    if method == Method::GET {
        return shared.listen(place, assertion);
    }
    let message: Value = serde_json::from_slice(&body).unwrap();
    match message["method"].as_str() {
        Some("initialize") => shared.open_session(&message, &place.0),
        Some("subscriptions/listen") => shared.listen(place, assertion),
        Some("tools/call") => shared.call(&message, place, assertion).await,
        Some(_) => StatusCode::ACCEPTED.into_response(),
        None => shared.take_reply(message, &place),
    }
}

/// Whom the assertion names. Whether it is good is for those to judge who get it back.
fn subject(assertion: &str) -> String {
    let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["sub"].as_str().unwrap().to_owned()
}

impl Shared {
    fn open_session(&self, message: &Value, subject: &str) -> Response {
        let mut sessions = self.sessions.lock().unwrap();
        let number = sessions.entry(subject.to_owned()).or_default();
        *number += 1;
        let result = json!({
            "protocolVersion": message["params"]["protocolVersion"],
            "capabilities": { "tools": {}, "logging": {} },
            "serverInfo": { "name": "soak", "version": "1.0.0" },
        });
        ([("mcp-session-id", format!("session-{number}"))], json_text(&message["id"], &result))
            .into_response()
    }

    /// A stream for what is not an answer; its first event says that it is there.
    fn listen(&self, place: Place, assertion: String) -> Response {
        let (sender, mut events) = mpsc::unbounded_channel();
        let proof = Proof { subject: place.0.clone(), assertion, secret: String::new() };
        sender.send(notification(&proof)).unwrap();
        self.listeners.lock().unwrap().entry(place).or_default().push(sender);
        event_stream(stream::poll_fn(move |cx| events.poll_recv(cx)))
    }

    /// The client's answer to a question, for the call that asked it.
    fn take_reply(&self, reply: Value, place: &Place) -> Response {
        let waiting = self.questions.lock().unwrap().remove(place);
        let taken = waiting.is_some_and(|it| it.send(reply).is_ok());
        if taken { StatusCode::ACCEPTED } else { StatusCode::BAD_REQUEST }.into_response()
    }

    async fn call(self: Arc<Self>, message: &Value, place: Place, assertion: String) -> Response {
        let id = message["id"].clone();
        let params = &message["params"];
        let secret = params["arguments"]["secret"].as_str().unwrap().to_owned();
        let proof = Proof { subject: place.0.clone(), assertion, secret };
        match params["name"].as_str().unwrap() {
            "say" => self.say(&id, proof).await,
            "tell" => self.tell(&id, &place, &proof),
            "count" => self.count(id, params["_meta"]["progressToken"].clone(), proof),
            "ask" => self.ask(id, place, proof),
            "hold" => hold(id, proof, self.turn()).await,
            tool => panic!("no tool is called {tool}"),
        }
    }

    async fn say(&self, id: &Value, own: Proof) -> Response {
        let turn = self.turn();
        pause(turn % 3).await;
        let before = self.last.lock().unwrap().replace(own.clone());
        let Some(another) = before.filter(|it| it.subject != own.subject && turn.is_multiple_of(8)) else {
            return json_text(id, &own.result());
        };
        match self.fault {
            Some(Fault::Refused) => self.fails(StatusCode::SERVICE_UNAVAILABLE.into_response()),
            Some(Fault::AnswerOfAnother) => self.fails(json_text(id, &another.result())),
            Some(Fault::NameOfAnother) => {
                let mixed = Proof { secret: own.secret, ..another };
                self.fails(json_text(id, &mixed.result()))
            }
            _ => json_text(id, &own.result()),
        }
    }

    fn tell(&self, id: &Value, place: &Place, proof: &Proof) -> Response {
        let listeners = self.listeners.lock().unwrap();
        let event = notification(proof);
        for listener in listeners.get(place).into_iter().flatten() {
            // Those that have left are no longer told.
            drop(listener.send(event.clone()));
        }
        if self.fault == Some(Fault::EventForAnother)
            && let Some((_, others)) = listeners.iter().find(|(it, _)| it.0 != place.0)
            && others.iter().any(|it| it.send(event.clone()).is_ok())
        {
            self.faults.fetch_add(1, Relaxed);
        }
        json_text(id, &proof.result())
    }

    fn count(&self, id: Value, token: Value, proof: Proof) -> Response {
        let turn = self.turn();
        let step = |number: u64| {
            let params = json!({ "progressToken": token, "progress": number, "message": proof.secret });
            json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params })
        };
        let mut events: Vec<Value> = (1..=3).map(step).collect();
        if self.fault == Some(Fault::Lost) && turn.is_multiple_of(8) {
            self.faults.fetch_add(1, Relaxed);
        } else {
            events.push(result(&id, &proof.result()));
        }
        let slowly = stream::iter(events).then(move |event| async move {
            pause(turn % 2).await;
            event
        });
        event_stream(slowly)
    }

    /// Asks under an id that everybody else is asked under as well, and answers when the client has answered.
    fn ask(self: Arc<Self>, id: Value, place: Place, proof: Proof) -> Response {
        let (sender, reply) = oneshot::channel();
        self.questions.lock().unwrap().insert(place, sender);
        let params = json!({ "secret": proof.secret, "messages": [], "maxTokens": 1 });
        let question =
            json!({ "jsonrpc": "2.0", "id": 1, "method": "sampling/createMessage", "params": params });
        let answer = stream::once(async move {
            let reply = reply.await.unwrap_or_default();
            if reply["result"]["secret"] == *proof.secret {
                result(&id, &proof.result())
            } else {
                // Which of the callers has crossed is for them to see.
                result(
                    &id,
                    &json!({ "structuredContent": { "secret": reply.to_string(), "assertion": proof.assertion } }),
                )
            }
        });
        event_stream(stream::iter([question]).chain(answer))
    }

    fn fails(&self, response: Response) -> Response {
        self.faults.fetch_add(1, Relaxed);
        response
    }

    fn turn(&self) -> u64 {
        self.turns.fetch_add(1, Relaxed)
    }
}

/// Answers late, before or after the head of the answer, and whether or not anybody is still there.
async fn hold(id: Value, proof: Proof, turn: u64) -> Response {
    let answer = result(&id, &proof.result());
    if turn.is_multiple_of(2) {
        pause(turn % 16).await;
        return event_stream(stream::iter([answer]));
    }
    event_stream(stream::once(async move {
        pause(turn % 16).await;
        answer
    }))
}

impl Proof {
    fn data(&self) -> Value {
        json!({ "secret": self.secret, "assertion": self.assertion })
    }

    fn result(&self) -> Value {
        json!({ "content": [], "structuredContent": self.data(), "resultType": "complete" })
    }
}

fn result(id: &Value, result: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

fn notification(proof: &Proof) -> Value {
    let params = json!({ "level": "info", "data": proof.data() });
    json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": params })
}

fn json_text(id: &Value, value: &Value) -> Response {
    ([("content-type", "application/json")], result(id, value).to_string()).into_response()
}

fn event_stream(messages: impl Stream<Item = Value> + Send + 'static) -> Response {
    let events =
        messages.map(|it| Ok::<_, std::convert::Infallible>(format!("event: message\ndata: {it}\n\n")));
    ([("content-type", "text/event-stream")], Body::from_stream(events)).into_response()
}

/// What a server has to do before it answers: so that answers overtake one another.
async fn pause(milliseconds: u64) {
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}
