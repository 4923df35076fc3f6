//! A grammar held against the tokens of one answer.

use super::{
    ConstraintError, Grammar, TokenMask, TokenTrie,
    machine::{DEAD, SetId},
    masker::Masker,
    trigger::{Finder, Trigger},
};
use crate::{
    model::TokenId,
    sampler::{Sampler, best_token},
};
use alloc::{collections::BTreeMap, vec::Vec};

/// What comes after the end of the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterEnd {
    /// The turn ends: only tokens that say so are allowed.
    EndTurn,
    /// Anything.
    Free,
    /// Anything, until the trigger comes again.
    Rearm,
}

/// What the mask says.
#[derive(Clone, Copy, Debug)]
pub enum Allowed<'m> {
    /// Every token is allowed.
    All,
    /// Only these are.
    Only(&'m TokenMask),
}

/// How far the output has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The trigger has not come; so many bytes of it have.
    Waiting(usize),
    /// The grammar holds.
    Inside(SetId),
    /// The grammar is over, and anything may follow.
    Free,
    /// A token has ended the turn.
    Ended,
}

/// Holds the tokens of an answer to a grammar.
///
/// [`Self::allowed`] (or [`Self::mask`], or [`Self::choose`]) says what may come next, and
/// [`Self::accept`] what has come. What was found out about the grammar is kept, up to a few MB, and
/// serves the next answer too after [`Self::restart`].
#[derive(Clone, Debug)]
pub struct Constraint<'g> {
    masker: Masker<'g>,
    phase: Phase,
    /// The text to wait for.
    finder: Option<Finder>,
    /// The token to wait for.
    trigger_token: Option<TokenId>,
    after_end: AfterEnd,
    /// By bytes of the trigger found: what is allowed then, if it is not everything.
    waiting: BTreeMap<usize, Option<TokenMask>>,
    /// The mask that was computed last for [`Self::allowed`].
    current: TokenMask,
}

impl<'g> Constraint<'g> {
    /// A constraint from the first token to the end of the turn.
    pub fn new(grammar: &'g Grammar, trie: &'g TokenTrie) -> Self {
        let mut constraint = Self {
            masker: Masker::new(&grammar.program, trie),
            phase: Phase::Free,
            finder: None,
            trigger_token: None,
            after_end: AfterEnd::EndTurn,
            waiting: BTreeMap::new(),
            current: TokenMask::none(trie.vocabulary()),
        };
        constraint.restart();
        constraint
    }

    /// A constraint that begins when `trigger` has come: the grammar describes what follows it.
    pub fn lazy(
        grammar: &'g Grammar,
        trie: &'g TokenTrie,
        trigger: Trigger,
        after_end: AfterEnd,
    ) -> Self {
        let mut constraint = Self::new(grammar, trie);
        constraint.after_end = after_end;
        match trigger {
            Trigger::Text(text) if text.is_empty() => {}
            Trigger::Text(text) => constraint.finder = Some(Finder::new(text)),
            Trigger::Token(token) => constraint.trigger_token = Some(token),
        }
        constraint.restart();
        constraint
    }

    /// Back to the beginning, for another answer.
    pub fn restart(&mut self) {
        self.phase = if self.finder.is_some() || self.trigger_token.is_some() {
            Phase::Waiting(0)
        } else {
            Phase::Inside(self.masker.machine.start())
        };
    }

    /// Forgets what was found out, as it does by itself when that becomes too much.
    #[cfg(test)]
    pub(super) fn forget(&mut self) {
        if let Phase::Inside(set) = self.phase {
            self.phase = Phase::Inside(self.masker.forget_all_but(set));
        }
    }

    /// Whether the grammar holds now: it has begun, and more of it can come.
    pub fn is_active(&self) -> bool {
        matches!(self.phase, Phase::Inside(_))
    }

    /// Whether the output may end here. Before the trigger has come it may.
    pub fn is_complete(&self) -> bool {
        match self.phase {
            Phase::Inside(set) => self.masker.machine.set(set).is_end(),
            Phase::Waiting(_) | Phase::Free | Phase::Ended => true,
        }
    }

    /// The fewest bytes after which the output may end; at most so many tokens where the
    /// vocabulary has a token for each byte.
    pub fn shortest_end(&self) -> u32 {
        match self.phase {
            Phase::Inside(set) => self.masker.machine.set(set).bytes,
            Phase::Waiting(_) | Phase::Free | Phase::Ended => 0,
        }
    }

    /// Whether a token is allowed. Costs no more than the token's bytes.
    pub fn allows(&mut self, token: TokenId) -> bool {
        self.follow(token).is_ok()
    }

