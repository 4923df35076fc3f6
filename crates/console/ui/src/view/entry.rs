//! What the transcript is made of.

use alloc::string::String;

/// Who speaks. Each role has its colour wherever it appears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The person at the keyboard.
    User,
    /// The model.
    Agent,
    /// The system: answers to commands, start texts, evictions.
    System,
    /// A tool call.
    Tool,
    /// Something that went wrong.
    Error,
}

impl Role {
    /// What the role is called on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::User => "you",
            Self::Agent => "agent",
            Self::System => "system",
            Self::Tool => "tool",
            Self::Error => "error",
        }
    }
}

/// A time of day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockTime {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
}

/// How a tool call ended, or that it has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Not yet ended.
    Running,
    /// It gave a result.
    Done,
    /// It failed or was denied.
    Failed,
}

/// Names a transcript entry for as long as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryId(pub(super) u64);

/// Names a tool call for as long as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallId(pub(super) u64);

/// One tool call, as the transcript and the tool log show it.
#[derive(Clone, Debug)]
pub struct ToolCall {
    pub(super) id: CallId,
    /// When it began.
    pub time: ClockTime,
    /// The tool.
    pub name: String,
    /// Its arguments, as one line.
    pub arguments: String,
    /// What it answered, or why it failed, as one line; empty while it runs.
    pub result: String,
    /// How long it took, in microseconds.
    pub duration_us: Option<u64>,
    /// How it ended.
    pub outcome: Outcome,
}

/// One contribution to the conversation.
#[derive(Clone, Debug)]
pub struct Entry {
    pub(super) id: EntryId,
    /// Counts changes other than growth at the end of the text.
    pub(crate) revision: u32,
    /// Who speaks.
    pub role: Role,
    /// What is said, in Markdown for the agent and the system, as typed for the user.
    pub text: String,
    /// When it began.
    pub time: ClockTime,
    /// Its length in the model's tokens.
    pub tokens: Option<u32>,
    /// How fast it was written, tokens a second.
    pub tokens_per_second: Option<f32>,
    /// Whether more of it is to come.
    pub is_streaming: bool,
    /// The call, for entries of [`Role::Tool`].
    pub call: Option<ToolCall>,
}

impl Entry {
    /// The entry's name.
    pub fn id(&self) -> EntryId {
        self.id
    }
}

impl EntryId {
    /// The name as a number.
    pub(crate) fn number(self) -> u64 {
        self.0
    }
}
