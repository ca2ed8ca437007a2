//! One caller: a user on one connection, in one era, before one upstream, who calls and looks at all that comes.

use std::{
    sync::{Arc, atomic::AtomicU64, atomic::Ordering::Relaxed},
    time::Duration,
};

use http::Method;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::{
    sync::{Barrier, Semaphore, mpsc},
    task::JoinHandle,
    time::timeout,
};

use super::{
    behind::Behind,
    judge::Judge,
    message::{Era, Message, initialize, progress_token},
    tally::{Kind, Outcome, Tally},
    wire::{Events, Wire, text},
};

/// Who calls, and how.
#[derive(Clone)]
pub(super) struct Caller {
    /// The subject of the token.
    pub(super) user: String,
    /// Which of this user's callers it is.
    pub(super) number: usize,
    /// Where among the kinds of calls it begins.
    pub(super) pace: u64,
    pub(super) behind: Behind,
    pub(super) token: String,
    pub(super) url: String,
    pub(super) era: Era,
    pub(super) wire: Wire,
    pub(super) judge: Arc<Judge>,
    pub(super) tally: Arc<Tally>,
}

/// A caller at work.
struct Connected {
    caller: Caller,
    session: Option<String>,
    /// The id of the last request: 1, 2, 3 … for everybody.
    id: u64,
    heard: mpsc::UnboundedReceiver<Heard>,
    listening: JoinHandle<()>,
}

/// What came on the stream that only listens.
enum Heard {
    /// The secret of something that was told.
    Told(String),
    /// A question: programs ask where they find the caller, and do not say which call is the cause.
    Asked(Value),
}