    /// Notes that a token has come.
    ///
    /// # Errors
    /// The token is not allowed; nothing has changed then.
    pub fn accept(&mut self, token: TokenId) -> Result<(), ConstraintError> {
        self.phase = self.follow(token)?;
        if let Phase::Inside(set) = self.phase {
            let set = self.masker.tidy(set);
            self.phase = Phase::Inside(set);
        }
        Ok(())
    }

    /// The tokens that are allowed next: those with which the grammar can go on, and those that end
    /// the turn exactly where it may end.
    ///
    /// # Errors
    /// [`ConstraintError::Stuck`] or [`ConstraintError::TooAmbiguous`] if there are none.
    pub fn allowed(&mut self) -> Result<Allowed<'_>, ConstraintError> {
        self.allowed_within(u32::MAX)
    }

    /// As [`Self::allowed`], of which those are left out that the grammar could not come to its end
    /// after within `tokens_left` tokens, the next one included. From the first token on that
    /// [`Self::shortest_end`] is at most `tokens_left`, the output is whole when they are used up,
    /// provided that the vocabulary has a token for each byte the grammar needs. Where too few are
    /// left, the shortest way to the end is all that is allowed.
    ///
    /// # Errors
    /// [`ConstraintError::Stuck`] or [`ConstraintError::TooAmbiguous`] if there are none.
    pub fn allowed_within(&mut self, tokens_left: u32) -> Result<Allowed<'_>, ConstraintError> {
        match self.phase {
            Phase::Free => Ok(Allowed::All),
            Phase::Waiting(found) => Ok(self.allowed_waiting(found)),
            Phase::Ended => {
                self.current = TokenMask::none(self.masker.trie.vocabulary());
                self.masker.trie.allow_turn_ends(&mut self.current);
                Ok(Allowed::Only(&self.current))
            }
            Phase::Inside(set) => {
                let limit = self.limit(set, tokens_left);
                let allowed = self.masker.allowed(set);
                if allowed.farthest <= limit {
                    self.current.clone_from(&allowed.mask);
                } else {
                    self.current = self.masker.allowed_within(set, limit);
                }
                if self.masker.machine.set(set).is_end() {
                    self.masker.trie.allow_turn_ends(&mut self.current);
                }
                if self.current.is_empty() {
                    return Err(if self.masker.machine.is_overgrown() {
                        ConstraintError::TooAmbiguous
                    } else {
                        ConstraintError::Stuck
                    });
                }
                Ok(Allowed::Only(&self.current))
            }
        }
    }

    /// Makes the logits `(vocabulary)` of tokens that are not allowed minus infinity.
    ///
    /// # Errors
    /// As [`Self::allowed`].
    pub fn mask(&mut self, logits: &mut [f32]) -> Result<(), ConstraintError> {
        self.mask_towards_end(logits, u32::MAX)
    }

    /// As [`Self::mask`], with the tokens of [`Self::allowed_within`].
    ///
    /// # Errors
    /// As [`Self::allowed`].
    pub fn mask_towards_end(
        &mut self,
        logits: &mut [f32],
        tokens_left: u32,
    ) -> Result<(), ConstraintError> {
        if let Allowed::Only(mask) = self.allowed_within(tokens_left)? {
            mask.apply(logits);
        }
        Ok(())
    }

    /// Chooses a token among those of [`Self::allowed_within`], as `sampler` would if no others
    /// existed. Where the sampler takes the best token anyway and that is allowed, no mask is made.
    ///
    /// # Errors
    /// As [`Self::allowed`].
    pub fn choose(
        &mut self,
        sampler: &mut Sampler,
        logits: &[f32],
        recent: &[TokenId],
        tokens_left: u32,
    ) -> Result<TokenId, ConstraintError> {
        if sampler.takes_best() {
            let best = best_token(logits);
            if self.allows_within(best, tokens_left) {
                return Ok(best);
            }
        }
        match self.allowed_within(tokens_left)? {
            Allowed::All => Ok(sampler.sample(logits, recent)),
            Allowed::Only(mask) => Ok(sampler.sample_among(logits, recent, mask)),
        }
    }

    /// Whether a token is among those of [`Self::allowed_within`], or would be if any other were.
    fn allows_within(&mut self, token: TokenId, tokens_left: u32) -> bool {
        let limit = match self.phase {
            Phase::Inside(set) => self.limit(set, tokens_left),
            Phase::Waiting(_) | Phase::Free | Phase::Ended => u32::MAX,
        };
        match self.follow(token) {
            Ok(Phase::Inside(next)) => self.masker.machine.set(next).bytes <= limit,
            Ok(_) => true,
            Err(_) => false,
        }
    }

    /// Bytes that the end may be away after the next token.
    fn limit(&self, set: SetId, tokens_left: u32) -> u32 {
        // One byte nearer is always possible.
        let nearest = self.masker.machine.set(set).bytes.saturating_sub(1);
        if tokens_left == u32::MAX { u32::MAX } else { nearest.max(tokens_left.saturating_sub(1)) }
    }

    /// Where a token leads.
    fn follow(&mut self, token: TokenId) -> Result<Phase, ConstraintError> {
        let trie = self.masker.trie;
        let refused = Err(ConstraintError::Refused(token));
        if token.0 as usize >= trie.vocabulary() {
            return refused;
        }
        match self.phase {
            Phase::Free => Ok(Phase::Free),
            Phase::Ended if trie.ends_turn(token) => Ok(Phase::Ended),
            Phase::Ended => refused,
            Phase::Waiting(_) if self.trigger_token == Some(token) => {
                let start = self.masker.machine.start();
                Ok(self.inside(start))
            }
            Phase::Waiting(found) => match &self.finder {
                None => Ok(Phase::Waiting(found)),
                Some(finder) => {
                    let mut place = Waiting::Text(found);
                    for &byte in trie.token_bytes(token) {
                        match place.step(finder, &mut self.masker, byte) {
                            Some(next) => place = next,
                            None => return refused,
                        }
                    }
                    Ok(match place {
                        Waiting::Text(found) => Phase::Waiting(found),
                        Waiting::Grammar(set) => self.inside(set),
                    })
                }
            },
            Phase::Inside(set) if trie.ends_turn(token) => {
                if self.masker.machine.set(set).is_end() { Ok(Phase::Ended) } else { refused }
            }
            Phase::Inside(set) => {
                let bytes = trie.token_bytes(token);
                match self.masker.advance(set, bytes) {
                    DEAD => refused,
                    _ if bytes.is_empty() => refused,
                    next => Ok(self.inside(next)),
                }
            }
        }
    }

    /// The phase in which a set is reached: at the end of the grammar another one begins.
    fn inside(&self, set: SetId) -> Phase {
        let is_over = self.masker.machine.set(set).is_only_end();
        match self.after_end {
            AfterEnd::Free if is_over => Phase::Free,
            AfterEnd::Rearm if is_over => Phase::Waiting(0),
            _ => Phase::Inside(set),
        }
    }

    /// Before the trigger everything is allowed but tokens that hold its end and go on otherwise
    /// than the grammar begins.
    fn allowed_waiting(&mut self, found: usize) -> Allowed<'_> {
        let Some(finder) = &self.finder else { return Allowed::All };
        if !self.waiting.contains_key(&found) {
            let mut mask = TokenMask::all(self.masker.trie.vocabulary());
            let refused = refused_waiting(&mut self.masker, finder, found);
            refused.iter().for_each(|&token| mask.forbid(token));
            self.waiting.insert(found, (!refused.is_empty()).then_some(mask));
        }
        match self.waiting.get(&found) {
            Some(Some(mask)) => Allowed::Only(mask),
            _ => Allowed::All,
        }
    }
}

