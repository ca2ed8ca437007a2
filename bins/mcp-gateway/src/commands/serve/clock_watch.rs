use std::time::Duration;

/// Says once, each time it happens, that somebody set the machine's clock back.
#[derive(Debug, Default)]
pub(super) struct ClockWatch {
    is_back: bool,
}

impl ClockWatch {
    /// Looks at how far the clock is behind the time that it has shown before.
    pub(super) fn look(&mut self, lag: Duration) {
        let is_back = lag > TOLERATED_LAG;
        if is_back && !self.is_back {
            tracing::warn!(
                seconds = lag.as_secs(),
                "the machine's clock was set back: tokens are judged by the time it showed before, until a restart"
            );
        }
        self.is_back = is_back;
    }
}

/// What an ordinary correction of the clock may amount to.
const TOLERATED_LAG: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The seconds in each line that is written when the clock lags so many seconds, one look after the other.
    #[track_caller]
    fn check(lags: &[u64], said: &[u64]) {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            let mut watch = ClockWatch::default();
            for lag in lags {
                watch.look(Duration::from_secs(*lag));
            }
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), said.len(), "{lags:?}: {text}");
        for (line, seconds) in text.lines().zip(said) {
            assert!(line.contains("WARN") && line.contains("the machine's clock was set back"), "{line}");
            assert!(line.ends_with(&format!("seconds={seconds}")), "{line}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_is_said_once_each_time() {
        check(&[0, 0], &[]);
        check(&[0, 60], &[]);
        check(&[0, 61], &[61]);
        check(&[0, 3600, 3598, 3596], &[3600]);
        check(&[3600, 0, 7200], &[3600, 7200]);
    }
}
