//! Rules as the states of an automaton over bytes.
//!
//! Each rule becomes a small automaton of its own; a call remembers on a stack where to go on.
//! States are made backwards, each knowing what follows it. Repetitions with large counts are not
//! unrolled: a frame of the stack counts them.

use super::{
    analysis,
    charset::CharSet,
    error::{GrammarError, Problem},
    expression::{Expr, RuleId, Rules},
};
use alloc::{boxed::Box, collections::BTreeMap, vec, vec::Vec};

/// Index of a state.
pub(super) type StateId = u32;
/// The end of every rule: goes on where the top of the stack says.
pub(super) const RETURN: StateId = 0;
/// A repetition without an upper bound.
pub(super) const UNLIMITED: u32 = u32::MAX;
/// More states than any schema needs, and few enough to analyse in a moment.
pub(super) const MAX_STATES: usize = 1 << 16;
/// Rules this small that neither repeat nor call are put where they are used.
const INLINE_SIZE: usize = 64;
/// Bodies this small are repeated in place rather than counted.
const UNROLL_SIZE: usize = 32;

/// What happens at a state.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// Goes back to the caller, or to the next round.
    Return,
    /// Takes a byte.
    Byte(Box<[Edge]>),
    /// Goes on at each of these.
    Split(Box<[StateId]>),
    /// Goes to a rule and comes back to `then`.
    Call { rule: RuleId, then: StateId },
    /// Enters a repetition.
    Repeat(usize),
}

/// Bytes `first..=last` lead to `target`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    pub(super) first: u8,
    pub(super) last: u8,
    pub(super) target: StateId,
}

/// A counted repetition of something that is never empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loop {
    /// Where a round begins; it ends at [`RETURN`].
    pub(super) body: StateId,
    /// What follows the last round.
    pub(super) then: StateId,
    /// At least so many rounds.
    pub(super) min: u32,
    /// At most so many; [`UNLIMITED`] for any.
    pub(super) max: u32,
}

/// The automaton of a grammar.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) states: Vec<State>,
    pub(super) loops: Vec<Loop>,
    /// Where each rule begins, `(rules)`; the first is where the grammar begins.
    pub(super) starts: Vec<StateId>,
    /// The fewest bytes from each state to the end of its rule, `(states)`.
    pub(super) bytes: Vec<u32>,
    /// The fewest frames of stack it takes to get there, `(states)`.
    pub(super) frames: Vec<u32>,
    /// Bytes between which no edge distinguishes have the same class, `(256)`.
    pub(super) classes: [u8; 256],
    /// A byte of each class, `(classes)`.
    pub(super) representatives: Vec<u8>,
}

impl Program {
    /// Compiles rules.
    ///
    /// # Errors
    /// Rules that are not defined, that begin with themselves or never end, or too many states.
    pub(super) fn compile(rules: &Rules) -> Result<Self, GrammarError> {
        let nullable = rules.nullable()?;
        let mut builder = Builder {
            rules,
            nullable: &nullable,
            current: 0,
            states: vec![State::Return],
            loops: Vec::new(),
        };
        let mut starts = Vec::with_capacity(rules.rules.len());
        for (id, rule) in rules.rules.iter().enumerate() {
            builder.current = id;
            let body = rule.body.as_ref().expect("Rules::nullable looked at all of them");
            starts.push(builder.expr(body, RETURN)?);
        }
        let Builder { states, loops, .. } = builder;
        let (classes, representatives) = classes(&states);
        let mut program = Self {
            states,
            loops,
            starts,
            bytes: Vec::new(),
            frames: Vec::new(),
            classes,
            representatives,
        };
        program.bytes = analysis::fewest_bytes(&program);
        program.frames = analysis::fewest_frames(&program);
        let at = |rule: RuleId, problem: fn(alloc::string::String) -> Problem| {
            let rule = &rules.rules[rule];
            GrammarError { place: rule.place.clone(), problem: problem(rule.name.clone()) }
        };
        // Left recursion first: a rule of nothing else never ends either.
        if let Some(rule) = analysis::left_recursive_rule(&program) {
            return Err(at(rule, Problem::LeftRecursion));
        }
        let is_endless = |&start: &StateId| program.bytes[start as usize] == analysis::NEVER;
        if let Some(rule) = program.starts.iter().position(is_endless) {
            return Err(at(rule, Problem::Endless));
        }
        Ok(program)
    }
}

/// Makes states.
struct Builder<'r> {
    rules: &'r Rules,
    nullable: &'r [bool],
    /// The rule being compiled, for errors.
    current: RuleId,
    states: Vec<State>,
    loops: Vec<Loop>,
}

