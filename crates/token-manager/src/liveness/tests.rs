use std::sync::Arc;

use oauth_types::SystemEntropy;

use super::*;

const FACETS: Facets = Facets { client: 1, principal: 2, session: 3 };
const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);
const IDLE: Duration = Duration::from_secs(100);

fn live() -> (Arc<Index>, GrantId) {
    let (index, id) = (Arc::new(Index::new(IDLE)), GrantId::random(&SystemEntropy));
    index.reserve(id, NOW + Duration::from_secs(60), FACETS);
    index.activate(&id, NOW + Duration::from_secs(1000), NOW);
    (index, id)
}

#[test]
fn a_grant_lives_from_its_redemption_to_its_end() {
    let (index, id) = (Index::new(IDLE), GrantId::random(&SystemEntropy));
    assert_eq!(index.touch(&id, NOW), Liveness::Ended, "unknown");
    index.reserve(id, NOW + Duration::from_secs(60), FACETS);
    assert_eq!(index.touch(&id, NOW), Liveness::Ended, "a code only");
    index.activate(&id, NOW + Duration::from_secs(1000), NOW);
    assert_eq!(index.touch(&id, NOW), Liveness::Live);
    assert_eq!(index.end(&id), Some(WasKnown { live: true, doubtful: false }));
    assert_eq!(index.end(&id), None);
    assert_eq!(index.touch(&id, NOW), Liveness::Ended);
}

#[test]
fn g21_a_late_activation_does_not_bring_a_grant_back() {
    let (index, id) = live();
    index.end(&id);
    index.activate(&id, NOW + Duration::from_secs(1000), NOW);
    assert_eq!(index.touch(&id, NOW), Liveness::Ended);
}

#[test]
fn k06_times_end_a_grant_even_before_the_upkeep_does() {
    let (index, id) = live();
    assert_eq!(index.touch(&id, NOW + Duration::from_secs(99)), Liveness::Live);
    assert_eq!(index.peek(&id, NOW + Duration::from_secs(198)), Liveness::Live);
    assert_eq!(index.peek(&id, NOW + Duration::from_secs(199)), Liveness::Ended);
    for seconds in (0..1000).step_by(50) {
        assert_eq!(index.touch(&id, NOW + Duration::from_secs(seconds)), Liveness::Live);
    }
    assert_eq!(index.touch(&id, NOW + Duration::from_secs(1000)), Liveness::Ended);
    assert_eq!(index.due(NOW + Duration::from_secs(1000)).overdue, [id]);
}

#[test]
fn fi25_a_clock_that_is_set_back_ends_nothing() {
    let (index, id) = live();
    assert_eq!(index.touch(&id, UnixTime::EPOCH), Liveness::Live);
    assert_eq!(index.touch(&id, NOW), Liveness::Live);
}

#[test]
fn use_is_saved_after_some_minutes() {
    let index = Index::new(Duration::from_secs(10_000));
    let id = GrantId::random(&SystemEntropy);
    index.reserve(id, NOW, FACETS);
    index.activate(&id, NOW + Duration::from_secs(10_000), NOW);
    let _ = index.touch(&id, NOW + Duration::from_secs(299));
    assert_eq!(index.due(NOW).used, []);
    let _ = index.touch(&id, NOW + Duration::from_secs(300));
    assert_eq!(index.due(NOW).used, [id]);
    index.activate(&id, NOW + Duration::from_secs(10_000), NOW + Duration::from_secs(300));
    assert_eq!(index.due(NOW).used, []);
}

#[test]
fn fi21_watches_leave_nothing_behind() {
    let (index, id) = live();
    let watches: Vec<_> = (0..10).map(|_| index.watch(&id).unwrap()).collect();
    assert_eq!(index.read(&id).watches.len(), 1);
    drop(watches);
    assert_eq!(index.read(&id).watches.len(), 0);
    let watch = index.watch(&id).unwrap();
    index.end(&id);
    assert!(watch.token().is_cancelled());
    drop(watch);
    assert_eq!(index.len(), (0, 0));
}

