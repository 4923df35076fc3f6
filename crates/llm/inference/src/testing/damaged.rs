//! Model files with one defect each, for tests of what is said about them.

use super::TestModel;
use crate::gguf::{GgufWriter, TensorEntry};
use alloc::{string::ToString, vec, vec::Vec};

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// No file at all: zero bytes.
    Empty,
    /// Another kind of file.
    NotGguf,
    /// Version 2.
    OldVersion,
    /// The end is missing, within the data.
    TruncatedData,
    /// The end is missing, within the keys.
    TruncatedHeader,
    /// A length in the keys that is larger than any file.
    CorruptLength,
    /// A tensor of a type without arithmetic.
    UnsupportedType,
    /// Another architecture.
    UnsupportedArchitecture,
    /// Dimensions whose product overflows.
    OverflowingDimensions,
    /// A tensor that starts between the places where tensors may start.
    Misaligned,
    /// Two tensors of the same name.
    DuplicateTensor,
    /// A tensor that the architecture needs is missing.
    MissingTensor,
    /// A tensor of another shape than the keys say.
    WrongShape,
    /// A scale in a matrix that is no number. Loading succeeds; computing must not.
    NotANumber,
    /// An element of a vector that is no number.
    NanVector,
    /// An element of a vector that is infinite.
    InfiniteVector,
    /// A vocabulary without tokens.
    EmptyVocabulary,
    /// More tensors than fit any file.
    AbsurdTensorCount,
    /// An array of more elements than fit any file.
    AbsurdArray,
    /// More layers than there are tensors for.
    AbsurdLayers,
    /// An alignment that is no power of two.
    BadAlignment,
    /// A tensor whose data start behind the end of the file.
    OffsetBeyondEnd,
    /// A tensor whose end is a number of more than 64 bits.
    OverflowingOffset,
    /// A tensor with no elements.
    EmptyTensor,
    /// A tensor with more dimensions than any has.
    TooManyDimensions,
    /// Nothing is wrong, but the KV cache for its context takes 64 GiB.
    HugeContext,
}

impl Defect {
    /// All of them.
    pub const ALL: [Self; 26] = [
        Self::Empty,
        Self::NotGguf,
        Self::OldVersion,
        Self::TruncatedData,
        Self::TruncatedHeader,
        Self::CorruptLength,
        Self::UnsupportedType,
        Self::UnsupportedArchitecture,
        Self::OverflowingDimensions,
        Self::Misaligned,
        Self::DuplicateTensor,
        Self::MissingTensor,
        Self::WrongShape,
        Self::NotANumber,
        Self::NanVector,
        Self::InfiniteVector,
        Self::EmptyVocabulary,
        Self::AbsurdTensorCount,
        Self::AbsurdArray,
        Self::AbsurdLayers,
        Self::BadAlignment,
        Self::OffsetBeyondEnd,
        Self::OverflowingOffset,
        Self::EmptyTensor,
        Self::TooManyDimensions,
        Self::HugeContext,
    ];

    /// Its name on command lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotGguf => "not-gguf",
            Self::OldVersion => "old-version",
            Self::TruncatedData => "truncated",
            Self::TruncatedHeader => "truncated-header",
            Self::CorruptLength => "corrupt",
            Self::UnsupportedType => "unsupported",
            Self::UnsupportedArchitecture => "unsupported-architecture",
            Self::OverflowingDimensions => "overflow",
            Self::Misaligned => "misaligned",
            Self::DuplicateTensor => "duplicate",
            Self::MissingTensor => "missing-tensor",
            Self::WrongShape => "wrong-shape",
            Self::NotANumber => "nan",
            Self::NanVector => "nan-vector",
            Self::InfiniteVector => "infinite-vector",
            Self::EmptyVocabulary => "empty-vocabulary",
            Self::AbsurdTensorCount => "absurd-tensor-count",
            Self::AbsurdArray => "absurd-array",
            Self::AbsurdLayers => "absurd-layers",
            Self::BadAlignment => "bad-alignment",
            Self::OffsetBeyondEnd => "offset-beyond-end",
            Self::OverflowingOffset => "overflowing-offset",
            Self::EmptyTensor => "empty-tensor",
            Self::TooManyDimensions => "too-many-dimensions",
            Self::HugeContext => "huge-context",
        }
    }
}