impl Caller {
    /// Connects when `door` lets it, waits until everybody has, and calls until `calls` are used up.
    pub(super) async fn live(self, door: Arc<Semaphore>, everybody: Arc<Barrier>, calls: Arc<AtomicU64>) {
        let tally = Arc::clone(&self.tally);
        let passing = door.acquire().await;
        let connected = within(self.connect()).await;
        drop(passing);
        everybody.wait().await;
        let mut connected = match connected {
            Ok(connected) => connected,
            Err(outcome) => return tally.note(outcome),
        };
        while calls.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
            let kind = connected.next_kind();
            let outcome = within(connected.call(kind)).await.map_err(|it| it.of(&connected.what(kind)));
            tally.count(connected.caller.behind, kind, outcome.err().unwrap_or(Outcome::Own));
        }
        connected.listening.abort();
    }

    /// Opens a session, if the era has any, and a stream for what the server has to say.
    async fn connect(self) -> Result<Connected, Outcome> {
        let session = match self.era {
            Era::Sessions => Some(self.open_session().await?),
            Era::Stateless => None,
        };
        let (sender, heard) = mpsc::unbounded_channel();
        let listening = match self.era {
            Era::Sessions => self.send(Method::GET, self.era.other(&json!("")), session.as_deref()).await?,
            Era::Stateless => {
                let filter = json!({ "notifications": { "toolsListChanged": true } });
                let listen = self.era.request(1, "subscriptions/listen", filter, &self.name());
                self.send(Method::POST, listen, None).await?
            }
        };
        let mut events = Events::of(listening);
        // The first event says that the server listens from now on.
        let first = events.next().await.ok_or_else(|| Outcome::Lost("a stream that only listens".into()))?;
        let proof = &first["params"]["data"];
        self.judge.secret_for(&self.name(), proof).map_err(Outcome::Crossed)?;
        let listening = tokio::spawn(self.clone().listen(events, sender));
        Ok(Connected { caller: self, session, id: 1, heard, listening })
    }

    async fn open_session(&self) -> Result<String, Outcome> {
        let answer = self.wire.send(Method::POST, &self.url, &self.token, initialize(&self.name())).await;
        let answer = answer.map_err(Outcome::Lost)?;
        let session = answer.headers().get("mcp-session-id").and_then(|it| it.to_str().ok());
        let session = session.map(str::to_owned).ok_or_else(|| Outcome::Refused("no session".to_owned()))?;
        text(answer.into_body()).await.map_err(Outcome::Lost)?;
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        self.accepted(self.era.other(&ready), Some(&session)).await?;
        Ok(session)
    }

    /// Looks at everything that comes on the stream that only listens.
    async fn listen(self, mut events: Events, heard: mpsc::UnboundedSender<Heard>) {
        while let Some(event) = events.next().await {
            let mine = if event["method"] == QUESTION && self.behind != Behind::Http {
                self.is_asked(event).map(Heard::Asked)
            } else {
                self.is_mine(&event, None).map(Heard::Told)
            };
            match mine {
                Ok(it) => drop(heard.send(it)),
                Err(outcome) => self.tally.note(outcome),
            }
        }
    }

    /// The question, if it is one for this caller.
    fn is_asked(&self, question: Value) -> Result<Value, Outcome> {
        let secret = question["params"]["secret"].as_str().unwrap_or_default();
        if question["method"] == QUESTION && secret.starts_with(&self.mark()) {
            return Ok(question);
        }
        Err(Outcome::Crossed(format!("{} is asked {question}", self.mark())))
    }

    /// The secret of a notification or result, which must be of this caller; of this very call, if `secret` is given.
    ///
    /// The streams of a user have no session in the newer era, so each hears what is for any of them.
    fn is_mine(&self, message: &Value, secret: Option<&str>) -> Result<String, Outcome> {
        let proof = if message["result"].is_null() {
            &message["params"]["data"]
        } else {
            &message["result"]["structuredContent"]
        };
        let found = self.judge.secret_for(&self.name(), proof).map_err(Outcome::Crossed)?;
        let mine = match (secret, self.era) {
            (Some(secret), _) => found == secret,
            (None, Era::Sessions) => found.starts_with(&self.mark()),
            (None, Era::Stateless) => found.starts_with(&format!("{}/", self.user)),
        };
        if mine {
            Ok(found.to_owned())
        } else {
            Err(Outcome::Crossed(format!("{} got {found}", self.mark())))
        }
    }

    /// What the caller is called: the user, and which of theirs it is.
    fn name(&self) -> String {
        format!("{}/{}", self.user, self.number)
    }

    /// What the secrets of this caller begin with.
    fn mark(&self) -> String {
        format!("{}/", self.name())
    }

    async fn send(
        &self,
        method: Method,
        mut message: Message,
        session: Option<&str>,
    ) -> Result<Incoming, Outcome> {
        message.headers.extend(session.map(|it| ("mcp-session-id", it.to_owned())));
        let answer = self.wire.send(method, &self.url, &self.token, message).await.map_err(Outcome::Lost)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer.into_body());
        }
        let body = text(answer.into_body()).await.unwrap_or_default();
        Err(Outcome::Refused(format!("{} was answered {status}: {body}", self.mark())))
    }

    /// Sends what has no answer.
    async fn accepted(&self, message: Message, session: Option<&str>) -> Result<(), Outcome> {
        let body = self.send(Method::POST, message, session).await?;
        match text(body).await.map_err(Outcome::Lost)? {
            nothing if nothing.is_empty() => Ok(()),
            body => Err(Outcome::Crossed(format!("{} sent no request and got {body}", self.mark()))),
        }
    }
}

impl Connected {
    /// Everybody goes through the kinds from a place of their own.
    fn next_kind(&self) -> Kind {
        match (self.id * 7 + self.caller.pace) % 20 {
            0 => Kind::Told,
            3 | 11 => Kind::Left,
            5 | 7 | 12 if self.caller.era == Era::Sessions => Kind::AskedBack,
            1 | 9 | 14 | 18 => Kind::Counted,
            _ => Kind::Said,
        }
    }

    /// A call, for people.
    fn what(&self, kind: Kind) -> String {
        let caller = &self.caller;
        format!("{kind:?} {} of {} at {:?}, {:?}", self.id, caller.name(), caller.behind, caller.era)
    }

    async fn call(&mut self, kind: Kind) -> Result<(), Outcome> {
        self.id += 1;
        let secret = self.secret();
        match kind {
            Kind::Said => self.said("say", &secret).await,
            Kind::Counted => self.counted(&secret).await,
            Kind::AskedBack => self.asked_back(&secret).await,
            Kind::Told => self.told(&secret).await,
            Kind::Left => self.left(&secret).await,
        }
    }

    /// What only this call knows, of some length.
    fn secret(&self) -> String {
        let filler = "x".repeat(usize::try_from(self.id * 37 % 700).unwrap());
        format!("{}{}/{filler}", self.caller.mark(), self.id)
    }

