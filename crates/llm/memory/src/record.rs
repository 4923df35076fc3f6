//! Memories and files as records of the store.
//!
//! A memory: the length of a JSON object in four bytes, the object, and where there is a vector its
//! maker's fingerprint (8 bytes), its scale (4) and its codes, a byte each, to the end. A file: a JSON
//! object. All numbers are little endian. What a program does not know in an object it leaves alone;
//! a later `version` it refuses.

use crate::{
    Codes,
    entry::{Entry, Kind, USUAL_IMPORTANCE},
};
use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;
use serde_json::{Value, json};

/// The version that is written.
const VERSION: u64 = 1;
/// Bytes between the object and the codes.
const VECTOR_HEADER: usize = 12;

/// A record that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordError {
    /// It ends too early.
    Cut {
        /// Its length in bytes.
        len_bytes: usize,
    },
    /// It holds no JSON object where one should be.
    NoObject,
    /// A later version of the system wrote it.
    Newer {
        /// That version of the record.
        version: u64,
    },
    /// Something in the object is missing or of another type.
    Field {
        /// Its name.
        name: &'static str,
    },
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut { len_bytes } => write!(f, "the record ends after {len_bytes} bytes"),
            Self::NoObject => f.write_str("the record holds no JSON object"),
            Self::Newer { version } => {
                write!(f, "the record has version {version}, this system knows up to {VERSION}")
            }
            Self::Field { name } => write!(f, "\"{name}\" of the record is missing or wrong"),
        }
    }
}

/// A memory and its vector as a record.
pub fn encode(entry: &Entry, vector: Option<&Codes>) -> Vec<u8> {
    let mut object = json!({ "version": VERSION, "kind": entry.kind.as_str(), "text": entry.text });
    let mut set = |name: &str, value: Value| object[name] = value;
    if let Some(unix_s) = entry.unix_s {
        set("unix_s", unix_s.into());
    }
    if !entry.source.is_empty() {
        set("source", entry.source.clone().into());
    }
    if let Some((first, last)) = entry.lines {
        set("lines", json!([first, last]));
    }
    if !entry.under.is_empty() {
        set("under", entry.under.clone().into());
    }
    if !entry.tags.is_empty() {
        set("tags", entry.tags.clone().into());
    }
    if entry.importance != USUAL_IMPORTANCE {
        set("importance", entry.importance.into());
    }
    if entry.is_from_outside {
        set("outside", true.into());
    }
    if let Some(older) = entry.supersedes {
        set("supersedes", older.into());
    }
    let object = object.to_string();
    let mut bytes =
        Vec::with_capacity(4 + object.len() + vector.map_or(0, |it| it.codes.len() + 12));
    bytes.extend_from_slice(&(object.len() as u32).to_le_bytes());
    bytes.extend_from_slice(object.as_bytes());
    if let Some(Codes { fingerprint, scale, codes }) = vector {
        bytes.extend_from_slice(&fingerprint.to_le_bytes());
        bytes.extend_from_slice(&scale.to_le_bytes());
        bytes.extend(codes.iter().map(|&code| code as u8));
    }
    bytes
}

/// The memory of a record, and its vector.
///
/// # Errors
/// The record is no such record, or a later version's.
pub fn decode(id: u64, bytes: &[u8]) -> Result<(Entry, Option<Codes>), RecordError> {
    let cut = RecordError::Cut { len_bytes: bytes.len() };
    let (object, rest) = split(bytes).ok_or(cut)?;
    let object = object_of(object)?;
    let entry = Entry {
        id,
        text: string(&object, "text")?.ok_or(RecordError::Field { name: "text" })?,
        kind: object["kind"]
            .as_str()
            .and_then(Kind::from_name)
            .ok_or(RecordError::Field { name: "kind" })?,
        unix_s: optional(&object, "unix_s", Value::as_i64)?,
        source: string(&object, "source")?.unwrap_or_default(),
        lines: optional(&object, "lines", lines)?,
        under: string(&object, "under")?.unwrap_or_default(),
        tags: optional(&object, "tags", tags)?.unwrap_or_default(),
        importance: optional(&object, "importance", Value::as_f64)?
            .map_or(USUAL_IMPORTANCE, |importance| importance as f32),
        is_from_outside: optional(&object, "outside", Value::as_bool)?.unwrap_or(false),
        supersedes: optional(&object, "supersedes", Value::as_u64)?,
    };
    let vector = match rest.split_at_checked(VECTOR_HEADER) {
        None if rest.is_empty() => None,
        None => return Err(cut),
        Some((header, codes)) => {
            let (fingerprint, scale) = header.split_at(8);
            let scale = f32::from_le_bytes(scale.try_into().map_err(|_| cut)?);
            Some(Codes {
                fingerprint: u64::from_le_bytes(fingerprint.try_into().map_err(|_| cut)?),
                scale: if scale.is_finite() { scale } else { 0.0 },
                codes: codes.iter().map(|&code| code as i8).collect(),
            })
        }
    };
    Ok((entry, vector))
}