/// Where a byte of a token leads while the trigger is waited for.
#[derive(Clone, Copy)]
enum Waiting {
    /// So much of the trigger is found.
    Text(usize),
    /// The trigger is behind, and the grammar has come so far.
    Grammar(SetId),
}

impl Waiting {
    fn step(self, finder: &Finder, masker: &mut Masker<'_>, byte: u8) -> Option<Self> {
        match self {
            Self::Text(found) => {
                let found = finder.step(found, byte);
                Some(if finder.is_whole(found) {
                    Self::Grammar(masker.machine.start())
                } else {
                    Self::Text(found)
                })
            }
            Self::Grammar(set) => match masker.machine.step(set, byte) {
                DEAD => None,
                next => Some(Self::Grammar(next)),
            },
        }
    }
}

/// The tokens that are refused when `found` bytes of the trigger are found.
fn refused_waiting(masker: &mut Masker<'_>, finder: &Finder, found: usize) -> Vec<TokenId> {
    let trie = masker.trie;
    let mut refused = Vec::new();
    for id in 0..trie.vocabulary() as u32 {
        let bytes = trie.token_bytes(TokenId(id));
        // Others cannot complete the trigger.
        if bytes.contains(&finder.last_byte()) {
            let place = bytes
                .iter()
                .try_fold(Waiting::Text(found), |place, &byte| place.step(finder, masker, byte));
            if place.is_none() {
                refused.push(TokenId(id));
            }
        }
    }
    refused
}
