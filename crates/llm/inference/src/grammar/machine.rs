//! The automaton at work: sets of places in the grammar, made as they are needed.
//!
//! A place is a state and a stack of where to go on after it. Since a grammar may be ambiguous, the
//! machine is at a set of places at once. Stacks and sets are stored once each and numbered, so a
//! step that was made before is one look-up.
//!
//! A place that cannot come to its end within [`MAX_DEPTH`] frames is dropped. All that remain can,
//! so whoever follows the machine is never led into a dead end.

use super::program::{Program, RETURN, State, StateId, UNLIMITED};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec,
    vec::Vec,
};

/// Frames a stack may have: how deep recursion may go.
pub(super) const MAX_DEPTH: u32 = 256;
/// Places one set may have. Only a very ambiguous grammar has more, and what leads there is refused.
const MAX_PLACES: usize = 4096;
/// Number of a stack.
pub(super) type StackId = u32;
/// The stack without frames.
pub(super) const EMPTY: StackId = 0;
/// Number of a set of places.
pub(super) type SetId = u32;
/// The set without places: what came before is not allowed.
pub(super) const DEAD: SetId = 0;
/// A step that was not made yet.
const UNKNOWN: SetId = u32::MAX;

/// Where to go on after a [`State::Return`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Frame {
    /// At this state.
    Call(StateId),
    /// In the next round of a repetition, or after it.
    Loop {
        /// Which.
        id: u32,
        /// Rounds still to be made.
        min: u32,
        /// Rounds that may still be made; [`UNLIMITED`] for any number.
        max: u32,
    },
}

/// A frame on top of a stack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stack {
    pub(super) frame: Frame,
    /// The stack below.
    pub(super) below: StackId,
    /// Frames, this one included.
    pub(super) depth: u32,
    /// The fewest bytes from a [`State::Return`] on this stack to the end of everything.
    pub(super) bytes: u32,
}

/// A place in the grammar: [`State::Byte`], or the end: [`RETURN`] on the empty stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) state: StateId,
    pub(super) stack: StackId,
}

/// The end of the grammar. The least of all places.
pub(super) const END: Place = Place { state: RETURN, stack: EMPTY };

/// A set of places.
#[derive(Clone, Debug)]
pub(super) struct Set {
    /// In order, each once.
    pub(super) places: Vec<Place>,
    /// The fewest bytes to the end.
    pub(super) bytes: u32,
    /// The deepest stack that was thought of on the way here: where [`MAX_DEPTH`] is further than
    /// that from the ground, it made no difference.
    pub(super) deepest: u32,
}

impl Set {
    /// Whether the grammar may end here.
    pub(super) fn is_end(&self) -> bool {
        self.places.first() == Some(&END)
    }

    /// Whether the grammar can only end here.
    pub(super) fn is_only_end(&self) -> bool {
        self.places == [END]
    }
}

/// The automaton of a grammar and all that was found out about it so far.
#[derive(Clone, Debug)]
pub(super) struct Machine<'g> {
    pub(super) program: &'g Program,
    stacks: Vec<Stack>,
    stack_ids: BTreeMap<(Frame, StackId), StackId>,
    sets: Vec<Set>,
    set_ids: BTreeMap<Vec<Place>, SetId>,
    /// `(sets, classes)`: where each class of bytes leads.
    steps: Vec<SetId>,
    /// Bytes the sets take, roughly.
    set_bytes: usize,
    /// Whether something was refused for having too many places.
    is_overgrown: bool,
}

impl<'g> Machine<'g> {
    pub(super) fn new(program: &'g Program) -> Self {
        let ground = Stack { frame: Frame::Call(RETURN), below: EMPTY, depth: 0, bytes: 0 };
        let dead = Set { places: Vec::new(), bytes: u32::MAX, deepest: 0 };
        let mut machine = Self {
            program,
            stacks: vec![ground],
            stack_ids: BTreeMap::new(),
            sets: vec![dead],
            set_ids: BTreeMap::from([(Vec::new(), DEAD)]),
            steps: vec![DEAD; program.representatives.len()],
            set_bytes: 0,
            is_overgrown: false,
        };
        machine.set_bytes = machine.steps.len() * size_of::<SetId>();
        machine
    }

