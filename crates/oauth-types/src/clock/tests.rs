use super::*;

#[test]
fn b32_a_wall_clock_set_back_does_not_turn_time_back() {
    let anchored_ahead =
        SystemClock { created_wall: wall_time() + Duration::from_secs(3600), created: Instant::now() };
    let before = UnixTime::from_seconds(wall_time().as_secs());
    assert!(anchored_ahead.now() >= before + Duration::from_secs(3600));
    assert!(anchored_ahead.wall_clock_lag() > Duration::from_secs(3590));
}

#[test]
fn b32_a_wall_clock_set_forward_is_followed() {
    let anchored_behind = SystemClock { created_wall: Duration::from_secs(1_000), created: Instant::now() };
    assert!(anchored_behind.now() >= UnixTime::from_seconds(wall_time().as_secs() - 1));
    assert_eq!(anchored_behind.wall_clock_lag(), Duration::ZERO);
}

#[test]
fn time_far_in_the_future_saturates() {
    let end = UnixTime::from_seconds(u64::MAX);
    assert_eq!(end + Duration::from_secs(60), end);
    assert_eq!(UnixTime::EPOCH - Duration::from_secs(60), UnixTime::EPOCH);
    assert_eq!(UnixTime::EPOCH.saturating_since(end), Duration::ZERO);
}
