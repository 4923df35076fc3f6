//! What a call does to the world, as the right that it needs.

use alloc::{borrow::ToOwned, string::String};
use core::fmt;

/// A right. Calls that harm nobody need none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    /// Read memories and the conversation.
    MemoryRead,
    /// Keep memories.
    MemoryWrite,
    /// Change the labelled blocks at the start of the context window.
    BlocksWrite,
    /// List and read files.
    FilesRead,
    /// Write files.
    FilesWrite,
    /// Run code in the sandbox.
    Code,
    /// Set what wakes the agent later.
    Schedule,
    /// Show a notice.
    Notify,
    /// Draw on the canvas.
    Canvas,
    /// Talk to a host on the network.
    Network {
        /// Its name or address.
        host: String,
    },
    /// Switch the machine off or start it anew.
    Power,
}

/// What comes of using a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing changes.
    Reads,
    /// Something changes, on the screen only.
    Shows,
    /// Something that lasts changes.
    Writes,
    /// Something leaves the machine.
    Sends,
    /// Something is done that code decides.
    Executes,
}

impl Effect {
    /// Whether calls with this effect may run side by side: what comes of one does not depend on
    /// whether another has run.
    pub const fn is_independent(self) -> bool {
        matches!(self, Self::Reads | Self::Sends)
    }
}

/// A text that names no right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCapability {
    /// The text.
    pub text: String,
}

/// The rights that take no name of a host.
const PLAIN: [(&str, Capability); 10] = [
    ("memory.read", Capability::MemoryRead),
    ("memory.write", Capability::MemoryWrite),
    ("blocks.write", Capability::BlocksWrite),
    ("fs.read", Capability::FilesRead),
    ("fs.write", Capability::FilesWrite),
    ("code", Capability::Code),
    ("schedule", Capability::Schedule),
    ("notify", Capability::Notify),
    ("canvas", Capability::Canvas),
    ("power", Capability::Power),
];

impl Capability {
    /// Stands for every host.
    pub const ANY_HOST: &str = "*";

    /// What comes of using it.
    pub const fn effect(&self) -> Effect {
        match self {
            Self::MemoryRead | Self::FilesRead => Effect::Reads,
            Self::Notify | Self::Canvas => Effect::Shows,
            Self::MemoryWrite | Self::BlocksWrite | Self::FilesWrite => Effect::Writes,
            Self::Network { .. } => Effect::Sends,
            Self::Code | Self::Schedule | Self::Power => Effect::Executes,
        }
    }

    /// Reads what [`fmt::Display`] writes: `fs.read`, `net:example.org`, `net:*`.
    ///
    /// # Errors
    /// A text that names no right.
    pub fn from_text(text: &str) -> Result<Self, UnknownCapability> {
        if let Some(host) = text.strip_prefix("net:")
            && !host.is_empty()
        {
            return Ok(Self::Network { host: host.to_ascii_lowercase() });
        }
        PLAIN
            .into_iter()
            .find(|(name, _)| *name == text)
            .map(|(_, capability)| capability)
            .ok_or_else(|| UnknownCapability { text: text.to_owned() })
    }

    /// Whether who holds this right may do what needs `other`.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Network { host }, Self::Network { .. }) if host == Self::ANY_HOST => true,
            _ => self == other,
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Network { host } = self {
            return write!(f, "net:{host}");
        }
        let name = PLAIN.iter().find(|(_, capability)| capability == self);
        f.write_str(name.map_or("", |(name, _)| name))
    }
}

impl fmt::Display for UnknownCapability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no capability \"{}\"; there are ", self.text)?;
        PLAIN.iter().try_for_each(|(name, _)| write!(f, "{name}, "))?;
        f.write_str("net:HOST and net:*")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn what_is_written_can_be_read() {
        let network = Capability::Network { host: "example.org".into() };
        for capability in PLAIN.into_iter().map(|(_, capability)| capability).chain([network]) {
            assert_eq!(Capability::from_text(&capability.to_string()), Ok(capability));
        }
        for text in ["", "net:", "fs", "FS.READ"] {
            let error = Capability::from_text(text).unwrap_err().to_string();
            assert!(error.starts_with(&alloc::format!("there is no capability \"{text}\"")));
        }
    }

    #[test]
    fn a_right_to_all_hosts_covers_each() {
        let network = |host: &str| Capability::Network { host: host.into() };
        assert!(network("*").covers(&network("example.org")));
        assert!(!network("example.org").covers(&network("example.com")));
        assert!(!network("*").covers(&Capability::Code));
        assert!(Capability::Code.covers(&Capability::Code));
    }
}
