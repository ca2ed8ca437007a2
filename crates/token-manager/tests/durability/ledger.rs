//! What the killed processes said, and what therefore must be, must not be, and may be.

use std::{collections::BTreeMap, fmt};

use futures_util::{StreamExt, stream};
use oauth_types::GrantId;
use token_manager::{EndCause, GrantError, Liveness, Refusal, RevokeSelector};

use crate::{
    Outcome,
    scene::{Scene, number_of, refresh_token, session},
};

/// What a line of a process is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Code,
    RedeemMeant,
    Tokens,
    RotateMeant,
    RefreshMeant,
    Refreshed,
    EndMeant,
    Ended,
    /// All records were looked at, and those of another master key sealed anew.
    Resealed,
}

/// Every grant of which a process has said something.
#[derive(Default)]
pub(crate) struct Ledger {
    grants: BTreeMap<String, Known>,
    pub(crate) answers: u64,
    /// Records that were sealed anew, in the rounds that came to their end.
    pub(crate) resealed: u64,
}

/// What is known of a grant.
#[derive(Clone, Debug, Default)]
struct Known {
    code: String,
    redeem_meant: bool,
    /// The refresh tokens that were given out, oldest first.
    tokens: Vec<String>,
    rotate_meant: bool,
    /// The greatest number of third-party tokens that the third party gave, and that anybody got from us.
    third_party: Option<u64>,
    refreshed: Option<u64>,
    end: End,
}

/// How sure it is that a grant has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum End {
    #[default]
    No,
    Meant,
    Sure,
}

/// What is wrong, and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Violations {
    pub(crate) lost: u64,
    pub(crate) resurrected: u64,
    pub(crate) doubled: u64,
}

/// What a look at one grant finds wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Violation {
    Lost(String),
    Resurrected(String),
    Doubled(String),
}

impl Said {
    const ALL: [Self; 9] = [
        Self::Code,
        Self::RedeemMeant,
        Self::Tokens,
        Self::RotateMeant,
        Self::RefreshMeant,
        Self::Refreshed,
        Self::EndMeant,
        Self::Ended,
        Self::Resealed,
    ];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::RedeemMeant => "redeem-meant",
            Self::Tokens => "tokens",
            Self::RotateMeant => "rotate-meant",
            Self::RefreshMeant => "refresh-meant",
            Self::Refreshed => "refreshed",
            Self::EndMeant => "end-meant",
            Self::Ended => "ended",
            Self::Resealed => "resealed",
        }
    }
}

impl Ledger {
    pub(crate) fn note(&mut self, line: &str) -> Outcome {
        let mut words = line.split(' ');
        let said = words.next().and_then(|word| Said::ALL.into_iter().find(|it| it.word() == word));
        let (Some(said), Some(grant), Some(what)) = (said, words.next(), words.next()) else {
            return Err(format!("a line of the child makes no sense: {line}").into());
        };
        if said == Said::Resealed {
            self.resealed += what.parse::<u64>()?;
            return Ok(());
        }
        let known = self.grants.entry(grant.to_owned()).or_default();
        match said {
            Said::Code => what.clone_into(&mut known.code),
            Said::RedeemMeant => known.redeem_meant = true,
            Said::Tokens => {
                known.tokens.push(what.to_owned());
                known.rotate_meant = false;
            }
            Said::RotateMeant => known.rotate_meant = true,
            Said::RefreshMeant => known.third_party = known.third_party.max(Some(what.parse()?)),
            Said::Refreshed => known.refreshed = known.refreshed.max(Some(what.parse()?)),
            Said::EndMeant => known.end = End::Meant,
            Said::Ended => known.end = End::Sure,
            Said::Resealed => {}
        }
        self.answers += u64::from(matches!(said, Said::Code | Said::Tokens | Said::Refreshed | Said::Ended));
        Ok(())
    }

    /// Compares every grant with the store. The grants live on, and are looked at after every restart, until there are
    /// too many of them.
    pub(crate) async fn check(&mut self, scene: &Scene) -> Outcome<Vec<Violation>> {
        let mut found = Vec::new();
        let checks = (0_u64..).zip(&mut self.grants).map(|(number, (name, known))| async move {
            let grant: GrantId = name.parse()?;
            known.check(scene, grant, number).await
        });
        // At once, so that they share commits.
        let mut checks = stream::iter(checks).buffer_unordered(AT_ONCE);
        while let Some(checked) = checks.next().await {
            found.extend(checked?.err());
        }
        drop(checks);
        while self.grants.len() > MOST_GRANTS {
            self.grants.pop_first();
        }
        Ok(found)
    }
}

type Checked = Outcome<Result<(), Violation>>;

impl Known {
    async fn check(&mut self, scene: &Scene, grant: GrantId, number: u64) -> Checked {
        if let Err(violation) = self.check_third_party(scene, grant).await? {
            return Ok(Err(violation));
        }
        if self.end == End::Sure {
            return self.check_end(scene, grant).await;
        }
        if self.end == End::Meant && scene.grants.is_live(&grant) == Liveness::Ended {
            self.end = End::Sure;
            return self.check_end(scene, grant).await;
        }
        if self.tokens.is_empty() {
            return self.check_code(scene, grant).await;
        }
        if let Err(violation) = self.check_life(scene, grant).await? {
            return Ok(Err(violation));
        }
        match number % 8 {
            // Some end here, by what must end them, and so the next looks see that they stay dead.
            0 => self.reuse(scene, grant).await,
            1 => {
                scene.grants.revoke(&RevokeSelector::Grant(grant), EndCause::OperatorRevoked).await?;
                self.end = End::Sure;
                self.check_end(scene, grant).await
            }
            _ => Ok(Ok(())),
        }
    }

