//! What a press of Enter and a press of a button send.

use super::{super::*, body_of, sample};

/// The start tags of one element, in order.
fn tags<'h>(html: &'h str, element: &str) -> Vec<&'h str> {
    let open = format!("<{element}");
    let found = html.match_indices(&open).map(|(at, _)| &html[at..]);
    found.map(|rest| &rest[..rest.find('>').unwrap()]).collect()
}

#[tokio::test]
async fn i04_every_form_posts_to_its_own_path_with_the_token() {
    for (name, page) in sample::pages() {
        let html = body_of(page).await;
        let forms = tags(&html, "form");
        let tokens = html.matches(r#"<input type="hidden" name="csrf" value="c-51aa">"#).count();
        assert_eq!(forms.len(), tokens, "{name}");
        for form in forms {
            assert!(form.contains(r#"method="post""#), "{name}: {form}");
            let action = ["/consent", "/sign-in", "/account", "/connect/corp"]
                .into_iter()
                .find(|it| form.contains(&format!("action=\"{it}\"")));
            let transactions = html.matches(r#"name="transaction" value="t-8c1f""#).count();
            let is_of_one = ["/consent", "/sign-in"].contains(&action.unwrap());
            assert_eq!(transactions, usize::from(is_of_one), "{name}");
        }
    }
}

#[tokio::test]
async fn no_decision_is_made_by_enter_alone() {
    let pages = [
        sample::consent().into_response(),
        sample::pick_provider().into_response(),
        sample::connect().into_response(),
    ];
    for page in pages {
        let html = body_of(page).await;
        let first = tags(&html, "button")[0];
        assert!(first.contains("disabled") && !first.contains("name="), "{first}");
        assert!(!html.contains("autofocus"), "no button has the focus by itself");
        assert!(tags(&html, "input").iter().all(|it| it.contains(r#"type="hidden""#)));
    }
}

#[track_caller]
fn check_decisions(html: &str, expected: &[&str]) {
    let values: Vec<_> = tags(html, "button")
        .into_iter()
        .filter_map(|it| it.split(r#"name="decision" value=""#).nth(1)?.split('"').next())
        .collect();
    assert_eq!(values, expected);
}

#[tokio::test]
async fn each_button_is_one_decision() {
    let three = ["provider:github", "provider:google", "provider:local", "deny"];
    check_decisions(&body_of(sample::consent().into_response()).await, &three);
    check_decisions(&body_of(sample::pick_provider().into_response()).await, &three);
    check_decisions(&body_of(sample::connect().into_response()).await, &["connect", "cancel"]);
    let known = ConsentPage {
        account: Some(sample::account()),
        providers: vec![sample::github()],
        ..sample::consent()
    };
    let html = body_of(known.into_response()).await;
    check_decisions(&html, &["signed-in", "provider:github", "deny"]);
    let alone = ConsentPage { account: Some(sample::account()), providers: vec![], ..sample::consent() };
    check_decisions(&body_of(alone.into_response()).await, &["signed-in", "deny"]);
}

#[tokio::test]
async fn the_account_page_ends_one_or_all_or_signs_out() {
    let html = body_of(sample::account_page().into_response()).await;
    for action in ["end:g-0001", "end:g-0002", "end-all", "sign-out"] {
        let value = format!(r#"name="action" value="{action}""#);
        assert_eq!(html.matches(&value).count(), 1, "{action}");
    }
    let one = AccountPage { connections: vec![sample::connection()], ..sample::account_page() };
    assert!(!body_of(one.into_response()).await.contains("end-all"), "one button is enough for one");
}

#[tokio::test]
async fn a_failed_sign_in_is_announced_and_the_password_is_not_echoed() {
    let html = body_of(sample::sign_in_failed(SignInProblem::Wrong).into_response()).await;
    assert!(html.contains("<title>Problem: Sign in</title>"));
    assert!(html.contains(r#"id="problem" role="alert""#));
    let inputs = tags(&html, "input");
    let find = |name: &str| inputs.iter().find(|it| it.contains(name)).copied().unwrap();
    let (username, password) = (find(r#"name="username""#), find(r#"name="password""#));
    for input in [username, password] {
        assert!(input.contains(r#"aria-invalid="true" aria-describedby="problem""#), "{input}");
    }
    assert!(username.contains(r#"value="ada" autocomplete="username""#), "{username}");
    assert!(password.contains(r#"autocomplete="current-password""#), "{password}");
    assert!(!password.contains("value="), "{password}");
}

#[tokio::test]
async fn f18_the_way_back_to_the_client_is_a_link_that_nobody_follows_by_itself() {
    let html = body_of(sample::problem(Problem::ClientMistake).into_response()).await;
    assert!(html.contains(
        r#"<a class="button" href="https://claude.ai/api/mcp/auth_callback?error=invalid_scope&#38;state=s" rel="noreferrer">"#
    ));
    assert!(!html.contains("http-equiv"), "no refresh");
    for location in
        ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", " javascript:x", "java\tscript:x"]
    {
        let back = BackToClient { location: location.to_owned(), ..sample::back_to_client() };
        let page = ProblemPage { back_to_client: Some(back), ..sample::problem(Problem::ClientMistake) };
        let html = body_of(page.into_response()).await;
        assert!(!html.contains("<a "), "{location:?}");
    }
    let private = BackToClient { location: "cursor://x/cb?error=e".to_owned(), ..sample::back_to_client() };
    let page = ProblemPage { back_to_client: Some(private), ..sample::problem(Problem::ClientMistake) };
    assert!(body_of(page.into_response()).await.contains(r#"href="cursor://x/cb?error=e""#));
}
