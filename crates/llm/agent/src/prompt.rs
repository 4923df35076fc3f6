//! What every conversation begins with: who the agent is, and how a tool is called.
//!
//! The system prompt is short because its tokens are computed before the first answer, at a few
//! tokens a second on an emulated machine. The form of a call is taught by example turns, which
//! small models follow better than any description.

use alloc::vec::Vec;
use llm_inference::model::{Message, Role};

/// Who the agent is.
pub const SYSTEM_PROMPT: &str =
    "You are LLM OS, a helpful AI assistant. For arithmetic use the tool calc.";

/// A dialogue in which the tool is called where it should be, and not where it should not.
const EXAMPLES: [(Role, &str); 6] = [
    (Role::User, "What is 2*(3+4)?"),
    (
        Role::Assistant,
        "<tool_call>{\"name\": \"calc\", \"arguments\": {\"expr\": \"2*(3+4)\"}}</tool_call>",
    ),
    (Role::User, "Who wrote Hamlet?"),
    (Role::Assistant, "Shakespeare wrote Hamlet."),
    (Role::User, "Compute 50 minus 8"),
    (
        Role::Assistant,
        "<tool_call>{\"name\": \"calc\", \"arguments\": {\"expr\": \"50-8\"}}</tool_call>",
    ),
];

/// The messages pinned at the start of the window.
pub fn pinned(system_prompt: &str) -> Vec<Message> {
    core::iter::once((Role::System, system_prompt))
        .chain(EXAMPLES)
        .map(|(role, content)| Message::new(role, content))
        .collect()
}