    /// What has ended is dead in every way.
    async fn check_end(&self, scene: &Scene, grant: GrantId) -> Checked {
        let mut alive = scene.grants.is_live(&grant) == Liveness::Live;
        for token in self.tokens.iter().rev().take(2) {
            alive |= scene.grants.inspect_refresh_token(token).await?.is_some();
            alive |= scene.rotate(token).await.is_ok();
        }
        alive |= scene.redeem(&self.code).await.is_ok();
        Ok(if alive { Err(Violation::Resurrected(format!("{grant} ended: {self:?}"))) } else { Ok(()) })
    }

    /// A code that was given out is good, unless its redemption may have been done.
    async fn check_code(&mut self, scene: &Scene, grant: GrantId) -> Checked {
        if self.code.is_empty() {
            return Ok(Ok(()));
        }
        match scene.redeem(&self.code).await {
            Ok(tokens) => self.tokens.push(refresh_token(&tokens)),
            Err(GrantError::Refused(Refusal::CodeExpired)) => self.end = End::Sure,
            Err(GrantError::Refused(Refusal::Ended(EndCause::CodeReuse))) if self.redeem_meant => {
                self.end = End::Sure;
            }
            Err(error) => return Ok(Err(Violation::Lost(format!("the code of {grant}: {error}: {self:?}")))),
        }
        Ok(Ok(()))
    }

    /// A live grant has one branch: the last token rotates, and none before it is the present one.
    async fn check_life(&mut self, scene: &Scene, grant: GrantId) -> Checked {
        let Some(last) = self.tokens.last().cloned() else { return Ok(Ok(())) };
        let mut good = 0;
        for token in &self.tokens {
            let is_good = scene.grants.inspect_refresh_token(token).await?.is_some();
            if is_good && *token != last {
                return Ok(Err(Violation::Resurrected(format!("a spent token of {grant}: {self:?}"))));
            }
            good += u64::from(is_good);
        }
        let (next, again) = match (scene.rotate(&last).await, scene.rotate(&last).await) {
            (Ok(next), Ok(again)) => (refresh_token(&next), refresh_token(&again)),
            (outcome, _) => {
                return Ok(Err(Violation::Lost(format!("{grant}: {:?}: {self:?}", outcome.err()))));
            }
        };
        // Without a rotation under way, the last token that was given out is the present one.
        if good == 0 && !self.rotate_meant {
            return Ok(Err(Violation::Lost(format!(
                "the last token of {grant} is not the present one: {self:?}"
            ))));
        }
        if next != again || self.tokens.contains(&next) {
            return Ok(Err(Violation::Doubled(format!("{grant} has two successors: {self:?}"))));
        }
        self.tokens.push(next);
        self.rotate_meant = false;
        if scene.grants.is_live(&grant) == Liveness::Ended {
            return Ok(Err(Violation::Lost(format!("{grant} does not live: {self:?}"))));
        }
        Ok(Ok(()))
    }

    /// A code that was redeemed, or a token of long ago, gives nothing and ends the grant.
    async fn reuse(&mut self, scene: &Scene, grant: GrantId) -> Checked {
        self.end = End::Sure;
        let outcome = match self.tokens.first() {
            Some(first) if self.tokens.len() > 2 => scene.rotate(first).await,
            _ => scene.redeem(&self.code).await,
        };
        if outcome.is_ok() {
            return Ok(Err(Violation::Doubled(format!("{grant}: something spent was good: {self:?}"))));
        }
        self.check_end(scene, grant).await
    }

    /// What we answered is stored, and nothing is stored that the third party did not give.
    async fn check_third_party(&mut self, scene: &Scene, grant: GrantId) -> Checked {
        let stored = scene.third_party.take(&session(&grant)?).await?;
        let number = stored.map(|it| number_of(it.access_token.expose())).transpose()?;
        if number < self.refreshed {
            let text = format!("third-party tokens of {grant}: {number:?} are stored: {self:?}");
            return Ok(Err(Violation::Lost(text)));
        }
        if number > self.third_party {
            let text = format!("third-party tokens of {grant}: {number:?} are stored: {self:?}");
            return Ok(Err(Violation::Doubled(text)));
        }
        self.refreshed = number;
        if let Some(number) = number {
            // Without the lease that the killed process may have left.
            scene.keep(&grant, number).await?;
        }
        Ok(Ok(()))
    }
}

impl Violations {
    pub(crate) fn add(&mut self, violation: &Violation) {
        match violation {
            Violation::Lost(_) => self.lost += 1,
            Violation::Resurrected(_) => self.resurrected += 1,
            Violation::Doubled(_) => self.doubled += 1,
        }
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lost, resurrected, doubled } = self;
        write!(formatter, "{lost} lost, {resurrected} resurrected, {doubled} doubled")
    }
}

/// Grants that are looked at after every restart.
const MOST_GRANTS: usize = 400;
const AT_ONCE: usize = 64;
