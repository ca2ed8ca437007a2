//! Whether the own clock agrees with the database's: so those of all processes that share it agree with each other.

use oauth_types::UnixTime;

/// What was told of the clocks. Nothing else depends on it.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    differ: bool,
}

impl Clocks {
    /// Tells once when they begin to differ, and once when they agree again.
    ///
    /// `theirs` is what the database's clock showed between two looks at the own one. However long the answer took,
    /// that counts for no difference.
    pub(super) fn compare(&mut self, theirs: UnixTime, asked_at: UnixTime, answered_at: UnixTime) {
        let ahead = asked_at.min(answered_at).saturating_since(theirs);
        let behind = theirs.saturating_since(asked_at.max(answered_at));
        let difference_s = ahead.max(behind).as_secs();
        if !self.differ && difference_s > TOLERATED_S {
            self.differ = true;
            let side = if ahead > behind { "ahead of" } else { "behind" };
            tracing::warn!(
                difference_s,
                "the clock of this gateway is {side} that of the database; tokens and codes are judged by its own"
            );
        } else if self.differ && difference_s < TOLERATED_S {
            self.differ = false;
            tracing::info!(difference_s, "the clock of this gateway agrees with that of the database again");
        }
    }
}

/// Beyond that they differ, and below they agree: whole seconds of clocks that stand still to each other come out as one
/// of two numbers, and must not be told of again and again.
const TOLERATED_S: u64 = 5;
