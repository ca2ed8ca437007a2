use outbound_http::{GuardedClient, OutboundPolicy};
use test_support::github::{CLIENT_ID, CLIENT_SECRET, GithubServer, GithubUser, Membership, Mood};

use super::support::{callback, clock, ports, settings};
use crate::{
    AllowRules, CallbackParams, ClientSecret, EndedReason, IdentityError, Lookups, Provider, ProviderKind,
    ProviderSettings, RefreshError, RefreshToken, Revoked, SignIn, SignInError, Status,
};

const OCTOCAT: u64 = 583_231;

pub(super) fn provider(github: &GithubServer, change: impl FnOnce(&mut ProviderSettings)) -> Provider {
    let mut settings = ProviderSettings {
        client_id: CLIENT_ID.parse().unwrap(),
        client_secret: Some(ClientSecret::new(CLIENT_SECRET.to_owned())),
        ..settings(ProviderKind::GithubOauthApp)
    };
    settings.endpoints.authorization = Some(github.url("/login/oauth/authorize"));
    settings.endpoints.token = Some(github.url("/login/oauth/access_token"));
    settings.endpoints.userinfo = Some(github.url("/user"));
    change(&mut settings);
    let policy = OutboundPolicy { allow_loopback: true, ..OutboundPolicy::default() };
    let ports = ports(GuardedClient::new(policy).unwrap(), &clock());
    Provider::new(settings, ports).unwrap()
}

fn with_lookups(settings: &mut ProviderSettings) {
    settings.lookups = Lookups { email: true, organizations: true, teams: true, ..Lookups::default() };
}

async fn sign_in(provider: &Provider, github: &GithubServer) -> Result<SignIn, SignInError> {
    let begun = provider.begin(&callback()).await?;
    let query = github.approve(&begun.authorize_url).unwrap();
    provider.finish(begun.secrets, &callback(), CallbackParams::from_query(&query).unwrap()).await
}

fn member(id: u64, login: &str, active: bool) -> Membership {
    Membership { id, login: login.to_owned(), active }
}

#[tokio::test]
async fn a_person_signs_in_through_github() {
    let github = GithubServer::start().await;
    let signed_in = sign_in(&provider(&github, |_| {}), &github).await.unwrap();
    assert_eq!(signed_in.identity.principal.subject.as_str(), "583231");
    assert_eq!(signed_in.identity.login.as_deref(), Some("octocat"));
    assert_eq!(signed_in.tokens.scope.as_deref(), Some(&["read:user".to_owned()][..]));
    assert_eq!((signed_in.tokens.expires_at, signed_in.tokens.refresh), (None, None));
    // The address of the profile is one that the person chose to show.
    assert!(!signed_in.identity.email.unwrap().verified);
    assert_eq!(github.requests(), ["POST /login/oauth/access_token", "GET /user"]);
}

#[tokio::test]
async fn j04_a_person_who_says_no_is_a_denial() {
    let github = GithubServer::start().await;
    github.deny();
    let error = sign_in(&provider(&github, |_| {}), &github).await.unwrap_err();
    assert!(matches!(error, SignInError::Denied(code) if code.as_str() == "access_denied"));
    assert!(github.requests().is_empty());
}

#[tokio::test]
async fn j06_a_code_of_another_flow_is_refused_by_the_third_party() {
    let github = GithubServer::start().await;
    let provider = provider(&github, |_| {});
    let attacker = provider.begin(&callback()).await.unwrap();
    let query = github.approve(&attacker.authorize_url).unwrap();
    let stolen = CallbackParams::from_query(&query).unwrap();

    let victim = provider.begin(&callback()).await.unwrap();
    let state = Some(victim.secrets.state().expose().to_owned());
    let injected = CallbackParams { code: stolen.code, state, ..CallbackParams::default() };
    let error = provider.finish(victim.secrets, &callback(), injected).await.unwrap_err();
    assert!(matches!(&error, SignInError::CodeRefused(_)), "{error:?}");
    assert_eq!(error.status(), 400);
    sign_in(&provider, &github).await.unwrap();
}

#[tokio::test]
async fn j11_a_renamed_person_stays_the_same_and_a_recycled_login_is_another() {
    let github = GithubServer::start().await;
    let provider = provider(&github, |_| {});
    let before = sign_in(&provider, &github).await.unwrap().identity.principal;
    github.change(OCTOCAT, |it| it.login = "renamed".to_owned());
    assert_eq!(sign_in(&provider, &github).await.unwrap().identity.principal, before);

    github.add_user(GithubUser { id: 2, login: "octocat".to_owned(), ..GithubUser::default() });
    github.sign_in_as(2);
    assert_ne!(sign_in(&provider, &github).await.unwrap().identity.principal, before);
}

