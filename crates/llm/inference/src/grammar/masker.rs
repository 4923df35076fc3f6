//! Which tokens are allowed at a place in the grammar: the machine walks the vocabulary's trie.
//!
//! Where little is allowed the walk is short. Where nearly everything is, as within a string, it
//! visits the whole vocabulary, so its result is kept in a form that holds wherever that string
//! stands: what happens on the place's own stack, without the stack of its callers ([`Local`]). Only
//! tokens that go on after the string are followed again for each caller. (XGrammar, Dong et al.
//! 2024, splits its vocabulary the same way.)

use super::{
    machine::{DEAD, EMPTY, END, Frame, MAX_DEPTH, Machine, Place, SetId, StackId},
    mask::TokenMask,
    program::{Program, RETURN, State, UNLIMITED},
    trie::{NONE, Node, TokenTrie, Walker},
};
use crate::model::TokenId;
use alloc::{collections::BTreeMap, vec::Vec};

/// Memory for what was found out: beyond it everything is forgotten and found out anew.
const CACHE_BYTES: usize = 16 << 20;
/// A place is worth a [`Local`] if it takes at least so many different bytes.
const WIDE: u32 = 64;
/// At most so many places of a set are looked up one by one.
const MAX_LOCALS: usize = 4;

/// The tokens that are allowed at a place, as far as its own stack can tell.
#[derive(Clone, Debug)]
struct Local {
    /// Those that do not go beyond the end of the place's own stack.
    mask: TokenMask,
    /// Nodes of the trie at which that end is reached, and tokens go on.
    exits: Vec<u32>,
    /// The most bytes that it can be to that end after an allowed token.
    farthest: u32,
    /// As [`super::machine::Set::deepest`].
    deepest: u32,
}

/// The tokens that are allowed in a set of places.
#[derive(Clone, Debug)]
pub(super) struct Allowed {
    pub(super) mask: TokenMask,
    /// It is at most so many bytes to the end of the grammar after any of them.
    pub(super) farthest: u32,
}

/// A place with what is above the return to its caller, and the rest.
struct Split {
    own: Place,
    /// The stack whose top is the return to the caller.
    caller: StackId,
    /// Bytes to the end that `own` does not know of.
    hidden_bytes: u32,
}

/// The machine of a grammar, with the masks of a vocabulary.
#[derive(Clone, Debug)]
pub(super) struct Masker<'g> {
    pub(super) machine: Machine<'g>,
    pub(super) trie: &'g TokenTrie,
    masks: BTreeMap<SetId, Allowed>,
    locals: BTreeMap<Place, Local>,
    /// Bytes taken by `masks` and `locals`.
    len_bytes: usize,
    /// Scratch of the walks.
    states: Vec<u32>,
}

impl<'g> Masker<'g> {
    pub(super) fn new(program: &'g Program, trie: &'g TokenTrie) -> Self {
        Self {
            machine: Machine::new(program),
            trie,
            masks: BTreeMap::new(),
            locals: BTreeMap::new(),
            len_bytes: 0,
            states: Vec::new(),
        }
    }

    /// Keeps memory bounded: gives `set` a new number if everything had to be forgotten.
    pub(super) fn tidy(&mut self, set: SetId) -> SetId {
        if self.len_bytes + self.machine.len_bytes() <= CACHE_BYTES {
            return set;
        }
        self.forget_all_but(set)
    }

    /// Forgets everything but one set, whose new number it returns.
    pub(super) fn forget_all_but(&mut self, set: SetId) -> SetId {
        self.masks.clear();
        self.locals.clear();
        self.len_bytes = 0;
        self.machine.forget_all_but(set)
    }

    /// Where a token's bytes lead; [`DEAD`] if it is not allowed.
    pub(super) fn advance(&mut self, set: SetId, bytes: &[u8]) -> SetId {
        bytes.iter().fold(set, |set, &byte| self.machine.step(set, byte))
    }

    /// The tokens that are allowed in a set; no token that ends a turn is among them.
    pub(super) fn allowed(&mut self, set: SetId) -> &Allowed {
        if !self.masks.contains_key(&set) {
            let allowed = self.compute(set);
            self.len_bytes += allowed.mask.len_bytes() + size_of::<Allowed>();
            self.masks.insert(set, allowed);
        }
        &self.masks[&set]
    }

    /// The allowed tokens after which it is at most `limit` bytes to the end; if there are none and
    /// the grammar may not end here, those that come nearest.
    pub(super) fn allowed_within(&mut self, set: SetId, limit: u32) -> TokenMask {
        let may_end = self.machine.set(set).is_end();
        let mask = TokenMask::none(self.trie.vocabulary());
        let mut walk = Nearest { machine: &mut self.machine, mask, limit, nearest: u32::MAX };
        self.trie.walk(self.trie.all(), &mut self.states, set, &mut walk);
        if walk.nearest > limit && !may_end {
            walk.limit = walk.nearest;
            self.trie.walk(self.trie.all(), &mut self.states, set, &mut walk);
        }
        let mut mask = walk.mask;
        self.trie.allow_twins(&mut mask);
        mask
    }

    fn compute(&mut self, set: SetId) -> Allowed {
        let mut allowed = Allowed { mask: TokenMask::none(self.trie.vocabulary()), farthest: 0 };
        let places = self.machine.set(set).places.clone();
        let is_wide = |place: &Place| self.is_wide(*place);
        let (mut wide, mut rest): (Vec<Place>, Vec<Place>) = places.into_iter().partition(is_wide);
        if wide.len() > MAX_LOCALS {
            rest.append(&mut wide);
            rest.sort_unstable();
        }
        for place in wide {
            if !self.add_local(place, &mut allowed) {
                rest.push(place);
            }
        }
        rest.retain(|&place| place != END);
        rest.sort_unstable();
        let rest = self.machine.intern(rest, 0);
        self.add_walk(self.trie.all(), rest, &mut allowed);
        self.trie.allow_twins(&mut allowed.mask);
        allowed
    }

