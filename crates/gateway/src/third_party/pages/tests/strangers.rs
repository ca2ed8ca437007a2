//! Text of strangers in every place that takes one.

use axum::response::Response;

use super::{super::*, body_of, sample};

/// What a stranger may try, with the letters by which it is found again.
const PAYLOADS: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</title></main><base href=//evil.example>",
    "&lt;b&gt;&#60;",
    "\u{202e}gnihsihp\u{202c}\u{2066}",
    "Cla\u{200b}ude\u{feff}\u{0}\u{7}",
    "{{ 7 * 7 }}{% include \"x\" %}",
];

/// Pages with `it` in every string that comes from elsewhere.
fn pages_with(it: &str) -> Vec<Response> {
    let text = || it.to_owned();
    let some = || Some(it.to_owned());
    let client = ClientView {
        name: some(),
        host: some(),
        trust: ClientTrust::Unverified,
        redirect_place: text(),
        loopback_only: true,
    };
    let scopes = || vec![ScopeView { name: text(), words: some() }, ScopeView { name: text(), words: None }];
    let account = AccountView { name: text(), provider: text() };
    let form = FormView { transaction: text(), csrf: text() };
    let connection = ConnectionView {
        grant: text(),
        client_name: some(),
        client_id: text(),
        server: text(),
        scopes: scopes(),
        ..sample::connection()
    };
    vec![
        ConsentPage {
            form: form.clone(),
            client: client.clone(),
            server: text(),
            resource: text(),
            scopes: scopes(),
            kept: scopes(),
            account: Some(account.clone()),
            providers: providers_named(it),
        }
        .into_response(),
        PickProviderPage { form: form.clone(), providers: providers_named(it) }.into_response(),
        SignInPage {
            form,
            provider: text(),
            client: Some(client),
            username: text(),
            problem: Some(SignInProblem::Wrong),
        }
        .into_response(),
        ConnectPage { subject: text(), provider: text(), account: account.clone(), ..sample::connect() }
            .into_response(),
        AccountPage {
            csrf: text(),
            accounts: vec![ConnectedView { provider: text(), provider_name: text(), name: some() }],
            account,
            connections: vec![connection.clone(), connection],
            notice: Some(AccountNotice::Ended(some())),
            ..sample::account_page()
        }
        .into_response(),
        ProblemPage {
            request_id: text(),
            back_to_client: Some(BackToClient { location: format!("https://c.example/{it}"), place: text() }),
            ..sample::problem(Problem::ClientMistake)
        }
        .into_response(),
    ]
}

fn providers_named(it: &str) -> Vec<ProviderView> {
    let provider = |local| ProviderView { id: it.to_owned(), name: it.to_owned(), local };
    vec![provider(false), provider(true)]
}

/// Every tag of a page, text left out: the same for any text of strangers.
fn skeleton(html: &str) -> Vec<String> {
    let mut tags = vec![];
    let mut rest = html;
    while let Some((_, from)) = rest.split_once('<') {
        let mut quoted = false;
        let end = from.find(|it| {
            quoted ^= it == '"';
            it == '>' && !quoted
        });
        let tag = &from[..end.unwrap()];
        // Values between quotes go, names of attributes stay.
        tags.push(tag.split('"').step_by(2).collect());
        rest = &from[end.unwrap()..];
    }
    tags
}

#[tokio::test]
async fn i08_no_text_of_a_stranger_becomes_markup() {
    let mut expected = vec![];
    for page in pages_with("plain") {
        let html = body_of(page).await;
        assert!(html.contains("plain"));
        expected.push(skeleton(&html));
    }
    for payload in PAYLOADS {
        for (page, expected) in pages_with(payload).into_iter().zip(&expected) {
            let html = body_of(page).await;
            assert_eq!(&skeleton(&html), expected, "{payload:?}\n{html}");
        }
    }
}

#[tokio::test]
async fn i08_quotes_and_brackets_of_a_stranger_are_escaped() {
    for page in pages_with("<i>\"'&") {
        let html = body_of(page).await;
        assert!(html.contains("&#60;i&#62;&#34;&#39;&#38;"), "{html}");
        assert!(!html.contains("<i>"), "{html}");
    }
}

#[tokio::test]
async fn i08_what_a_person_reads_has_no_hidden_characters_and_a_bounded_length() {
    let hidden = format!("Clau\u{202e}\u{200b}\u{0}de{}", "x".repeat(10_240));
    for page in pages_with(&hidden) {
        let html = body_of(page).await;
        for text in texts(&html) {
            assert!(text.chars().count() <= 300, "{text}");
            assert!(!text.contains(['\u{202e}', '\u{200b}', '\u{0}']), "{text:?}");
        }
        assert!(texts(&html).iter().any(|it| it.contains('…') && it.contains('x')), "{html}");
    }
}

/// What stands between tags.
fn texts(html: &str) -> Vec<&str> {
    html.split('<').filter_map(|it| it.split_once('>')).map(|(_, text)| text.trim()).collect()
}