#[tokio::test]
async fn j12_only_the_verified_primary_address_counts() {
    let github = GithubServer::start().await;
    let provider = provider(&github, with_lookups);
    let rules = AllowRules { email_domains: ["github.example".to_owned()].into(), ..AllowRules::default() };
    let permitted = async || rules.permits(&sign_in(&provider, &github).await.unwrap().identity).is_ok();
    assert!(permitted().await);
    github.change(OCTOCAT, |it| it.emails[0].2 = false);
    assert!(!permitted().await);
    github.change(OCTOCAT, |it| {
        it.emails = vec![
            ("first@other.example".to_owned(), true, true),
            ("second@github.example".to_owned(), false, true),
        ];
    });
    assert!(!permitted().await);
}

#[tokio::test]
async fn j14_only_an_active_membership_of_that_organization_counts() {
    let github = GithubServer::start().await;
    let provider = provider(&github, with_lookups);
    let by_id = AllowRules { organizations: ["1000".to_owned()].into(), ..AllowRules::default() };
    let permitted = async |rules: &AllowRules| {
        rules.permits(&sign_in(&provider, &github).await.unwrap().identity).is_ok()
    };
    assert!(!permitted(&by_id).await);
    github.change(OCTOCAT, |it| it.organizations = vec![member(1000, "my-org", true)]);
    assert!(permitted(&by_id).await);
    // An invitation that nobody accepted.
    github.change(OCTOCAT, |it| it.organizations[0].active = false);
    assert!(!permitted(&by_id).await);
    // The organisation is renamed, and somebody takes its old name.
    github.change(OCTOCAT, |it| it.organizations = vec![member(1000, "new-name", true)]);
    assert!(permitted(&by_id).await);
    github.change(OCTOCAT, |it| it.organizations = vec![member(6666, "my-org", true)]);
    assert!(!permitted(&by_id).await);
}

#[tokio::test]
async fn j14_a_team_counts_within_an_active_membership() {
    let github = GithubServer::start().await;
    let provider = provider(&github, with_lookups);
    let rules = AllowRules { teams: ["my-org/core".to_owned()].into(), ..AllowRules::default() };
    let permitted = async || rules.permits(&sign_in(&provider, &github).await.unwrap().identity).is_ok();
    github.change(OCTOCAT, |it| {
        it.organizations = vec![member(1000, "my-org", true)];
        it.teams = vec![(7, "core".to_owned(), 1000, "my-org".to_owned())];
    });
    assert!(permitted().await);
    github.change(OCTOCAT, |it| it.organizations.clear());
    assert!(!permitted().await);
}

#[tokio::test]
async fn j14_more_organizations_than_a_page_are_all_seen() {
    let github = GithubServer::start().await;
    let provider = provider(&github, with_lookups);
    github.change(OCTOCAT, |it| {
        it.organizations = (1..=250).map(|id| member(id, &format!("org-{id}"), true)).collect();
    });
    assert_eq!(sign_in(&provider, &github).await.unwrap().identity.organizations.len(), 250);
}

#[tokio::test]
async fn j14_k02_an_api_that_does_not_answer_lets_nobody_in_and_throws_nobody_out() {
    let github = GithubServer::start().await;
    let provider = provider(&github, with_lookups);
    let signed_in = sign_in(&provider, &github).await.unwrap();
    let (known, tokens) = (signed_in.known.principal(), &signed_in.tokens);
    for mood in [Mood::Down, Mood::Firewall, Mood::Html, Mood::RateLimited] {
        github.set_api_mood(mood);
        let error = sign_in(&provider, &github).await.unwrap_err();
        assert_eq!(error.reason(), "temporary", "{mood:?}");
        let again = provider.identity(&signed_in.known, &tokens.access).await;
        assert!(matches!(again, Err(IdentityError::Temporary(_))), "{mood:?}: {again:?}");
        assert!(provider.status(known, tokens).await.is_err(), "{mood:?}");
        assert!(provider.revoke(tokens).await.is_err(), "{mood:?}");
    }
    github.set_api_mood(Mood::Fine);
    provider.identity(&signed_in.known, &tokens.access).await.unwrap();
    assert_eq!(provider.status(known, tokens).await.unwrap(), Status::Active);
}

#[tokio::test]
async fn j14_a_scope_that_was_not_granted_lets_nobody_in() {
    let github = GithubServer::start().await;
    let provider = provider(&github, with_lookups);
    github.grant_scopes("read:user,user:email");
    let error = sign_in(&provider, &github).await.unwrap_err();
    assert_eq!(error.reason(), "temporary", "the list of organisations is not empty but unknown: {error:?}");
}

