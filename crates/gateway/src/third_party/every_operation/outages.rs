//! A third party that is away for long.

use oauth_types::Clock;

use super::*;

/// A day without the third party: calls go on while tokens last, nobody is told that their grant has ended, and when it
/// is back everything goes on without a sign-in (FI-06).
#[tokio::test(start_paused = true)]
async fn k02_fi06_after_a_day_without_the_third_party_nobody_signs_in_again() {
    let scene = Scene::new(Trouble::ThirdParty(Fault::Refused), u64::MAX);
    let gateway = scene.open().await;
    let mut browser = Browser::default();
    let mut tokens = scene.connect(&gateway, &mut browser).await.unwrap();
    let asked = scene.hub.asked();
    scene.hub.set_down(true);
    let (mut calls, mut refreshed, mut unavailable) = (0, 0, 0);
    for minute in 0..24 * 60 {
        // An hour is the life of a token that was given out just before.
        let lasts = scene.clock.now().as_seconds() < life::claims(&tokens.access)["exp"].as_u64().unwrap();
        assert!(lasts || minute >= 60);
        if lasts {
            assert!(gateway.takes(&tokens.access), "a call failed after {minute} minutes");
            calls += 1;
        }
        if minute % 10 == 5 {
            match life::refresh(&gateway, &tokens.refresh).await {
                Ok(next) => {
                    tokens = next;
                    refreshed += 1;
                }
                Err(broken) => {
                    assert!(broken.is_unavailable(), "{broken:?}");
                    unavailable += 1;
                }
            }
        }
        if minute % 60 == 7 {
            let sign_in = life::sign_in(&gateway, &mut Browser::default()).await;
            assert!(sign_in.is_err_and(|it| it.is_unavailable()), "a sign-in fails cleanly");
        }
        scene.clock.advance(Duration::from_secs(60));
    }
    assert!(refreshed >= 4, "it is believed for an hour: {refreshed}");
    assert!(unavailable > 100, "and no longer: {unavailable}");
    let asked = scene.hub.asked() - asked;
    assert!(asked < 2_000, "it was asked {asked} times");

    // Half a minute after its return at the latest, also if it was asked in vain a moment before.
    let last = life::refresh(&gateway, &tokens.refresh).await;
    assert!(last.is_err_and(|it| it.is_unavailable()));
    unavailable += 1;
    scene.hub.set_down(false);
    let back = tokio::time::Instant::now();
    let next = loop {
        match life::refresh(&gateway, &tokens.refresh).await {
            Ok(next) => break next,
            Err(broken) => assert!(broken.is_unavailable(), "{broken:?}"),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        scene.clock.advance(Duration::from_secs(1));
        assert!(back.elapsed() < Duration::from_secs(30), "it is back, and nobody notices");
    };
    println!(
        "FI-06: a day without the third party: {calls} calls with tokens that were out, 0 failed; {refreshed} refreshes \
         while it was believed, then {unavailable} answered 503, 0 invalid_grant; at work {} s after its return",
        back.elapsed().as_secs()
    );
    assert!(gateway.takes(&next.access));
    scene.connect(&gateway, &mut Browser::default()).await.unwrap();
    gateway.stop().await;
}
