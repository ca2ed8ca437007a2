use oauth_types::{ManualClock, UnixTime};

use super::*;

struct World {
    clock: Arc<ManualClock>,
    quotas: Quotas,
}

fn quota(per: &[Per], tools: &[&str], requests: u32, seconds: u64) -> Quota {
    let requests = NonZeroU32::new(requests).unwrap();
    let names = || ToolNames::new(tools.iter().map(|it| (*it).to_owned()).collect());
    Quota {
        per: per.to_vec(),
        tools: (!tools.is_empty()).then(names),
        requests,
        period: Duration::from_secs(seconds),
        burst: requests,
    }
}

fn world(quotas: impl Into<Vec<Quota>>) -> World {
    let clock = Arc::new(ManualClock::new(UnixTime::from_seconds(1_000_000)));
    let dynamic: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    World { quotas: Quotas::new(quotas.into(), &dynamic, None), clock }
}

fn asker<'a>(principal: &'a str, client: &'a str) -> Asker<'a> {
    Asker { principal, client }
}

fn spent(number: usize, seconds: u64) -> Result<(), QuotaSpent> {
    Err(QuotaSpent { number, retry_after: Duration::from_secs(seconds) })
}

#[test]
fn what_is_spent_comes_back_with_the_time() {
    let world = world([quota(&[Per::Principal], &[], 3, 60)]);
    let ask = || world.quotas.spend_request(asker("a", "c"));
    for _ in 0..3 {
        assert_eq!(ask(), Ok(()));
    }
    assert_eq!(ask(), spent(1, 20));
    world.clock.advance(Duration::from_secs(19));
    assert_eq!(ask(), spent(1, 1));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(ask(), Ok(()));
    assert_eq!(ask(), spent(1, 20));
    world.clock.advance(Duration::from_secs(60));
    for _ in 0..3 {
        assert_eq!(ask(), Ok(()));
    }
    assert_eq!(ask(), spent(1, 20));
}

#[test]
fn a_burst_is_what_may_come_at_once() {
    let mut quota = quota(&[Per::Principal], &[], 60, 60);
    quota.burst = NonZeroU32::new(2).unwrap();
    let world = world([quota]);
    let ask = || world.quotas.spend_request(asker("a", "c"));
    assert_eq!([ask(), ask(), ask()], [Ok(()), Ok(()), spent(1, 1)]);
    for _ in 0..60 {
        world.clock.advance(Duration::from_secs(1));
        assert_eq!([ask(), ask()], [Ok(()), spent(1, 1)]);
    }
}

#[test]
fn e50_each_has_a_count_of_its_own() {
    let one = |per: &[Per]| world([quota(per, &["t*"], 1, 60)]).quotas;
    let outcomes = |quotas: Quotas| {
        let calls =
            [("a", "c", "t1"), ("a", "c", "t1"), ("b", "c", "t1"), ("a", "d", "t1"), ("a", "c", "t2")];
        calls.map(|(principal, client, tool)| quotas.spend_call(asker(principal, client), tool).is_ok())
    };
    assert_eq!(outcomes(one(&[Per::Principal])), [true, false, true, false, false]);
    assert_eq!(outcomes(one(&[Per::Client])), [true, false, false, true, false]);
    assert_eq!(outcomes(one(&[Per::Tool])), [true, false, false, false, true]);
    assert_eq!(outcomes(one(&[Per::Principal, Per::Client])), [true, false, true, true, false]);
    assert_eq!(outcomes(one(&[Per::Principal, Per::Client, Per::Tool])), [true, false, true, true, true]);
}

#[test]
fn e50_names_cannot_run_into_each_other() {
    let quotas = world([quota(&[Per::Principal, Per::Client], &[], 1, 60)]).quotas;
    assert_eq!(quotas.spend_request(asker("ab", "c")), Ok(()));
    assert_eq!(quotas.spend_request(asker("a", "bc")), Ok(()));
    assert_eq!(quotas.spend_request(asker("abc", "")), Ok(()));
    assert_eq!(quotas.spend_request(asker("ab", "c")), spent(1, 60));
}

#[test]
fn requests_and_calls_are_counted_apart() {
    let quotas =
        world([quota(&[Per::Principal], &[], 2, 60), quota(&[Per::Principal], &["delete_*"], 1, 60)]).quotas;
    assert!(quotas.need_tool());
    let bob = asker("bob", "c");
    assert_eq!(quotas.spend_call(bob, "read"), Ok(()));
    assert_eq!(quotas.spend_call(bob, "delete_all"), Ok(()));
    assert_eq!(quotas.spend_call(bob, "delete_one"), spent(2, 60));
    assert_eq!(quotas.spend_call(bob, "read"), Ok(()));
    assert_eq!([(); 3].map(|()| quotas.spend_request(bob)), [Ok(()), Ok(()), spent(1, 30)]);
    assert!(!world([quota(&[Per::Client], &[], 1, 1)]).quotas.need_tool());
    assert!(world([quota(&[Per::Tool], &[], 1, 1)]).quotas.need_tool());
}

#[test]
fn equal_quotas_of_the_configuration_before_stay_spent() {
    let world = world([quota(&[Per::Principal], &[], 1, 60)]);
    world.quotas.spend_request(asker("a", "c")).unwrap();
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&world.clock);
    let renewed = |requests| {
        Quotas::new(vec![quota(&[Per::Principal], &[], requests, 60)], &clock, Some(&world.quotas))
    };
    assert_eq!(renewed(1).spend_request(asker("a", "c")), spent(1, 60));
    assert_eq!(renewed(2).spend_request(asker("a", "c")), Ok(()));
}

#[test]
fn e50_memory_is_bounded_and_newcomers_share_what_is_left() {
    let clock = Arc::new(ManualClock::new(UnixTime::from_seconds(1_000_000)));
    let most = 3000;
    let cells = Cells::new(quota(&[Per::Tool], &[], 1, 60), Arc::<ManualClock>::clone(&clock) as _, most);
    let flood = |from: usize| {
        let names = (from..from + 30_000).map(|it| it.to_string());
        names.filter(|it| cells.take([None, None, Some(it)]).is_ok()).count()
    };
    let passed = flood(0);
    assert!(cells.count() <= most + 1024 + 4096, "{}", cells.count());
    assert!((most..=most + 1024 + 4096).contains(&passed), "{passed}");
    clock.advance(Duration::from_secs(120));
    // All have come back: the memory is free again, and everybody has a count of their own.
    for name in (0..1024).map(|it| format!("late{it}")) {
        cells.take([None, None, Some(&name)]).ok();
    }
    assert!(cells.count() <= 2048, "{}", cells.count());
    let alone = |name: &str| [(); 2].map(|()| cells.take([None, None, Some(name)]).is_ok());
    assert_eq!(alone("somebody"), [true, false]);
    assert_eq!(alone("somebody else"), [true, false]);
}
