//! The embedding model from its published weights to its vectors: converted by `llm-cli`, computed by
//! the engine, compared with a float32 reference.

use std::{fs, path::Path};
use tests::{system::artifacts, workspace::root};
use xtask::{artifacts::default_embedding, embedding, setup};

/// Whether the engine agrees with the reference about this file; how, it prints.
fn has_parity(model: &Path) -> bool {
    let fixtures = root().join("tests/fixtures/all-minilm-l6-v2");
    let mut cargo = setup::cargo();
    cargo.args(["run", "--quiet", "--package", "llm-cli", "--", "parity", "--embedding"]);
    cargo.arg("--model").arg(model).arg("--fixtures").arg(fixtures);
    let output = cargo.output().unwrap_or_else(|error| panic!("cargo: {error}"));
    println!("{}", String::from_utf8_lossy(&output.stdout));
    eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    // Another code than these is an error before anything was compared.
    match output.status.code() {
        Some(0) => true,
        Some(1) => false,
        code => panic!("llm-cli ended with {code:?}"),
    }
}

#[test]
fn the_model_of_the_image_agrees_with_the_reference() {
    let model = default_embedding().unwrap_or_else(|error| panic!("embedding: {error}"));
    assert!(has_parity(&model));
}

#[test]
fn a_conversion_to_halves_agrees_more_closely_and_a_damaged_one_not_at_all() {
    let path = artifacts().join("embedding.f16.gguf");
    embedding::convert("f16", &path).unwrap_or_else(|error| panic!("convert: {error}"));
    assert!(has_parity(&path));
    // Every second number of the commoner words' rows changes its sign (the high bit of a half): the
    // file is sound, and another model.
    let mut bytes = fs::read(&path).expect("it was just written");
    let words = bytes.len() / 64 / 4 * 4..bytes.len() / 4;
    for half in bytes[words].chunks_exact_mut(4) {
        half[1] ^= 0x80;
    }
    fs::write(&path, bytes).expect("it was just written");
    assert!(!has_parity(&path));
    // It is 46 MB; a file that stays behind does no other harm.
    let _ = fs::remove_file(&path);
}

#[test]
fn the_conversion_gives_the_bytes_that_the_build_expects() {
    let path = artifacts().join("embedding.q8_0.gguf");
    embedding::convert("q8_0", &path).unwrap_or_else(|error| panic!("convert: {error}"));
    let expected = default_embedding().unwrap_or_else(|error| panic!("embedding: {error}"));
    let read = |path: &Path| fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert!(read(&path) == read(&expected), "the converter writes something else: see xtask");
    let _ = fs::remove_file(&path);
}
