use oauth_types::{CodeChallenge, CodeVerifier};

use super::{
    Circumstances, CodeIssued, Digest, EndCause, Live, Outcome, RedeemCheck, Refusal, State, Terms, ended,
};
use crate::KeyId;

impl CodeIssued {
    /// The first redemption: every check comes before anything is consumed.
    pub(super) fn redeem(
        self,
        terms: &mut Terms,
        code: &Digest,
        key_id: KeyId,
        check: &RedeemCheck<'_>,
        given: &Circumstances,
    ) -> Result<(State, Outcome), Refusal> {
        if self.code != *code {
            return Err(Refusal::Unknown);
        }
        if given.now >= self.expires_at || terms.is_nearly_over(given.now) {
            return Err(Refusal::CodeExpired);
        }
        // Nobody else's failure counts: whoever has caught a code cannot burn it for its client.
        is_of_the_client(terms, check)?;
        if let Err(refusal) = self.check(check) {
            return Ok(self.fail(refusal, given));
        }
        if !terms.covers(check.resources) {
            return Err(Refusal::WrongResource);
        }
        Ok(self.begin(terms, key_id, check, given))
    }

    fn check(&self, check: &RedeemCheck<'_>) -> Result<(), Refusal> {
        if check.redirect_uri != Some(&*self.redirect_uri) {
            return Err(Refusal::WrongRedirectUri);
        }
        let verifier: Option<CodeVerifier> = check.code_verifier.and_then(|it| it.parse().ok());
        if !verifier.is_some_and(|it| self.challenge.is_answered_by(&it)) {
            return Err(Refusal::WrongVerifier);
        }
        Ok(())
    }

    /// The client has a few attempts to show what belongs to its code, then nobody can use it any more: a verifier
    /// cannot be guessed.
    fn fail(self, refusal: Refusal, given: &Circumstances) -> (State, Outcome) {
        let failures = self.failures.saturating_add(1);
        let next = if failures >= MAX_FAILURES {
            ended(EndCause::CodeBurned, given.now)
        } else {
            State::CodeIssued(Self { failures, ..self })
        };
        (next, Outcome::Refused(refusal))
    }

    fn begin(
        self,
        terms: &mut Terms,
        key_id: KeyId,
        check: &RedeemCheck<'_>,
        given: &Circumstances,
    ) -> (State, Outcome) {
        // From here on it is the key of refresh tokens.
        terms.key = check.key.filter(|_| check.is_public);
        if !terms.refreshable {
            terms.expires_at = terms.expires_at.min(given.now + given.access_token_lifetime);
        }
        let code_proof =
            Digest::code_proof(&self.code, &terms.client_id, &self.redirect_uri, &self.challenge);
        let live = Live {
            generation: FIRST_GENERATION,
            rotated_at: given.now,
            key_id,
            code_proof,
            last_used_at: given.now,
        };
        let outcome = Outcome::Granted {
            generation: FIRST_GENERATION,
            key_id,
            scope: terms.scope.clone(),
            bound_to: check.key,
        };
        (State::Live(live), outcome)
    }
}

/// Whether the request comes from the client that the code was issued to, with the key that the code is bound to.
fn is_of_the_client(terms: &Terms, check: &RedeemCheck<'_>) -> Result<(), Refusal> {
    if *check.client_id != terms.client_id {
        return Err(Refusal::WrongClient);
    }
    if !terms.opens_to(check.key) {
        return Err(Refusal::WrongKey);
    }
    Ok(())
}

impl Live {
    /// A redemption after the first: one that shows everything the first had to show ends the grant, any other is
    /// refused (OAuth 2.1 section 4.1.3).
    pub(super) fn redeem_again(
        self,
        terms: &Terms,
        code: &Digest,
        check: &RedeemCheck<'_>,
        given: &Circumstances,
    ) -> Result<(State, Outcome), Refusal> {
        let verifier: Option<CodeVerifier> = check.code_verifier.and_then(|it| it.parse().ok());
        let (Some(verifier), Some(redirect_uri)) = (verifier, check.redirect_uri) else {
            return Err(Refusal::CodeUsed);
        };
        let challenge = CodeChallenge::of(&verifier);
        let shown = Digest::code_proof(code, check.client_id, redirect_uri, &challenge);
        if shown != self.code_proof || !terms.opens_to(check.key) || !terms.covers(check.resources) {
            return Err(Refusal::CodeUsed);
        }
        let cause = EndCause::CodeReuse;
        Ok((ended(cause, given.now), Outcome::Refused(Refusal::Ended(cause))))
    }
}

/// The generation of the refresh token that a redemption issues.
pub(in crate::grants) const FIRST_GENERATION: u64 = 1;
/// How often its client may present a code with something wrong; the last time burns it.
const MAX_FAILURES: u8 = 5;
