//! Writes GGUF files: those of the converter, and for tests any nonsense.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use llm_tensor::TensorType;

const ALIGNMENT: usize = 32;

/// A file in the making. Values are taken as they are: nothing is checked, so that tests can write
/// what the reader must refuse.
#[derive(Clone, Debug)]
pub struct GgufWriter {
    /// The version to state.
    pub version: u32,
    keys: Vec<u8>,
    key_count: u64,
    tensors: Vec<TensorEntry>,
    data: Vec<u8>,
}

/// A line of the tensor table.
#[derive(Clone, Debug)]
pub struct TensorEntry {
    /// Its name.
    pub name: String,
    /// Its dimensions, the contiguous one first.
    pub dimensions: Vec<u64>,
    /// Its type, as ggml numbers them.
    pub type_number: u32,
    /// Where its data starts in the data section.
    pub offset: u64,
}

impl Default for GgufWriter {
    fn default() -> Self {
        Self { version: 3, keys: Vec::new(), key_count: 0, tensors: Vec::new(), data: Vec::new() }
    }
}

fn put_string(out: &mut Vec<u8>, text: &[u8]) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text);
}

impl GgufWriter {
    fn key(&mut self, key: &str, value_type: u32) -> &mut Vec<u8> {
        put_string(&mut self.keys, key.as_bytes());
        self.keys.extend(value_type.to_le_bytes());
        self.key_count += 1;
        &mut self.keys
    }

    /// A key with a number of 32 bits.
    pub fn u32(&mut self, key: &str, value: u32) {
        self.key(key, 4).extend(value.to_le_bytes());
    }

    /// A key with a float.
    pub fn f32(&mut self, key: &str, value: f32) {
        self.key(key, 6).extend(value.to_le_bytes());
    }

    /// A key with a boolean.
    pub fn bool(&mut self, key: &str, value: bool) {
        self.key(key, 7).push(u8::from(value));
    }

    /// A key with a text.
    pub fn string(&mut self, key: &str, value: &str) {
        put_string(self.key(key, 8), value.as_bytes());
    }

    /// A key with a value of any type, in the bytes given.
    pub fn raw(&mut self, key: &str, value_type: u32, value: &[u8]) {
        self.key(key, value_type).extend(value);
    }

    /// A key with an array of texts.
    pub fn strings<T: AsRef<str>>(&mut self, key: &str, values: &[T]) {
        let out = self.key(key, 9);
        out.extend(8_u32.to_le_bytes());
        out.extend((values.len() as u64).to_le_bytes());
        for value in values {
            put_string(out, value.as_ref().as_bytes());
        }
    }

    /// A key with an array of signed numbers of 32 bits.
    pub fn i32s(&mut self, key: &str, values: &[i32]) {
        let out = self.key(key, 9);
        out.extend(5_u32.to_le_bytes());
        out.extend((values.len() as u64).to_le_bytes());
        out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }

    /// A tensor with its data.
    pub fn tensor(&mut self, name: &str, kind: TensorType, dimensions: &[usize], data: &[u8]) {
        self.tensors.push(TensorEntry {
            name: name.to_string(),
            dimensions: dimensions.iter().map(|&dimension| dimension as u64).collect(),
            type_number: kind.ggml_number(),
            offset: self.data.len() as u64,
        });
        self.data.extend(data);
        self.data.resize(self.data.len().next_multiple_of(ALIGNMENT), 0);
    }

    /// The tensor table, to be spoiled.
    pub fn tensors_mut(&mut self) -> &mut Vec<TensorEntry> {
        &mut self.tensors
    }

    /// The data section, to be spoiled.
    pub fn data_mut(&mut self) -> &mut Vec<u8> {
        &mut self.data
    }

    /// The file.
    pub fn finish(&self) -> Vec<u8> {
        let mut out = b"GGUF".to_vec();
        out.extend(self.version.to_le_bytes());
        out.extend((self.tensors.len() as u64).to_le_bytes());
        out.extend(self.key_count.to_le_bytes());
        out.extend(&self.keys);
        for tensor in &self.tensors {
            put_string(&mut out, tensor.name.as_bytes());
            out.extend((tensor.dimensions.len() as u32).to_le_bytes());
            out.extend(tensor.dimensions.iter().flat_map(|dimension| dimension.to_le_bytes()));
            out.extend(tensor.type_number.to_le_bytes());
            out.extend(tensor.offset.to_le_bytes());
        }
        out.resize(out.len().next_multiple_of(ALIGNMENT), 0);
        out.extend(&self.data);
        out
    }
}
