use oauth_client::{
    AllowRules, ClaimMapping, ClientSecret, EndpointOverrides, Lookups, ProviderKind, ProviderSettings,
    TokenAuth, local::LocalAccount,
};
use oauth_types::ProviderId;

use super::LoadedThirdParty;
use crate::config::{
    Allow, Membership, Provider, ProviderClaims, ProviderEndpoints, ProviderPreset, ProviderTokenAuth,
    Secret, Server,
};

/// One way to sign in, in the words of `oauth-client`.
#[derive(Clone, Debug)]
pub enum ConfiguredProvider {
    /// A third party.
    Remote {
        /// What it is.
        settings: Box<ProviderSettings>,
        /// Who may sign in.
        allow: AllowRules,
    },
    /// Built-in accounts.
    Local {
        /// Its id.
        id: ProviderId,
        /// The name that people see, if the operator wrote one.
        name: Option<String>,
        /// The accounts, at least one.
        accounts: Vec<LocalAccount>,
        /// Who of them may sign in.
        allow: AllowRules,
    },
}

impl LoadedThirdParty<'_> {
    /// Every way to sign in, in the order of the file.
    #[must_use]
    pub fn providers(&self) -> Vec<ConfiguredProvider> {
        let secrets = &self.material.provider_secrets;
        let both = self.config.providers.iter().zip(secrets);
        both.map(|(it, secret)| {
            let mut configured = configured(it, secret.as_ref().map(Secret::expose));
            if let ConfiguredProvider::Remote { settings, .. } = &mut configured {
                settings.lookups = settings.lookups.union(lookups(self.servers, &it.id));
            }
            configured
        })
        .collect()
    }
}

/// What the rules of servers must know of the people of a provider.
fn lookups(servers: &[Server], id: &ProviderId) -> Lookups {
    let named = servers.iter().flat_map(Server::memberships).filter(|(_, it)| it.provider == *id);
    named.fold(Lookups::default(), |all, (membership, _)| all.union(needs(membership)))
}

/// What must be known of a person to say this of them.
pub(super) fn needs(membership: Membership) -> Lookups {
    let none = Lookups::default();
    match membership {
        Membership::Groups => Lookups { groups: true, ..none },
        Membership::Organizations => Lookups { organizations: true, ..none },
        Membership::Teams => Lookups { teams: true, ..none },
    }
}

fn configured(it: &Provider, secret: Option<&str>) -> ConfiguredProvider {
    let allow = allow_rules(it);
    match settings(it, secret) {
        Some(settings) => ConfiguredProvider::Remote { settings: Box::new(settings), allow },
        None => ConfiguredProvider::Local {
            id: it.id.clone(),
            name: it.name.clone(),
            accounts: accounts(it),
            allow,
        },
    }
}

/// The settings of a third party; `None` for built-in accounts, and for one without a client, which was refused.
pub(super) fn settings(it: &Provider, secret: Option<&str>) -> Option<ProviderSettings> {
    if it.is_local() {
        return None;
    }
    let new = ProviderSettings::new(it.id.clone(), kind(it.preset), it.client_id.clone()?);
    Some(ProviderSettings {
        client_secret: secret.map(|it| ClientSecret::new(it.to_owned())),
        issuer: it.issuer.clone(),
        tenant: it.tenant.clone(),
        endpoints: endpoints(&it.endpoints),
        scopes: it.scopes.clone(),
        scope_prefix: it.scope_prefix.clone().unwrap_or_default(),
        resource: it.resource.clone(),
        offline: it.offline,
        pkce: it.pkce,
        token_auth: it.token_auth.map(token_auth),
        authorize_parameters: it.authorize_parameters.clone().into_iter().collect(),
        display_name: it.own_name().map(str::to_owned),
        claims: claims(&it.claims),
        lookups: allow_rules(it).lookups(),
        ..new
    })
}

/// The rules of a provider; built-in accounts without any are all allowed, because the operator wrote each.
pub(super) fn allow_rules(it: &Provider) -> AllowRules {
    let Some(rules) = &it.allow else {
        return AllowRules { everybody: it.is_local(), ..AllowRules::default() };
    };
    rules_of(rules)
}

pub(super) fn rules_of(rules: &Allow) -> AllowRules {
    let Allow { users, email_domains, organizations, teams, groups, tenants, everybody } = rules.clone();
    AllowRules { everybody, users, email_domains, organizations, teams, groups, tenants }
}

/// Those whose hash was checked, which are all.
fn accounts(it: &Provider) -> Vec<LocalAccount> {
    let account = |it: &crate::config::Account| {
        Some(LocalAccount {
            username: it.username.clone(),
            password: it.password_hash.as_str().parse().ok()?,
            name: it.name.clone(),
            email: it.email.as_deref().and_then(|it| it.parse().ok()),
            groups: it.groups.clone(),
        })
    };
    it.accounts.iter().filter_map(account).collect()
}

fn endpoints(it: &ProviderEndpoints) -> EndpointOverrides {
    let ProviderEndpoints { authorization, token, userinfo, revocation, introspection, jwks, end_session } =
        it.clone();
    EndpointOverrides { authorization, token, userinfo, revocation, introspection, jwks, end_session }
}

pub(super) fn claims(it: &ProviderClaims) -> ClaimMapping {
    let ProviderClaims { subject, name, login, email, email_verified, tenant, organizations, teams, groups } =
        it.clone();
    ClaimMapping { subject, name, login, email, email_verified, tenant, organizations, teams, groups }
}

const fn token_auth(it: ProviderTokenAuth) -> TokenAuth {
    match it {
        ProviderTokenAuth::Post => TokenAuth::Post,
        ProviderTokenAuth::Basic => TokenAuth::Basic,
    }
}

/// What `slack` and `slack-api` are is told apart by the scopes, which were checked.
const fn kind(preset: ProviderPreset) -> ProviderKind {
    match preset {
        ProviderPreset::Github => ProviderKind::GithubOauthApp,
        ProviderPreset::GithubApp => ProviderKind::GithubApp,
        ProviderPreset::Google => ProviderKind::Google,
        ProviderPreset::Entra => ProviderKind::Entra,
        ProviderPreset::Gitlab => ProviderKind::Gitlab,
        ProviderPreset::Slack | ProviderPreset::SlackApi => ProviderKind::Slack,
        ProviderPreset::Discord => ProviderKind::Discord,
        ProviderPreset::Auth0 => ProviderKind::Auth0,
        ProviderPreset::Okta => ProviderKind::Okta,
        ProviderPreset::Keycloak => ProviderKind::Keycloak,
        ProviderPreset::Cognito => ProviderKind::Cognito,
        ProviderPreset::Linear => ProviderKind::Linear,
        ProviderPreset::Atlassian => ProviderKind::Atlassian,
        ProviderPreset::Oidc => ProviderKind::Oidc,
        ProviderPreset::Oauth2 => ProviderKind::Oauth2,
        ProviderPreset::Local => ProviderKind::Local,
    }
}
