//! Records as views for the pages.

use oauth_types::{Principal, ResourceUri, Scope};
use session_binding::{Authenticated, AuthorizationRequest, ClientOrigin, Connection, CsrfToken, PendingId};

use super::{Browser, SignInProvider};
use crate::third_party::adapters::ConnectedAccount;
use crate::third_party::pages::{
    AccountView, ClientTrust, ClientView, ConnectedView, ConnectionView, FormView, ProviderView, ScopeView,
};

impl Browser {
    pub(super) fn account_view(&self, who: &Authenticated) -> AccountView {
        let Principal { provider, subject } = who.principal();
        AccountView {
            name: who.display_name().unwrap_or(subject.as_str()).to_owned(),
            provider: self.provider(provider).map_or(provider.as_str(), SignInProvider::name).to_owned(),
        }
    }

    pub(super) fn provider_views(&self) -> Vec<ProviderView> {
        let view = |it: &SignInProvider| ProviderView {
            id: it.id().to_string(),
            name: it.name().to_owned(),
            local: it.is_local(),
        };
        self.parts.providers.iter().map(view).collect()
    }

    /// What the operator calls the MCP server, or its address.
    pub(super) fn server_name(&self, resource: &ResourceUri) -> String {
        let words = self.parts.servers.get(resource);
        words.and_then(|it| it.name.as_deref()).unwrap_or(resource.as_str()).to_owned()
    }

    pub(super) fn scope_views(&self, resource: &ResourceUri, scope: &Scope) -> Vec<ScopeView> {
        let words = self.parts.servers.get(resource).map(|it| &it.scopes);
        let view = |it: &oauth_types::ScopeToken| ScopeView {
            name: it.as_str().to_owned(),
            words: words.and_then(|words| words.get(it)).cloned(),
        };
        scope.iter().map(view).collect()
    }

    pub(super) fn connected_view(&self, it: ConnectedAccount) -> ConnectedView {
        ConnectedView {
            provider_name: self
                .provider(&it.provider)
                .map_or(it.provider.as_str(), SignInProvider::name)
                .to_owned(),
            provider: it.provider.to_string(),
            name: it.name,
        }
    }

    pub(super) fn connection_view(&self, connection: Connection) -> ConnectionView {
        ConnectionView {
            grant: String::from(connection.grant),
            client_name: connection.client_name,
            client_id: connection.client_id.as_str().to_owned(),
            server: self.server_name(&connection.resource),
            scopes: self.scope_views(&connection.resource, &connection.scope),
            created: connection.created,
            last_used: connection.last_used,
        }
    }
}

pub(super) fn client_view(request: &AuthorizationRequest) -> ClientView {
    let client = &request.client;
    ClientView {
        name: client.name.clone(),
        host: client.host.clone(),
        trust: match client.origin {
            ClientOrigin::Configured => ClientTrust::Configured,
            ClientOrigin::MetadataDocument => ClientTrust::HostVerified,
            ClientOrigin::Registered => ClientTrust::Unverified,
        },
        redirect_place: request.redirect_uri.place(),
        loopback_only: client.loopback_only,
    }
}

pub(super) fn form_view(transaction: &PendingId, csrf: &CsrfToken) -> FormView {
    FormView { transaction: transaction.to_string(), csrf: csrf.expose().to_owned() }
}
