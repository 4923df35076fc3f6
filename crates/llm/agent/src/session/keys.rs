//! Under which keys the parts of a session stand in the store. A number never changes its meaning.

use alloc::{format, string::String};
use llm_context::TurnId;
use llm_memory::kinds::{AUDIT, SESSION, TURN};
use system_storage::Key;

/// Parameters, keyboard layout, system prompt.
pub const PREFERENCES: Key = Key::new(SESSION, 1);
/// The labelled blocks.
pub const BLOCKS: Key = Key::new(SESSION, 2);
/// The rights.
pub const GRANTS: Key = Key::new(SESSION, 3);
/// The reminders.
pub const SCHEDULE: Key = Key::new(SESSION, 4);
/// Where the chain of the audit log begins and ends.
pub const AUDIT_CHAIN: Key = Key::new(SESSION, 5);
/// Names and numbers of the conversations.
pub const CONVERSATIONS: Key = Key::new(SESSION, 6);
/// The parts that are kept whole.
pub const WHOLE: [Key; 6] = [PREFERENCES, BLOCKS, GRANTS, SCHEDULE, AUDIT_CHAIN, CONVERSATIONS];

/// Lines of input begin here, a record each.
const LINES: u64 = 1 << 32;
/// Lines that are counted so far never come.
const MAX_LINES: u64 = 1 << 62;

/// Bits of a turn's number; those above are its conversation's.
const TURN_BITS: u32 = 40;
/// The highest number of a turn that is read: as many again can follow.
pub const MAX_TURN: TurnId = TurnId((1 << (TURN_BITS - 1)) - 1);
/// The highest number of a conversation.
pub const MAX_CONVERSATION: u32 = (1 << (u64::BITS - TURN_BITS)) - 1;

/// The key of a line of input, counted from 0.
pub const fn line(number: u64) -> Key {
    Key::new(SESSION, LINES + number)
}

/// Which line of input a key is of.
pub fn line_of(key: Key) -> Option<u64> {
    let number = key.id.checked_sub(LINES).filter(|number| *number < MAX_LINES)?;
    (key.kind == SESSION).then_some(number)
}

/// The key of a turn of a conversation.
pub const fn turn(conversation: u32, turn: TurnId) -> Key {
    Key::new(TURN, (conversation as u64) << TURN_BITS | turn.0 & ((1 << TURN_BITS) - 1))
}

/// Which turn of which conversation a key is of.
pub fn turn_of(key: Key) -> Option<(u32, TurnId)> {
    let turn = TurnId(key.id & ((1 << TURN_BITS) - 1));
    (key.kind == TURN).then_some(((key.id >> TURN_BITS) as u32, turn))
}

/// The key of a record of the audit log.
pub const fn audit(number: u64) -> Key {
    Key::new(AUDIT, number)
}

/// Whether a key is of anything that this version knows.
pub fn is_known(key: Key) -> bool {
    WHOLE.contains(&key) || line_of(key).is_some() || matches!(key.kind, TURN | AUDIT)
}

/// What a key is of, for a person.
pub fn name(key: Key) -> String {
    if let Some((conversation, turn)) = turn_of(key) {
        return format!("turn {} of conversation {conversation}", turn.0);
    }
    if let Some(line) = line_of(key) {
        return format!("line {} of the input history", line + 1);
    }
    match key {
        PREFERENCES => "the settings".into(),
        BLOCKS => "the blocks".into(),
        GRANTS => "the rights".into(),
        SCHEDULE => "the reminders".into(),
        AUDIT_CHAIN => "the chain of the audit log".into(),
        CONVERSATIONS => "the list of conversations".into(),
        Key { id, .. } => format!("record {id} of the audit log"),
    }
}