    /// The set in which the grammar begins.
    pub(super) fn start(&mut self) -> SetId {
        self.close(vec![Place { state: self.program.starts[0], stack: EMPTY }])
    }

    pub(super) fn set(&self, id: SetId) -> &Set {
        &self.sets[id as usize]
    }

    /// Whether something was refused not for what it is, but because there are too many ways to
    /// read it.
    pub(super) const fn is_overgrown(&self) -> bool {
        self.is_overgrown
    }

    pub(super) fn stack(&self, id: StackId) -> Stack {
        self.stacks[id as usize]
    }

    /// Bytes of memory taken, roughly.
    pub(super) fn len_bytes(&self) -> usize {
        // The maps hold everything once more.
        self.set_bytes + self.stacks.len() * 2 * size_of::<Stack>()
    }

    /// Where a byte leads; [`DEAD`] if it is not allowed.
    pub(super) fn step(&mut self, set: SetId, byte: u8) -> SetId {
        let classes = self.program.representatives.len();
        let class = usize::from(self.program.classes[usize::from(byte)]);
        let index = set as usize * classes + class;
        match self.steps[index] {
            UNKNOWN => {
                let next = self.make_step(set, self.program.representatives[class]);
                self.steps[index] = next;
                next
            }
            next => next,
        }
    }

    fn make_step(&mut self, set: SetId, byte: u8) -> SetId {
        let mut next = Vec::new();
        for place in &self.sets[set as usize].places {
            if let State::Byte(edges) = &self.program.states[place.state as usize] {
                let fitting = edges.iter().filter(|edge| (edge.first..=edge.last).contains(&byte));
                next.extend(fitting.map(|edge| Place { state: edge.target, stack: place.stack }));
            }
        }
        self.close(next)
    }

    /// The set of all places that can be reached from these without taking a byte.
    pub(super) fn close(&mut self, mut work: Vec<Place>) -> SetId {
        let program = self.program;
        let mut seen = BTreeSet::new();
        let mut places = Vec::new();
        let mut deepest = 0;
        while let Some(place) = work.pop() {
            if !seen.insert(place) {
                continue;
            }
            if seen.len() > MAX_PLACES {
                self.is_overgrown = true;
                return DEAD;
            }
            let depth = self.stack(place.stack).depth;
            let mut fits = |frames: u32, more: u32| {
                let needed = depth.saturating_add(more).saturating_add(frames);
                // What never ends fits no stack, and says nothing of how deep the others go.
                if frames != super::analysis::NEVER {
                    deepest = deepest.max(needed);
                }
                needed <= MAX_DEPTH
            };
            match &program.states[place.state as usize] {
                State::Byte(_) => {
                    if fits(program.frames[place.state as usize], 0) {
                        places.push(place);
                    }
                }
                State::Split(targets) => {
                    work.extend(targets.iter().map(|&state| Place { state, stack: place.stack }));
                }
                State::Call { rule, then } => {
                    let start = program.starts[*rule];
                    let body = program.frames[start as usize];
                    if *then == RETURN {
                        // Nothing to come back for.
                        work.push(Place { state: start, stack: place.stack });
                    } else if fits(program.frames[*then as usize], 0) && fits(body, 1) {
                        let stack = self.push(Frame::Call(*then), place.stack);
                        work.push(Place { state: start, stack });
                    }
                }
                State::Repeat(id) => {
                    let repetition = program.loops[*id];
                    let then = program.frames[repetition.then as usize];
                    let body = program.frames[repetition.body as usize];
                    let enters = fits(then, 0) && fits(body, 1);
                    let round = (*id as u32, repetition.min, repetition.max);
                    self.next_round(round, place.stack, enters, &mut work);
                }
                State::Return if place.stack == EMPTY => places.push(place),
                State::Return => {
                    let Stack { frame, below, .. } = self.stack(place.stack);
                    match frame {
                        Frame::Call(state) => work.push(Place { state, stack: below }),
                        // What fitted before fits again.
                        Frame::Loop { id, min, max } => {
                            self.next_round((id, min, max), below, true, &mut work);
                        }
                    }
                }
            }
        }
        places.sort_unstable();
        self.intern(places, deepest)
    }

