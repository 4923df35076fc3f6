//! Whole conversions of a small model that the test writes itself.

use super::{ConvertError, Storage, convert};
use llm_inference::gguf::{Gguf, Value};
use llm_tensor::{Matrix, TensorType, testing::Random};
use serde_json::{Value as Json, json};
use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

const WIDTH: usize = 64;
const HIDDEN: usize = 96;
const TOKENS: usize = 6;
const POSITIONS: usize = 10;

/// A model in the form in which such models are published.
struct Source {
    config: Json,
    /// Name, type, shape and data of each tensor.
    tensors: BTreeMap<String, (&'static str, Vec<usize>, Vec<f32>)>,
}

impl Source {
    fn new() -> Self {
        let mut random = Random::new(11);
        let mut tensors = BTreeMap::new();
        let mut add = |name: &str, shape: &[usize]| {
            let len = shape.iter().product();
            let values = (0..len).map(|_| random.normal()).collect();
            tensors.insert(name.to_string(), ("F32", shape.to_vec(), values));
        };
        for (name, rows) in [("word", TOKENS), ("position", POSITIONS), ("token_type", 2)] {
            add(&format!("embeddings.{name}_embeddings.weight"), &[rows, WIDTH]);
        }
        add("embeddings.LayerNorm.gamma", &[WIDTH]);
        add("embeddings.LayerNorm.beta", &[WIDTH]);
        for (name, shape) in [
            ("attention.self.query", &[WIDTH, WIDTH][..]),
            ("attention.self.key", &[WIDTH, WIDTH]),
            ("attention.self.value", &[WIDTH, WIDTH]),
            ("attention.output.dense", &[WIDTH, WIDTH]),
            ("attention.output.LayerNorm", &[WIDTH]),
            ("intermediate.dense", &[HIDDEN, WIDTH]),
            ("output.dense", &[WIDTH, HIDDEN]),
            ("output.LayerNorm", &[WIDTH]),
        ] {
            add(&format!("encoder.layer.0.{name}.weight"), shape);
            add(&format!("encoder.layer.0.{name}.bias"), &shape[..1]);
        }
        add("pooler.dense.weight", &[WIDTH, WIDTH]);
        let config = json!({
            "model_type": "bert", "hidden_size": WIDTH, "num_hidden_layers": 1,
            "num_attention_heads": 4, "intermediate_size": HIDDEN, "hidden_act": "gelu",
            "layer_norm_eps": 1e-12, "max_position_embeddings": POSITIONS, "type_vocab_size": 2,
            "vocab_size": TOKENS,
        });
        Self { config, tensors }
    }

    /// The bytes of `model.safetensors`.
    fn weights(&self) -> Vec<u8> {
        let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
        for (name, (kind, shape, values)) in &self.tensors {
            let start = data.len();
            data.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            let offsets = [start, data.len()];
            let entry = json!({"dtype": kind, "shape": shape, "data_offsets": offsets});
            header.insert(name.clone(), entry);
        }
        let header = Json::from(header).to_string();
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.as_bytes());
        file.extend(data);
        file
    }

