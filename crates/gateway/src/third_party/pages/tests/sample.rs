//! Views as a day of work would fill them.

mod crowded;

use axum::response::Response;
use oauth_types::UnixTime;

use super::super::*;

pub(super) const NOW: u64 = 1_795_598_831;

/// Lists the variants of a type, each under the name of its page; one that is left out does not compile.
macro_rules! every {
    ($list:ident: $type:ident { $($variant:ident => $name:literal,)* }) => {
        pub(super) const $list: &[(&str, $type)] = &[$(($name, $type::$variant)),*];
        const _: fn($type) = |it| match it { $($type::$variant => {})* };
    };
}

every! {
    PROBLEMS: Problem {
        UnknownClient => "problem-unknown-client",
        ClientDocument => "problem-client-document",
        RedirectUri => "problem-redirect-uri",
        Malformed => "problem-malformed",
        TooLong => "problem-too-long",
        ClientMistake => "problem-client-mistake",
        Expired => "problem-expired",
        NotOurForm => "problem-not-our-form",
        NotAllowed => "problem-not-allowed",
        OtherPerson => "problem-other-person",
        ThirdPartyRefused => "problem-third-party-refused",
        ThirdPartyUnavailable => "problem-third-party-unavailable",
        Busy => "problem-busy",
        Unavailable => "problem-unavailable",
        NotFound => "problem-not-found",
    }
}

every! {
    SIGN_IN_PROBLEMS: SignInProblem {
        Wrong => "sign-in-wrong",
        TooMany => "sign-in-too-many",
    }
}

every! {
    TRUSTS: ClientTrust {
        Configured => "consent-configured",
        HostVerified => "consent",
        Unverified => "consent-deceiving",
    }
}

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
    SignInPage {
        form: form(),
        provider: "Acme account".to_owned(),
        client: Some(verified_client()),
        username: String::new(),
        problem: None,
    }
}

pub(super) fn sign_in_failed(problem: SignInProblem) -> SignInPage {
    SignInPage { username: "ada".to_owned(), problem: Some(problem), ..sign_in() }
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
        accounts: vec![connected()],
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
    let back_to_client = match problem {
        Problem::ClientMistake
        | Problem::NotAllowed
        | Problem::ThirdPartyRefused
        | Problem::ThirdPartyUnavailable => Some(back_to_client()),
        _ => None,
    };
    ProblemPage { problem, request_id: "5f0c9a31-2b".to_owned(), back_to_client }
}

/// Every page, under the name of its golden file.
pub(super) fn pages() -> Vec<(String, Response)> {
    let mut pages = consent_pages();
    pages.extend([
        ("pick-provider", pick_provider().into_response()),
        ("sign-in", sign_in().into_response()),
        ("sign-in-account", SignInPage { client: None, ..sign_in() }.into_response()),
        ("connect", connect().into_response()),
        ("account", account_page().into_response()),
        ("account-empty", empty_account_page().into_response()),
        ("account-crowded", crowded::account_page().into_response()),
        ("signed-out", SignedOutPage::default().into_response()),
        ("signed-out-elsewhere", SignedOutPage { elsewhere: Some(elsewhere()) }.into_response()),
    ]);
    pages.extend(SIGN_IN_PROBLEMS.iter().map(|(name, it)| (*name, sign_in_failed(*it).into_response())));
    pages.extend(PROBLEMS.iter().map(|(name, it)| (*name, problem(*it).into_response())));
    pages.into_iter().map(|(name, response)| (name.to_owned(), response)).collect()
}

fn consent_pages() -> Vec<(&'static str, Response)> {
    let of_trust = |trust: ClientTrust| match trust {
        ClientTrust::Configured => consent_of(configured_client(), None, vec![github()]),
        ClientTrust::HostVerified => consent(),
        ClientTrust::Unverified => consent_of(deceiving_client(), Some(account()), providers()),
    };
    let mut pages: Vec<_> =
        TRUSTS.iter().map(|(name, trust)| (*name, of_trust(*trust).into_response())).collect();
    let loopback = consent_of(loopback_client(), Some(account()), vec![]);
    pages.push(("consent-loopback", loopback.into_response()));
    pages.push(("consent-more", consent_for_more().into_response()));
    pages.push(("consent-crowded", crowded::consent().into_response()));
    pages
}

fn consent_of(client: ClientView, account: Option<AccountView>, providers: Vec<ProviderView>) -> ConsentPage {
    ConsentPage { client, account, providers, ..consent() }
}

pub(super) fn connected() -> ConnectedView {
    ConnectedView {
        provider: "corp".to_owned(),
        provider_name: "Corp <b>".to_owned(),
        name: Some("ada".to_owned()),
    }
}

pub(super) fn connect() -> ConnectPage {
    ConnectPage {
        csrf: "c-51aa".to_owned(),
        path: "/connect/corp".to_owned(),
        subject: "s-77f0".to_owned(),
        provider: "Corp <b>".to_owned(),
        account: account(),
    }
}

fn elsewhere() -> SignOutElsewhere {
    let location = "https://corp.example/end?client_id=gateway".parse().unwrap();
    SignOutElsewhere { name: "Corp <b>".to_owned(), location }
}

/// Somebody who has allowed the first scope before.
fn consent_for_more() -> ConsentPage {
    let mut kept = scopes();
    let scopes = kept.split_off(1);
    ConsentPage { scopes, kept, account: Some(account()), providers: vec![], ..consent() }
}

fn empty_account_page() -> AccountPage {
    AccountPage {
        connections: vec![],
        accounts: vec![],
        notice: Some(AccountNotice::AllEnded(2)),
        ..account_page()
    }
}