/// Rules that came after the sign-in want a list for which it was not granted the scope.
#[tokio::test]
async fn k05_a_list_that_a_token_was_never_granted_is_in_no_later_answer_and_others_are() {
    let github = GithubServer::start().await;
    github.change(OCTOCAT, |it| {
        it.organizations = vec![member(1000, "my-org", true)];
        it.teams = vec![(7, "core".to_owned(), 1000, "my-org".to_owned())];
    });
    let signed_in = sign_in(&provider(&github, |_| {}), &github).await.unwrap();
    let with_lists = |it: &mut ProviderSettings| {
        it.lookups = Lookups { organizations: true, teams: true, ..Lookups::default() };
    };
    let later = provider(&github, with_lists);
    let heard = async |signed_in: &SignIn| {
        later.identity(&signed_in.known, &signed_in.tokens.access).await.map(|it| it.known.identity())
    };
    let identity = heard(&signed_in).await.unwrap();
    assert_eq!((identity.organizations.len(), identity.teams.len()), (0, 0));
    assert_eq!(identity.login.as_deref(), Some("octocat"));
    let again = sign_in(&later, &github).await.unwrap();
    let identity = heard(&again).await.unwrap();
    assert_eq!((identity.organizations.len(), identity.teams.len()), (1, 1));
    // A refusal for any other reason is no answer.
    for mood in [Mood::Firewall, Mood::RateLimited, Mood::Down] {
        github.set_api_mood(mood);
        let error = heard(&signed_in).await.unwrap_err();
        assert!(matches!(error, IdentityError::Temporary(_)), "{mood:?}: {error:?}");
    }
}

#[tokio::test]
async fn k05_a_person_who_was_removed_is_seen_to_be_removed() {
    let github = GithubServer::start().await;
    let provider = provider(&github, with_lookups);
    github.change(OCTOCAT, |it| it.organizations = vec![member(1000, "my-org", true)]);
    let signed_in = sign_in(&provider, &github).await.unwrap();
    let (known, access) = (&signed_in.known, &signed_in.tokens.access);
    let rules = AllowRules { organizations: ["1000".to_owned()].into(), ..AllowRules::default() };
    rules.permits(&provider.identity(known, access).await.unwrap().known.identity()).unwrap();
    github.change(OCTOCAT, |it| it.organizations.clear());
    rules.permits(&provider.identity(known, access).await.unwrap().known.identity()).unwrap_err();
}

#[tokio::test]
async fn k05_a_revoked_token_is_seen_to_be_revoked() {
    let github = GithubServer::start().await;
    let provider = provider(&github, |_| {});
    let signed_in = sign_in(&provider, &github).await.unwrap();
    let (known, tokens) = (&signed_in.identity.principal, &signed_in.tokens);
    assert_eq!(provider.status(known, tokens).await.unwrap(), Status::Active);
    let mut other = known.clone();
    other.subject = "1".parse().unwrap();
    let status = provider.status(&other, tokens).await.unwrap();
    assert_eq!(status, Status::Ended(EndedReason::OtherSubject));

    github.revoke(OCTOCAT);
    let ended = Status::Ended(EndedReason::Inactive);
    assert_eq!(provider.status(known, tokens).await.unwrap(), ended);
    let again = provider.identity(&signed_in.known, &tokens.access).await;
    assert!(matches!(again, Err(IdentityError::Ended(EndedReason::Inactive))), "{again:?}");
}

#[tokio::test]
async fn revoking_ends_one_token_and_no_other() {
    let github = GithubServer::start().await;
    let provider = provider(&github, |_| {});
    let first = sign_in(&provider, &github).await.unwrap();
    let second = sign_in(&provider, &github).await.unwrap();
    let known = &first.identity.principal;
    assert_eq!(provider.revoke(&first.tokens).await.unwrap(), Revoked::Done);
    assert_eq!(provider.revoke(&first.tokens).await.unwrap(), Revoked::Done, "dead already");
    let ended = Status::Ended(EndedReason::Inactive);
    assert_eq!(provider.status(known, &first.tokens).await.unwrap(), ended);
    assert_eq!(provider.status(known, &second.tokens).await.unwrap(), Status::Active);
}

#[tokio::test]
async fn k01_the_tokens_of_a_github_app_rotate_and_a_used_one_ends_the_grant() {
    let github = GithubServer::start().await;
    github.expire_tokens();
    let provider = provider(&github, |it| it.kind = ProviderKind::GithubApp);
    let first = sign_in(&provider, &github).await.unwrap().tokens;
    assert!(first.expires_at.is_some());
    let refresh = first.refresh.unwrap();
    let second = provider.refresh(&refresh).await.unwrap();
    assert_ne!(second.access, first.access);
    assert!(second.refresh.is_some());
    let reused = provider.refresh(&refresh).await;
    assert!(matches!(reused, Err(RefreshError::Ended(_))), "{reused:?}");
    let wrong_secret = super::github::provider(&github, |it| {
        it.client_secret = Some(ClientSecret::new("wrong".to_owned()));
    });
    let ours = wrong_secret.refresh(&RefreshToken::new("r".to_owned())).await;
    assert!(matches!(ours, Err(RefreshError::Temporary(_))), "{ours:?}");
}
