//! Every interleaving of two holders of one grant's secrets, a revoker, a sweeper, a clock and crashes, up to a depth.
//!
//! The store is a row with a revision; whoever acts reads it, makes the step, and compares and swaps later, so that
//! anything may come in between. A crash is a swap whose answer nobody gets, or a read that leads to nothing.
//! [`stores`] plays the same acts on real stores, and compares what becomes of the row.

mod stores;

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use oauth_types::CodeChallenge;

use super::*;
use crate::{grants::record, testing};

/// Acts between the beginning and the last look.
const DEPTH: usize = 9;
const ACTORS: usize = 4;
const REVOKER: usize = 2;
const SWEEPER: usize = 3;

#[derive(Clone, Debug)]
struct Model {
    row: Option<Grant>,
    revision: u32,
    now: u64,
    actors: [Actor; ACTORS],
    granted_by_code: u32,
    /// The highest generation that was ever handed out.
    newest: u64,
    ended: bool,
    revoked: bool,
    /// What the last act showed, of what has to be seen.
    sight: Option<Sight>,
}

/// What an exploration is worth nothing without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Sight {
    /// The grant ended, for this reason.
    Ended(EndCause),
    /// Two rotations began from one row, and the second lost to the first.
    RotationLostToRotation,
    /// A rotation began before the revocation, and lost to it.
    RotationLostToRevocation,
    /// A revocation lost to a rotation, and has to begin again.
    RevocationLostToRotation,
    /// A rotation was stored, and its answer lost.
    RotationWithoutAnswer,
    /// The token before the present one was answered with the same successor.
    Repeated,
}

/// What somebody knows, and what they have begun.
#[derive(Clone, Debug, Default)]
struct Actor {
    /// The highest generation of which they hold the refresh token; 0 for none.
    holds: u64,
    begun: Option<Begun>,
}

#[derive(Clone, Debug)]
struct Begun {
    revision: u32,
    presented: u64,
    next: Grant,
    outcome: Outcome,
    /// Whether there is anything to swap.
    changes: bool,
    /// Whether the revocation was acknowledged before this began.
    after_revocation: bool,
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Redeem(usize),
    /// Present the token of this many generations before the newest that they hold.
    Rotate(usize, u64),
    Revoke,
    Expire,
    Finish(usize),
    /// The swap happens, the answer is lost.
    Crash(usize),
    Wait(u64),
    Sweep,
}

#[test]
fn g17_no_interleaving_gives_two_live_branches_or_brings_a_dead_grant_back() {
    let (mut seen, mut sights) = (HashSet::new(), HashSet::new());
    let mut level = vec![Model::new()];
    for _ in 0..DEPTH {
        let mut next_level = Vec::new();
        for model in level {
            for act in model.acts() {
                let mut next = model.clone();
                if !next.play(act) {
                    continue;
                }
                sights.extend(next.sight);
                if seen.insert(next.digest()) {
                    next_level.push(next);
                }
            }
        }
        level = next_level;
    }
    assert!(seen.len() > 300_000, "only {} situations", seen.len());
    assert_all_seen(&sights);
}

#[track_caller]
fn assert_all_seen(sights: &HashSet<Sight>) {
    for sight in SIGHTS {
        assert!(sights.contains(&sight), "{sight:?} was never reached");
    }
}

impl Model {
    fn new() -> Self {
        let new = testing::new_grant();
        let terms = Terms {
            client_id: new.client_id,
            principal: new.principal,
            scope: new.scope,
            resource: new.resource,
            session: None,
            refreshable: true,
            key: None,
            created_at: UnixTime::EPOCH,
            expires_at: UnixTime::from_seconds(LIFE),
        };
        let state = State::CodeIssued(CodeIssued {
            code: CODE,
            challenge: CodeChallenge::of(&testing::VERIFIER.parse().unwrap()),
            redirect_uri: testing::REDIRECT.into(),
            expires_at: UnixTime::from_seconds(LIFE),
            failures: 0,
        });
        Self {
            row: Some(Grant { terms, state }),
            revision: 0,
            now: 0,
            actors: Default::default(),
            granted_by_code: 0,
            newest: 0,
            ended: false,
            revoked: false,
            sight: None,
        }
    }

