//! What can be said of a grammar before it is used: how far each state is from its end, and which
//! rules begin with themselves.
//!
//! Distances are found as Knuth does for grammars (1977, "A generalization of Dijkstra's
//! algorithm"): the nearest state is always final.

use super::{
    expression::RuleId,
    program::{Program, RETURN, State, StateId},
};
use alloc::{collections::BinaryHeap, vec, vec::Vec};
use core::cmp::Reverse;

/// The distance of what never ends.
pub(super) const NEVER: u32 = u32::MAX;
/// As far as distances are told apart.
const FAR: u32 = u32::MAX - 1;

/// The fewest bytes from each state to the end of its rule, or [`NEVER`].
pub(super) fn fewest_bytes(program: &Program) -> Vec<u32> {
    solve(
        program,
        |next| next.saturating_add(1),
        |_, body, then| body.saturating_add(then),
        |rounds, body, then| rounds.saturating_mul(body).saturating_add(then),
    )
}

/// The fewest frames of stack that must be free at each state for its rule to end, or [`NEVER`].
pub(super) fn fewest_frames(program: &Program) -> Vec<u32> {
    solve(
        program,
        |next| next,
        |is_last, body, then| if is_last { body } else { then.max(body.saturating_add(1)) },
        |_, body, then| then.max(body.saturating_add(1)),
    )
}

/// The least value of every state. `byte` gives that of a state before a byte from that of its
/// target, `call` that of a call (and whether nothing follows it), `repeat` that of rounds that
/// must be made. Each result is at least as large as each argument.
fn solve(
    program: &Program,
    byte: impl Fn(u32) -> u32,
    call: impl Fn(bool, u32, u32) -> u32,
    repeat: impl Fn(u32, u32, u32) -> u32,
) -> Vec<u32> {
    let dependants = dependants(program);
    let mut values = vec![NEVER; program.states.len()];
    let mut queue = BinaryHeap::from([Reverse((0, RETURN))]);
    while let Some(Reverse((value, state))) = queue.pop() {
        let index = state as usize;
        if values[index] != NEVER {
            continue;
        }
        values[index] = value.min(FAR);
        for &dependant in &dependants[index] {
            let both = |body: StateId, then: StateId| {
                let (body, then) = (values[body as usize], values[then as usize]);
                (body != NEVER && then != NEVER).then_some((body, then))
            };
            let candidate = match &program.states[dependant as usize] {
                State::Return => None,
                State::Byte(_) => Some(byte(value)),
                State::Split(_) => Some(value),
                State::Call { rule, then } => both(program.starts[*rule], *then)
                    .map(|(body, rest)| call(*then == RETURN, body, rest)),
                State::Repeat(id) => {
                    let repetition = program.loops[*id];
                    if repetition.min == 0 {
                        Some(values[repetition.then as usize]).filter(|&value| value != NEVER)
                    } else {
                        both(repetition.body, repetition.then)
                            .map(|(body, then)| repeat(repetition.min, body, then))
                    }
                }
            };
            if let Some(candidate) = candidate.filter(|_| values[dependant as usize] == NEVER) {
                queue.push(Reverse((candidate.min(FAR), dependant)));
            }
        }
    }
    values
}

/// Whose value depends on each state's.
fn dependants(program: &Program) -> Vec<Vec<StateId>> {
    let mut dependants = vec![Vec::new(); program.states.len()];
    for (id, state) in (0..).zip(&program.states) {
        let mut add = |target: StateId| dependants[target as usize].push(id);
        match state {
            State::Return => {}
            State::Byte(edges) => edges.iter().for_each(|edge| add(edge.target)),
            State::Split(targets) => targets.iter().for_each(|&target| add(target)),
            State::Call { rule, then } => {
                add(program.starts[*rule]);
                add(*then);
            }
            State::Repeat(id) => {
                add(program.loops[*id].body);
                add(program.loops[*id].then);
            }
        }
    }
    dependants
}

/// A rule that can come to itself again without a byte in between.
pub(super) fn left_recursive_rule(program: &Program) -> Option<RuleId> {
    let first: Vec<Vec<RuleId>> =
        program.starts.iter().map(|&start| rules_called_first(program, start)).collect();
    // Depth first, with a stack of our own: (rule, how many of its calls were followed).
    let mut is_finished = vec![false; first.len()];
    let mut is_open = vec![false; first.len()];
    for root in 0..first.len() {
        let mut path = vec![(root, 0)];
        while let Some((rule, followed)) = path.pop() {
            if is_finished[rule] {
                continue;
            }
            is_open[rule] = true;
            match first[rule].get(followed) {
                Some(&called) if is_open[called] => return Some(called),
                Some(&called) => path.extend([(rule, followed + 1), (called, 0)]),
                None => {
                    is_open[rule] = false;
                    is_finished[rule] = true;
                }
            }
        }
    }
    None
}

/// The rules that may be called before a byte is taken, by a rule that begins at `start`.
fn rules_called_first(program: &Program, start: StateId) -> Vec<RuleId> {
    let mut called = Vec::new();
    let mut seen = alloc::collections::BTreeSet::new();
    let mut work = vec![start];
    while let Some(state) = work.pop() {
        if !seen.insert(state) {
            continue;
        }
        match &program.states[state as usize] {
            State::Return | State::Byte(_) => {}
            State::Split(targets) => work.extend(targets.iter()),
            State::Call { rule, then } => {
                called.push(*rule);
                if program.bytes[program.starts[*rule] as usize] == 0 {
                    work.push(*then);
                }
            }
            State::Repeat(id) => {
                let repetition = program.loops[*id];
                work.push(repetition.body);
                if repetition.min == 0 {
                    work.push(repetition.then);
                }
            }
        }
    }
    called.sort_unstable();
    called.dedup();
    called
}
