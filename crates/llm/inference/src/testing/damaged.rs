//! Model files with one defect each, for tests of what is said about them.

use super::{TestModel, writer::GgufWriter};
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
    /// Weights that are no numbers. Loading succeeds; computing must not.
    NotANumber,
    /// Nothing is wrong, but the KV cache for its context takes 64 GiB.
    HugeContext,
}

impl Defect {
    /// All of them.
    pub const ALL: [Self; 15] = [
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
        Defect::NotANumber => {
            let start = entry(&mut writer, "output_norm.weight").offset as usize;
            writer.data_mut()[start..start + 4].copy_from_slice(&f32::NAN.to_le_bytes());
        }
        Defect::HugeContext => {
            return TestModel { context: 1 << 24, layers: 32, ..model }.build();
        }
    }
    writer.finish()
}

fn entry<'w>(writer: &'w mut GgufWriter, name: &str) -> &'w mut super::writer::TensorEntry {
    let tensors = writer.tensors_mut().iter_mut();
    tensors.into_iter().find(|tensor| tensor.name == name).expect("the model has that tensor")
}
