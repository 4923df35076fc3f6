//! Labelled blocks: what the agent always has before its eyes, pinned at the start of the window.
//!
//! The agent edits them with the tool `edit_block`, the person with `/block` (as in MemGPT, Packer
//! et al. 2023). They are bounded, since they cost tokens of every prompt.

use alloc::{format, string::String};
use core::fmt;
use llm_record::{Node, RecordError};
use serde_json::{Map, Value};

/// The longest block, in bytes.
pub const MAX_BLOCK_BYTES: usize = 512;

/// What a block is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Who the agent is.
    Persona,
    /// Who the person is.
    User,
    /// What they are at.
    Task,
}

impl Label {
    /// All labels, in the order they stand in the prompt.
    pub const ALL: [Self; 3] = [Self::Persona, Self::User, Self::Task];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Persona => "persona",
            Self::User => "user",
            Self::Task => "task",
        }
    }

    /// The label of this name.
    ///
    /// # Errors
    /// There is none.
    pub fn from_name(name: &str) -> Result<Self, BlockError> {
        let is_named = |label: &Self| label.as_str().eq_ignore_ascii_case(name);
        Self::ALL
            .into_iter()
            .find(is_named)
            .ok_or_else(|| BlockError::UnknownLabel { name: name.into() })
    }
}

/// How a block is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The text takes the place of what was there.
    Replace,
    /// The text is added as a sentence of its own.
    Append,
}

/// A block that cannot be changed so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockError {
    /// There is no such block.
    UnknownLabel {
        /// The name asked for.
        name: String,
    },
    /// The block would be longer than [`MAX_BLOCK_BYTES`].
    TooLong {
        /// The length it would have, in bytes.
        len_bytes: usize,
    },
}

/// The blocks of one agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocks {
    texts: [String; 3],
}

impl Blocks {
    /// The text of a block; empty at first.
    pub fn get(&self, label: Label) -> &str {
        &self.texts[label as usize]
    }

    /// Changes a block.
    ///
    /// # Errors
    /// It would be too long; then nothing has changed.
    pub fn edit(&mut self, label: Label, edit: Edit, text: &str) -> Result<(), BlockError> {
        let text = text.trim();
        let block = &mut self.texts[label as usize];
        let changed = match edit {
            Edit::Append if !block.is_empty() => format!("{block} {text}"),
            _ => text.into(),
        };
        if changed.len() > MAX_BLOCK_BYTES {
            return Err(BlockError::TooLong { len_bytes: changed.len() });
        }
        *block = changed;
        Ok(())
    }

    /// What of them stands in the prompt: a line for each block that is not empty, with its text as
    /// `shown`.
    pub fn rendered(&self, shown: impl Fn(Label) -> String) -> String {
        let mut text = String::new();
        for label in Label::ALL {
            if !self.get(label).is_empty() {
                text.push_str(&format!("\n[{}] {}", label.as_str(), shown(label)));
            }
        }
        text
    }

    /// The blocks as a record keeps them: an object with the text of each.
    pub fn to_json(&self) -> Value {
        let field = |label: Label| (label.as_str().into(), self.get(label).into());
        Value::Object(Label::ALL.map(field).into_iter().collect::<Map<_, _>>())
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// The first block that is missing, no text, or too long.
    pub fn from_json(node: &Node<'_>) -> Result<Self, RecordError> {
        let mut blocks = Self::default();
        for label in Label::ALL {
            let text = node.get(label.as_str())?;
            let edited = blocks.edit(label, Edit::Replace, text.text()?);
            edited.map_err(|error| text.refused(&error))?;
        }
        Ok(blocks)
    }
}

impl fmt::Display for BlockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownLabel { name } => {
                write!(f, "there is no block \"{name}\"; there are persona, user and task")
            }
            Self::TooLong { len_bytes } => write!(
                f,
                "the block would have {len_bytes} bytes; {MAX_BLOCK_BYTES} are allowed: replace it by something shorter"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn blocks_are_replaced_added_to_and_bounded() {
        let rendered_of = |blocks: &Blocks| blocks.rendered(|label| blocks.get(label).into());
        let mut blocks = Blocks::default();
        assert_eq!(rendered_of(&blocks), "");
        blocks.edit(Label::User, Edit::Append, "Her name is Ann.").unwrap();
        blocks.edit(Label::User, Edit::Append, " She likes tea. ").unwrap();
        blocks.edit(Label::Task, Edit::Replace, "Plan the trip.").unwrap();
        let rendered = "\n[user] Her name is Ann. She likes tea.\n[task] Plan the trip.";
        assert_eq!(rendered_of(&blocks), rendered);
        let error = blocks.edit(Label::Task, Edit::Append, &"x".repeat(500)).unwrap_err();
        assert_eq!(error, BlockError::TooLong { len_bytes: 515 });
        assert_eq!(rendered_of(&blocks), rendered);
        blocks.edit(Label::User, Edit::Replace, "").unwrap();
        assert_eq!(rendered_of(&blocks), "\n[task] Plan the trip.");
    }

    #[test]
    fn blocks_are_kept_as_json() {
        let mut blocks = Blocks::default();
        blocks.edit(Label::User, Edit::Replace, "Her name is \"Ann\".").unwrap();
        let json = blocks.to_json();
        let text = r#"{"persona":"","user":"Her name is \"Ann\".","task":""}"#;
        assert_eq!(json.to_string(), text);
        assert_eq!(Blocks::from_json(&Node::new("blocks", &json)), Ok(blocks));
        let long = serde_json::json!({"persona": "", "user": "x".repeat(513), "task": ""});
        let error = Blocks::from_json(&Node::new("blocks", &long)).unwrap_err().to_string();
        assert!(error.starts_with("blocks.user: the block would have 513 bytes"), "{error}");
    }

    #[test]
    fn labels_are_found_by_name() {
        assert_eq!(Label::from_name("Persona"), Ok(Label::Persona));
        assert_eq!(
            Label::from_name("mood").unwrap_err().to_string(),
            "there is no block \"mood\"; there are persona, user and task"
        );
    }
}
