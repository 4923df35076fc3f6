//! Reads safetensors files in place.
//!
//! The format is eight bytes of length, a JSON header of that length, and the data; the header names
//! each tensor with its type, its shape and where in the data it lies. All of that is checked before
//! anything is handed out: tensors lie within the file, do not overlap, leave no byte unnamed (what
//! the format demands, so that nothing can hide in a file) and are as long as their shapes say.
//!
//! Format: <https://github.com/huggingface/safetensors#format>.

use llm_tensor::half::f16_to_f32;
use serde::{
    Deserialize,
    de::{Deserializer, IgnoredAny, MapAccess, Visitor},
};
use std::{collections::BTreeMap, fmt};

/// The longest header that the format allows.
const MAX_HEADER_BYTES: u64 = 100_000_000;

/// The key of the header that is no tensor.
const METADATA: &str = "__metadata__";

/// What is wrong with a file.
#[derive(Debug)]
pub enum SafeTensorsError {
    /// Shorter than the length of the header.
    TooShort(usize),
    /// A header that is longer than the format allows or than the file is.
    HeaderTooLong {
        /// Bytes it states.
        stated: u64,
        /// Bytes it may have.
        limit: u64,
    },
    /// A header that is no JSON of the right form.
    BadHeader(serde_json::Error),
    /// A tensor that is in the header twice.
    Duplicate(String),
    /// A tensor of a type that the format does not have.
    UnknownType {
        /// The tensor.
        tensor: String,
        /// The type's name.
        name: String,
    },
    /// A tensor whose shape multiplies to more than any file holds.
    Overflow {
        /// The tensor.
        tensor: String,
        /// Its shape.
        shape: Vec<u64>,
    },
    /// A tensor that ends before it starts, or behind the file.
    BadOffsets {
        /// The tensor.
        tensor: String,
        /// Where it lies, from the start of the data.
        offsets: (u64, u64),
        /// Bytes of data.
        data_len: u64,
    },
    /// A tensor with more or fewer bytes than its shape asks for.
    WrongLength {
        /// The tensor.
        tensor: String,
        /// Bytes that its shape asks for.
        needed: u64,
        /// Bytes that its offsets give.
        found: u64,
    },
    /// A tensor that begins before the one ahead of it ends.
    Overlap {
        /// The tensor.
        tensor: String,
        /// The one ahead.
        other: String,
    },
    /// Bytes that belong to no tensor.
    Gap {
        /// The first of them.
        start: u64,
        /// The first behind them.
        end: u64,
    },
}

impl fmt::Display for SafeTensorsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort(len) => {
                write!(f, "not a safetensors file: it has {len} bytes, and the length takes 8")
            }
            Self::HeaderTooLong { stated, limit } => {
                write!(f, "a header of {stated} bytes is stated, where {limit} are possible")
            }
            Self::BadHeader(error) => write!(f, "header: {error}"),
            Self::Duplicate(tensor) => write!(f, "tensor {tensor} is in the file twice"),
            Self::UnknownType { tensor, name } => {
                write!(f, "tensor {tensor}: the type {name:?} is not one of the format")
            }
            Self::Overflow { tensor, shape } => {
                write!(f, "tensor {tensor}: the shape {shape:?} overflows")
            }
            Self::BadOffsets { tensor, offsets: (start, end), data_len } => write!(
                f,
                "tensor {tensor}: offsets {start} to {end} do not lie in {data_len} bytes of data"
            ),
            Self::WrongLength { tensor, needed, found } => {
                write!(
                    f,
                    "tensor {tensor}: its shape takes {needed} bytes, its offsets give {found}"
                )
            }
            Self::Overlap { tensor, other } => {
                write!(f, "tensor {tensor} overlaps tensor {other}")
            }
            Self::Gap { start, end } => {
                write!(f, "the bytes {start} to {end} of the data belong to no tensor")
            }
        }
    }
}

impl std::error::Error for SafeTensorsError {}

/// Types of elements that weights come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FloatType {
    F64,
    F32,
    F16,
    Bf16,
}

/// Bytes of an element, and the float type if it is one.
fn element(name: &str) -> Option<(u64, Option<FloatType>)> {
    Some(match name {
        "F64" => (8, Some(FloatType::F64)),
        "F32" => (4, Some(FloatType::F32)),
        "F16" => (2, Some(FloatType::F16)),
        "BF16" => (2, Some(FloatType::Bf16)),
        "I64" | "U64" => (8, None),
        "I32" | "U32" => (4, None),
        "I16" | "U16" => (2, None),
        "I8" | "U8" | "BOOL" | "F8_E4M3" | "F8_E5M2" => (1, None),
        _ => return None,
    })
}

