//! GGUF version 3, read in place; and written, for converters and tests ([`GgufWriter`]).
//!
//! [`Gguf::parse`] walks the header once and checks everything it says about the rest of the file:
//! afterwards the accessors cannot fail on structure, and every [`TensorInfo`] names bytes that
//! exist. Nothing is copied; keys, strings and tensor data are borrowed from the file.
//!
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

mod cursor;
mod error;
mod tensor;
#[cfg(test)]
mod tests;
mod value;
mod writer;

pub use error::{GgufError, Special};
pub use tensor::TensorInfo;
pub use value::{ScalarArray, StringArray, Value};
pub use writer::{GgufWriter, TensorEntry};

use crate::hash::Fnv;
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use cursor::Cursor;
use value::read_value;

const MAGIC: [u8; 4] = *b"GGUF";
const VERSION: u32 = 3;
const DEFAULT_ALIGNMENT: u64 = 32;

/// A parsed file.
#[derive(Clone, Debug)]
pub struct Gguf<'a> {
    file: &'a [u8],
    metadata: BTreeMap<&'a str, Value<'a>>,
    tensors: Vec<TensorInfo<'a>>,
    /// Index into `tensors`.
    by_name: BTreeMap<&'a str, usize>,
    header_len: usize,
}

impl<'a> Gguf<'a> {
    /// Reads and checks the header of `file`.
    ///
    /// # Errors
    /// Whatever is wrong with the file, with its place.
    pub fn parse(file: &'a [u8]) -> Result<Self, GgufError> {
        Self::parse_head(file, file.len() as u64)
    }

    /// Reads and checks the header of a file of `file_len` bytes of which only the beginning is at
    /// hand. Tensors whose data is not there have none.
    ///
    /// # Errors
    /// As of [`Self::parse`]; [`GgufError::Truncated`] where `file` ends within the header.
    pub(crate) fn parse_head(file: &'a [u8], file_len: u64) -> Result<Self, GgufError> {
        let mut cursor = Cursor::new(file);
        if !file.starts_with(&MAGIC) {
            return Err(GgufError::NotGguf { found: file[..file.len().min(4)].to_vec() });
        }
        cursor.take(4, || "the magic number".to_string())?;
        let version = cursor.u32(|| "the version".to_string())?;
        if version != VERSION {
            return Err(GgufError::UnsupportedVersion { version });
        }
        let tensor_count = cursor.u64(|| "the number of tensors".to_string())?;
        let key_count = cursor.u64(|| "the number of keys".to_string())?;

        // A name's length, a value's type and a value of a byte, at the least.
        cursor.check_room(key_count, 13, || format!("the metadata of {key_count} keys"))?;
        let mut metadata = BTreeMap::new();
        for index in 0..key_count {
            let key = cursor.string(&format!("the name of key {index}"))?;
            let value = read_value(&mut cursor, key)?;
            if metadata.insert(key, value).is_some() {
                return Err(GgufError::DuplicateKey(key.to_string()));
            }
        }
        let alignment = alignment(&metadata)?;

        // A name's length, one dimension and its count, type and offset, at the least. That also
        // bounds the reservation.
        cursor.check_room(tensor_count, 32, || format!("the table of {tensor_count} tensors"))?;
        let mut entries = Vec::with_capacity(tensor_count as usize);
        for index in 0..tensor_count {
            entries.push(tensor::Entry::read(&mut cursor, index)?);
        }
        let header_len = cursor.offset();
        let data_start = (header_len as u64).next_multiple_of(alignment);

        let mut tensors = Vec::with_capacity(entries.len());
        let mut by_name = BTreeMap::new();
        for entry in entries {
            if by_name.insert(entry.name, tensors.len()).is_some() {
                return Err(GgufError::DuplicateTensor(entry.name.to_string()));
            }
            tensors.push(entry.locate(file, file_len, data_start, alignment)?);
        }
        Ok(Self { file, metadata, tensors, by_name, header_len })
    }