    /// Writes the folder, converts it, and removes it again.
    fn convert(&self, storage: Storage) -> Result<Vec<u8>, ConvertError> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("llm-cli-convert-{}-{number}", std::process::id());
        let folder = Folder(std::env::temp_dir().join(name));
        let tokenizer = json!({
            "added_tokens": [
                {"id": 0, "content": "[UNK]", "special": true},
                {"id": 1, "content": "[CLS]", "special": true},
                {"id": 2, "content": "[SEP]", "special": true},
            ],
            "normalizer": {"type": "BertNormalizer", "lowercase": true},
            "post_processor":
                {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
            "model": {"type": "WordPiece", "unk_token": "[UNK]",
                "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "b": 4, "##c": 5}},
        });
        let steps = ["Transformer", "Pooling", "Normalize"].map(|step| {
            json!({"path": if step == "Pooling" { "1_Pooling" } else { "" },
                "type": format!("sentence_transformers.models.{step}")})
        });
        fs::create_dir_all(folder.0.join("1_Pooling")).expect("the folder can be made");
        for (file, content) in [
            ("config.json", self.config.clone()),
            ("tokenizer.json", tokenizer),
            ("modules.json", Json::from(steps.to_vec())),
            ("1_Pooling/config.json", json!({"pooling_mode_mean_tokens": true})),
        ] {
            fs::write(folder.0.join(file), content.to_string()).expect("it can be written");
        }
        fs::write(folder.0.join("model.safetensors"), self.weights()).expect("it can be written");
        convert(&folder.0, "small", storage)
    }

    /// What is said after `damage`.
    fn complaint(damage: impl FnOnce(&mut Self)) -> String {
        let mut source = Self::new();
        damage(&mut source);
        source.convert(Storage::Q8_0).expect_err("it is damaged").to_string()
    }
}

/// A folder that goes with the value.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind lies among temporary files and does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A tensor's elements, row by row.
fn elements(gguf: &Gguf<'_>, name: &str) -> Vec<f32> {
    let tensor = gguf.require_tensor(name).expect("it is there");
    let cols = tensor.dimensions[0];
    let rows = tensor.element_count() / cols;
    let matrix = Matrix::new(tensor.kind, rows, cols, tensor.data).expect("whole rows");
    let mut out = vec![0.0; rows * cols];
    for (row, out) in out.chunks_mut(cols).enumerate() {
        matrix.dequantize_row(row, out);
    }
    out
}

#[test]
fn every_weight_arrives_under_its_new_name() {
    let source = Source::new();
    let file = source.convert(Storage::F32).expect("it is sound");
    let gguf = Gguf::parse(&file).expect("it can be read");
    for (from, to) in [
        ("embeddings.word_embeddings.weight", "token_embd.weight"),
        ("embeddings.LayerNorm.gamma", "token_embd_norm.weight"),
        ("embeddings.LayerNorm.beta", "token_embd_norm.bias"),
        ("encoder.layer.0.attention.self.value.weight", "blk.0.attn_v.weight"),
        ("encoder.layer.0.attention.output.LayerNorm.bias", "blk.0.attn_output_norm.bias"),
        ("encoder.layer.0.output.dense.weight", "blk.0.ffn_down.weight"),
        ("encoder.layer.0.intermediate.dense.bias", "blk.0.ffn_up.bias"),
    ] {
        assert_eq!(elements(&gguf, to), source.tensors[from].2, "{from}");
    }
    let down = gguf.require_tensor("blk.0.ffn_down.weight").expect("it is there");
    assert_eq!(down.dimensions, [HIDDEN, WIDTH], "the contiguous dimension comes first");
    assert_eq!(gguf.tensors().len(), 5 + 16, "and the pooler stays behind");
}

#[test]
fn the_keys_say_what_the_settings_said() {
    let file = Source::new().convert(Storage::F16).expect("it is sound");
    let gguf = Gguf::parse(&file).expect("it can be read");
    for (key, value) in [
        ("bert.block_count", 1),
        ("bert.context_length", POSITIONS as u32),
        ("bert.embedding_length", WIDTH as u32),
        ("bert.feed_forward_length", HIDDEN as u32),
        ("bert.attention.head_count", 4),
        ("bert.pooling_type", 1),
        ("tokenizer.ggml.token_type_count", 2),
        ("tokenizer.ggml.bos_token_id", 1),
        ("tokenizer.ggml.seperator_token_id", 2),
        ("general.file_type", 1),
    ] {
        assert_eq!(gguf.u32(key), Ok(Some(value)), "{key}");
    }
    assert_eq!(gguf.string("general.architecture"), Ok(Some("bert")));
    assert_eq!(gguf.string("general.name"), Ok(Some("small")));
    assert_eq!(gguf.f32("bert.attention.layer_norm_epsilon"), Ok(Some(1e-12)));
    assert_eq!(gguf.get("bert.attention.causal"), Some(Value::Bool(false)));
}

#[test]
fn matrices_are_compressed_and_vectors_are_not() {
    let mut source = Source::new();
    let types = |source: &Source| {
        let file = source.convert(Storage::Q8_0).expect("it is sound");
        let gguf = Gguf::parse(&file).expect("it can be read");
        let kind = |name: &str| gguf.require_tensor(name).expect("it is there").kind;
        ["token_embd", "position_embd", "blk.0.attn_q", "blk.0.layer_output_norm", "blk.0.ffn_down"]
            .map(|name| kind(&format!("{name}.weight")))
    };
    use TensorType::{F16, F32, Q8_0};
    assert_eq!(types(&source), [Q8_0, F32, Q8_0, F32, Q8_0]);
    // Rows of 100 make no whole blocks.
    source.config["intermediate_size"] = json!(100);
    for (name, shape) in [
        ("intermediate.dense.weight", vec![100, WIDTH]),
        ("intermediate.dense.bias", vec![100]),
        ("output.dense.weight", vec![WIDTH, 100]),
    ] {
        let values = vec![0.5; shape.iter().product()];
        source.tensors.insert(format!("encoder.layer.0.{name}"), ("F32", shape, values));
    }
    assert_eq!(types(&source), [Q8_0, F32, Q8_0, F32, F16]);
}

#[test]
fn the_same_source_gives_the_same_bytes() {
    let source = Source::new();
    assert_eq!(source.convert(Storage::Q8_0).ok(), source.convert(Storage::Q8_0).ok());
}

#[test]
fn damage_is_named_with_the_tensor() {
    let query = "encoder.layer.0.attention.self.query.weight";
    let missing = Source::complaint(|source| {
        source.tensors.remove(query);
    });
    assert_eq!(missing, format!("tensor {query} is missing"));
    let unknown = Source::complaint(|source| {
        source.tensors.insert("encoder.layer.1.x".to_string(), ("F32", vec![1], vec![0.0]));
    });
    assert_eq!(unknown, "tensor encoder.layer.1.x has no place in a bert model");
    let shape =
        Source::complaint(|source| source.tensors.get_mut(query).unwrap().1 = vec![32, 128]);
    let expected =
        format!("tensor {query}: its shape is [32, 128], but the settings ask for [64, 64]");
    assert_eq!(shape, expected);
    let kind = Source::complaint(|source| source.tensors.get_mut(query).unwrap().0 = "I32");
    assert_eq!(kind, format!("tensor {query}: elements of type I32 are no weights"));
    let nan = Source::complaint(|source| source.tensors.get_mut(query).unwrap().2[70] = f32::NAN);
    assert_eq!(nan, format!("tensor {query}: element 70 (NaN) is not a finite number"));
    let twice = Source::complaint(|source| {
        let tensor = source.tensors[query].clone();
        source.tensors.insert(format!("bert.{query}"), tensor);
    });
    assert!(twice.contains("it is the same as"), "{twice}");
    let layers =
        Source::complaint(|source| source.config["num_hidden_layers"] = json!(4_000_000_000_u32));
    assert_eq!(layers, "tensor encoder.layer.1.attention.self.query.weight is missing");
}
