//! Sentence encoders compute the vectors that llama.cpp computes with the same files
//! (`tests/scripts/arch_fixture.py`).

use llm_inference::{
    embedding::{EmbedError, Embedder},
    engine::{DEFAULT_QUANTUM, Engine, LoadError, Options},
    model::TokenId,
};
use llm_tensor::CpuFeatures;
use serde_json::Value;
use std::path::PathBuf;
use system_platform::{
    compute::SerialPool,
    pace::{Unpaced, run},
};

fn fixture(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fixtures/arch");
    let path = folder.join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn load(file: &[u8], cpu: CpuFeatures, quantum: usize) -> Embedder<'_> {
    Embedder::load(file, cpu, quantum, &SerialPool).expect("the model loads")
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// A text with what llama.cpp makes of it.
struct Case {
    text: String,
    ids: Vec<TokenId>,
    vector: Vec<f32>,
}

fn cases(name: &str) -> Vec<Case> {
    let json: Value = serde_json::from_slice(&fixture(name)).expect("the fixture is JSON");
    let case = |case: &Value| {
        let ids = case["ids"].as_array().expect("an array").iter();
        let numbers = case["vector"].as_array().expect("an array").iter();
        Case {
            text: case["text"].as_str().expect("a text").to_owned(),
            ids: ids.map(|id| TokenId(id.as_u64().expect("an id") as u32)).collect(),
            vector: numbers.map(|x| x.as_f64().expect("a number") as f32).collect(),
        }
    };
    json.as_array().expect("an array").iter().map(case).collect()
}

#[test]
fn vectors_are_those_of_llama_cpp_for_both_ways_of_pooling() {
    for name in ["bert-mean", "bert-cls"] {
        let file = fixture(&format!("{name}.gguf"));
        let cases = cases(&format!("{name}.json"));
        assert!(cases.len() > 2);
        for cpu in [CpuFeatures::detect(), CpuFeatures::baseline()] {
            let mut embedder = load(&file, cpu, DEFAULT_QUANTUM);
            for case in &cases {
                assert_eq!(embedder.encode(&case.text), case.ids, "{:?}", case.text);
                let vector = run(embedder.embed(&case.text, &Unpaced)).expect("the text fits");
                let cosine = dot(&vector, &case.vector);
                assert!(cosine > 0.99999, "{name}, {:?}: {cosine}", case.text);
                assert!((dot(&vector, &vector) - 1.0).abs() < 1e-6);
            }
        }
    }
}

#[test]
fn a_vector_does_not_depend_on_the_texts_before_it_nor_on_the_pace() {
    let file = fixture("bert-mean.gguf");
    let cases = cases("bert-mean.json");
    let texts: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
    let mut embedder = load(&file, CpuFeatures::detect(), DEFAULT_QUANTUM);
    let together = run(embedder.embed_all(&texts, &Unpaced)).expect("the texts fit");
    for (text, expected) in texts.iter().zip(&together).rev() {
        assert_eq!(run(embedder.embed(text, &Unpaced)).as_ref(), Ok(expected));
        let mut alone = load(&file, CpuFeatures::detect(), 1);
        assert_eq!(run(alone.embed(text, &Unpaced)).as_ref(), Ok(expected));
    }
}

#[test]
fn texts_that_have_no_vector_are_refused_by_name() {
    let file = fixture("bert-mean.gguf");
    let mut embedder = load(&file, CpuFeatures::detect(), DEFAULT_QUANTUM);
    let mut refusal = |tokens: &[TokenId]| run(embedder.embed_tokens(tokens, &Unpaced)).err();
    assert_eq!(refusal(&[]), Some(EmbedError::NoTokens));
    let tokens = [TokenId(7); 65];
    assert_eq!(refusal(&tokens), Some(EmbedError::TooLong { tokens: 65, limit: 64 }));
    assert_eq!(refusal(&tokens[..64]), None);
    let unknown = TokenId(31);
    assert_eq!(refusal(&[unknown]), Some(EmbedError::UnknownToken(unknown)));
}

#[test]
fn encoders_make_no_text_and_other_models_no_vectors() {
    let options = Options::new(CpuFeatures::detect());
    let encoder = fixture("bert-mean.gguf");
    let refusal = Engine::load(&encoder, options, &SerialPool).err();
    let message = refusal.as_ref().map(LoadError::to_string);
    let expected = "models of architecture bert make embeddings, not text";
    assert_eq!(message.as_deref(), Some(expected));
    let decoder = fixture("qwen3.gguf");
    let refusal = Embedder::load(&decoder, options.cpu, 1, &SerialPool).err();
    let message = refusal.as_ref().map(LoadError::to_string);
    let expected = "models of architecture qwen3 make text, not embeddings";
    assert_eq!(message.as_deref(), Some(expected));
}