    /// The whole file.
    pub const fn file(&self) -> &'a [u8] {
        self.file
    }

    /// The file from its start to the end of the tensor table.
    pub fn header(&self) -> &'a [u8] {
        &self.file[..self.header_len]
    }

    /// All keys with their values, sorted by key.
    pub fn metadata(&self) -> impl ExactSizeIterator<Item = (&'a str, Value<'a>)> + '_ {
        self.metadata.iter().map(|(key, value)| (*key, *value))
    }

    /// All tensors, in the order of the file.
    pub fn tensors(&self) -> &[TensorInfo<'a>] {
        &self.tensors
    }

    /// The tensor of that name, if there is one.
    pub fn tensor(&self, name: &str) -> Option<&TensorInfo<'a>> {
        self.by_name.get(name).map(|&index| &self.tensors[index])
    }

    /// The tensor of that name.
    ///
    /// # Errors
    /// It is missing.
    pub fn require_tensor(&self, name: &str) -> Result<&TensorInfo<'a>, GgufError> {
        self.tensor(name).ok_or_else(|| GgufError::MissingTensor(name.to_string()))
    }

    /// The value of a key, whatever its type.
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        self.metadata.get(key).copied()
    }

    /// A text, if the key is there.
    ///
    /// # Errors
    /// The value is not a string.
    pub fn string(&self, key: &str) -> Result<Option<&'a str>, GgufError> {
        self.typed(key, "a string", |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
    }

    /// A boolean, if the key is there.
    ///
    /// # Errors
    /// The value is not a boolean.
    pub fn bool(&self, key: &str) -> Result<Option<bool>, GgufError> {
        self.typed(key, "a boolean", |value| match value {
            Value::Bool(flag) => Some(flag),
            _ => None,
        })
    }

    /// A number that is not negative and fits 32 bits, of whatever integer type, if the key is
    /// there.
    ///
    /// # Errors
    /// The value is not such a number.
    pub fn u32(&self, key: &str) -> Result<Option<u32>, GgufError> {
        self.typed(key, "an unsigned integer of 32 bits", |value| match value {
            Value::Unsigned(number) => u32::try_from(number).ok(),
            Value::Signed(number) => u32::try_from(number).ok(),
            _ => None,
        })
    }

    /// A float, if the key is there.
    ///
    /// # Errors
    /// The value is not a float.
    pub fn f32(&self, key: &str) -> Result<Option<f32>, GgufError> {
        self.typed(key, "a float", |value| match value {
            Value::Float(number) => Some(number as f32),
            _ => None,
        })
    }

    /// An array of strings, if the key is there.
    ///
    /// # Errors
    /// The value is not such an array.
    pub fn strings(&self, key: &str) -> Result<Option<StringArray<'a>>, GgufError> {
        self.typed(key, "an array of strings", |value| match value {
            Value::Strings(strings) => Some(strings),
            _ => None,
        })
    }

    /// An array of numbers, if the key is there.
    ///
    /// # Errors
    /// The value is not such an array.
    pub fn scalars(&self, key: &str) -> Result<Option<ScalarArray<'a>>, GgufError> {
        self.typed(key, "an array of numbers", |value| match value {
            Value::Scalars(scalars) => Some(scalars),
            _ => None,
        })
    }

    fn typed<T>(
        &self,
        key: &str,
        expected: &'static str,
        convert: impl FnOnce(Value<'a>) -> Option<T>,
    ) -> Result<Option<T>, GgufError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match convert(value) {
            Some(converted) => Ok(Some(converted)),
            None => Err(GgufError::WrongType {
                key: key.to_string(),
                expected,
                found: value.type_name(),
            }),
        }
    }

    /// Identifies the weights: an FNV-1a hash over the header (metadata and tensor table), the
    /// length of the file, and 64 bytes from the middle of each tensor. Cheap on purpose: it does
    /// not read the whole file.
    pub fn fingerprint(&self) -> u64 {
        let mut hash = Fnv::new();
        hash.update(self.header());
        hash.update(&(self.file.len() as u64).to_le_bytes());
        for tensor in &self.tensors {
            let middle = tensor.data.len() / 2;
            hash.update(&tensor.data[middle..tensor.data.len().min(middle + 64)]);
        }
        hash.finish()
    }
}

fn alignment(metadata: &BTreeMap<&str, Value<'_>>) -> Result<u64, GgufError> {
    const KEY: &str = "general.alignment";
    let problem = |problem: String| GgufError::BadValue { key: KEY.to_string(), problem };
    match metadata.get(KEY) {
        None => Ok(DEFAULT_ALIGNMENT),
        Some(&Value::Unsigned(alignment))
            if alignment.is_power_of_two() && (8..=1 << 30).contains(&alignment) =>
        {
            Ok(alignment)
        }
        Some(Value::Unsigned(other)) => {
            Err(problem(format!("{other} is not a power of two from 8 to 2^30")))
        }
        Some(other) => Err(GgufError::WrongType {
            key: KEY.to_string(),
            expected: "an unsigned integer",
            found: other.type_name(),
        }),
    }
}