/// A tensor whose data has been found to lie in the file.
#[derive(Clone, Debug)]
pub struct SourceTensor<'a> {
    /// Its type, as the file names it.
    pub type_name: String,
    /// Its dimensions, the contiguous one last.
    pub shape: Vec<u64>,
    kind: Option<FloatType>,
    data: &'a [u8],
}

impl SourceTensor<'_> {
    /// Its elements; `None` if it does not hold floats (of 16 bits or more).
    pub fn floats(&self) -> Option<Vec<f32>> {
        let half = |bytes: &[u8; 2]| u16::from_le_bytes(*bytes);
        Some(match self.kind? {
            FloatType::F64 => {
                let (numbers, _) = self.data.as_chunks::<8>();
                numbers.iter().map(|bytes| f64::from_le_bytes(*bytes) as f32).collect()
            }
            FloatType::F32 => {
                let (numbers, _) = self.data.as_chunks::<4>();
                numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
            }
            FloatType::F16 => {
                let (numbers, _) = self.data.as_chunks::<2>();
                numbers.iter().map(|bytes| f16_to_f32(half(bytes))).collect()
            }
            FloatType::Bf16 => {
                let (numbers, _) = self.data.as_chunks::<2>();
                let wide = |bytes| f32::from_bits(u32::from(half(bytes)) << 16);
                numbers.iter().map(wide).collect()
            }
        })
    }
}

/// What the header says of a tensor.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

