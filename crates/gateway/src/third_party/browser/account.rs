//! `/account`: what clients hold, and the end of it.
//!
//! Signing out ends the session of this browser and nothing else: clients go on, since a person who leaves a browser
//! does not mean to stop their programs. Ending what clients hold is a button of its own.

use std::{sync::Arc, time::Duration};

use axum::{body::Body, extract::State, response::Response};
use oauth_types::{GrantId, ProviderId};
use session_binding::{BrowserSession, DisconnectError, Purpose};

use super::{
    ACCOUNT, Browser, SignInProvider,
    answer::{Stop, see_other, with_cookies},
    audit,
    visit::Visit,
};
use crate::third_party::pages::{AccountNotice, AccountPage, Problem, SignOutElsewhere, SignedOutPage};

pub(super) async fn shown(State(browser): State<Arc<Browser>>, visit: Visit) -> Response {
    let page = async {
        match browser.signed_in(&visit.cookies()?).await? {
            Some(session) => browser.account_page(&session, None).await,
            None => browser.begin(&visit, Purpose::Account).await,
        }
    };
    visit.answer(page.await)
}

pub(super) async fn posted(State(browser): State<Arc<Browser>>, visit: Visit, body: Body) -> Response {
    visit.answer(browser.act(&visit, body).await)
}

impl Browser {
    async fn account_page(
        &self,
        session: &BrowserSession,
        notice: Option<AccountNotice>,
    ) -> Result<Response, Stop> {
        let connections = self.parts.connections.list(session).await;
        let connections = connections.map_err(|error| Stop::unavailable(&error))?;
        let accounts = self.parts.foundations.connected(session.who().principal()).await;
        let accounts = accounts.map_err(|error| Stop::unavailable(&error))?;
        let page = AccountPage {
            csrf: session.csrf_token().expose().to_owned(),
            account: self.account_view(session.who()),
            connections: connections.into_iter().map(|it| self.connection_view(it)).collect(),
            accounts: accounts.into_iter().map(|it| self.connected_view(it)).collect(),
            now: self.parts.clock.now(),
            notice,
        };
        Ok(page.into_response())
    }

    async fn act(&self, visit: &Visit, body: Body) -> Result<Response, Stop> {
        let form = self.read_form(visit, body).await?;
        let (csrf, action) = (form.csrf()?, form.field("action")?);
        let Some(session) = self.signed_in(&visit.cookies()?).await? else {
            return see_other(ACCOUNT);
        };
        let connections = &self.parts.connections;
        if let Some(provider) = action.strip_prefix("disconnect:") {
            let notice = self.take_away(&session, csrf, provider).await?;
            return self.account_page(&session, Some(notice)).await;
        }
        let notice = match (action, action.strip_prefix("end:")) {
            ("sign-out", _) => return self.sign_out(session, csrf).await,
            ("end-all", _) => AccountNotice::AllEnded(connections.end_all(&session, csrf).await?.len()),
            (_, Some(grant)) => {
                let grant: GrantId = grant.parse().map_err(|_| Problem::Malformed)?;
                match connections.end_one(&session, csrf, grant).await {
                    Ok(ended) => AccountNotice::Ended(ended.client_name),
                    // Ended before, perhaps by a second click; somebody else's looks the same.
                    Err(DisconnectError::NotFound) => AccountNotice::Ended(None),
                    Err(error) => return Err(error.into()),
                }
            }
            _ => return Err(Problem::Malformed.into()),
        };
        self.account_page(&session, Some(notice)).await
    }

    /// Takes a connected account away; one that is not there looks the same.
    async fn take_away(
        &self,
        session: &BrowserSession,
        csrf: &str,
        provider: &str,
    ) -> Result<AccountNotice, Stop> {
        if !session.csrf_token().is_answered_by(csrf) {
            return Err(Problem::NotOurForm.into());
        }
        let provider: ProviderId = provider.parse().map_err(|_| Problem::Malformed)?;
        let who = session.who();
        let gone = self.parts.foundations.disconnect(who.principal(), &provider).await;
        if gone.map_err(|error| Stop::unavailable(&error))? {
            audit::disconnected(who, &provider);
        }
        let name = self.provider(&provider).map_or(provider.as_str(), SignInProvider::name);
        Ok(AccountNotice::Disconnected(name.to_owned()))
    }

    async fn sign_out(&self, session: BrowserSession, csrf: &str) -> Result<Response, Stop> {
        if !session.csrf_token().is_answered_by(csrf) {
            return Err(Problem::NotOurForm.into());
        }
        let elsewhere = self.elsewhere(&session.who().principal().provider).await;
        if let Some(who) = self.parts.browser_sessions.sign_out(session).await? {
            audit::signed_out(&who);
        }
        let page = SignedOutPage { elsewhere };
        Ok(with_cookies(page.into_response(), &[self.cookies.session().clear()]))
    }

    /// Where the person signs out at the third party; none if it has no such page, or cannot be asked just now.
    async fn elsewhere(&self, id: &ProviderId) -> Option<SignOutElsewhere> {
        let SignInProvider::ThirdParty { provider, name, .. } = self.provider(id)? else { return None };
        let asked = tokio::time::timeout(PATIENCE, provider.end_session_url(None, None)).await;
        let location = asked.ok()?.ok()??;
        Some(SignOutElsewhere { name: name.clone(), location })
    }
}

/// Signing out here does not wait for a third party.
const PATIENCE: Duration = Duration::from_secs(2);

impl From<DisconnectError> for Stop {
    fn from(error: DisconnectError) -> Self {
        match error {
            DisconnectError::Csrf => Problem::NotOurForm.into(),
            DisconnectError::NotFound => Problem::NotFound.into(),
            DisconnectError::Unavailable(error) => Self::unavailable(&error),
        }
    }
}