    async fn ask(&self, tool: &str, secret: &str) -> Result<Incoming, Outcome> {
        let message = self.caller.era.call(self.id, tool, secret, &self.caller.name());
        self.caller.send(Method::POST, message, self.session.as_deref()).await
    }

    async fn said(&self, tool: &str, secret: &str) -> Result<(), Outcome> {
        let events = Events::of(self.ask(tool, secret).await?);
        self.ends_with_the_result(events, secret).await
    }

    fn is_the_result(&self, message: &Value, secret: &str) -> Result<(), Outcome> {
        if message["error"].is_object() {
            return Err(Outcome::Refused(message.to_string()));
        }
        if message["id"] != self.id {
            return Err(Outcome::Crossed(format!("an answer to another id than {}: {message}", self.id)));
        }
        self.caller.is_mine(message, Some(secret)).map(drop)
    }

    async fn counted(&self, secret: &str) -> Result<(), Outcome> {
        let mut events = Events::of(self.ask("count", secret).await?);
        for step in 1..=3 {
            let event = self.next(&mut events).await?;
            let params = &event["params"];
            let token = progress_token(self.caller.era, self.id);
            if params["message"] != secret || params["progressToken"] != token {
                return Err(Outcome::Crossed(format!("{} hears {event}", self.caller.mark())));
            }
            if params["progress"] != step {
                return Err(Outcome::Lost(format!("step {step}: {event}")));
            }
        }
        self.ends_with_the_result(events, secret).await
    }

    async fn asked_back(&mut self, secret: &str) -> Result<(), Outcome> {
        let mut events = Events::of(self.ask("ask", secret).await?);
        let question = loop {
            tokio::select! {
                question = events.next() => {
                    break question.ok_or_else(|| Outcome::Lost("the rest before the question".to_owned()))?;
                }
                heard = self.heard.recv() => match heard {
                    Some(Heard::Asked(question)) => break question,
                    Some(Heard::Told(_)) => {}
                    None => return Err(Outcome::Lost("the stream that only listens has ended".to_owned())),
                }
            }
        };
        let question = self.caller.is_asked(question)?;
        if question["params"]["secret"] != secret {
            return Err(Outcome::Crossed(format!("{} is asked {question} now", self.caller.mark())));
        }
        let reply = json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "secret": secret } });
        self.caller.accepted(self.caller.era.other(&reply), self.session.as_deref()).await?;
        self.ends_with_the_result(events, secret).await
    }

    async fn told(&mut self, secret: &str) -> Result<(), Outcome> {
        self.said("tell", secret).await?;
        loop {
            match self.heard.recv().await {
                Some(Heard::Told(told)) if told == secret => return Ok(()),
                Some(_) => {}
                None => return Err(Outcome::Lost("the stream that only listens has ended".to_owned())),
            }
        }
    }

    /// Leaves before the answer, after some of it or, now and then, just after it; whatever comes must still be its own.
    async fn left(&self, secret: &str) -> Result<(), Outcome> {
        let patience = Duration::from_millis(self.id % 12);
        let answered = timeout(patience, async {
            let mut events = Events::of(self.ask("hold", secret).await?);
            self.is_the_result(&self.next(&mut events).await?, secret)
        });
        if let Ok(answered) = answered.await {
            return answered;
        }
        if self.caller.era == Era::Stateless {
            return Ok(());
        }
        let cancelled = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": self.id } });
        self.caller.accepted(self.caller.era.other(&cancelled), self.session.as_deref()).await
    }

    async fn next(&self, events: &mut Events) -> Result<Value, Outcome> {
        events.next().await.ok_or_else(|| Outcome::Lost(format!("the rest of {}", self.caller.mark())))
    }

    async fn ends_with_the_result(&self, mut events: Events, secret: &str) -> Result<(), Outcome> {
        self.is_the_result(&self.next(&mut events).await?, secret)?;
        match events.next().await {
            None => Ok(()),
            Some(more) => Err(Outcome::Crossed(format!("{} also got {more}", self.caller.mark()))),
        }
    }
}

const QUESTION: &str = "sampling/createMessage";

/// What takes longer than anything here takes on a busy machine is lost.
async fn within<T>(work: impl Future<Output = Result<T, Outcome>>) -> Result<T, Outcome> {
    timeout(Duration::from_secs(180), work).await.unwrap_or_else(|_| Err(Outcome::Lost("no end".to_owned())))
}