/// The header in the order of the file. A map would hide a name that stands there twice.
struct Header(Vec<(String, Entry)>);

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Header;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with an entry for each tensor")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
                let mut entries = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name == METADATA {
                        map.next_value::<IgnoredAny>()?;
                    } else {
                        entries.push((name, map.next_value()?));
                    }
                }
                Ok(Header(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// The tensors of a file by name.
///
/// # Errors
/// Whatever is wrong with the file.
pub fn parse(file: &[u8]) -> Result<BTreeMap<String, SourceTensor<'_>>, SafeTensorsError> {
    let Some((length, rest)) = file.split_first_chunk::<8>() else {
        return Err(SafeTensorsError::TooShort(file.len()));
    };
    let stated = u64::from_le_bytes(*length);
    let limit = MAX_HEADER_BYTES.min(rest.len() as u64);
    if stated > limit {
        return Err(SafeTensorsError::HeaderTooLong { stated, limit });
    }
    let (header, data) = rest.split_at(stated as usize);
    let Header(entries) = serde_json::from_slice(header).map_err(SafeTensorsError::BadHeader)?;
    check_layout(&entries, data.len() as u64)?;
    let mut tensors = BTreeMap::new();
    for (name, entry) in entries {
        let tensor = locate(&name, entry, data)?;
        if tensors.insert(name.clone(), tensor).is_some() {
            return Err(SafeTensorsError::Duplicate(name));
        }
    }
    Ok(tensors)
}

/// Every byte of the data belongs to exactly one tensor.
fn check_layout(entries: &[(String, Entry)], data_len: u64) -> Result<(), SafeTensorsError> {
    let mut order: Vec<&(String, Entry)> = entries.iter().collect();
    order.sort_by_key(|(_, entry)| entry.data_offsets);
    let mut covered = 0;
    let mut ahead = "";
    for (name, Entry { data_offsets: (start, end), .. }) in order {
        let (start, end) = (*start, *end);
        if start > end || end > data_len {
            let tensor = name.clone();
            return Err(SafeTensorsError::BadOffsets { tensor, offsets: (start, end), data_len });
        }
        if start < covered {
            return Err(SafeTensorsError::Overlap {
                tensor: name.clone(),
                other: ahead.to_string(),
            });
        }
        if start > covered {
            return Err(SafeTensorsError::Gap { start: covered, end: start });
        }
        (covered, ahead) = (end, name);
    }
    match covered == data_len {
        true => Ok(()),
        false => Err(SafeTensorsError::Gap { start: covered, end: data_len }),
    }
}

/// Checks an entry against its own shape; that its bytes exist is known.
fn locate<'a>(
    name: &str,
    entry: Entry,
    data: &'a [u8],
) -> Result<SourceTensor<'a>, SafeTensorsError> {
    let tensor = || name.to_string();
    let Some((element_bytes, kind)) = element(&entry.dtype) else {
        return Err(SafeTensorsError::UnknownType { tensor: tensor(), name: entry.dtype });
    };
    let needed = entry.shape.iter().try_fold(element_bytes, |size, &len| size.checked_mul(len));
    let Some(needed) = needed else {
        return Err(SafeTensorsError::Overflow { tensor: tensor(), shape: entry.shape });
    };
    let (start, end) = entry.data_offsets;
    if end - start != needed {
        return Err(SafeTensorsError::WrongLength { tensor: tensor(), needed, found: end - start });
    }
    let data = &data[start as usize..end as usize];
    Ok(SourceTensor { type_name: entry.dtype, shape: entry.shape, kind, data })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with this header and this many bytes of data.
    fn file(header: &str, data_len: usize) -> Vec<u8> {
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.as_bytes());
        file.extend((0..data_len).map(|index| index as u8));
        file
    }

    fn complaint(file: &[u8]) -> String {
        parse(file).expect_err("the file is damaged").to_string()
    }

    #[test]
    fn reads_floats_of_every_width() {
        let numbers = [1.5_f32, -0.25];
        let mut file = file(
            r#"{"__metadata__":{"format":"pt"},
                "a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
                "b":{"dtype":"BF16","shape":[1,2],"data_offsets":[8,12]},
                "c":{"dtype":"F16","shape":[2,1],"data_offsets":[12,16]},
                "d":{"dtype":"F64","shape":[2],"data_offsets":[16,32]},
                "e":{"dtype":"I64","shape":[],"data_offsets":[32,40]}}"#,
            0,
        );
        file.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        file.extend(numbers.iter().flat_map(|n| ((n.to_bits() >> 16) as u16).to_le_bytes()));
        file.extend([0x3e00_u16, 0xb400].iter().flat_map(|half| half.to_le_bytes()));
        file.extend(numbers.iter().flat_map(|&number| f64::from(number).to_le_bytes()));
        file.extend([0; 8]);
        let tensors = parse(&file).expect("the file is sound");
        for name in ["a", "b", "c", "d"] {
            assert_eq!(tensors[name].floats().as_deref(), Some(&numbers[..]), "{name}");
        }
        assert_eq!(tensors["b"].shape, [1, 2]);
        assert_eq!(tensors["e"].floats(), None, "whole numbers are no weights");
        assert_eq!(tensors.len(), 5);
    }

    #[test]
    fn hostile_headers_are_refused_by_name() {
        assert!(complaint(b"1234567").contains("it has 7 bytes"));
        assert!(complaint(&file("{\"a\":", 0)).starts_with("header: "));
        assert!(complaint(&file("[1]", 0)).starts_with("header: "));
        let mut long = file("{}", 0);
        long[..8].copy_from_slice(&u64::MAX.to_le_bytes());
        let message = complaint(&long);
        assert!(message.contains("18446744073709551615 bytes is stated, where 2 "), "{message}");
        let mut cut = file(r#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, 4);
        cut.truncate(30);
        assert!(complaint(&cut).contains("where 22 are possible"));
        for (entries, expected) in [
            (r#""a":{"dtype":"U8","shape":[4],"data_offsets":[0,5]}"#, "offsets 0 to 5 do not lie"),
            (r#""a":{"dtype":"U8","shape":[4],"data_offsets":[3,1]}"#, "offsets 3 to 1 do not lie"),
            (
                r#""a":{"dtype":"U8","shape":[4],"data_offsets":[0,18446744073709551615]}"#,
                "tensor a: offsets 0 to 18446744073709551615 do not lie in 4 bytes",
            ),
            (r#""a":{"dtype":"U8","shape":[4],"data_offsets":[-1,4]}"#, "header: "),
            (r#""a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"x":1}"#, "header: "),
            (
                r#""a":{"dtype":"U8","shape":[3],"data_offsets":[0,4]}"#,
                "tensor a: its shape takes 3 bytes, its offsets give 4",
            ),
            (
                r#""a":{"dtype":"F32","shape":[9223372036854775807,3],"data_offsets":[0,4]}"#,
                "tensor a: the shape [9223372036854775807, 3] overflows",
            ),
            (r#""a":{"dtype":"Q4","shape":[4],"data_offsets":[0,4]}"#, "tensor a: the type \"Q4\""),
            (
                r#""a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},
                   "b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}"#,
                "tensor b overlaps tensor a",
            ),
            (
                r#""a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},
                   "b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}"#,
                "tensor b overlaps tensor a",
            ),
            (
                r#""a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}"#,
                "the bytes 0 to 2 of the data belong to no tensor",
            ),
            (
                r#""a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}"#,
                "the bytes 2 to 4 of the data belong to no tensor",
            ),
            (
                r#""a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},
                   "a":{"dtype":"U8","shape":[0],"data_offsets":[4,4]}"#,
                "tensor a is in the file twice",
            ),
        ] {
            let message = complaint(&file(&format!("{{{entries}}}"), 4));
            assert!(message.contains(expected), "{entries}: {message}");
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        let whole = file(
            r#"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},
                "b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}}"#,
            5,
        );
        assert!(parse(&whole).is_ok());
        for len in 0..whole.len() {
            assert!(parse(&whole[..len]).is_err(), "cut at {len}");
        }
    }
}
