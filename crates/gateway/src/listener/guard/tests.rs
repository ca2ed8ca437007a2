use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::*;

const PATIENCE: Patience = Patience {
    idle: Duration::from_secs(75),
    head: Duration::from_secs(10),
    untaken: Duration::from_secs(30),
};

impl ForConnection for () {
    fn exchanges(&self) -> Exchanges {
        Exchanges::default()
    }
}

#[tokio::test(start_paused = true)]
async fn e44_a_peer_that_takes_nothing_of_an_answer_is_cut() {
    let (near, _far) = duplex(8);
    let exchanges = Exchanges::default();
    let mut stream = GuardedStream::new(near, PATIENCE, exchanges.clone(), None);
    let (mut first, mut second) = (exchanges.begin(true), exchanges.begin(true));
    first.answer();
    second.answer();
    first.client_waits();
    let started = Instant::now();
    let outcome = stream.read(&mut [0; 8]).await;
    assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(started.elapsed().as_secs(), 30);
    drop(second);
    let idle = tokio::time::timeout(Duration::from_secs(3600), stream.read(&mut [0; 8])).await;
    assert!(idle.is_err(), "the first may take its time");
}

#[tokio::test(start_paused = true)]
async fn e44_an_answer_that_begins_to_wait_later_is_seen_too() {
    let (near, _far) = duplex(8);
    let exchanges = Exchanges::default();
    let mut stream = GuardedStream::new(near, PATIENCE, exchanges.clone(), None);
    let reading = tokio::spawn(async move { stream.read(&mut [0; 8]).await });
    tokio::task::yield_now().await;
    let mut waiting = exchanges.begin(true);
    waiting.answer();
    let outcome = tokio::time::timeout(Duration::from_secs(31), reading).await.unwrap().unwrap();
    assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::TimedOut);
    drop(waiting);
}

#[tokio::test(start_paused = true)]
async fn e44_a_peer_that_asks_for_nothing_is_let_go_whatever_it_sends() {
    for (is_multiplexed, sent, seconds) in [(false, 11, 10..=10), (true, 14, 75..=80)] {
        let (near, mut far) = duplex(64);
        let exchanges = Exchanges::default();
        let mut stream = GuardedStream::new(near, PATIENCE, exchanges.clone(), None);
        let reading = tokio::spawn(async move {
            let mut read = 0;
            loop {
                match stream.read(&mut [0; 64]).await.unwrap() {
                    0 => return read,
                    count => read += count,
                }
            }
        });
        let request = exchanges.begin(is_multiplexed);
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_secs(60)).await;
            far.write_all(b"ping").await.unwrap();
        }
        assert!(!reading.is_finished(), "a request is in flight");
        drop(request);
        let started = Instant::now();
        let pinging = async {
            while far.write_all(b"ping").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(20)).await;
            }
        };
        let reading = async { (reading.await, started.elapsed().as_secs()) };
        let ((read, elapsed), ()) = tokio::join!(reading, pinging);
        assert_eq!(read.unwrap(), sent * 4);
        assert!(seconds.contains(&elapsed), "{elapsed}");
    }
}

#[tokio::test(start_paused = true)]
async fn e44_a_connection_that_is_read_only_when_something_happens_is_let_go_too() {
    let (near, _far) = duplex(64);
    let exchanges = Exchanges::default();
    let mut stream = GuardedStream::new(near, PATIENCE, exchanges.clone(), None);
    let mut request = Some(exchanges.begin(false));
    let started = Instant::now();
    let mut polls = 0;
    future::poll_fn(|context| {
        polls += 1;
        let mut buffer = [0; 64];
        let read = Pin::new(&mut stream).poll_read(context, &mut ReadBuf::new(&mut buffer));
        // As hyper does: the answer ends after the read, and is flushed.
        request = None;
        assert!(Pin::new(&mut stream).poll_flush(context).is_ready());
        read
    })
    .await
    .unwrap();
    assert_eq!((polls, started.elapsed().as_secs()), (2, 75));
}

#[tokio::test(start_paused = true)]
async fn e44_a_peer_that_takes_the_end_of_an_answer_slowly_is_not_idle() {
    let (near, mut far) = duplex(8);
    let exchanges = Exchanges::default();
    let mut stream = GuardedStream::new(near, PATIENCE, exchanges.clone(), None);
    drop(exchanges.begin(false));
    let taking = async {
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_secs(20)).await;
            far.read_exact(&mut [0; 8]).await.unwrap();
        }
    };
    let giving = future::poll_fn(|context| {
        let mut buffer = [0; 8];
        let read = Pin::new(&mut stream).poll_read(context, &mut ReadBuf::new(&mut buffer));
        assert!(read.is_pending(), "{read:?}");
        Pin::new(&mut stream).poll_write(context, &[0; 8]).map(Result::unwrap)
    });
    let giving = async {
        let mut giving = giving;
        for _ in 0..10 {
            (&mut giving).await;
        }
    };
    tokio::join!(taking, giving);
}

#[tokio::test(start_paused = true)]
async fn e44_a_reader_that_stops_reading_is_cut() {
    let (near, far) = duplex(8);
    let mut stream = GuardedStream::new(near, PATIENCE, Exchanges::default(), None);
    let started = Instant::now();
    let outcome = stream.write_all(&[0; 64]).await;
    assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(started.elapsed().as_secs(), 30);
    drop(far);
}

#[tokio::test(start_paused = true)]
async fn e44_a_slow_reader_that_makes_progress_is_served() {
    let (near, mut far) = duplex(8);
    let mut stream = GuardedStream::new(near, PATIENCE, Exchanges::default(), None);
    let reader = tokio::spawn(async move {
        let mut read = 0;
        while read < 64 {
            tokio::time::sleep(Duration::from_secs(20)).await;
            read += far.read(&mut [0; 8]).await.unwrap();
        }
    });
    stream.write_all(&[0; 64]).await.unwrap();
    reader.await.unwrap();
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed_and_a_freed_place_is_given_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let guard = ConnectionGuard::new(1, PATIENCE);
    let connect = async || {
        let client = TcpStream::connect(address).await.unwrap();
        (client, listener.accept().await.unwrap().0)
    };
    let (_first_client, first) = connect().await;
    let (_second_client, second) = connect().await;
    let (admitted, ()) = guard.accept(first, ()).await.unwrap();
    assert!(guard.accept(second, ()).await.is_err());
    drop(admitted);
    let (_third_client, third) = connect().await;
    assert!(guard.accept(third, ()).await.is_ok());
}
