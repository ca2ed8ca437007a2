//! Views as a day of work would fill them.

use axum::response::Response;
use oauth_types::UnixTime;

use super::super::*;

pub(super) const NOW: u64 = 1_795_598_831;

/// Every problem.
pub(super) const PROBLEMS: [(&str, Problem); 14] = [
    ("unknown-client", Problem::UnknownClient),
    ("client-document", Problem::ClientDocument),
    ("redirect-uri", Problem::RedirectUri),
    ("malformed", Problem::Malformed),
    ("too-long", Problem::TooLong),
    ("client-mistake", Problem::ClientMistake),
    ("expired", Problem::Expired),
    ("not-our-form", Problem::NotOurForm),
    ("not-allowed", Problem::NotAllowed),
    ("third-party-refused", Problem::ThirdPartyRefused),
    ("third-party-unavailable", Problem::ThirdPartyUnavailable),
    ("busy", Problem::Busy),
    ("unavailable", Problem::Unavailable),
    ("not-found", Problem::NotFound),
];

pub(super) fn form() -> FormView {
    FormView { transaction: "t-8c1f".to_owned(), csrf: "c-51aa".to_owned() }
}

pub(super) fn verified_client() -> ClientView {
    ClientView {
        name: Some("Claude".to_owned()),
        host: Some("claude.ai".to_owned()),
        trust: ClientTrust::HostVerified,
        redirect_place: "https://claude.ai".to_owned(),
        loopback_only: false,
    }
}

pub(super) fn loopback_client() -> ClientView {
    ClientView {
        name: Some("MCP Inspector".to_owned()),
        host: None,
        trust: ClientTrust::Unverified,
        redirect_place: "http://127.0.0.1:6274".to_owned(),
        loopback_only: true,
    }
}

pub(super) fn deceiving_client() -> ClientView {
    ClientView {
        name: Some(
            "\u{202e}\u{421}laude by Anthropic, the official application for every desktop".to_owned(),
        ),
        host: Some("claude.ai.login.accounts.anthropic.com.connector-services.example".to_owned()),
        trust: ClientTrust::Unverified,
        redirect_place: "https://claude.ai.login.accounts.anthropic.com.connector-services.example"
            .to_owned(),
        loopback_only: false,
    }
}

pub(super) fn configured_client() -> ClientView {
    ClientView {
        name: Some("Notes desktop".to_owned()),
        host: None,
        trust: ClientTrust::Configured,
        redirect_place: "com.example.notes".to_owned(),
        loopback_only: false,
    }
}

pub(super) fn scopes() -> Vec<ScopeView> {
    let scope = |name: &str, words: Option<&str>| ScopeView {
        name: name.to_owned(),
        words: words.map(str::to_owned),
    };
    vec![
        scope("notes:read", Some("Read your notes")),
        scope("notes:write", Some("Create, change and delete your notes")),
        scope("offline_access", Some("Stay connected until you end the connection")),
        scope("mcp", None),
    ]
}

pub(super) fn account() -> AccountView {
    AccountView { name: "Ada Lovelace".to_owned(), provider: "GitHub".to_owned() }
}

fn provider(id: &str, name: &str, local: bool) -> ProviderView {
    ProviderView { id: id.to_owned(), name: name.to_owned(), local }
}

pub(super) fn github() -> ProviderView {
    provider("github", "GitHub", false)
}

pub(super) fn providers() -> Vec<ProviderView> {
    vec![github(), provider("google", "Google", false), provider("local", "Acme account", true)]
}

pub(super) fn consent() -> ConsentPage {
    ConsentPage {
        form: form(),
        client: verified_client(),
        server: "Acme Notes".to_owned(),
        resource: "https://mcp.acme.example/notes".to_owned(),
        scopes: scopes(),
        kept: Vec::new(),
        account: None,
        providers: providers(),
    }
}

pub(super) fn pick_provider() -> PickProviderPage {
    PickProviderPage { form: form(), providers: providers() }
}