    /// Goes on where a round `(loop, min, max)` has just ended, or none was made yet.
    fn next_round(
        &mut self,
        (id, min, max): (u32, u32, u32),
        below: StackId,
        enters: bool,
        work: &mut Vec<Place>,
    ) {
        let repetition = self.program.loops[id as usize];
        if min == 0 {
            work.push(Place { state: repetition.then, stack: below });
        }
        if max > 0 && enters {
            let max = if max == UNLIMITED { UNLIMITED } else { max - 1 };
            let stack = self.push(Frame::Loop { id, min: min.saturating_sub(1), max }, below);
            work.push(Place { state: repetition.body, stack });
        }
    }

    /// The stack with one more frame.
    pub(super) fn push(&mut self, frame: Frame, below: StackId) -> StackId {
        let stacks = &mut self.stacks;
        let program = self.program;
        *self.stack_ids.entry((frame, below)).or_insert_with(|| {
            let base = stacks[below as usize];
            let own = match frame {
                Frame::Call(state) => program.bytes[state as usize],
                Frame::Loop { id, min, .. } => {
                    let repetition = program.loops[id as usize];
                    min.saturating_mul(program.bytes[repetition.body as usize])
                        .saturating_add(program.bytes[repetition.then as usize])
                }
            };
            let bytes = base.bytes.saturating_add(own);
            stacks.push(Stack { frame, below, depth: base.depth + 1, bytes });
            (stacks.len() - 1) as StackId
        })
    }

    /// The number of a set of places, which are in order.
    pub(super) fn intern(&mut self, places: Vec<Place>, deepest: u32) -> SetId {
        if let Some(&id) = self.set_ids.get(&places) {
            let set = &mut self.sets[id as usize];
            set.deepest = set.deepest.max(deepest);
            return id;
        }
        let id = self.sets.len() as SetId;
        let distance = |place: &Place| {
            let stack = self.stacks[place.stack as usize].bytes;
            self.program.bytes[place.state as usize].saturating_add(stack)
        };
        let bytes = places.iter().map(distance).min().unwrap_or(u32::MAX);
        let classes = self.program.representatives.len();
        self.set_bytes += 2 * places.len() * size_of::<Place>()
            + classes * size_of::<SetId>()
            + 2 * size_of::<Set>();
        self.set_ids.insert(places.clone(), id);
        self.sets.push(Set { places, bytes, deepest });
        self.steps.resize(self.sets.len() * classes, UNKNOWN);
        id
    }

    /// Forgets everything but one set, whose new number it returns.
    pub(super) fn forget_all_but(&mut self, set: SetId) -> SetId {
        let places = self.set(set).places.clone();
        let deepest = self.set(set).deepest;
        let mut fresh = Self::new(self.program);
        fresh.is_overgrown = self.is_overgrown;
        let mut moved: Vec<Place> = places
            .into_iter()
            .map(|place| {
                let mut frames = Vec::new();
                let mut stack = place.stack;
                while stack != EMPTY {
                    frames.push(self.stack(stack).frame);
                    stack = self.stack(stack).below;
                }
                let stack =
                    frames.into_iter().rev().fold(EMPTY, |below, frame| fresh.push(frame, below));
                Place { state: place.state, stack }
            })
            .collect();
        moved.sort_unstable();
        let id = fresh.intern(moved, deepest);
        *self = fresh;
        id
    }
}