    /// Whether a place takes so much that a walk from there is long.
    fn is_wide(&self, place: Place) -> bool {
        match &self.machine.program.states[place.state as usize] {
            State::Byte(edges) => {
                let width = |edge: &super::program::Edge| u32::from(edge.last - edge.first) + 1;
                edges.iter().map(width).sum::<u32>() >= WIDE
            }
            _ => false,
        }
    }

    /// Adds what a walk from `set` through some nodes finds.
    fn add_walk(&mut self, nodes: (usize, usize), set: SetId, allowed: &mut Allowed) {
        let mut walk = Collect { machine: &mut self.machine, allowed };
        self.trie.walk(nodes, &mut self.states, set, &mut walk);
    }

    /// Adds what is allowed at a wide place; whether its stack allowed that.
    fn add_local(&mut self, place: Place, allowed: &mut Allowed) -> bool {
        let split = self.split(place);
        if !self.locals.contains_key(&split.own) {
            let local = self.local(split.own);
            self.len_bytes += local.mask.len_bytes() + local.exits.len() * 4 + size_of::<Local>();
            self.locals.insert(split.own, local);
        }
        let local = &self.locals[&split.own];
        let depth = self.machine.stack(split.caller).depth;
        if depth.saturating_add(local.deepest) > MAX_DEPTH {
            return false;
        }
        allowed.mask.allow_all_of(&local.mask);
        allowed.farthest = allowed.farthest.max(local.farthest.saturating_add(split.hidden_bytes));
        if split.caller != EMPTY {
            let exits = local.exits.clone();
            let after =
                self.machine.close(alloc::vec![Place { state: RETURN, stack: split.caller }]);
            for exit in exits {
                self.add_walk(self.trie.below(exit as usize), after, allowed);
            }
        }
        true
    }

    /// Cuts a place's stack at the first return to a caller. Counts that no token can exhaust
    /// become the same count, so that a string of 100 characters more looks like one of 200.
    fn split(&mut self, place: Place) -> Split {
        let longest = self.trie.longest as u32 + 2;
        let mut frames = Vec::new();
        let mut caller = place.stack;
        while caller != EMPTY {
            let top = self.machine.stack(caller);
            let Frame::Loop { id, min, max } = top.frame else { break };
            let max = if max > longest { UNLIMITED } else { max };
            frames.push(Frame::Loop { id, min: min.min(longest), max });
            caller = top.below;
        }
        let machine = &mut self.machine;
        let stack = frames.into_iter().rev().fold(EMPTY, |below, frame| machine.push(frame, below));
        let all_bytes = machine.stack(place.stack).bytes;
        let hidden_bytes = all_bytes.saturating_sub(machine.stack(stack).bytes);
        Split { own: Place { state: place.state, stack }, caller, hidden_bytes }
    }

    fn local(&mut self, place: Place) -> Local {
        let start = self.machine.intern(alloc::vec![place], 0);
        let local = Local {
            mask: TokenMask::none(self.trie.vocabulary()),
            exits: Vec::new(),
            farthest: 0,
            deepest: 0,
        };
        let mut walk = WithExits { machine: &mut self.machine, local };
        self.trie.walk(self.trie.all(), &mut self.states, start, &mut walk);
        walk.local
    }
}

fn step(machine: &mut Machine<'_>, set: SetId, byte: u8) -> Option<SetId> {
    Some(machine.step(set, byte)).filter(|&next| next != DEAD)
}

/// Collects all allowed tokens.
struct Collect<'m, 'g> {
    machine: &'m mut Machine<'g>,
    allowed: &'m mut Allowed,
}

impl Walker for Collect<'_, '_> {
    fn step(&mut self, set: SetId, byte: u8) -> Option<SetId> {
        step(self.machine, set, byte)
    }

    fn visit(&mut self, _: usize, node: &Node, set: SetId) {
        if node.token != NONE {
            self.allowed.mask.allow(TokenId(node.token));
            self.allowed.farthest = self.allowed.farthest.max(self.machine.set(set).bytes);
        }
    }
}

/// Collects the tokens after which it is not far to the end.
struct Nearest<'m, 'g> {
    machine: &'m mut Machine<'g>,
    mask: TokenMask,
    limit: u32,
    /// The fewest bytes to the end after any token.
    nearest: u32,
}

impl Walker for Nearest<'_, '_> {
    fn step(&mut self, set: SetId, byte: u8) -> Option<SetId> {
        step(self.machine, set, byte)
    }

    fn visit(&mut self, _: usize, node: &Node, set: SetId) {
        if node.token != NONE {
            let bytes = self.machine.set(set).bytes;
            self.nearest = self.nearest.min(bytes);
            if bytes <= self.limit {
                self.mask.allow(TokenId(node.token));
            }
        }
    }
}

/// Collects a [`Local`].
struct WithExits<'m, 'g> {
    machine: &'m mut Machine<'g>,
    local: Local,
}

impl Walker for WithExits<'_, '_> {
    fn step(&mut self, set: SetId, byte: u8) -> Option<SetId> {
        step(self.machine, set, byte)
    }

    fn visit(&mut self, index: usize, node: &Node, set: SetId) {
        let set = self.machine.set(set);
        self.local.deepest = self.local.deepest.max(set.deepest);
        if node.token != NONE {
            self.local.mask.allow(TokenId(node.token));
            self.local.farthest = self.local.farthest.max(set.bytes);
        }
        if set.is_end() && node.end as usize > index + 1 {
            self.local.exits.push(index as u32);
        }
    }
}
