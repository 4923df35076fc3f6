//! Recall storage: the turns that were paged out, word for word.
//!
//! The window puts them here; whoever looks for something said earlier reads them. Copies share the
//! turns, so a branch of a conversation costs next to nothing.

use crate::TurnId;
use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use core::mem::size_of;
use llm_inference::model::Message;

/// Bytes an archive holds where its owner says nothing else.
pub const DEFAULT_LIMIT_BYTES: usize = 8 << 20;

/// A turn that was paged out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedTurn {
    /// Which one.
    pub turn: TurnId,
    /// All that was said in it, oldest first; recalled texts are not, they stand elsewhere.
    pub messages: Vec<Message>,
    /// Tokens the messages took in the window.
    pub tokens: usize,
    /// When it came: the turn at the end of the window then; [`TurnId::NONE`] if there was none.
    pub came_during: TurnId,
    /// Whether text that somebody else wrote stood in it, be it in the messages or in what was
    /// recalled for it.
    pub held_outside_data: bool,
}

impl ArchivedTurn {
    /// The memory it takes.
    pub fn len_bytes(&self) -> usize {
        let message = |message: &Message| size_of::<Message>() + message.len_bytes();
        size_of::<Self>() + self.messages.iter().map(message).sum::<usize>()
    }
}

/// The turns that were paged out, up to a number of bytes.
#[derive(Clone, Debug)]
pub struct Archive {
    turns: Arc<BTreeMap<TurnId, Arc<ArchivedTurn>>>,
    limit_bytes: usize,
    len_bytes: usize,
    tokens: usize,
    forgotten_turns: u64,
    forgotten_bytes: u64,
}

impl Archive {
    /// An empty archive that holds `limit_bytes`.
    pub(crate) fn new(limit_bytes: usize) -> Self {
        Self {
            turns: Arc::default(),
            limit_bytes,
            len_bytes: 0,
            tokens: 0,
            forgotten_turns: 0,
            forgotten_bytes: 0,
        }
    }

    /// A turn, if it is here.
    pub fn get(&self, turn: TurnId) -> Option<&ArchivedTurn> {
        self.turns.get(&turn).map(Arc::as_ref)
    }

    /// All turns, oldest first, as the archive shares them with its copies: a turn that is the same
    /// in memory is the same in every word.
    pub fn shared(
        &self,
    ) -> impl DoubleEndedIterator<Item = &Arc<ArchivedTurn>> + ExactSizeIterator {
        self.turns.values()
    }

    /// All turns, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &ArchivedTurn> + ExactSizeIterator {
        self.turns.values().map(Arc::as_ref)
    }

    /// Number of turns.
    pub fn len(&self) -> usize {
        self.turns.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// Bytes it may hold.
    pub const fn limit_bytes(&self) -> usize {
        self.limit_bytes
    }

    /// Bytes it holds: texts, and what every message and turn costs.
    pub const fn len_bytes(&self) -> usize {
        self.len_bytes
    }

    /// Tokens its turns took in the window.
    pub const fn tokens(&self) -> usize {
        self.tokens
    }

    /// Turns dropped for want of room since the conversation began.
    pub const fn forgotten_turns(&self) -> u64 {
        self.forgotten_turns
    }

    /// Bytes of the turns dropped.
    pub const fn forgotten_bytes(&self) -> u64 {
        self.forgotten_bytes
    }

    /// Changes the limit; gives the turns that were dropped for it, oldest first.
    pub(crate) fn set_limit(&mut self, limit_bytes: usize) -> Vec<TurnId> {
        self.limit_bytes = limit_bytes;
        self.shrink()
    }

    /// Takes a turn in; gives the turns that were dropped for it, oldest first.
    pub(crate) fn insert(&mut self, turn: ArchivedTurn) -> Vec<TurnId> {
        self.len_bytes += turn.len_bytes();
        self.tokens += turn.tokens;
        let previous = Arc::make_mut(&mut self.turns).insert(turn.turn, Arc::new(turn));
        debug_assert!(previous.is_none(), "a turn is paged out once");
        self.shrink()
    }

    /// Drops the oldest turns that are beyond the limit.
    fn shrink(&mut self) -> Vec<TurnId> {
        let mut forgotten = Vec::new();
        while self.len_bytes > self.limit_bytes
            && let Some((id, turn)) = Arc::make_mut(&mut self.turns).pop_first()
        {
            let bytes = turn.len_bytes();
            self.len_bytes -= bytes;
            self.tokens -= turn.tokens;
            self.forgotten_turns += 1;
            self.forgotten_bytes += bytes as u64;
            forgotten.push(id);
        }
        forgotten
    }
}

impl Default for Archive {
    fn default() -> Self {
        Self::new(DEFAULT_LIMIT_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use llm_inference::model::Role;

    fn turn(id: u64, len: usize) -> ArchivedTurn {
        let messages = vec![Message::new(Role::User, "x".repeat(len))];
        ArchivedTurn {
            turn: TurnId(id),
            messages,
            tokens: len,
            came_during: TurnId(id + 1),
            held_outside_data: false,
        }
    }

    #[test]
    fn turns_are_found_by_number_and_come_oldest_first_however_they_came() {
        let mut archive = Archive::default();
        for id in [3, 1, 2] {
            assert_eq!(archive.insert(turn(id, 10)), []);
        }
        assert_eq!(archive.get(TurnId(3)), Some(&turn(3, 10)));
        assert_eq!(archive.get(TurnId(4)), None);
        let ids: Vec<u64> = archive.iter().map(|turn| turn.turn.0).collect();
        assert_eq!(ids, [1, 2, 3]);
        assert_eq!((archive.len(), archive.tokens()), (3, 30));
    }

    #[test]
    fn beyond_the_limit_the_oldest_go_and_are_counted() {
        let one = turn(1, 100).len_bytes();
        let mut archive = Archive::new(2 * one);
        assert_eq!(archive.insert(turn(1, 100)), []);
        assert_eq!(archive.insert(turn(2, 100)), []);
        assert_eq!(archive.insert(turn(3, 100)), [TurnId(1)]);
        assert_eq!(archive.len_bytes(), 2 * one);
        assert_eq!(archive.set_limit(one), [TurnId(2)]);
        assert_eq!((archive.forgotten_turns(), archive.forgotten_bytes()), (2, 2 * one as u64));
        // One that is larger than the whole archive takes all others with it.
        assert_eq!(archive.insert(turn(4, 101)), [TurnId(3), TurnId(4)]);
        assert_eq!((archive.len(), archive.len_bytes(), archive.tokens()), (0, 0, 0));
    }

    #[test]
    fn copies_share_their_turns_until_one_of_them_changes() {
        let mut archive = Archive::default();
        archive.insert(turn(1, 10));
        let mut branch = archive.clone();
        assert!(Arc::ptr_eq(&archive.turns, &branch.turns));
        branch.insert(turn(2, 10));
        assert_eq!((archive.len(), branch.len()), (1, 2));
        let [ours, theirs] = [&archive, &branch].map(|a| a.get(TurnId(1)).unwrap() as *const _);
        assert_eq!(ours, theirs);
    }
}
