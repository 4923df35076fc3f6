//! Tiny random models of every architecture compute what llama.cpp computes with the same files.
//! Both are made by `tests/scripts/arch_fixture.py`.

use llm_inference::{
    engine::{Engine, Options},
    model::{LanguageModel, TokenId},
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

fn json(name: &str) -> Value {
    serde_json::from_slice(&fixture(name)).expect("the fixture is JSON")
}

fn floats(value: &Value) -> Vec<f32> {
    let numbers = value.as_array().expect("an array").iter();
    numbers.map(|number| number.as_f64().expect("a number") as f32).collect()
}

fn token_ids(value: &Value) -> Vec<TokenId> {
    let ids = value.as_array().expect("an array").iter();
    ids.map(|id| TokenId(id.as_u64().expect("an id") as u32)).collect()
}

/// The largest difference.
fn difference(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn best(logits: &[f32]) -> usize {
    (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).expect("there are logits")
}

/// Largest share of the largest logit by which any may differ. Everything is in single precision
/// but for keys, values and queries, which both engines round to halves, and the weights of
/// attention, which only llama.cpp does.
const TOLERANCE: f32 = 2e-3;

/// The same for Gemma, whose activation llama.cpp looks up in a table of halves.
const TABLE_TOLERANCE: f32 = 5e-3;

/// The same where inputs of matrices are rounded to 8 bits: llama.cpp keeps their scale as a half,
/// this engine as a float, so that now and then one is rounded the other way, which is a 127th.
const QUANTISED_TOLERANCE: f32 = 6e-2;

fn computes_what_llama_cpp_does(name: &str, tolerance: f32) {
    let file = fixture(&format!("{name}.gguf"));
    let expected = json(&format!("{name}.json"));
    let ids = token_ids(&expected["ids"]);
    for cpu in [CpuFeatures::detect(), CpuFeatures::baseline()] {
        let mut engine =
            Engine::load(&file, Options::new(cpu), &SerialPool).expect("the model loads");
        let mut found = Vec::new();
        run(engine.extend_each(&ids, &Unpaced, |_, logits| found.push(logits.to_vec())))
            .expect("the tokens fit");
        let positions = expected["logits"].as_array().expect("an array");
        assert!(positions.len() > 2);
        for entry in positions {
            let position = entry["position"].as_u64().expect("a position") as usize;
            let (found, expected) = (&found[position], floats(&entry["values"]));
            let difference = difference(found, &expected);
            let (ours, theirs) = (best(found), best(&expected));
            let share = difference / expected.iter().fold(0.0, |most: f32, x| most.max(x.abs()));
            assert!(share < tolerance, "{name}, position {position}: off by {share}");
            let is_tie = expected[theirs] - expected[ours] < 2.0 * difference;
            assert!(ours == theirs || is_tie, "{name}, position {position}: {ours}, not {theirs}");
        }
    }
}

#[test]
fn llama_with_biases_an_output_of_its_own_and_linear_scaling() {
    computes_what_llama_cpp_does("llama-linear", TOLERANCE);
}

#[test]
fn llama_with_factors_for_each_frequency() {
    computes_what_llama_cpp_does("llama-factors", TOLERANCE);
}

#[test]
fn llama_with_quantised_weights() {
    computes_what_llama_cpp_does("llama-q8_0", QUANTISED_TOLERANCE);
}

#[test]
fn qwen2_with_yarn() {
    computes_what_llama_cpp_does("qwen2-yarn", TOLERANCE);
}

#[test]
fn qwen3_with_norms_of_heads_wider_than_their_share() {
    computes_what_llama_cpp_does("qwen3", TOLERANCE);
}

#[test]
fn gemma3_with_a_window_shorter_than_the_text() {
    computes_what_llama_cpp_does("gemma3", TABLE_TOLERANCE);
}