    /// Everything that decides what can come next.
    fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.now, self.granted_by_code, self.newest, self.revoked).hash(&mut hasher);
        self.row.as_ref().map(|it| record::encode(it).body).hash(&mut hasher);
        for actor in &self.actors {
            actor.holds.hash(&mut hasher);
            let Some(begun) = &actor.begun else { continue };
            let granted = matches!(begun.outcome, Outcome::Granted { .. });
            let hopeless = begun.changes && begun.revision != self.revision;
            (hopeless, begun.changes, begun.presented, granted, begun.after_revocation).hash(&mut hasher);
            record::encode(&begun.next).body.hash(&mut hasher);
        }
        hasher.finish()
    }

    fn acts(&self) -> Vec<Act> {
        let mut acts = vec![Act::Wait(30), Act::Wait(LIFE / 2), Act::Sweep];
        for (index, actor) in self.actors.iter().enumerate() {
            match (&actor.begun, index) {
                (Some(_), _) => acts.extend([Act::Finish(index), Act::Crash(index)]),
                (None, REVOKER) => acts.push(Act::Revoke),
                (None, SWEEPER) => acts.push(Act::Expire),
                (None, _) => {
                    acts.push(Act::Redeem(index));
                    acts.extend((0..actor.holds.min(3)).map(|back| Act::Rotate(index, back)));
                }
            }
        }
        acts
    }

    /// `false` if nothing comes of it.
    fn play(&mut self, act: Act) -> bool {
        let client = testing::client();
        self.sight = None;
        match act {
            Act::Wait(seconds) => {
                self.now += seconds;
                self.now <= 2 * LIFE
            }
            Act::Sweep => {
                let gone = self.row.as_ref().is_some_and(|it| self.now >= it.terms.expires_at.as_seconds());
                if gone {
                    self.row = None;
                    self.revision += 1;
                }
                gone
            }
            Act::Redeem(actor) => {
                let check = testing::redeem_check(&client);
                self.begin(actor, 0, &Event::Redeem { code: CODE, key_id: KEY, check })
            }
            Act::Rotate(actor, back) => {
                let generation = self.actors[actor].holds - back;
                let check = testing::rotate_check(&client);
                self.begin(actor, generation, &Event::Rotate { generation, key_id: KEY, check })
            }
            Act::Revoke => self.begin(REVOKER, 0, &Event::Revoke(EndCause::SignedOut)),
            Act::Expire => self.begin(SWEEPER, 0, &Event::Expire),
            Act::Finish(actor) => self.finish(actor, true),
            Act::Crash(actor) => self.finish(actor, false),
        }
    }

    fn begin(&mut self, actor: usize, presented: u64, event: &Event<'_>) -> bool {
        let given = Circumstances {
            now: UnixTime::from_seconds(self.now),
            seen_at: UnixTime::EPOCH,
            retry_window: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(LIFE),
            access_token_lifetime: Duration::from_secs(3600),
        };
        let Some(before) = self.row.clone() else { return false };
        let Ok((next, outcome)) = before.clone().step(event, &given) else { return false };
        let changes = next != before;
        let begun = Begun {
            revision: self.revision,
            presented,
            next,
            outcome,
            changes,
            after_revocation: self.revoked,
        };
        self.actors[actor].begun = Some(begun);
        true
    }

    fn finish(&mut self, actor: usize, answered: bool) -> bool {
        let Some(begun) = self.actors[actor].begun.take() else { return false };
        if begun.changes && begun.revision != self.revision {
            // Somebody was faster: begin again, or give up.
            self.sight = self.loss(actor, &begun);
            return true;
        }
        self.sight = begun.sight(answered);
        if begun.changes {
            self.store(&begun);
        }
        if let (true, Outcome::Granted { generation, .. }) = (answered, &begun.outcome) {
            self.hand_out(actor, *generation, &begun);
        }
        if answered && actor == REVOKER {
            self.revoked = true;
        }
        true
    }

    /// What it means that this lost to what is in the row now.
    fn loss(&self, actor: usize, begun: &Begun) -> Option<Sight> {
        let rotation = begun.presented > 0 && matches!(begun.outcome, Outcome::Granted { .. });
        match &self.row.as_ref()?.state {
            State::Live(live) if rotation && live.generation == begun.presented + 1 => {
                Some(Sight::RotationLostToRotation)
            }
            State::Ended(ended) if rotation && ended.cause == EndCause::SignedOut => {
                Some(Sight::RotationLostToRevocation)
            }
            State::Live(live) if actor == REVOKER && live.generation > FIRST_GENERATION => {
                Some(Sight::RevocationLostToRotation)
            }
            _ => None,
        }
    }

    fn store(&mut self, begun: &Begun) {
        assert!(!self.ended, "what has ended stays as it is: {begun:?}");
        if let (Some(before), Outcome::Granted { generation, .. }) = (&self.row, &begun.outcome) {
            match &before.state {
                State::CodeIssued(_) => self.granted_by_code += 1,
                State::Live(live) => assert_eq!(*generation, live.generation + 1, "one successor for each"),
                State::Ended(_) => panic!("a dead grant gave tokens"),
            }
            self.newest = *generation;
        }
        assert!(self.granted_by_code <= 1, "a code was redeemed twice");
        self.ended = matches!(begun.next.state, State::Ended(_));
        self.row = Some(begun.next.clone());
        self.revision += 1;
    }

    fn hand_out(&mut self, actor: usize, generation: u64, begun: &Begun) {
        assert!(!begun.after_revocation, "tokens after an acknowledged revocation");
        assert!(generation <= self.newest, "a token that no store knows");
        assert!(begun.presented == 0 || begun.presented + 1 == generation, "a token skipped a generation");
        let holder = &mut self.actors[actor].holds;
        *holder = generation.max(*holder);
        // A thief has whatever the other has, a moment later.
        if actor == 0 {
            self.actors[1].holds = generation.max(self.actors[1].holds);
        }
    }
}

impl Begun {
    /// What it shows when nobody was faster.
    fn sight(&self, answered: bool) -> Option<Sight> {
        match (&self.next.state, &self.outcome) {
            (State::Ended(ended), _) if self.changes => Some(Sight::Ended(ended.cause)),
            (State::Live(_), Outcome::Granted { .. }) if !self.changes => Some(Sight::Repeated),
            (State::Live(_), Outcome::Granted { .. }) if self.presented > 0 && !answered => {
                Some(Sight::RotationWithoutAnswer)
            }
            _ => None,
        }
    }
}

const SIGHTS: [Sight; 9] = [
    Sight::Ended(EndCause::CodeReuse),
    Sight::Ended(EndCause::RefreshReuse),
    Sight::Ended(EndCause::SignedOut),
    Sight::Ended(EndCause::AbsoluteTimeout),
    Sight::RotationLostToRotation,
    Sight::RotationLostToRevocation,
    Sight::RevocationLostToRotation,
    Sight::RotationWithoutAnswer,
    Sight::Repeated,
];
const CODE: Digest = Digest([3; 32]);
const KEY: KeyId = KeyId::from_bytes([1; 4]);
const LIFE: u64 = 4000;
