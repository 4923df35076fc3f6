//! Makes a GGUF file of a sentence-transformers model with a BERT encoder.
//!
//! The source is a folder as such models are published: `config.json`, `tokenizer.json`,
//! `model.safetensors`, and optionally `tokenizer_config.json` and the pipeline in `modules.json`.
//! What comes out has the keys and names of tensors that llama.cpp's own converter writes, so that
//! llama.cpp loads it too. What cannot be expressed is refused with its name, not dropped: a model
//! that silently lost a step would give other vectors.

mod config;
mod error;
mod quantize;
mod safetensors;
mod tensors;
#[cfg(test)]
mod tests;
mod vocabulary;

pub use error::ConvertError;
pub use quantize::Storage;

use config::{BertConfig, read_pooling};
use llm_inference::gguf::GgufWriter;
use serde::de::DeserializeOwned;
use std::{fs, path::Path};
use vocabulary::Vocabulary;

/// The version of the quantised types (`GGML_QNT_VERSION`).
const QUANTIZATION_VERSION: u32 = 2;

/// Converts the model in `folder`, which is called `name`. The same source gives the same bytes.
///
/// # Errors
/// What is wrong with the source, by file, setting or tensor.
pub fn convert(folder: &Path, name: &str, storage: Storage) -> Result<Vec<u8>, ConvertError> {
    let config = BertConfig::read(folder)?;
    let pooling = read_pooling(folder)?;
    let vocabulary = Vocabulary::read(folder, config.vocab_size)?;
    let path = folder.join("model.safetensors");
    let weights =
        fs::read(&path).map_err(|error| ConvertError::File { path: path.clone(), error })?;
    let source =
        safetensors::parse(&weights).map_err(|error| ConvertError::SafeTensors { path, error })?;

    let mut writer = GgufWriter::default();
    writer.string("general.architecture", "bert");
    writer.string("general.type", "model");
    writer.string("general.name", name);
    for (key, value) in [
        ("block_count", config.num_hidden_layers),
        ("context_length", config.max_position_embeddings),
        ("embedding_length", config.hidden_size),
        ("feed_forward_length", config.intermediate_size),
        ("attention.head_count", config.num_attention_heads),
    ] {
        writer.u32(&format!("bert.{key}"), value as u32);
    }
    writer.f32("bert.attention.layer_norm_epsilon", config.layer_norm_eps);
    writer.bool("bert.attention.causal", false);
    if let Some(pooling) = pooling {
        writer.u32("bert.pooling_type", pooling as u32);
    }
    writer.u32("tokenizer.ggml.token_type_count", config.type_vocab_size as u32);
    vocabulary.write(&mut writer);
    let parameters = tensors::write(&config, source, storage, &mut writer)?;
    // Two digits and a letter, as converters write it.
    writer.string("general.size_label", &format!("{}M", (parameters + 500_000) / 1_000_000));
    writer.u32("general.file_type", storage.file_type());
    writer.u32("general.quantization_version", QUANTIZATION_VERSION);
    Ok(writer.finish())
}

/// Reads a file of JSON.
fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, ConvertError> {
    let path_of = || path.to_path_buf();
    let text = fs::read(path).map_err(|error| ConvertError::File { path: path_of(), error })?;
    serde_json::from_slice(&text).map_err(|error| ConvertError::Json { path: path_of(), error })
}
