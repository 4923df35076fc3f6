//! Model files: header, weights, vocabulary, a token computed.

use crate::Target;
use core::{
    pin::pin,
    task::{Context, Poll, Waker},
};
use llm_inference::{
    engine::{Engine, LoadError, Options},
    gguf::Gguf,
    model::{LanguageModel, SpecialTokens, TokenId},
    testing::{Defect, TestModel, damaged_model},
};
use llm_tensor::{CpuFeatures, TensorType};
use system_platform::{compute::SerialPool, pace::Unpaced};

/// See [`run`].
pub const TARGET: Target = Target { name: "gguf", run, seeds, words: WORDS, memory_limit };

/// Bytes that the engine is told are free.
const AVAILABLE_BYTES: u64 = 64 << 20;

/// Tables for each key and token, a rendered message, and what the engine was told it may take.
const fn memory_limit(len: usize) -> usize {
    AVAILABLE_BYTES as usize + (1 << 20) + 50 * len
}

const WORDS: &[&str] = &[
    "general.architecture",
    "general.alignment",
    "llama.block_count",
    "llama.embedding_length",
    "llama.attention.head_count",
    "llama.attention.head_count_kv",
    "llama.attention.key_length",
    "llama.rope.dimension_count",
    "llama.rope.scaling.type",
    "tokenizer.ggml.model",
    "tokenizer.ggml.merges",
    "tokenizer.chat_template",
    "blk.0.attn_q.weight",
    "llama",
    "qwen2",
    "qwen3",
    "gemma3",
    "bert",
];

fn seeds() -> Vec<Vec<u8>> {
    // Narrow, so that most of the file is header: that is where the reader can go wrong.
    let model = TestModel { layers: 1, width: 32, hidden: 32, ..TestModel::default() };
    let of =
        |kind: TensorType| TestModel { kinds: vec![kind], embedding_kind: kind, ..model.clone() };
    let mut seeds = vec![
        model.build(),
        of(TensorType::F16).build(),
        of(TensorType::Q5_1).build(),
        TestModel { has_output: true, has_biases: true, ..model.clone() }.build(),
    ];
    seeds.extend(Defect::ALL.map(damaged_model));
    seeds
}

fn load(data: &[u8]) -> Result<Engine<'_>, LoadError> {
    let options = Options {
        most_context: 64,
        available_bytes: Some(AVAILABLE_BYTES),
        ..Options::new(CpuFeatures::detect())
    };
    Engine::load(data, options, &SerialPool)
}

/// Reads a file as far as it goes: whatever is wrong with it must be an error, and a model that
/// loads must compute a token or say why not.
pub fn run(data: &[u8]) {
    let Ok(gguf) = Gguf::parse(data) else { return };
    for (key, value) in gguf.metadata() {
        assert!(gguf.get(key).is_some(), "{key:?} of {value:?} is found again");
    }
    let in_file = data.as_ptr_range();
    for tensor in gguf.tensors() {
        let found = tensor.data.as_ptr_range();
        assert!(in_file.start <= found.start && found.end <= in_file.end, "{}", tensor.name);
        let elements = tensor.element_count();
        let blocks = elements / tensor.kind.block_len();
        assert_eq!(tensor.data.len(), blocks * tensor.kind.block_bytes(), "{}", tensor.name);
    }
    gguf.fingerprint();

    let mut engine = match load(data) {
        Ok(engine) => engine,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let text = engine.encode("a b\n", SpecialTokens::Parse);
    let tokens = [TokenId(0)].into_iter().chain(text).take(4).collect::<Vec<_>>();
    let mut context = Context::from_waker(Waker::noop());
    let outcome = pin!(engine.extend(&tokens, &Unpaced)).poll(&mut context);
    match outcome {
        Poll::Ready(Ok(())) => {
            assert!(engine.logits().iter().all(|logit| logit.is_finite()), "logits are numbers");
        }
        Poll::Ready(Err(_)) => {}
        Poll::Pending => panic!("nobody waits here"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_models_among_the_seeds_are_sound_and_the_damaged_ones_follow() {
        let seeds = seeds();
        let sound = seeds.len() - Defect::ALL.len();
        for (index, seed) in seeds[..sound].iter().enumerate() {
            assert!(load(seed).is_ok(), "seed {index}");
        }
        assert!(seeds[sound..].iter().filter(|seed| load(seed).is_err()).count() > 20);
    }
}
