//! Which number each conversation has in the store.

use super::keys::MAX_CONVERSATION;
use alloc::{
    collections::{BTreeMap, BTreeSet},
    string::String,
};

/// A conversation: a branch, or one that `/save` keeps.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conversation {
    pub is_saved: bool,
    pub name: String,
}

/// The numbers of the conversations, and those that nobody may have.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    numbers: BTreeMap<Conversation, u32>,
    /// Numbers under which something stands that could not be read and is left alone.
    reserved: BTreeSet<u32>,
}

impl Numbers {
    /// The number of a conversation: the lowest that is free, if it has none yet.
    pub fn of(&mut self, conversation: Conversation) -> u32 {
        let taken: BTreeSet<u32> = self.numbers.values().chain(&self.reserved).copied().collect();
        let free = || (1..MAX_CONVERSATION).find(|number| !taken.contains(number));
        // There is no memory for sixteen million conversations.
        *self.numbers.entry(conversation).or_insert_with(|| free().unwrap_or(MAX_CONVERSATION))
    }

    /// Gives a conversation the number that it had.
    pub fn set(&mut self, conversation: Conversation, number: u32) {
        self.numbers.insert(conversation, number);
    }

    /// Has a conversation be given another number.
    pub fn forget(&mut self, conversation: &Conversation) {
        self.numbers.remove(conversation);
    }

    /// Sees to it that nobody is given a number.
    pub fn reserve(&mut self, number: u32) {
        self.reserved.insert(number);
    }
}
