//! Whether there is memory for a model, beside another or in its place. The file lies in memory of its
//! own, and everything else on the heap, which keeps what it once has taken.

use core::fmt;
use llm_inference::engine::Examined;
use llm_tools::measure::bytes;

/// Memory that is free, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Free {
    /// Held by nobody.
    pub frames: u64,
    /// Held by the heap and not given out.
    pub heap: u64,
}

/// What a model takes, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// Its file; 0 where that is in memory already.
    pub file: u64,
    /// Everything else, with the context that is wanted.
    pub wanted: u64,
    /// Everything else, with the least context.
    pub least: u64,
}

/// Where there is room for a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Beside the model in use.
    Beside,
    /// When the model in use has gone.
    InPlace,
    /// Not even then.
    Nowhere {
        /// What it takes; with the least context.
        need: Need,
        /// What would be free.
        free: Free,
    },
}

impl Need {
    /// Of a file of `file` bytes that is to be read into memory, or is there already (0).
    pub const fn new(file: u64, examined: &Examined) -> Self {
        Self { file, wanted: examined.wanted.total(), least: examined.least.total() }
    }
}

impl Room {
    /// Finds room for `need`, where `held` is what the model in use would set free.
    pub fn find(need: Need, free: Free, held: Free) -> Self {
        let without_it = Free { frames: free.frames + held.frames, heap: free.heap + held.heap };
        if free.holds(need.file, need.wanted) {
            Self::Beside
        } else if without_it.holds(need.file, need.least) {
            Self::InPlace
        } else {
            Self::Nowhere { need, free: without_it }
        }
    }
}

impl Free {
    /// Everything together.
    pub const fn total(self) -> u64 {
        self.frames.saturating_add(self.heap)
    }

    /// Whether a file has room, and so much more on the heap.
    fn holds(self, file: u64, more: u64) -> bool {
        let left = self.frames.checked_sub(file);
        left.is_some_and(|left| left.saturating_add(self.heap) >= more)
    }
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Beside => f.write_str("there is room beside the model in use"),
            Self::InPlace => f.write_str("there is room when the model in use has gone"),
            Self::Nowhere { need, free } => {
                let needed = bytes(need.file.saturating_add(need.least));
                write!(f, "it needs {needed} at least, {} of it for its file; ", bytes(need.file))?;
                let (all, frames) = (bytes(free.total()), bytes(free.frames));
                write!(f, "without the model in use {all} are free, {frames} of it for files")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    const MIB: u64 = 1 << 20;

    fn room(need: (u64, u64, u64), free: (u64, u64), held: (u64, u64)) -> Room {
        let [free, held] =
            [free, held].map(|(frames, heap)| Free { frames: frames * MIB, heap: heap * MIB });
        let (file, wanted, least) = need;
        Room::find(Need { file: file * MIB, wanted: wanted * MIB, least: least * MIB }, free, held)
    }

    #[test]
    fn the_model_in_use_stays_where_there_is_room_for_both() {
        assert_eq!(room((100, 50, 10), (150, 0), (0, 0)), Room::Beside);
        assert_eq!(room((100, 50, 10), (100, 50), (0, 0)), Room::Beside);
        assert_eq!(room((0, 50, 10), (0, 50), (0, 0)), Room::Beside);
    }

    #[test]
    fn it_goes_where_its_memory_is_needed_and_suffices() {
        assert_eq!(room((100, 50, 10), (149, 0), (0, 1)), Room::InPlace);
        assert_eq!(room((100, 50, 10), (60, 0), (40, 10)), Room::InPlace);
    }

    #[test]
    fn a_file_has_no_room_on_the_heap() {
        let refusal = room((100, 50, 10), (90, 500), (9, 500));
        assert!(matches!(refusal, Room::Nowhere { .. }));
        let refusal = room((100, 50, 10), (50, 0), (20, 5));
        let message = "it needs 110 MiB at least, 100 MiB of it for its file; without the model in \
                       use 75 MiB are free, 70 MiB of it for files";
        assert_eq!(refusal.to_string(), message);
    }
}
