//! A small model with random weights.

use crate::gguf::GgufWriter;
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use llm_tensor::{
    TensorType,
    testing::{Random, random_weights},
};

/// The shape of a model to be made. It speaks nonsense, but does all that a real one does: byte
/// tokens, ChatML tokens, grouped attention.
#[derive(Clone, Debug)]
pub struct TestModel {
    /// Types of the matrices of the layers, taken in turn.
    pub kinds: Vec<TensorType>,
    /// Type of the embedding (and of the output, if that is its own).
    pub embedding_kind: TensorType,
    /// Layers.
    pub layers: usize,
    /// Width; a multiple of the block lengths of the types, of 32 and of `heads`.
    pub width: usize,
    /// Width of the feed-forward layers; a multiple of the block lengths and of 32.
    pub hidden: usize,
    /// Query heads.
    pub heads: usize,
    /// Key/value heads.
    pub kv_heads: usize,
    /// Context to claim.
    pub context: usize,
    /// Whether the output is a matrix of its own.
    pub has_output: bool,
    /// Whether queries, keys and values have biases.
    pub has_biases: bool,
    /// Decides the weights.
    pub seed: u64,
}

impl Default for TestModel {
    fn default() -> Self {
        Self {
            kinds: [TensorType::Q4_1].to_vec(),
            embedding_kind: TensorType::Q8_0,
            layers: 2,
            width: 64,
            hidden: 96,
            heads: 4,
            kv_heads: 2,
            context: 512,
            has_output: false,
            has_biases: false,
            seed: 1,
        }
    }
}

/// ChatML's tokens, then one for each byte.
const SPECIAL_TOKENS: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

impl TestModel {
    /// Tokens of its vocabulary.
    pub const VOCABULARY: usize = SPECIAL_TOKENS.len() + 256;

    /// The file.
    pub fn build(&self) -> Vec<u8> {
        self.writer().finish()
    }

    /// The file in the making, to be spoiled.
    pub fn writer(&self) -> GgufWriter {
        let mut writer = GgufWriter::default();
        self.write_keys(&mut writer);
        let mut random = Random::new(self.seed);
        let mut kinds = self.kinds.iter().copied().cycle();
        let mut matrix = |writer: &mut GgufWriter, name: &str, rows: usize, cols: usize, kind| {
            let deviation = 1.0 / libm::sqrtf(cols as f32);
            let data = random_weights(&mut random, kind, rows * cols, deviation);
            writer.tensor(name, kind, &[cols, rows], &data);
        };
        let (width, hidden) = (self.width, self.hidden);
        let keys = width / self.heads * self.kv_heads;
        matrix(&mut writer, "token_embd.weight", Self::VOCABULARY, width, self.embedding_kind);
        if self.has_output {
            matrix(&mut writer, "output.weight", Self::VOCABULARY, width, self.embedding_kind);
        }
        vector(&mut writer, "output_norm.weight", width, 1.0);
        for layer in 0..self.layers {
            let name = |part: &str| format!("blk.{layer}.{part}");
            vector(&mut writer, &name("attn_norm.weight"), width, 1.0);
            vector(&mut writer, &name("ffn_norm.weight"), width, 1.0);
            for (part, rows, cols) in [
                ("attn_q", width, width),
                ("attn_k", keys, width),
                ("attn_v", keys, width),
                ("attn_output", width, width),
                ("ffn_gate", hidden, width),
                ("ffn_up", hidden, width),
                ("ffn_down", width, hidden),
            ] {
                let kind = kinds.next().expect("at least one type is given");
                matrix(&mut writer, &name(&format!("{part}.weight")), rows, cols, kind);
            }
            if self.has_biases {
                vector(&mut writer, &name("attn_q.bias"), width, 0.1);
                vector(&mut writer, &name("attn_k.bias"), keys, 0.2);
                vector(&mut writer, &name("attn_v.bias"), keys, 0.3);
            }
        }
        writer
    }

    fn write_keys(&self, writer: &mut GgufWriter) {
        writer.string("general.architecture", "llama");
        writer.string("general.name", "Test model");
        for (key, value) in [
            ("llama.block_count", self.layers),
            ("llama.context_length", self.context),
            ("llama.embedding_length", self.width),
            ("llama.feed_forward_length", self.hidden),
            ("llama.attention.head_count", self.heads),
            ("llama.attention.head_count_kv", self.kv_heads),
            ("llama.rope.dimension_count", self.width / self.heads),
        ] {
            writer.u32(key, value as u32);
        }
        writer.f32("llama.attention.layer_norm_rms_epsilon", 1e-5);
        writer.f32("llama.rope.freq_base", 10_000.0);
        writer.string("tokenizer.ggml.model", "gpt2");
        writer.string("tokenizer.ggml.pre", "smollm");
        let specials = SPECIAL_TOKENS.iter().map(|text| (*text).to_string());
        let tokens: Vec<String> = specials.chain((0..=255).map(byte_spelling)).collect();
        let types: Vec<i32> =
            (0..tokens.len()).map(|id| if id < SPECIAL_TOKENS.len() { 3 } else { 1 }).collect();
        writer.strings("tokenizer.ggml.tokens", &tokens);
        writer.i32s("tokenizer.ggml.token_type", &types);
        writer.strings::<&str>("tokenizer.ggml.merges", &[]);
        writer.u32("tokenizer.ggml.bos_token_id", 1);
        writer.u32("tokenizer.ggml.eos_token_id", 2);
    }
}

fn vector(writer: &mut GgufWriter, name: &str, len: usize, value: f32) {
    let data: Vec<u8> = (0..len)
        .flat_map(|index| (value * (1.0 + 0.1 * (index % 7) as f32)).to_le_bytes())
        .collect();
    writer.tensor(name, TensorType::F32, &[len], &data);
}

/// How GPT-2's vocabulary writes a byte: printable ones as themselves, the others as the
/// characters from U+0100 on, in order.
fn byte_spelling(byte: u8) -> String {
    let is_printable = |byte: u8| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let character = if is_printable(byte) {
        char::from(byte)
    } else {
        let rank = (0..byte).filter(|&other| !is_printable(other)).count() as u32;
        char::from_u32(0x100 + rank).expect("68 bytes are not printable")
    };
    character.to_string()
}