#[test]
fn g27_a_doubt_is_cleared_up_by_who_knew_of_it_and_by_nobody_else() {
    let (index, id) = live();
    index.begin(&id, Doubt::Ended).known();
    assert_eq!(index.touch(&id, NOW), Liveness::Live);
    drop(index.begin(&id, Doubt::Ended));
    drop(index.begin(&id, Doubt::Redeemed));
    assert_eq!(index.touch(&id, NOW), Liveness::Ended);
    let known = index.doubts(&id);
    drop(index.begin(&id, Doubt::Redeemed));
    index.settle(&id, known);
    assert_eq!(index.touch(&id, NOW), Liveness::Ended, "the worst that is not cleared up counts");
    index.settle(&id, index.doubts(&id));
    assert_eq!(index.touch(&id, NOW), Liveness::Live);
    drop(index.begin(&id, Doubt::Ended));
    index.settle(&id, known);
    assert_eq!(index.touch(&id, NOW), Liveness::Ended, "another doubt");
    assert_eq!(index.due(NOW + Duration::from_secs(1000)).doubtful, [id]);
}

#[test]
fn g27_a_code_in_doubt_is_not_forgotten() {
    let index = Index::new(IDLE);
    let ids = [0, 1].map(|_| GrantId::random(&SystemEntropy));
    for id in ids {
        index.reserve(id, NOW, FACETS);
    }
    drop(index.begin(&ids[0], Doubt::Redeemed));
    let later = NOW + Duration::from_secs(3600);
    assert_eq!(index.due(later).doubtful, [ids[0]]);
    assert_eq!(index.len(), (0, 1));
    index.settle(&ids[0], index.doubts(&ids[0]));
    assert_eq!(index.due(later).doubtful, []);
    assert_eq!(index.len(), (0, 0));
}

#[test]
fn k08_a_look_brings_no_grant_back_that_ended_here_after_it_began() {
    let (index, id) = (Index::shared(IDLE), GrantId::random(&SystemEntropy));
    let told = Told::Live { expires_at: NOW + Duration::from_secs(1000), used_at: NOW, facets: FACETS };
    let first = index.begin_look();
    index.note(id, &told);
    assert_eq!(index.touch(&id, NOW), Liveness::Live, "made elsewhere");
    index.end_look(first, NOW);
    let slow = index.begin_look();
    index.end(&id);
    index.note(id, &told);
    assert_eq!(index.touch(&id, NOW), Liveness::Ended, "what the look has read is older than the end");
    index.end_look(slow, NOW);
    assert_eq!(index.elsewhere.as_ref().unwrap().kept(), 1, "another look may have begun before the end");
    let later = index.begin_look();
    index.note(id, &Told::Ended);
    index.end_look(later, NOW);
    let last = index.begin_look();
    index.end_look(last, NOW);
    assert_eq!(index.elsewhere.as_ref().unwrap().kept(), 0, "nothing is left behind");
    assert_eq!(index.len(), (0, 0));
}

#[test]
fn a_look_takes_nothing_from_what_is_known_here() {
    let index = Index::shared(IDLE);
    let id = GrantId::random(&SystemEntropy);
    let expires_at = NOW + Duration::from_secs(1000);
    index.reserve(id, NOW + Duration::from_secs(60), FACETS);
    index.activate(&id, expires_at, NOW + Duration::from_secs(50));
    let look = index.begin_look();
    index.note(id, &Told::CodeIssued { expires_at: NOW + Duration::from_secs(60), facets: FACETS });
    assert_eq!(index.touch(&id, NOW + Duration::from_secs(51)), Liveness::Live, "it was redeemed since");
    index.note(id, &Told::Live { expires_at, used_at: NOW, facets: FACETS });
    index.end_look(look, NOW);
    assert_eq!(index.peek(&id, NOW + Duration::from_secs(150)), Liveness::Live, "its use here counts");
}

#[test]
fn only_an_index_of_a_shared_store_waits_for_grants_of_others() {
    let id = GrantId::random(&SystemEntropy);
    assert_eq!(Index::new(IDLE).known_at(&id, NOW), None);
    let index = Index::shared(IDLE);
    assert_eq!(index.known_at(&id, NOW), Some(UnixTime::EPOCH), "its id may have been drawn elsewhere");
    assert_eq!(index.known_at(&id, NOW + Duration::from_secs(599)), Some(UnixTime::EPOCH));
    assert_eq!(index.known_at(&id, NOW + Duration::from_secs(600)), None, "it has not come");
    let ended = GrantId::random(&SystemEntropy);
    index.end(&ended);
    assert_eq!(index.known_at(&ended, NOW), None, "it has ended here");
}

#[test]
fn an_entry_is_as_small_as_it_says() {
    assert_eq!(size_of::<(GrantId, Entry)>(), 44);
}