/// The JSON object of a memory's record, and what stands behind it; `None` where the record ends before.
pub fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_le_bytes(*len) as usize)
}

/// A file whose chunks are memories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRecord {
    /// Its path.
    pub path: String,
    /// A hash of its bytes.
    pub hash: u64,
    /// The memories, in the file's order.
    pub chunks: Vec<u64>,
}

impl FileRecord {
    /// The record's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let Self { path, hash, chunks } = self;
        let object = json!({ "version": VERSION, "path": path, "hash": hash, "chunks": chunks });
        object.to_string().into_bytes()
    }

    /// The file of a record.
    ///
    /// # Errors
    /// As [`decode`].
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let object = object_of(bytes)?;
        let field = |name| RecordError::Field { name };
        let numbers = |value: &Value| value.as_array()?.iter().map(Value::as_u64).collect();
        Ok(Self {
            path: string(&object, "path")?.ok_or(field("path"))?,
            hash: optional(&object, "hash", Value::as_u64)?.ok_or(field("hash"))?,
            chunks: optional(&object, "chunks", numbers)?.ok_or(field("chunks"))?,
        })
    }
}

fn object_of(bytes: &[u8]) -> Result<Value, RecordError> {
    let object: Value = serde_json::from_slice(bytes).map_err(|_| RecordError::NoObject)?;
    if !object.is_object() {
        return Err(RecordError::NoObject);
    }
    match object["version"].as_u64() {
        None => Err(RecordError::Field { name: "version" }),
        Some(version) if version > VERSION => Err(RecordError::Newer { version }),
        Some(_) => Ok(object),
    }
}

fn optional<T>(
    object: &Value,
    name: &'static str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, RecordError> {
    match object.get(name) {
        None => Ok(None),
        Some(value) => read(value).map(Some).ok_or(RecordError::Field { name }),
    }
}

fn string(object: &Value, name: &'static str) -> Result<Option<String>, RecordError> {
    optional(object, name, |value| value.as_str().map(ToOwned::to_owned))
}

fn lines(value: &Value) -> Option<(u32, u32)> {
    let line = |at: usize| value.get(at)?.as_u64()?.try_into().ok();
    Some((line(0)?, line(1)?))
}

fn tags(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|tag| tag.as_str().map(ToOwned::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    fn entry() -> Entry {
        Entry {
            id: 3,
            text: "the gate code is \"4417\"".into(),
            kind: Kind::Chunk,
            unix_s: Some(-5),
            source: "docs/notes.md".into(),
            lines: Some((12, 18)),
            under: "House > Gate".into(),
            tags: vec!["house".into()],
            importance: 0.25,
            is_from_outside: true,
            supersedes: Some(2),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let vector = Codes::of(&[0.5, -0.25, 0.0], 0xfeed);
        let bytes = encode(&entry(), Some(&vector));
        assert_eq!(decode(3, &bytes), Ok((entry(), Some(vector))));
        let plain = Entry {
            lines: None,
            tags: Vec::new(),
            unix_s: None,
            supersedes: None,
            importance: USUAL_IMPORTANCE,
            is_from_outside: false,
            ..entry()
        };
        assert_eq!(decode(3, &encode(&plain, None)), Ok((plain, None)));
        let file = FileRecord { path: "a/b.txt".into(), hash: u64::MAX, chunks: vec![1, 9] };
        assert_eq!(FileRecord::decode(&file.encode()), Ok(file));
    }

    #[test]
    fn what_is_no_record_is_refused_by_name() {
        let bytes = encode(&entry(), None);
        assert_eq!(decode(3, &bytes[..9]), Err(RecordError::Cut { len_bytes: 9 }));
        let of = |object: &str| {
            let mut bytes = (object.len() as u32).to_le_bytes().to_vec();
            bytes.extend_from_slice(object.as_bytes());
            decode(3, &bytes).map(|_| ())
        };
        assert_eq!(of("[1]"), Err(RecordError::NoObject));
        assert_eq!(of(r#"{"text":"x"}"#), Err(RecordError::Field { name: "version" }));
        assert_eq!(of(r#"{"version":2}"#), Err(RecordError::Newer { version: 2 }));
        let kind = r#"{"version":1,"text":"x","kind":"dream"}"#;
        assert_eq!(of(kind), Err(RecordError::Field { name: "kind" }));
        let tags = r#"{"version":1,"text":"x","kind":"fact","tags":[1]}"#;
        assert_eq!(of(tags), Err(RecordError::Field { name: "tags" }));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(at in 0_usize..200, byte: u8, cut in 0_usize..220) {
            let mut bytes = encode(&entry(), Some(&Codes::of(&[0.5, 0.25], 1)));
            let len = bytes.len();
            bytes[at % len] = byte;
            bytes.truncate(cut);
            let _ = decode(3, &bytes);
            let _ = FileRecord::decode(&bytes);
        }
    }
}
