use super::{accepts, refuses};
use crate::config::{Config, RulesDefault};

const SCOPES: &str = r#"scopes = ["mcp"]"#;
/// Where a section of the server can stand.
const BEFORE: &str = "[server.identity]";

fn with(rules: &str) -> String {
    format!("{rules}\n{BEFORE}")
}

#[track_caller]
fn takes(rule: &str) -> Config {
    accepts(BEFORE, &with(&format!("[[server.rule]]\n{rule}")))
}

/// The refusal must name the key within the first rule; with an empty one, the line of the rule itself.
#[track_caller]
fn rejects(rule: &str, key: &str, message: &str) {
    let text = super::edited(super::BASE, BEFORE, &with(&format!("[[server.rule]]\n{rule}")));
    let error = super::parse(&text).err().unwrap_or_else(|| panic!("{rule} must be refused"));
    let expected =
        if key.is_empty() { "server[0].rule[0]".to_owned() } else { format!("server[0].rule[0].{key}") };
    assert_eq!(error.key(), expected, "{error}");
    assert!(error.message().contains(message), "{error}");
}

#[test]
fn rules_are_read_in_their_order() {
    let config = takes(
        r#"tools = ["delete_*"]
require = ["files:write"]
[[server.rule]]
methods = ["prompts/*"]
prompts = ["x"]
allow = { subjects = ["a"], issuers = ["https://as.example.com/"], clients = ["c"], claims = { groups = ["x", 7], "tenant.id" = true } }
[[server.rule]]
resources = ["file:///etc/*"]
deny = true
[[server.rule]]
read_only = true
[[server.rule]]
deny = true"#,
    );
    assert_eq!(config.servers[0].rules.len(), 5);
    assert!(config.servers[0].has_rules());
    let known: Vec<_> = config.servers[0].known_scopes().map(ToString::to_string).collect();
    assert_eq!(known, ["mcp", "files:write"]);
}

#[test]
fn without_rules_scopes_decide_unless_the_default_says_otherwise() {
    assert!(!accepts(SCOPES, SCOPES).servers[0].has_rules());
    let config = accepts(SCOPES, &format!("{SCOPES}\nrules_default = \"deny\""));
    assert!(config.servers[0].has_rules());
    assert_eq!(config.servers[0].rules_default, Some(RulesDefault::Deny));
    refuses(SCOPES, "rules_default = \"ask\"", "server[0].rules_default", "unknown variant");
}

#[test]
fn o11_a_rule_that_matches_nothing_is_refused() {
    for key in ["methods", "tools", "prompts", "resources"] {
        takes(&format!("{key} = [\"*\"]\ndeny = true"));
        rejects(&format!("{key} = []\ndeny = true"), key, "matches nothing");
        rejects(&format!("{key} = [\"\"]\ndeny = true"), &format!("{key}[0]"), "matches nothing");
    }
    takes("read_only = false\ndestructive = true");
    rejects("read_only = true\ndestructive = true", "destructive", "matches nothing");
    takes("tools = [\"x\"]\nread_only = true");
    rejects("prompts = [\"x\"]\nread_only = true", "prompts", "only tools have annotations");
    rejects("resources = [\"a:x\"]\ndestructive = true", "resources", "only tools have annotations");
    rejects("resources = [\"file:///a/../b\"]", "resources[0]", "write `file:///b`");
}

#[test]
fn o11_a_rule_that_cannot_be_reached_is_refused() {
    takes("tools = [\"*\"]\n[[server.rule]]\ndeny = true");
    takes("methods = [\"tools/*\"]\n[[server.rule]]\ndeny = true");
    rejects("[[server.rule]]\ntools = [\"x\"]\ndeny = true", "", "it is about everything");
    rejects("methods = [\"*\"]\n[[server.rule]]\ntools = [\"x\"]", "", "it is about everything");
}

#[test]
fn a_rule_says_one_thing() {
    takes("tools = [\"x\"]\ndeny = true");
    rejects("tools = [\"x\"]\ndeny = true\nrequire = [\"a\"]", "deny", "have no meaning");
    rejects("tools = [\"x\"]\ndeny = true\nallow = { subjects = [\"a\"] }", "deny", "have no meaning");
    takes("tools = [\"x\"]\ndeny = false\nrequire = [\"a\"]");
    rejects("tools = [\"x\"]\nrequire = [\"offline_access\"]", "require[0]", "not a permission");
    rejects("tools = [\"x\"]\nrequire = [\"a b\"]", "require[0]", "holds a character");
    rejects("tools = [\"x\"]\nrequires = [\"a\"]", "requires", "unknown field");
}

#[test]
fn whoever_may_is_named() {
    let allow = |text: &str| format!("tools = [\"x\"]\nallow = {{ {text} }}");
    takes(&allow("subjects = [\"a\"]"));
    rejects(&allow(""), "allow", "names nobody");
    for key in ["subjects", "issuers", "clients"] {
        rejects(&allow(&format!("{key} = []")), &format!("allow.{key}"), "names nobody");
    }
    rejects(&allow("claims = {}"), "allow.claims", "names nobody");
    rejects(&allow("claims = { groups = [] }"), "allow.claims.groups", "must be a text");
    rejects(&allow("claims = { groups = [[\"a\"]] }"), "allow.claims.groups", "must be a text");
    rejects(&allow("claims = { groups = { a = 1 } }"), "allow.claims.groups", "must be a text");
    rejects(&allow("claims = { \"a..b\" = 1 }"), "allow.claims", "has an empty member");
    rejects(&allow("issuers = [\"ftp://x\"]"), "allow.issuers[0]", "");
}

#[test]
fn offered_scopes_are_no_permission_to_stay() {
    let config = accepts(SCOPES, "offered_scopes = [\"files:read\"]");
    assert_eq!(config.servers[0].known_scopes().count(), 1);
    refuses(
        SCOPES,
        "offered_scopes = [\"offline_access\"]",
        "server[0].offered_scopes[0]",
        "not a permission",
    );
}
