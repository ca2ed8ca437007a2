use mcp_message::{Limits, read};
use oauth_types::ClaimPath;
use serde_json::{Map, Value, json};

use super::*;
use crate::ToolHints;

struct Person {
    scope: Scope,
    client: Option<&'static str>,
    claims: Map<String, Value>,
}

impl Caller for Person {
    fn issuer(&self) -> &'static str {
        "https://as.example"
    }

    fn subject(&self) -> &'static str {
        "alice"
    }

    fn client(&self) -> Option<&str> {
        self.client
    }

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn claim(&self, path: &ClaimPath) -> Option<&Value> {
        path.find(&self.claims)
    }
}

fn person(scope: &str) -> Person {
    let claims = json!({ "groups": ["staff", "admins"], "tenant": { "id": 7 } });
    let Value::Object(claims) = claims else { unreachable!() };
    Person { scope: scope.parse().unwrap(), client: Some("client"), claims }
}

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|it| it.parse().unwrap()).collect()
}

fn tools(names: &[&str]) -> Rule {
    Rule { targets: Targets { tools: patterns(names), ..Targets::default() }, ..Rule::default() }
}

fn methods(names: &[&str]) -> Rule {
    Rule { methods: patterns(names), ..Rule::default() }
}

fn resources(uris: &[&str]) -> Rule {
    let resources = uris.iter().map(|it| it.parse().unwrap()).collect();
    Rule { targets: Targets { resources, ..Targets::default() }, ..Rule::default() }
}

fn denying(rule: Rule) -> Rule {
    Rule { effect: Effect::Deny, ..rule }
}

fn requiring(scope: &str, rule: Rule) -> Rule {
    let require = scope.parse().unwrap();
    Rule { effect: Effect::Allow { callers: Callers::default(), require }, ..rule }
}

fn only(callers: Callers, rule: Rule) -> Rule {
    Rule { effect: Effect::Allow { callers, require: Scope::empty() }, ..rule }
}