impl Builder<'_> {
    fn add(&mut self, state: State) -> Result<StateId, GrammarError> {
        if self.states.len() >= MAX_STATES {
            let place = self.rules.rules[self.current].place.clone();
            return Err(GrammarError { place, problem: Problem::TooLarge(MAX_STATES) });
        }
        self.states.push(state);
        Ok((self.states.len() - 1) as StateId)
    }

    /// States for `expr`, followed by `next`; where they begin.
    fn expr(&mut self, expr: &Expr, next: StateId) -> Result<StateId, GrammarError> {
        match expr {
            Expr::Bytes(bytes) => bytes.iter().rev().try_fold(next, |target, &byte| {
                self.add(State::Byte(Box::new([Edge { first: byte, last: byte, target }])))
            }),
            Expr::Class(set) => self.class(set, next),
            Expr::Sequence(parts) => {
                parts.iter().rev().try_fold(next, |next, part| self.expr(part, next))
            }
            Expr::Choice(parts) => {
                let mut targets = Vec::with_capacity(parts.len());
                for part in parts {
                    targets.push(self.expr(part, next)?);
                }
                self.add(State::Split(targets.into()))
            }
            Expr::Repeat { body, min, max } => self.repeat(body, *min, *max, next),
            Expr::Rule(rule) => {
                let body = self.rules.rules[*rule].body.as_ref();
                match body.filter(|body| body.straight_size().is_some_and(|n| n <= INLINE_SIZE)) {
                    Some(body) => self.expr(body, next),
                    None => self.add(State::Call { rule: *rule, then: next }),
                }
            }
        }
    }

    fn class(&mut self, set: &CharSet, next: StateId) -> Result<StateId, GrammarError> {
        // Rows with the same tail share it.
        let mut tails: BTreeMap<Edge, StateId> = BTreeMap::new();
        let mut edges = Vec::new();
        for row in set.utf8() {
            let mut target = next;
            for &(first, last) in row.iter().skip(1).rev() {
                let edge = Edge { first, last, target };
                target = match tails.get(&edge) {
                    Some(&state) => state,
                    None => {
                        let state = self.add(State::Byte(Box::new([edge])))?;
                        tails.insert(edge, state);
                        state
                    }
                };
            }
            edges.extend(row.first().map(|&(first, last)| Edge { first, last, target }));
        }
        self.add(State::Byte(edges.into()))
    }

    fn repeat(
        &mut self,
        body: &Expr,
        min: u32,
        max: Option<u32>,
        next: StateId,
    ) -> Result<StateId, GrammarError> {
        let is_nullable = body.is_nullable(self.nullable);
        match (min, max) {
            (_, Some(0)) => Ok(next),
            (1, Some(1)) => self.expr(body, next),
            (0, Some(1)) => {
                let once = self.expr(body, next)?;
                self.add(State::Split(Box::new([once, next])))
            }
            // Rounds of nothing add nothing: any number of rounds, and none, are allowed.
            (0 | 1, None) if !is_nullable => self.star(body, min, next),
            (_, None) if is_nullable => self.star(body, 0, next),
            // As many rounds as may be, each of which may be nothing.
            (_, Some(max)) if is_nullable => {
                let mut start = next;
                for _ in 0..max {
                    let round = self.expr(body, start)?;
                    if round == start {
                        // Nothing, however often.
                        break;
                    }
                    start = round;
                }
                Ok(start)
            }
            (min, Some(max))
                if body.straight_size().is_some_and(|size| {
                    size.max(1).saturating_mul(max as usize) <= UNROLL_SIZE
                }) =>
            {
                let mut start = next;
                for round in (0..max).rev() {
                    let once = self.expr(body, start)?;
                    // From the end: whoever stops here stops altogether.
                    start = if round < min {
                        once
                    } else {
                        self.add(State::Split(Box::new([once, next])))?
                    };
                }
                Ok(start)
            }
            (min, max) => {
                let body = self.expr(body, RETURN)?;
                let max = max.unwrap_or(UNLIMITED);
                self.loops.push(Loop { body, then: next, min, max });
                self.add(State::Repeat(self.loops.len() - 1))
            }
        }
    }

    /// Any number of rounds, at least `min`, which is 0 or 1.
    fn star(&mut self, body: &Expr, min: u32, next: StateId) -> Result<StateId, GrammarError> {
        let again = self.add(State::Split(Box::new([])))?;
        let once = self.expr(body, again)?;
        self.states[again as usize] = State::Split(Box::new([once, next]));
        Ok(if min == 0 { again } else { once })
    }
}

/// Cuts the bytes wherever some edge begins or ends.
fn classes(states: &[State]) -> ([u8; 256], Vec<u8>) {
    let mut begins = [false; 257];
    for state in states {
        if let State::Byte(edges) = state {
            for edge in edges {
                begins[usize::from(edge.first)] = true;
                begins[usize::from(edge.last) + 1] = true;
            }
        }
    }
    let mut classes = [0; 256];
    let mut representatives = vec![0];
    for byte in 1..=255_u8 {
        if begins[usize::from(byte)] {
            representatives.push(byte);
        }
        // At most 256 classes, of which this is the last.
        classes[usize::from(byte)] = (representatives.len() - 1) as u8;
    }
    (classes, representatives)
}
