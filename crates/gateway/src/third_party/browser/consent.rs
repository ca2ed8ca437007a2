//! `GET /consent`: the page that asks the person, before any third party is contacted.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use oauth_types::Scope;
use session_binding::{
    Authenticated, AuthorizationRequest, Cookies, Pending, PendingId, Purpose, Requested, SignedIn,
    Transaction,
};

use super::{
    ACCOUNT, Browser,
    answer::{Stop, see_other},
    connect,
    show::{client_view, form_view},
    visit::Visit,
};
use crate::third_party::pages::{ConsentPage, FormView, PickProviderPage, Problem, ProviderView};

pub(super) async fn shown(State(browser): State<Arc<Browser>>, visit: Visit) -> Response {
    visit.answer(browser.consent_page(&visit).await)
}

impl Browser {
    async fn consent_page(&self, visit: &Visit) -> Result<Response, Stop> {
        let cookies = visit.cookies()?;
        match self.load(&cookies, &visit.transaction()?).await? {
            Pending::SignedIn(it) => self.ask_again(&it).await,
            pending => {
                let requested = pending.into_requested().ok_or(Problem::Expired)?;
                let session = self.signed_in(&cookies).await?;
                self.ask(&requested, session.as_ref().map(session_binding::BrowserSession::who)).await
            }
        }
    }

    /// The transaction, if this browser has begun it.
    pub(super) async fn load(&self, cookies: &Cookies<'_>, id: &PendingId) -> Result<Pending, Stop> {
        let binding = self.cookies.find_binding(cookies, id).ok_or(Problem::Expired)?;
        Ok(self.parts.pending.load(id, &binding).await?)
    }

    async fn ask(
        &self,
        requested: &Transaction<Requested>,
        who: Option<&Authenticated>,
    ) -> Result<Response, Stop> {
        let csrf = requested.csrf_token(who.map(Authenticated::principal));
        let form = form_view(requested.id(), &csrf);
        match (requested.purpose(), who) {
            (Purpose::Authorize(request), who) => {
                Ok(self.page(form, request, who, self.provider_views()).await?.into_response())
            }
            (Purpose::Connect(_), _) | (Purpose::Account, Some(_)) => see_other(ACCOUNT),
            (Purpose::FollowLink(link), Some(_)) => see_other(&connect::address(link)),
            (Purpose::Account | Purpose::FollowLink(_), None) => {
                Ok(PickProviderPage { form, providers: self.provider_views() }.into_response())
            }
        }
    }

    /// Somebody else has signed in than the page had shown, or has more to approve than it showed.
    async fn ask_again(&self, signed_in: &Transaction<SignedIn>) -> Result<Response, Stop> {
        let who = signed_in.who();
        let form = form_view(signed_in.id(), &signed_in.csrf_token(Some(who.principal())));
        let Purpose::Authorize(request) = signed_in.purpose() else { return see_other(ACCOUNT) };
        Ok(self.page(form, request, Some(who), Vec::new()).await?.into_response())
    }

    async fn page(
        &self,
        form: FormView,
        request: &AuthorizationRequest,
        who: Option<&Authenticated>,
        providers: Vec<ProviderView>,
    ) -> Result<ConsentPage, Stop> {
        let before = match who {
            Some(who) => self.allowed_before(request, who.principal()).await?,
            None => Scope::default(),
        };
        Ok(ConsentPage {
            form,
            client: client_view(request),
            server: self.server_name(&request.resource),
            resource: request.resource.as_str().to_owned(),
            scopes: self.scope_views(&request.resource, &before.missing(&request.scope)),
            kept: self.scope_views(&request.resource, &before),
            account: who.map(|it| self.account_view(it)),
            providers,
        })
    }
}