fn judged(rules: &Rules, caller: &Person, message: &str, annotations: &Annotations) -> String {
    let text = format!(r#"{{"jsonrpc":"2.0","id":1,{message}}}"#);
    let body = read(text.as_bytes(), &Limits::default()).unwrap();
    let operation = mcp_message::Operation::of(&body.messages()[0]).unwrap();
    let decision = decide(rules, caller, &operation, annotations);
    let by = match decision.by {
        By::Rule(at) => at.to_string(),
        By::Handshake => "handshake".to_owned(),
        By::Unknown => "unknown".to_owned(),
        By::Otherwise => "otherwise".to_owned(),
    };
    match decision.outcome {
        Outcome::Allowed => format!("{by} allows"),
        Outcome::Denied => format!("{by} denies"),
        Outcome::MissingScopes(scope) => format!("{by} needs {scope}"),
    }
}

/// `method` or `method name` or `method [uri, …]`, decided for somebody with the scopes `a b`.
#[track_caller]
fn check(rules: &[Rule], otherwise: Otherwise, operation: &str, expected: &str) {
    let rules = Rules { rules: rules.to_vec(), otherwise };
    assert_eq!(
        judged(&rules, &person("a b"), &message(operation), &Annotations::new()),
        expected,
        "{operation}"
    );
}

fn message(operation: &str) -> String {
    let (method, name) = operation.split_once(' ').unwrap_or((operation, ""));
    let params = match method {
        "subscriptions/listen" => {
            let uris: Vec<_> = name.split(' ').filter(|it| !it.is_empty()).collect();
            json!({ "notifications": { "resourceSubscriptions": uris } })
        }
        "completion/complete" => json!({ "ref": { "type": "ref/prompt", "name": name } }),
        _ if method.starts_with("tasks/") => json!({ "taskId": name }),
        _ if method.starts_with("resources/") => json!({ "uri": name }),
        _ => json!({ "name": name }),
    };
    format!(r#""method":"{method}","params":{params}"#)
}

const ALLOW: Otherwise = Otherwise::Allow;
const DENY: Otherwise = Otherwise::Deny;

#[test]
fn the_first_rule_about_an_operation_decides() {
    let rules = [
        tools(&["delete_mine"]),
        denying(tools(&["delete_*"])),
        requiring("a c", tools(&["write_*", "drop"])),
    ];
    check(&rules, ALLOW, "tools/call delete_mine", "0 allows");
    check(&rules, ALLOW, "tools/call delete_file", "1 denies");
    check(&rules, ALLOW, "tools/call write_file", "2 needs a c");
    check(&rules, ALLOW, "tools/call drop", "2 needs a c");
    check(&rules, ALLOW, "tools/call read_file", "otherwise allows");
    check(&rules, DENY, "tools/call read_file", "otherwise denies");
    check(&rules, ALLOW, "prompts/get delete_file", "otherwise allows");
    check(&[requiring("a", tools(&["*"]))], DENY, "tools/call x", "0 allows");
}

#[test]
fn a_rule_is_about_what_all_its_parts_are_about() {
    let both = Rule { methods: patterns(&["prompts/*"]), ..denying(tools(&["x"])) };
    check(std::slice::from_ref(&both), ALLOW, "tools/call x", "otherwise allows");
    let mut any = denying(tools(&["x"]));
    any.targets.prompts = patterns(&["y"]);
    for (operation, expected) in [
        ("tools/call x", "0 denies"),
        ("prompts/get y", "0 denies"),
        ("completion/complete y", "0 denies"),
        ("tools/call y", "otherwise allows"),
        ("prompts/get x", "otherwise allows"),
    ] {
        check(std::slice::from_ref(&any), ALLOW, operation, expected);
    }
    let all = [denying(Rule::default())];
    for operation in ["tools/call x", "ping", "tools/list", "notifications/initialized", "made/up"] {
        check(&all, ALLOW, operation, "0 denies");
    }
    check(&[denying(methods(&["tools/list"]))], ALLOW, "tools/list", "0 denies");
    check(&[requiring("c", methods(&["tasks/*"]))], ALLOW, "tasks/get t", "0 needs c");
}

#[test]
fn e23_what_no_revision_has_is_denied_unless_a_rule_says_otherwise() {
    for otherwise in [ALLOW, DENY] {
        check(&[], otherwise, "made/up", "unknown denies");
        check(&[], otherwise, "Tools/call x", "unknown denies");
        check(&[], otherwise, "tools/call/ x", "unknown denies");
        check(&[methods(&["made/*"])], otherwise, "made/up", "0 allows");
        for handshake in [
            "initialize",
            "ping",
            "server/discover",
            "logging/setLevel",
            "notifications/cancelled",
            "tools/list",
        ] {
            check(&[], otherwise, handshake, "handshake allows");
        }
        check(&[], otherwise, "subscriptions/listen", "handshake allows");
    }
    check(&[], DENY, "subscriptions/listen a:1", "otherwise denies");
    check(&[], DENY, "tasks/get t", "otherwise denies");
    check(&[], DENY, "completion/complete p", "otherwise denies");
}

#[test]
fn every_resource_must_be_allowed_and_the_scopes_are_those_of_all() {
    let rules = [
        denying(resources(&["file:///etc/*"])),
        requiring("x", resources(&["a:1"])),
        requiring("y", resources(&["a:2"])),
        requiring("a", resources(&["a:3"])),
    ];
    check(&rules, ALLOW, "subscriptions/listen a:1 a:2 a:3", "1 needs x y");
    check(&rules, ALLOW, "subscriptions/listen a:3 a:3", "3 allows");
    check(&rules, ALLOW, "subscriptions/listen a:3 a:1 file:///etc/x", "0 denies");
    check(&rules, ALLOW, "resources/read a:9", "otherwise allows");
    check(&rules, DENY, "resources/subscribe a:9", "otherwise denies");
    check(&rules, ALLOW, "resources/read file:///tmp/%2e%2e/etc/x", "0 denies");
    // What only one reading of it is allowed to be is not allowed.
    let inside = [resources(&["file:///public/*"])];
    check(&inside, DENY, "resources/read file:///public/x", "0 allows");
    check(&inside, DENY, "resources/read file:///public/../etc/x", "otherwise denies");
    check(&inside, DENY, "resources/read file:///public/%252e./etc/x", "otherwise denies");
    check(&inside, DENY, "resources/read file:///etc/?/../../public/x", "otherwise denies");
    check(
        &[denying(resources(&["file:///s/*"]))],
        ALLOW,
        "resources/read file:///%73/x?/../../p",
        "0 denies",
    );
}

#[test]
fn only_those_who_are_named_may() {
    let groups = |values: Value| {
        let Value::Array(values) = values else { unreachable!() };
        vec![("groups".parse().unwrap(), values)]
    };
    let callers = Callers::default();
    for (callers, expected) in [
        (callers.clone(), "0 allows"),
        (Callers { subjects: vec!["alice".into()], ..callers.clone() }, "0 allows"),
        (Callers { subjects: vec!["alic".into(), "Alice".into()], ..callers.clone() }, "0 denies"),
        (Callers { issuers: vec!["https://as.example".into()], ..callers.clone() }, "0 allows"),
        (Callers { issuers: vec!["https://as.example/".into()], ..callers.clone() }, "0 denies"),
        (Callers { clients: vec!["client".into()], ..callers.clone() }, "0 allows"),
        (Callers { clients: vec!["other".into()], ..callers.clone() }, "0 denies"),
        (Callers { claims: groups(json!(["admins", "x"])), ..callers.clone() }, "0 allows"),
        (Callers { claims: groups(json!(["admin"])), ..callers.clone() }, "0 denies"),
        (
            Callers { claims: vec![("tenant.id".parse().unwrap(), vec![json!(7)])], ..callers.clone() },
            "0 allows",
        ),
        (
            Callers { claims: vec![("tenant.id".parse().unwrap(), vec![json!("7")])], ..callers.clone() },
            "0 denies",
        ),
        (
            Callers { claims: vec![("none".parse().unwrap(), vec![json!("7")])], ..callers.clone() },
            "0 denies",
        ),
        (
            Callers { subjects: vec!["alice".into()], clients: vec!["other".into()], ..callers.clone() },
            "0 denies",
        ),
    ] {
        check(&[only(callers, tools(&["x"])), tools(&["x"])], ALLOW, "tools/call x", expected);
    }
    let nobody = Person { client: None, ..person("a") };
    let rules = Rules {
        rules: vec![only(Callers { clients: vec![String::new()], ..callers }, tools(&["*"]))],
        otherwise: ALLOW,
    };
    assert_eq!(judged(&rules, &nobody, &message("tools/call x"), &Annotations::new()), "0 denies");
}

#[test]
fn annotations_count_as_told_and_what_was_not_told_as_dangerous() {
    let known = Annotations::new();
    known.learn("read", ToolHints { read_only: Some(true), destructive: None });
    known.learn("append", ToolHints { read_only: Some(false), destructive: Some(false) });
    known.learn("erase", ToolHints { read_only: None, destructive: Some(true) });
    let rules = Rules {
        rules: vec![
            Rule { read_only: Some(true), ..Rule::default() },
            denying(Rule { destructive: Some(true), ..tools(&["*"]) }),
        ],
        otherwise: ALLOW,
    };
    for (tool, expected) in
        [("read", "0 allows"), ("append", "otherwise allows"), ("erase", "1 denies"), ("unseen", "1 denies")]
    {
        assert_eq!(judged(&rules, &person(""), &message(&format!("tools/call {tool}")), &known), expected);
    }
    let not = |read_only, destructive| Rules {
        rules: vec![denying(Rule { read_only, destructive, ..Rule::default() })],
        otherwise: ALLOW,
    };
    for message in ["prompts/get read", "tools/list", "made/up"].map(message) {
        assert!(
            !judged(&not(Some(false), None), &person(""), &message, &known).starts_with('0'),
            "{message}"
        );
    }
    assert_eq!(
        judged(&not(None, Some(false)), &person(""), &message("tools/call append"), &known),
        "0 denies"
    );
}

#[test]
fn two_decisions_together_are_no_better_than_each() {
    let decision = |outcome: &Outcome| Decision { by: By::Otherwise, outcome: outcome.clone() };
    let scope = |text: &str| Outcome::MissingScopes(text.parse().unwrap());
    let (allowed, denied) = (Outcome::Allowed, Outcome::Denied);
    for (one, other, expected) in [
        (&allowed, &allowed, &allowed),
        (&allowed, &denied, &denied),
        (&denied, &scope("a"), &denied),
        (&scope("a"), &denied, &denied),
        (&scope("a"), &allowed, &scope("a")),
        (&allowed, &scope("a"), &scope("a")),
        (&scope("a b"), &scope("c"), &scope("a b c")),
    ] {
        assert_eq!(decision(one).and(decision(other)).outcome, *expected);
    }
}

#[test]
fn the_scopes_of_rules_are_known() {
    let rules = Rules {
        rules: vec![requiring("b a", tools(&["x"])), denying(tools(&["y"])), requiring("c a", tools(&["z"]))],
        otherwise: ALLOW,
    };
    assert_eq!(rules.scopes().to_string(), "a b c");
}

/// A caller of whom less is known may do no more, whatever the rules are: what fits no list is denied, and nothing is
/// allowed because a claim is missing.
#[test]
fn o11_whoever_lacks_a_claim_may_do_nothing_that_they_may_not_do_with_it() {
    let claims = |values: &[&str]| Callers {
        claims: vec![("groups".parse().unwrap(), values.iter().map(|it| json!(it)).collect())],
        ..Callers::default()
    };
    let kinds: [fn(&[&str]) -> Rule; 3] = [tools, |it| denying(tools(it)), |it| requiring("a c", tools(it))];
    let about = ["x", "*"];
    let mut rules: Vec<Rule> = kinds.iter().flat_map(|it| about.map(|about| it(&[about]))).collect();
    for values in [&["staff"][..], &["board"], &["board", "admins"]] {
        rules.extend(about.map(|it| only(claims(values), tools(&[it]))));
    }
    let with = person("a b");
    let without = Person { claims: Map::new(), ..person("a b") };
    let (mut same, mut fewer) = (0, 0);
    for (first, second) in rules.iter().flat_map(|first| rules.iter().map(move |second| (first, second))) {
        for otherwise in [ALLOW, DENY] {
            let rules = Rules { rules: vec![first.clone(), second.clone()], otherwise };
            let decided = |it: &Person| judged(&rules, it, &message("tools/call x"), &Annotations::new());
            let (with, without) = (decided(&with), decided(&without));
            if with == without {
                same += 1;
            } else {
                assert!(
                    with.ends_with("allows") && without.ends_with("denies"),
                    "{rules:?}: {with}, {without}"
                );
                fewer += 1;
            }
        }
    }
    assert!(same > 50 && fewer > 50, "{same}, {fewer}");
}
