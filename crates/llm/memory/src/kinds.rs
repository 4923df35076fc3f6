//! Kinds of records in the store: who keeps what under which number.
//!
//! A number never changes its meaning, since stores outlive programs.

/// A memory; the id is the memory's.
pub const MEMORY: u16 = 1;
/// A file whose chunks are memories; the id is the file's.
pub const FILE: u16 = 2;
/// The index of vectors, saved so that it need not be built again.
pub const INDEX: u16 = 3;
/// A part of the session that is kept whole: blocks, rights, reminders, settings.
pub const SESSION: u16 = 16;
/// A turn of a conversation.
pub const TURN: u16 = 17;
/// A record of the audit log; the id is its number.
pub const AUDIT: u16 = 18;
/// The computed state of the beginning of prompts, for a warm start.
pub const PREFIX: u16 = 32;

/// What a kind of record is called.
pub const fn name(kind: u16) -> &'static str {
    match kind {
        MEMORY => "memory",
        FILE => "file",
        INDEX => "index",
        SESSION => "session",
        TURN => "turn",
        AUDIT => "audit",
        PREFIX => "prefix",
        _ => "unknown",
    }
}
