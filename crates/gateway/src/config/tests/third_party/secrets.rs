use super::{OPTION_B, accepts, edited, parse, refuses, refuses_somewhere};

const MASTER: &str = "master_key = { file = \"master.key\" }";
const REGISTRATION: &str = "[third_party.registration]\nenabled = true";
const LEAK: &str = "hunter2-Zk8WqP4v";

#[test]
fn o06_one_secret_has_one_purpose() {
    let too = "too: use a secret of its own";
    accepts(MASTER, &format!("{MASTER}\nold_master_keys = [{{ file = \"older.key\" }}]"));
    refuses_somewhere(
        MASTER,
        &format!("{MASTER}\nold_master_keys = [{{ file = \"master.key\" }}]"),
        "third_party.old_master_keys[0]",
        too,
    );
    refuses_somewhere(MASTER, "master_key = { file = \"key.pem\" }", "third_party.master_key", too);
    let secret = "client_secret = { env = \"GITHUB_SECRET\" }";
    accepts(secret, "client_secret = { env = \"OTHER\" }");
    refuses(
        secret,
        "client_secret = { file = \"master.key\" }",
        "third_party.provider[0].client_secret",
        too,
    );
    let secret = "client_secret = { env = \"APP_SECRET\" }";
    let error = parse(&edited(OPTION_B, secret, "client_secret = { env = \"GITHUB_SECRET\" }")).unwrap_err();
    assert_eq!(error.key(), "third_party.provider[0].client_secret", "{error}");
    let tokens = |list: &str| format!("[third_party.registration]\ninitial_access_tokens = {list}");
    accepts(REGISTRATION, &tokens("[{ env = \"A\" }, { env = \"B\" }]"));
    let key = "third_party.registration.initial_access_tokens";
    refuses_somewhere(REGISTRATION, &tokens("[{ env = \"A\" }, { env = \"A\" }]"), &format!("{key}[1]"), too);
    refuses_somewhere(REGISTRATION, &tokens("[]"), key, "lets nobody register");
}

#[test]
fn o06_o21_a_literal_secret_is_refused_and_not_repeated() {
    for (from, to) in [
        (MASTER, format!("master_key = {LEAK:?}")),
        (MASTER, format!("{MASTER}\nold_master_keys = [{LEAK:?}]")),
        (REGISTRATION, format!("[third_party.registration]\ninitial_access_tokens = [{LEAK:?}]")),
        ("client_secret = { env = \"GITHUB_SECRET\" }", format!("client_secret = {LEAK:?}")),
        ("client_secret = { env = \"APP_SECRET\" }", format!("client_secret = {LEAK:?}")),
        ("username = \"alice\"", format!("username = \"alice\"\npassword = {LEAK:?}")),
    ] {
        let error = parse(&edited(OPTION_B, from, &to)).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(LEAK), "{error}");
    }
    refuses(MASTER, "master_key = \"x\"", "third_party.master_key", "must not stand in this file");
}

#[test]
fn o21_a_configuration_prints_no_hash() {
    let printed = format!("{:?}", parse(OPTION_B).unwrap());
    assert!(printed.contains("password_hash: PasswordHashText(..)"), "{printed}");
}