pub(super) fn sign_in() -> SignInPage {
    SignInPage { form: form(), client: Some(verified_client()), username: String::new(), problem: None }
}

pub(super) fn sign_in_failed() -> SignInPage {
    SignInPage { username: "ada".to_owned(), problem: Some(SignInProblem::Wrong), ..sign_in() }
}

pub(super) fn connection() -> ConnectionView {
    ConnectionView {
        grant: "g-0001".to_owned(),
        client_name: Some("Claude".to_owned()),
        client_id: "https://claude.ai/oauth/mcp-oauth-client-metadata".to_owned(),
        server: "Acme Notes".to_owned(),
        scopes: scopes(),
        created: UnixTime::from_seconds(NOW - 41 * 86_400),
        last_used: UnixTime::from_seconds(NOW - 3 * 3_600),
    }
}

pub(super) fn nameless_connection() -> ConnectionView {
    ConnectionView {
        grant: "g-0002".to_owned(),
        client_name: None,
        client_id: "c_7Qb2M4kP9xWz".to_owned(),
        server: "https://mcp.acme.example/tickets".to_owned(),
        scopes: scopes().split_off(3),
        created: UnixTime::from_seconds(NOW - 130),
        last_used: UnixTime::from_seconds(NOW - 4),
    }
}

pub(super) fn account_page() -> AccountPage {
    AccountPage {
        csrf: "c-51aa".to_owned(),
        account: account(),
        connections: vec![connection(), nameless_connection()],
        now: UnixTime::from_seconds(NOW),
        notice: Some(AccountNotice::Ended(Some("VS Code".to_owned()))),
    }
}

pub(super) fn back_to_client() -> BackToClient {
    BackToClient {
        location: "https://claude.ai/api/mcp/auth_callback?error=invalid_scope&state=s".to_owned(),
        place: "https://claude.ai".to_owned(),
    }
}

pub(super) fn problem(problem: Problem) -> ProblemPage {
    let back_to_client = (problem == Problem::ClientMistake).then(back_to_client);
    ProblemPage { problem, request_id: "5f0c9a31-2b".to_owned(), back_to_client }
}

/// Every page, under the name of its golden file.
pub(super) fn pages() -> Vec<(String, Response)> {
    let mut pages = vec![
        ("consent", consent().into_response()),
        ("consent-loopback", consent_of(loopback_client(), Some(account()), vec![]).into_response()),
        ("consent-deceiving", consent_of(deceiving_client(), Some(account()), providers()).into_response()),
        ("consent-configured", consent_of(configured_client(), None, vec![github()]).into_response()),
        ("consent-more", consent_for_more().into_response()),
        ("pick-provider", pick_provider().into_response()),
        ("sign-in", sign_in().into_response()),
        ("sign-in-wrong", sign_in_failed().into_response()),
        ("sign-in-account", SignInPage { client: None, ..sign_in() }.into_response()),
        ("account", account_page().into_response()),
        ("account-empty", empty_account_page().into_response()),
        ("signed-out", SignedOutPage.into_response()),
    ]
    .into_iter()
    .map(|(name, response)| (name.to_owned(), response))
    .collect::<Vec<_>>();
    pages.extend(PROBLEMS.map(|(name, it)| (format!("problem-{name}"), problem(it).into_response())));
    pages
}

fn consent_of(client: ClientView, account: Option<AccountView>, providers: Vec<ProviderView>) -> ConsentPage {
    ConsentPage { client, account, providers, ..consent() }
}

/// Somebody who has allowed the first scope before.
fn consent_for_more() -> ConsentPage {
    let mut kept = scopes();
    let scopes = kept.split_off(1);
    ConsentPage { scopes, kept, account: Some(account()), providers: vec![], ..consent() }
}

fn empty_account_page() -> AccountPage {
    AccountPage { connections: vec![], notice: Some(AccountNotice::AllEnded(2)), ..account_page() }
}
