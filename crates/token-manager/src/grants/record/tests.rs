use super::*;
use crate::testing;

fn grant(state: State, session: Option<SessionKey>, refreshable: bool) -> Grant {
    let new = testing::new_grant();
    let terms = Terms {
        client_id: new.client_id,
        principal: new.principal,
        scope: new.scope,
        resource: new.resource,
        session,
        refreshable,
        key: None,
        created_at: UnixTime::from_seconds(1),
        expires_at: UnixTime::from_seconds(u64::MAX),
    };
    Grant { terms, state }
}

fn states() -> Vec<State> {
    let mut states = vec![
        State::CodeIssued(CodeIssued {
            code: Digest([1; 32]),
            challenge: testing::new_grant().code_challenge,
            redirect_uri: testing::REDIRECT.into(),
            expires_at: UnixTime::from_seconds(60),
            failures: 4,
        }),
        State::Live(Live {
            generation: u64::MAX,
            rotated_at: UnixTime::from_seconds(7),
            key_id: KeyId::from_bytes([1, 2, 3, 4]),
            code_proof: Digest([2; 32]),
            last_used_at: UnixTime::from_seconds(8),
        }),
    ];
    let ended = |cause| State::Ended(Ended { cause, at: UnixTime::from_seconds(9) });
    states.extend(EndCause::ALL.map(ended));
    states
}

#[test]
fn every_grant_survives_its_encoding() {
    for state in states() {
        let key = Some(JwkThumbprint::from_bytes([3; 32]));
        for (session, refreshable, key) in [
            (None, true, None),
            (None, false, key),
            (Some(testing::session()), true, None),
            (Some(testing::session()), true, key),
        ] {
            let mut grant = grant(state.clone(), session, refreshable);
            grant.terms.key = key;
            let record = encode(&grant);
            assert_eq!(decode(&record.body), Ok(grant.clone()));
            let summary = summary(&record.body).unwrap();
            assert_eq!(summary.client_id, grant.terms.client_id.as_str());
            assert_eq!(summary.session, grant.terms.session.as_ref().map(SessionKey::as_bytes));
        }
    }
}

#[test]
fn l06_l13_no_other_bytes_are_a_grant() {
    for state in states() {
        let body = encode(&grant(state, None, true)).body;
        for length in 0..body.len() {
            assert_eq!(decode(&body[..length]), Err(Malformed), "cut to {length}");
        }
        let longer = [&*body, &[0]].concat();
        assert_eq!(decode(&longer), Err(Malformed));
        for (place, value) in [(0, 0), (0, 2), (1, 3), (2, 8)] {
            let mut changed = body.clone();
            changed[place] = value;
            assert_eq!(decode(&changed), Err(Malformed), "byte {place} is {value}");
        }
    }
}

#[test]
fn a_code_is_swept_when_it_is_worth_nothing_and_a_grant_after_its_end() {
    let [code, live, ended, ..] = &states()[..] else { unreachable!() };
    let keep = |state: &State| {
        let mut grant = grant(state.clone(), None, true);
        grant.terms.expires_at = UnixTime::from_seconds(1000);
        encode(&grant).expires_at.as_seconds()
    };
    assert_eq!((keep(code), keep(live), keep(ended)), (60, 4600, 4600));
}
