use std::sync::Arc;

use aws_lc_rs::digest;
use oauth_types::{Clock, Entropy, ProviderId};
use outbound_http::HttpClient;
use url::Url;

use crate::{
    IdToken, IdTokenVerifier, Identity, InvalidSettings, Known, Lookups, State, StateSecrets, Temporary,
    ThirdPartyTokens,
    answer::Caller,
    discovery::{Discovery, Endpoints},
    identity::Mapping,
    preset::Preset,
    settings::{self, ProviderSettings},
    token::{self, Client},
};

mod begin;
mod exchange;
mod finish;
mod identify;
mod identify_again;
mod prove;
mod revoke;
mod sign_out;
mod status;
mod userinfo;

/// One third party, ready to sign people in.
///
/// Shared by every request; it holds no state but the metadata it has fetched.
#[derive(Debug)]
pub struct Provider {
    settings: ProviderSettings,
    preset: Preset,
    mapping: Mapping,
    discovery: Discovery,
    ports: ProviderPorts,
}

/// What a [`Provider`] needs from outside.
#[derive(Clone, Debug)]
pub struct ProviderPorts {
    /// The way out; it decides about plain `http` and addresses.
    pub http: Arc<dyn HttpClient>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where `state`, `nonce` and the code verifier come from.
    pub entropy: Arc<dyn Entropy>,
    /// Proves ID tokens.
    pub id_tokens: Arc<dyn IdTokenVerifier>,
}

/// A sign-in that has begun.
#[derive(Debug)]
pub struct Begun {
    /// Where to send the browser.
    pub authorize_url: Url,
    /// What to keep, sealed, until it comes back.
    pub secrets: StateSecrets,
}

/// A sign-in that has succeeded; whether the person is allowed is for [`AllowRules`](crate::AllowRules) to say.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Who it is.
    pub identity: Identity,
    /// The same by each of the third party's sources, to be kept and applied rules to later.
    pub known: Known,
    /// What the third party gave.
    pub tokens: ThirdPartyTokens,
    /// What it calls this sign-in (`sid`), if it says later by that name that it has ended there.
    pub sid: Option<String>,
    /// Scopes that were asked for and not granted; whoever needs one of them must refuse (RFC 6749 section 3.3).
    pub missing_scopes: Vec<String>,
    /// Scopes that were granted and not asked for, as GitHub does for applications that had them before.
    pub unasked_scopes: Vec<String>,
}

/// What a third party said of a person when it was asked again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What is known with it.
    pub known: Known,
    /// Whether it said all that the rules need; otherwise it tells the rest in ID tokens only.
    pub complete: bool,
}

/// Whether a third party's token still works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It does.
    Active,
    /// It does not, and never will again; a refresh may still bring a new one.
    Ended(crate::EndedReason),
    /// This third party has no way to tell.
    Unknown,
}

/// What became of a revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// The third party took note.
    Done,
    /// This third party has no way to revoke.
    NotSupported,
}

impl Provider {
    /// The third party that `settings` describe; nothing is fetched yet.
    ///
    /// # Errors
    /// [`InvalidSettings`], which names the key.
    pub fn new(settings: ProviderSettings, ports: ProviderPorts) -> Result<Self, InvalidSettings> {
        let preset = Preset::of(&settings).ok_or(InvalidSettings::Local)?;
        settings::check(&settings, &preset)?;
        Ok(Self {
            mapping: Mapping::new(&preset.claims, &settings.claims),
            discovery: Discovery::new(&settings, &preset),
            settings,
            preset,
            ports,
        })
    }

    /// Its id in the configuration.
    #[must_use]
    pub const fn id(&self) -> &ProviderId {
        &self.settings.id
    }

    /// What rules must know of its people.
    #[must_use]
    pub const fn lookups(&self) -> Lookups {
        self.settings.lookups
    }

    /// Its name for people.
    #[must_use]
    pub fn display_name(&self) -> &str {
        self.settings.display_name.as_deref().unwrap_or(self.preset.display_name)
    }

    /// Where to send a browser to sign out there too, if it has such a page
    /// (OpenID Connect RP-Initiated Logout section 2).
    ///
    /// # Errors
    /// [`Temporary`] when the metadata cannot be had.
    pub async fn end_session_url(
        &self,
        hint: Option<&IdToken>,
        return_to: Option<&Url>,
    ) -> Result<Option<Url>, Temporary> {
        let Some(mut url) = self.endpoints().await?.end_session.clone() else { return Ok(None) };
        let mut query = url.query_pairs_mut();
        query.append_pair("client_id", self.settings.client_id.as_str());
        if let Some(hint) = hint {
            query.append_pair("id_token_hint", hint.expose());
        }
        if let Some(return_to) = return_to {
            query.append_pair("post_logout_redirect_uri", return_to.as_str());
        }
        drop(query);
        Ok(Some(url))
    }

    /// Fetches the metadata, so that a wrong issuer or endpoint is known before the first sign-in.
    ///
    /// # Errors
    /// [`Temporary::Metadata`] with what is wrong.
    pub async fn discover(&self) -> Result<(), Temporary> {
        self.endpoints().await.map(drop)
    }

    async fn endpoints(&self) -> Result<Arc<Endpoints>, Temporary> {
        let (http, clock) = (&*self.ports.http, &*self.ports.clock);
        self.discovery.endpoints(http, clock).await.map_err(Temporary::Metadata)
    }

    fn client(&self, endpoints: &Endpoints) -> Client {
        token::client(&self.settings, &self.preset, endpoints)
    }

    fn caller(&self) -> Caller<'_> {
        Caller {
            http: &*self.ports.http,
            client_id: &self.settings.client_id,
            client_secret: self.settings.client_secret.as_ref(),
            ok_member: self.preset.ok_member,
        }
    }

    fn uses_pkce(&self) -> bool {
        self.settings.pkce.unwrap_or(self.preset.pkce)
    }

    /// A digest of what a sign-in depends on: it must not be finished under other settings.
    fn settings_digest(&self, state: &State) -> [u8; 32] {
        let settings = &self.settings;
        let mut context = digest::Context::new(&digest::SHA256);
        let mut add = |text: &str| {
            context.update(&text.len().to_be_bytes());
            context.update(text.as_bytes());
        };
        add(state.expose());
        add(settings.kind.as_str());
        add(settings.client_id.as_str());
        add(settings.client_secret.as_ref().map_or("", |it| it.expose()));
        add(settings.issuer.as_ref().map_or("", |it| it.as_str()));
        add(settings.tenant.as_deref().unwrap_or_default());
        for (name, url) in settings.endpoints.named() {
            add(name);
            add(url.as_str());
        }
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.finish().as_ref());
        bytes
    }
}
