use std::{net::IpAddr, sync::Arc, time::Duration};

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use oauth_types::{ManualClock, SeededEntropy, UnixTime};

use super::*;

fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

fn account(username: &str, hash: &PasswordHash) -> LocalAccount {
    LocalAccount {
        username: username.to_owned(),
        password: hash.clone(),
        name: Some("Alice".to_owned()),
        email: Some("alice@ok.example".parse().unwrap()),
        groups: ["staff".to_owned()].into(),
    }
}

fn hash() -> PasswordHash {
    hash_password(&password("correct horse"), &SeededEntropy::new(1)).unwrap()
}

struct Bench {
    accounts: LocalAccounts,
    clock: Arc<ManualClock>,
}

impl Bench {
    fn new(hash: &PasswordHash) -> Self {
        let clock = Arc::new(ManualClock::new(UnixTime::from_seconds(1_800_000_000)));
        let users = [account("alice", hash), account("bob", hash)];
        let entropy = SeededEntropy::new(2);
        let accounts = LocalAccounts::new("local".parse().unwrap(), users, clock.clone(), &entropy).unwrap();
        Self { accounts, clock }
    }

    fn login(&self, username: &str, text: &str, from: &str) -> Result<Identity, LoginError> {
        self.accounts.verify(username, &password(text), from.parse::<IpAddr>().unwrap())
    }

    /// Whether an attempt is refused without looking at the password.
    fn is_stopped(&self, username: &str, from: &str) -> bool {
        // The counters alone: hashing hundreds of passwords would only take time.
        let (from, now) = (from.parse().unwrap(), self.clock.now());
        self.accounts.attempts.take(username, from, now).is_err()
    }
}

#[test]
fn a_person_signs_in_with_the_right_name_and_password() {
    let bench = Bench::new(&hash());
    let alice = bench.login("alice", "correct horse", "192.0.2.1").unwrap();
    assert_eq!(alice.principal.to_subject().unwrap().as_str(), "local:alice");
    assert!(alice.email.as_ref().unwrap().verified);
    assert_eq!(bench.accounts.find(&alice.principal), Some(alice.clone()));
    for (username, text) in [
        ("alice", "correct horsE"),
        ("alice", "correct horse "),
        ("alice", ""),
        ("Alice", "correct horse"),
        ("mallory", "correct horse"),
        ("", "correct horse"),
    ] {
        let outcome = bench.login(username, text, "192.0.2.1");
        assert_eq!(outcome, Err(LoginError::Wrong), "{username:?} {text:?}");
    }
    let mut stranger = alice.principal.clone();
    stranger.provider = "github".parse().unwrap();
    assert_eq!(bench.accounts.find(&stranger), None);
}

#[test]
fn a_very_long_password_is_wrong_and_cheap() {
    let bench = Bench::new(&hash());
    let long = "correct horse".to_owned() + &"x".repeat(10 * 1024 * 1024);
    assert_eq!(bench.login("alice", &long, "192.0.2.1"), Err(LoginError::Wrong));
    let prefix = "a".repeat(1024);
    let of_prefix = hash_password(&password(&prefix), &SeededEntropy::new(3)).unwrap();
    let bench = Bench::new(&of_prefix);
    assert!(bench.login("alice", &prefix, "192.0.2.1").is_ok());
    assert_eq!(bench.login("alice", &(prefix + "b"), "192.0.2.1"), Err(LoginError::Wrong));
}

#[test]
fn unknown_names_cost_as_much_as_the_costliest_account() {
    let bench = Bench::new(&hash());
    let (decoy, real) = (bench.accounts.decoy.to_phc(), hash().to_phc());
    let parameters = |phc: &str| phc.rsplit_once('$').unwrap().0.to_owned();
    assert_eq!(parameters(&decoy), parameters(&real));
    assert_ne!(decoy, real, "and no password opens it");
}

