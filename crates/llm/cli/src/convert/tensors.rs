//! The tensors of a BERT encoder: their names in the source, in a GGUF file, and their shapes.

use super::{
    ConvertError,
    config::BertConfig,
    quantize::{Storage, encode},
    safetensors::SourceTensor,
};
use llm_inference::gguf::GgufWriter;
use std::collections::BTreeMap;

/// A tensor that the architecture has.
struct Wanted {
    /// Its name in the source.
    source: String,
    /// Its name in a GGUF file.
    target: String,
    /// Its shape, the contiguous dimension last.
    shape: Vec<usize>,
    /// Whether it may be stored otherwise than in F32.
    is_compressible: bool,
}

/// What the source may hold besides: heads for training, and a table that only counts.
const IGNORED: [&str; 4] =
    ["embeddings.position_ids", "pooler.dense.", "cls.predictions", "cls.seq_relationship"];

/// Writes every tensor of the encoder; returns the number of weights.
///
/// # Errors
/// A tensor that is missing, unknown, of another shape or type, or with weights that cannot be
/// stored.
pub fn write(
    config: &BertConfig,
    source: BTreeMap<String, SourceTensor<'_>>,
    storage: Storage,
    writer: &mut GgufWriter,
) -> Result<u64, ConvertError> {
    let mut source = by_plain_name(source)?;
    let mut weights = 0;
    for wanted in encoder(config) {
        let Some((name, tensor)) = source.remove(&wanted.source) else {
            return Err(ConvertError::MissingTensor(wanted.source));
        };
        let bad = |problem| ConvertError::BadTensor { tensor: name.clone(), problem };
        if !tensor.shape.iter().copied().eq(wanted.shape.iter().map(|&len| len as u64)) {
            return Err(bad(format!(
                "its shape is {:?}, but the settings ask for {:?}",
                tensor.shape, wanted.shape
            )));
        }
        let Some(values) = tensor.floats() else {
            return Err(bad(format!("elements of type {} are no weights", tensor.type_name)));
        };
        let row_len = wanted.shape.last().copied().unwrap_or(1);
        let storage =
            if wanted.is_compressible { storage.for_rows_of(row_len) } else { Storage::F32 };
        let dimensions: Vec<usize> = wanted.shape.iter().rev().copied().collect();
        let data = encode(&name, storage, &values)?;
        writer.tensor(&wanted.target, storage.tensor_type(), &dimensions, &data);
        weights += values.len() as u64;
    }
    let is_unknown = |name: &&String| !IGNORED.iter().any(|start| name.starts_with(start));
    match source.keys().find(is_unknown) {
        Some(name) => Err(ConvertError::UnknownTensor(name.clone())),
        None => Ok(weights),
    }
}

/// The tensors by the names of today, each with the name it has in the file: older files put `bert.`
/// before all names, and call weight and bias of a norm gamma and beta.
fn by_plain_name(
    source: BTreeMap<String, SourceTensor<'_>>,
) -> Result<BTreeMap<String, (String, SourceTensor<'_>)>, ConvertError> {
    let mut tensors = BTreeMap::new();
    for (name, tensor) in source {
        let plain = name.strip_prefix("bert.").unwrap_or(&name);
        let plain = match (plain.strip_suffix(".gamma"), plain.strip_suffix(".beta")) {
            (Some(norm), _) => format!("{norm}.weight"),
            (_, Some(norm)) => format!("{norm}.bias"),
            _ => plain.to_string(),
        };
        if let Some((other, _)) = tensors.insert(plain, (name.clone(), tensor)) {
            let problem = format!("it is the same as {other}");
            return Err(ConvertError::BadTensor { tensor: name, problem });
        }
    }
    Ok(tensors)
}

/// All tensors in the order of the file.
fn encoder(config: &BertConfig) -> impl Iterator<Item = Wanted> {
    let (width, hidden) = (config.hidden_size, config.intermediate_size);
    let table = |source: &str, target: &str, rows: usize, is_compressible| Wanted {
        source: format!("embeddings.{source}_embeddings.weight"),
        target: format!("{target}.weight"),
        shape: vec![rows, width],
        is_compressible,
    };
    let embeddings = [
        table("word", "token_embd", config.vocab_size, true),
        // Small and added once: llama.cpp keeps them whole too.
        table("position", "position_embd", config.max_position_embeddings, false),
        table("token_type", "token_types", config.type_vocab_size, false),
    ];
    let norm = pair("embeddings.LayerNorm", "token_embd_norm", [width].into());
    let layers = (0..config.num_hidden_layers).flat_map(move |layer| {
        [
            ("attention.self.query", "attn_q", vec![width, width]),
            ("attention.self.key", "attn_k", vec![width, width]),
            ("attention.self.value", "attn_v", vec![width, width]),
            ("attention.output.dense", "attn_output", vec![width, width]),
            ("attention.output.LayerNorm", "attn_output_norm", vec![width]),
            ("intermediate.dense", "ffn_up", vec![hidden, width]),
            ("output.dense", "ffn_down", vec![width, hidden]),
            ("output.LayerNorm", "layer_output_norm", vec![width]),
        ]
        .into_iter()
        .flat_map(move |(source, target, shape)| {
            let source = format!("encoder.layer.{layer}.{source}");
            pair(&source, &format!("blk.{layer}.{target}"), shape)
        })
    });
    embeddings.into_iter().chain(norm).chain(layers)
}

/// A weight and its bias, which has as many elements as the weight has rows.
fn pair(source: &str, target: &str, shape: Vec<usize>) -> [Wanted; 2] {
    let part = |name: &str, shape: Vec<usize>| Wanted {
        source: format!("{source}.{name}"),
        target: format!("{target}.{name}"),
        is_compressible: shape.len() > 1,
        shape,
    };
    let rows = shape[0];
    [part("weight", shape), part("bias", [rows].into())]
}