/// A small model with that defect.
pub fn damaged_model(defect: Defect) -> Vec<u8> {
    let model = TestModel::default();
    let mut writer = model.writer();
    match defect {
        Defect::Empty => return Vec::new(),
        Defect::NotGguf => return b"PK\x03\x04 this is an archive, not a model".to_vec(),
        Defect::OldVersion => writer.version = 2,
        Defect::TruncatedData => {
            let mut file = writer.finish();
            file.truncate(file.len() * 3 / 4);
            return file;
        }
        Defect::TruncatedHeader => {
            let mut file = writer.finish();
            file.truncate(1000);
            return file;
        }
        Defect::CorruptLength => {
            let mut file = writer.finish();
            // The length of the first key's name, after magic, version and two counts.
            file[24..32].fill(0xff);
            return file;
        }
        Defect::UnsupportedType => entry(&mut writer, "blk.1.ffn_up.weight").type_number = 16,
        Defect::UnsupportedArchitecture => {
            let mut other = GgufWriter::default();
            other.string("general.architecture", "mamba");
            return other.finish();
        }
        Defect::OverflowingDimensions => {
            entry(&mut writer, "blk.0.attn_q.weight").dimensions = vec![1 << 40, 1 << 40];
        }
        Defect::Misaligned => entry(&mut writer, "blk.0.attn_k.weight").offset += 4,
        Defect::DuplicateTensor => {
            entry(&mut writer, "blk.0.attn_k.weight").name = "blk.0.attn_v.weight".to_string();
        }
        Defect::MissingTensor => {
            writer.tensors_mut().retain(|tensor| tensor.name != "blk.1.attn_output.weight");
        }
        Defect::WrongShape => {
            entry(&mut writer, "blk.0.ffn_gate.weight").dimensions = vec![32, 192];
        }
        Defect::NotANumber => overwrite(&mut writer, "token_embd.weight", &[0xff, 0x7f]),
        Defect::NanVector => {
            overwrite(&mut writer, "output_norm.weight", &f32::NAN.to_le_bytes());
        }
        Defect::InfiniteVector => {
            overwrite(&mut writer, "blk.1.attn_norm.weight", &f32::NEG_INFINITY.to_le_bytes());
        }
        Defect::EmptyVocabulary => {
            writer.strings::<&str>("tokenizer.ggml.tokens", &[]);
            return without_first_key(writer.finish(), "tokenizer.ggml.tokens");
        }
        Defect::AbsurdTensorCount => {
            let mut file = writer.finish();
            file[8..16].copy_from_slice(&(1_u64 << 60).to_le_bytes());
            return file;
        }
        Defect::AbsurdArray => {
            // Numbers of 32 bits, and 2^62 of them.
            let array = [&4_u32.to_le_bytes()[..], &(1_u64 << 62).to_le_bytes()].concat();
            writer.raw("absurd", 9, &array);
        }
        Defect::AbsurdLayers => {
            writer.u32("llama.block_count", 1 << 24);
            return without_first_key(writer.finish(), "llama.block_count");
        }
        Defect::BadAlignment => writer.u32("general.alignment", 48),
        Defect::OffsetBeyondEnd => entry(&mut writer, "blk.0.attn_k.weight").offset = 1 << 40,
        Defect::OverflowingOffset => {
            entry(&mut writer, "blk.0.attn_k.weight").offset = u64::MAX - 31;
        }
        Defect::EmptyTensor => entry(&mut writer, "output_norm.weight").dimensions = vec![0],
        Defect::TooManyDimensions => {
            entry(&mut writer, "output_norm.weight").dimensions = vec![64, 1, 1, 1, 1];
        }
        Defect::HugeContext => {
            return TestModel { context: 1 << 24, layers: 32, ..model }.build();
        }
    }
    writer.finish()
}

/// Renames the first key of that name to one that nobody reads.
fn without_first_key(mut file: Vec<u8>, key: &str) -> Vec<u8> {
    let place = file.windows(key.len()).position(|window| window == key.as_bytes());
    file[place.expect("the model has that key")] = b'X';
    file
}

/// Puts `bytes` at the start of a tensor's data.
fn overwrite(writer: &mut GgufWriter, name: &str, bytes: &[u8]) {
    let start = entry(writer, name).offset as usize;
    writer.data_mut()[start..start + bytes.len()].copy_from_slice(bytes);
}

fn entry<'w>(writer: &'w mut GgufWriter, name: &str) -> &'w mut TensorEntry {
    let tensors = writer.tensors_mut().iter_mut();
    tensors.into_iter().find(|tensor| tensor.name == name).expect("the model has that tensor")
}