#[test]
fn too_many_attempts_for_an_account_from_one_place_wait_whether_or_not_it_exists() {
    let bench = Bench::new(&hash());
    for (username, from) in [("alice", "192.0.2.1"), ("mallory", "192.0.2.2")] {
        for attempt in 0..10 {
            assert!(!bench.is_stopped(username, from), "{username} {attempt}");
        }
        assert!(bench.is_stopped(username, from), "{username}");
    }
    let refused = bench.login("alice", "correct horse", "192.0.2.1");
    assert_eq!(refused, Err(LoginError::TooManyAttempts(Duration::from_secs(60))));
    assert!(bench.login("bob", "correct horse", "192.0.2.1").is_ok(), "others are not locked out");

    bench.clock.advance(Duration::from_secs(59));
    assert!(bench.is_stopped("alice", "192.0.2.1"));
    bench.clock.advance(Duration::from_secs(1));
    assert!(bench.login("alice", "correct horse", "192.0.2.1").is_ok());
    // The right password gave its attempt back: the next one is free again.
    assert!(bench.login("alice", "correct horse", "192.0.2.1").is_ok());
}

#[test]
fn g09_wrong_guesses_from_elsewhere_do_not_keep_the_owner_out() {
    let bench = Bench::new(&hash());
    for _ in 0..100 {
        bench.is_stopped("alice", "192.0.2.66");
    }
    assert!(bench.is_stopped("alice", "192.0.2.66"));
    assert!(bench.login("alice", "correct horse", "198.51.100.1").is_ok(), "never seen there before");
}

/// As many attempts as an account takes from places that it never signed in from.
fn exhaust(bench: &Bench, username: &str) {
    for attempt in 0..1000 {
        let from = format!("2001:db8:{:x}::1", attempt / 10);
        assert!(!bench.is_stopped(username, &from), "{attempt}");
    }
}

#[test]
fn g09_guessing_from_many_places_is_bounded_and_the_owner_signs_in_where_they_did_before() {
    let bench = Bench::new(&hash());
    assert!(bench.login("alice", "correct horse", "198.51.100.1").is_ok());
    for username in ["alice", "mallory"] {
        exhaust(&bench, username);
        assert!(bench.is_stopped(username, "203.0.113.1"), "{username}: from anywhere");
    }
    let refused = bench.login("alice", "correct horse", "203.0.113.1");
    assert_eq!(refused, Err(LoginError::TooManyAttempts(Duration::from_secs(60))));
    assert!(bench.login("alice", "correct horse", "198.51.100.1").is_ok());
    for attempt in 0..10 {
        assert!(!bench.is_stopped("alice", "198.51.100.1"), "{attempt}");
    }
    assert!(bench.is_stopped("alice", "198.51.100.1"), "guessing is bounded there as well");
    bench.clock.advance(Duration::from_secs(60));
    assert!(!bench.is_stopped("alice", "203.0.113.1"), "one more a minute");
    assert!(bench.is_stopped("alice", "203.0.113.2"));
}

#[test]
fn an_account_has_eight_places_where_it_signed_in() {
    let bench = Bench::new(&hash());
    let home = |number: usize| format!("198.51.100.{number}");
    for number in [0, 1, 0, 2, 3, 4, 5, 6, 7, 8] {
        let attempt = bench.accounts.attempts.take("alice", home(number).parse().unwrap(), bench.clock.now());
        bench.accounts.attempts.give_back(attempt.unwrap());
    }
    exhaust(&bench, "alice");
    assert!(bench.is_stopped("alice", &home(1)), "the one that is longest ago");
    for number in [0, 2, 8] {
        assert!(!bench.is_stopped("alice", &home(number)), "{number}");
    }
}

#[test]
fn too_many_attempts_from_one_place_wait_whatever_the_account() {
    let bench = Bench::new(&hash());
    for attempt in 0..30 {
        assert!(!bench.is_stopped(&format!("name-{attempt}"), "2001:db8::1"), "{attempt}");
    }
    assert!(bench.is_stopped("alice", "2001:db8::2"), "one network of IPv6 is one place");
    assert!(!bench.is_stopped("alice", "2001:db8:0:1::2"));
    assert!(!bench.is_stopped("alice", "192.0.2.1"));
    bench.clock.advance(Duration::from_secs(10));
    assert!(!bench.is_stopped("alice", "2001:db8::2"));
    assert!(bench.is_stopped("alice", "2001:db8::2"));
}

