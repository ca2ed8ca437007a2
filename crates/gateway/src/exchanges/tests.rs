use super::*;

const PATIENCE: Patience = Patience {
    idle: Duration::from_secs(75),
    head: Duration::from_secs(10),
    untaken: Duration::from_secs(30),
};

/// Seconds until the connection is cut, and why.
fn left(exchanges: &Exchanges) -> Option<(u64, Overdue)> {
    let (deadline, overdue) = exchanges.deadline(PATIENCE, &Context::from_waker(Waker::noop()))?;
    Some((deadline.duration_since(Instant::now()).as_secs(), overdue))
}

async fn second() {
    tokio::time::advance(Duration::from_secs(1)).await;
}

fn answering(exchanges: &Exchanges) -> Exchange {
    let mut exchange = exchanges.begin(true);
    exchange.answer();
    exchange
}

#[tokio::test(start_paused = true)]
async fn e44_a_client_must_take_something_while_something_waits() {
    let exchanges = Exchanges::default();
    let _open = exchanges.begin(true);
    assert_eq!(left(&exchanges), None);
    second().await;
    let mut first = answering(&exchanges);
    assert_eq!(left(&exchanges), Some((30, Overdue::Untaken)));
    second().await;
    let mut other = answering(&exchanges);
    assert_eq!(left(&exchanges), Some((29, Overdue::Untaken)), "asking is not taking");
    drop(answering(&exchanges));
    assert_eq!(left(&exchanges), Some((29, Overdue::Untaken)), "giving up is not taking");
    other.client_must_take();
    assert_eq!(left(&exchanges), Some((30, Overdue::Untaken)));
    other.client_waits();
    second().await;
    assert_eq!(left(&exchanges), Some((29, Overdue::Untaken)));
    first.client_waits();
    assert_eq!(left(&exchanges), None);
    second().await;
    first.client_must_take();
    assert_eq!(left(&exchanges), Some((30, Overdue::Untaken)));
    drop(first);
    assert_eq!(left(&exchanges), None);
}

#[tokio::test(start_paused = true)]
async fn e44_a_connection_is_idle_from_the_end_of_its_last_request() {
    for is_multiplexed in [false, true] {
        let exchanges = Exchanges::default();
        assert_eq!(left(&exchanges), None, "the time for the first request is somebody else's");
        let (first, mut second_one) = (exchanges.begin(is_multiplexed), exchanges.begin(is_multiplexed));
        drop(first);
        assert_eq!(left(&exchanges), None);
        second_one.answer();
        second_one.client_waits();
        assert_eq!(left(&exchanges), None);
        drop(second_one);
        assert_eq!(left(&exchanges), Some((75, Overdue::Idle)));
        second().await;
        assert_eq!(left(&exchanges), Some((74, Overdue::Idle)));
        let next = exchanges.begin(is_multiplexed);
        assert_eq!(left(&exchanges), None);
        second().await;
        drop(next);
        assert_eq!(left(&exchanges), Some((75, Overdue::Idle)));
    }
}

#[tokio::test(start_paused = true)]
async fn e44_the_head_of_a_further_request_has_its_own_time() {
    let exchanges = Exchanges::default();
    exchanges.bytes_came();
    assert_eq!(left(&exchanges), None, "the time for the first request is somebody else's");
    let first = exchanges.begin(false);
    exchanges.bytes_came();
    assert_eq!(left(&exchanges), None, "a body has a time of its own");
    drop(first);
    assert_eq!(left(&exchanges), Some((75, Overdue::Idle)));
    second().await;
    exchanges.bytes_came();
    assert_eq!(left(&exchanges), Some((10, Overdue::Head)));
    second().await;
    exchanges.bytes_came();
    assert_eq!(left(&exchanges), Some((9, Overdue::Head)), "dripping gains nothing");
    drop(exchanges.begin(false));
    assert_eq!(left(&exchanges), Some((75, Overdue::Idle)));
    drop(exchanges.begin(true));
    exchanges.bytes_came();
    assert_eq!(left(&exchanges), Some((75, Overdue::Idle)), "on HTTP/2 anything may come between requests");
}

#[tokio::test(start_paused = true)]
async fn an_answer_on_http_1_waits_for_nobody() {
    let exchanges = Exchanges::default();
    let mut exchange = exchanges.begin(false);
    exchange.answer();
    exchange.client_must_take();
    assert_eq!(left(&exchanges), None);
}
