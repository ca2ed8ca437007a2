use std::sync::mpsc;

use super::*;

/// Tells each write.
struct Told(mpsc::Sender<String>);

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(String::from_utf8(bytes.to_vec()).unwrap()).unwrap();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An output without a thread, and its writes so far.
fn idle() -> (Output<Told>, impl Fn() -> Vec<String>) {
    let (sender, writes) = mpsc::channel();
    (Output::new(Told(sender)), move || writes.try_iter().collect())
}

fn just_written(output: &Output<Told>) -> Duration {
    output.waiting().written
}

#[test]
fn a_line_is_written_at_once_and_those_that_follow_it_together() {
    let (output, writes) = idle();
    output.take(b"1\n", timestamp::now());
    assert_eq!(writes(), ["1\n"]);
    let soon = just_written(&output) + PAUSE / 2;
    output.take(b"2\n", soon);
    output.take(b"3\n", soon);
    assert_eq!(writes(), <[&str; 0]>::default());
    output.write_waiting();
    assert_eq!(writes(), ["2\n3\n"]);
    let later = just_written(&output) + PAUSE;
    output.take(b"4\n", later);
    assert_eq!(writes(), ["4\n"]);
}

#[test]
fn a_clock_that_is_set_back_lets_lines_wait_and_nothing_more() {
    let (output, writes) = idle();
    output.take(b"1\n", timestamp::now());
    output.take(b"2\n", Duration::ZERO);
    assert_eq!(writes(), ["1\n"]);
    output.waiting().written = Duration::MAX;
    assert_eq!(output.wait_for_line(), PAUSE);
}

#[test]
fn another_line_is_written_at_once_behind_what_waits() {
    let (output, writes) = idle();
    output.take(b"1\n", timestamp::now());
    output.take(b"2\n", just_written(&output));
    (&output).write_all(b"a warning\n").unwrap();
    assert_eq!(writes(), ["1\n", "2\na warning\n"]);
}

#[test]
fn what_waits_is_bounded_and_written_by_whoever_finds_it() {
    let (output, writes) = idle();
    output.take(b"1\n", timestamp::now());
    let line = [b'x'; 1024];
    for _ in 0..MOST_WAITING / line.len() {
        output.take(&line, just_written(&output));
    }
    assert_eq!(writes().iter().map(String::len).collect::<Vec<_>>(), [2, MOST_WAITING]);
    assert!(output.waiting().lines.is_empty());
}

#[test]
fn without_a_thread_each_line_is_written_at_once() {
    let (output, writes) = idle();
    output.waiting().has_no_writer = true;
    output.take(b"1\n", timestamp::now());
    output.take(b"2\n", just_written(&output));
    assert_eq!(writes(), ["1\n", "2\n"]);
}

#[test]
fn no_line_of_many_threads_is_lost_cut_or_overtaken() {
    const LINES: usize = 2_000;
    let (sender, writes) = mpsc::channel();
    let output = Output::start(Told(sender));
    thread::scope(|scope| {
        for name in ["a", "b", "c"] {
            let output = &output;
            scope.spawn(move || {
                for number in 0..LINES {
                    output.take(format!("{name} {number}\n").as_bytes(), timestamp::now());
                }
            });
        }
    });
    let mut text = String::new();
    while text.lines().count() < 3 * LINES {
        // The thread brings the rest by itself; a test that waits for ever has failed.
        text.push_str(&writes.recv_timeout(Duration::from_secs(20)).unwrap());
    }
    for name in ["a", "b", "c"] {
        let of_one = text.lines().filter_map(|it| it.strip_prefix(name)?.trim().parse().ok());
        assert_eq!(of_one.collect::<Vec<usize>>(), (0..LINES).collect::<Vec<_>>());
    }
}
