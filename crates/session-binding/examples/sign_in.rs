//! One sign-in from the first request to the person and the approved request, and a thief who tries to get in between.
//!
//! Everything a browser holds is a string in a jar here; the third party is two lines that say who came back.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::{error::Error, sync::Arc};

use oauth_types::{GrantId, Principal, ProviderId, SystemClock, SystemEntropy};
use session_binding::{
    AuthorizationRequest, CallbackError, ClientFacts, ClientOrigin, ClientState, Completed, Completion,
    CookieNames, Cookies, EndCause, Pending, PendingAuthorizations, PendingLimits, Purpose, SignIn,
    StepError, ThirdPartySessionLimits, ThirdPartySessions, ThirdPartyState,
};
use storage::MemoryStore;

/// What the third party was sent, and now sends back.
const STATE: &str = "kq3v9Jm0Zt5cW1yB7rXe2A";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (clock, store) = (Arc::new(SystemClock::new()), Arc::new(MemoryStore::new()));
    let (entropy, names) = (Arc::new(SystemEntropy), CookieNames::new(true));
    let limits = PendingLimits::default();
    let pending = PendingAuthorizations::open(store.clone(), clock.clone(), entropy.clone(), limits).await?;
    let sessions = ThirdPartySessions::new(store, clock, entropy, ThirdPartySessionLimits::default());

    let cookie = begin(&pending, names).await?;
    println!("the browser keeps {}", cookie.split('=').next().unwrap_or_default());
    send_away(&pending, names, &cookie).await?;
    println!("the person approved, and is at the third party");

    // A thief's browser has a cookie of its own, and no luck with the address of the callback.
    let thief = begin(&pending, names).await?;
    match call_back(&pending, &sessions, names, &thief).await {
        Err(error) if error.downcast_ref() == Some(&CallbackError::UnknownState) => {
            println!("thief: {error}");
        }
        other => return Err(format!("{other:?}").into()),
    }

    let done = call_back(&pending, &sessions, names, &cookie).await?;
    let (purpose, who) = done.into_parts();
    if let Purpose::Authorize(request) = purpose {
        println!("issue a code to {} for {:?}", request.client_id, who.principal());
    }

    let grant = GrantId::random(&SystemEntropy);
    sessions.bind(grant, who.session()).await?;
    let ended = sessions.end(who.session(), EndCause::Revoked).await?;
    println!("the third party revoked its grant, so end {:?}", ended.map(|it| it.grants));
    Ok(())
}

/// `GET /authorize`, after every check of the request; answers the browser's cookie.
async fn begin(pending: &PendingAuthorizations, names: CookieNames) -> Result<String, Box<dyn Error>> {
    let begun = pending.begin(Purpose::Authorize(Box::new(request()?)), None).await?;
    let set = names.binding(begun.id()).set_binding(begun.binding(), pending.cookie_lifetime());
    Ok(set.expose().split(';').next().unwrap_or_default().to_owned())
}

/// `POST /consent`: the page showed the form's token, and the person pressed the button.
async fn send_away(
    pending: &PendingAuthorizations,
    names: CookieNames,
    cookie: &str,
) -> Result<(), Box<dyn Error>> {
    let bindings = names.find_bindings(&Cookies::read([cookie.as_bytes()])?);
    let binding = bindings.first().ok_or("no cookie")?;
    let page = pending.load(&binding.id(), binding).await.map(Pending::into_requested)?;
    let page = page.ok_or("no page")?;
    let form = page.csrf_token(None);
    let approved = pending.approve(page, form.expose(), github()?, None).await?;
    let state: ThirdPartyState = STATE.parse()?;
    pending.send_away(approved, &state, b"the verifier, sealed by the caller".to_vec()).await?;
    Ok(())
}

/// `GET /callback/github?state=…&code=…`
async fn call_back(
    pending: &PendingAuthorizations,
    sessions: &ThirdPartySessions,
    names: CookieNames,
    cookie: &str,
) -> Result<Completed, Box<dyn Error>> {
    let bindings = names.find_bindings(&Cookies::read([cookie.as_bytes()])?);
    let (back, _sealed) = pending.called_back(&bindings, &STATE.parse()?, &github()?).await?;
    // Here the caller exchanges the third party's code, and learns who the person is.
    let principal = Principal { provider: github()?, subject: "583231".parse()? };
    let display_name = Some("The Octocat".to_owned());
    let signed_in = sessions.sign_in(SignIn { principal, display_name, sid: None }).await?;
    match pending.complete(back, &signed_in.who).await? {
        Completion::Completed(done) => Ok(done),
        Completion::ConsentAgain(_) => Err(StepError::Moved.into()),
    }
}

fn request() -> Result<AuthorizationRequest, Box<dyn Error>> {
    Ok(AuthorizationRequest {
        client_id: "https://client.example/metadata".parse()?,
        client: ClientFacts {
            name: Some("Example client".to_owned()),
            host: Some("client.example".to_owned()),
            origin: ClientOrigin::MetadataDocument,
            loopback_only: false,
        },
        redirect_uri: "https://client.example/callback".parse()?,
        scope: "mcp".parse()?,
        resource: "https://mcp.example.com/mcp".parse()?,
        state: Some(ClientState::new("the client's own state")?),
        code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".parse()?,
        refreshable: true,
        key: None,
        issuer: "https://mcp.example.com".parse()?,
    })
}

fn github() -> Result<ProviderId, oauth_types::InvalidProviderId> {
    "github".parse()
}