#[test]
fn an_ipv4_address_is_one_place_however_it_is_written() {
    let bench = Bench::new(&hash());
    for attempt in 0..30 {
        bench.is_stopped(&format!("name-{attempt}"), "192.0.2.1");
    }
    assert!(bench.is_stopped("alice", "::ffff:192.0.2.1"));
}

#[test]
fn only_hashes_that_are_costly_to_guess_are_taken() {
    let make = |algorithm, memory, passes, lanes, salt: usize, output: usize| {
        let params = Params::new(memory, passes, lanes, Some(output)).unwrap();
        let hasher = Argon2::new(algorithm, Version::V0x13, params);
        hasher.hash_password_with_salt(b"correct horse", &vec![7; salt]).unwrap().to_string()
    };
    let id = Algorithm::Argon2id;
    for (phc, expected) in [
        (make(id, 19_456, 2, 1, 16, 32), Ok(())),
        (make(id, 47_104, 1, 1, 16, 32), Ok(())),
        (make(id, 19_455, 2, 1, 16, 32), Err(InvalidPasswordHash::Weak)),
        (make(id, 19_456, 1, 1, 16, 32), Err(InvalidPasswordHash::Weak)),
        (make(id, 19_456, 2, 1, 8, 32), Err(InvalidPasswordHash::Weak)),
        (make(id, 19_456, 2, 1, 16, 12), Err(InvalidPasswordHash::Weak)),
        (make(Algorithm::Argon2i, 19_456, 2, 1, 16, 32), Err(InvalidPasswordHash::Algorithm)),
        (hash().to_phc().replace("m=19456", "m=2000000"), Err(InvalidPasswordHash::Costly)),
        (hash().to_phc().replace("t=2", "t=17"), Err(InvalidPasswordHash::Costly)),
        (hash().to_phc().replace("v=19", "v=16"), Err(InvalidPasswordHash::Algorithm)),
        ("correct horse".to_owned(), Err(InvalidPasswordHash::Syntax)),
        ("$argon2id$v=19$m=19456,t=2,p=1".to_owned(), Err(InvalidPasswordHash::Syntax)),
        (String::new(), Err(InvalidPasswordHash::Syntax)),
    ] {
        assert_eq!(phc.parse::<PasswordHash>().map(drop), expected, "{phc}");
    }
    let phc = hash().to_phc();
    assert_eq!(phc.parse::<PasswordHash>().unwrap().to_phc(), phc);
    assert_eq!(format!("{:?}", hash()), "PasswordHash(argon2id, m=19456, t=2)");
}

#[test]
fn passwords_are_neither_short_nor_endless_and_salts_differ() {
    let entropy = SeededEntropy::new(5);
    let hashed = |text: &str| hash_password(&password(text), &entropy).map(|it| it.to_phc());
    assert_eq!(hashed("sevenie"), Err(PasswordError::TooShort));
    assert_eq!(hashed(&"a".repeat(1025)), Err(PasswordError::TooLong));
    assert_ne!(hashed("eight-ch").unwrap(), hashed("eight-ch").unwrap());
}

#[test]
fn accounts_have_plain_and_different_names() {
    let clock = Arc::new(ManualClock::new(UnixTime::EPOCH));
    let accounts = |names: &[&str]| {
        let accounts = names.iter().map(|it| account(it, &hash()));
        let entropy = SeededEntropy::new(1);
        LocalAccounts::new("local".parse().unwrap(), accounts, clock.clone(), &entropy).map(drop)
    };
    assert_eq!(accounts(&["a.b_c-d@e", "Z9"]), Ok(()));
    assert_eq!(accounts(&[]), Err(InvalidAccounts::None));
    assert_eq!(accounts(&["alice", "alice"]), Err(InvalidAccounts::Repeated("alice".to_owned())));
    let longest = "a".repeat(64);
    assert_eq!(accounts(&[&longest]), Ok(()));
    for name in ["", "a b", "a\n", "é", &(longest + "a")] {
        assert_eq!(accounts(&[name]), Err(InvalidAccounts::Username(name.to_owned())), "{name:?}");
    }
}
