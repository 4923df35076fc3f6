//! Metadata values, borrowed from the file.

use super::{GgufError, cursor::Cursor};
use alloc::{format, string::ToString};

/// The value of one key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Unsigned, up to 64 bits.
    Unsigned(u64),
    /// Signed, up to 64 bits.
    Signed(i64),
    /// 32 or 64 bits.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// UTF-8 text.
    String(&'a str),
    /// Strings; not checked for UTF-8, since checking 100,000 of them takes its time.
    Strings(StringArray<'a>),
    /// Numbers or booleans.
    Scalars(ScalarArray<'a>),
}

impl Value<'_> {
    /// The name of its type, for messages.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Unsigned(_) => "an unsigned integer",
            Self::Signed(_) => "a signed integer",
            Self::Float(_) => "a float",
            Self::Bool(_) => "a boolean",
            Self::String(_) => "a string",
            Self::Strings(_) => "an array of strings",
            Self::Scalars(_) => "an array of numbers",
        }
    }
}

/// An array of strings in the file. Its structure has been checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StringArray<'a> {
    len: usize,
    bytes: &'a [u8],
}

impl<'a> StringArray<'a> {
    /// Number of strings.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes of each string, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + use<'a> {
        let mut rest = self.bytes;
        (0..self.len).map(move |_| {
            let (len, tail) = rest.split_first_chunk::<8>().expect("checked when parsed");
            let (string, tail) = tail.split_at(u64::from_le_bytes(*len) as usize);
            rest = tail;
            string
        })
    }
}

/// The type of the elements of an array of scalars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ScalarType {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    Bool,
    U64,
    I64,
    F64,
}

impl ScalarType {
    const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::U8,
            1 => Self::I8,
            2 => Self::U16,
            3 => Self::I16,
            4 => Self::U32,
            5 => Self::I32,
            6 => Self::F32,
            7 => Self::Bool,
            10 => Self::U64,
            11 => Self::I64,
            12 => Self::F64,
            _ => return None,
        })
    }

    const fn len_bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 | Self::Bool => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// Reads one element; `bytes` holds exactly [`Self::len_bytes`] of them.
    fn decode(self, bytes: &[u8]) -> Value<'static> {
        let mut wide = [0; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        let raw = u64::from_le_bytes(wide);
        match self {
            Self::U8 | Self::U16 | Self::U32 | Self::U64 => Value::Unsigned(raw),
            Self::I8 => Value::Signed(i64::from(raw as i8)),
            Self::I16 => Value::Signed(i64::from(raw as i16)),
            Self::I32 => Value::Signed(i64::from(raw as i32)),
            Self::I64 => Value::Signed(raw as i64),
            Self::F32 => Value::Float(f64::from(f32::from_bits(raw as u32))),
            Self::F64 => Value::Float(f64::from_bits(raw)),
            Self::Bool => Value::Bool(raw != 0),
        }
    }
}

/// An array of numbers or booleans in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScalarArray<'a> {
    element: ScalarType,
    bytes: &'a [u8],
}

impl<'a> ScalarArray<'a> {
    /// Number of elements.
    pub const fn len(&self) -> usize {
        self.bytes.len() / self.element.len_bytes()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The elements, in order: [`Value::Unsigned`], [`Value::Signed`], [`Value::Float`] or
    /// [`Value::Bool`].
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Value<'static>> + use<'a> {
        let element = self.element;
        self.bytes.chunks_exact(element.len_bytes()).map(move |bytes| element.decode(bytes))
    }

    /// The elements as integers; `None` for one that is a float or does not fit.
    pub fn iter_i64(&self) -> impl ExactSizeIterator<Item = Option<i64>> + use<'a> {
        self.iter().map(|value| match value {
            Value::Unsigned(number) => i64::try_from(number).ok(),
            Value::Signed(number) => Some(number),
            Value::Bool(flag) => Some(i64::from(flag)),
            _ => None,
        })
    }
}

const TYPE_STRING: u32 = 8;
const TYPE_ARRAY: u32 = 9;

/// Reads the value of `key` with its type before it.
pub(super) fn read_value<'a>(cursor: &mut Cursor<'a>, key: &str) -> Result<Value<'a>, GgufError> {
    let what = || format!("the value of key {key}");
    let offset = cursor.offset() as u64;
    let value_type = cursor.u32(what)?;
    match value_type {
        TYPE_STRING => Ok(Value::String(cursor.string(&what())?)),
        TYPE_ARRAY => read_array(cursor, key),
        _ => match ScalarType::from_number(value_type) {
            Some(scalar) => Ok(scalar.decode(cursor.take(scalar.len_bytes() as u64, what)?)),
            None => Err(GgufError::UnknownValueType { key: key.to_string(), value_type, offset }),
        },
    }
}

fn read_array<'a>(cursor: &mut Cursor<'a>, key: &str) -> Result<Value<'a>, GgufError> {
    let what = || format!("the array of key {key}");
    let offset = cursor.offset() as u64;
    let element_type = cursor.u32(what)?;
    let len = cursor.u64(what)?;
    let overflow = || GgufError::Overflow { what: what(), offset };
    if element_type == TYPE_STRING {
        cursor.check_room(len, 8, what)?;
        // A clone walks ahead to find the end; the real cursor then takes the whole stretch.
        let mut ahead = cursor.clone();
        for _ in 0..len {
            ahead.bytes_with_length(what)?;
        }
        let bytes = cursor.take((ahead.offset() - cursor.offset()) as u64, what)?;
        let len = usize::try_from(len).map_err(|_| overflow())?;
        return Ok(Value::Strings(StringArray { len, bytes }));
    }
    // Arrays of arrays exist in the format but in no key that this engine reads, nor in any model
    // file known to us, so they are refused rather than walked recursively.
    let Some(element) = ScalarType::from_number(element_type) else {
        return Err(GgufError::UnknownValueType {
            key: key.to_string(),
            value_type: element_type,
            offset,
        });
    };
    let len_bytes = len.checked_mul(element.len_bytes() as u64).ok_or_else(overflow)?;
    Ok(Value::Scalars(ScalarArray { element, bytes: cursor.take(len_bytes, what)? }))
}
