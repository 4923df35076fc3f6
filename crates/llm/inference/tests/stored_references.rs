//! The real model follows the references that travel with the system. The model is
//! `$LLM_OS_MODEL`, else the one that the build keeps in its cache; without it the test fails.

use llm_inference::{
    engine::{Engine, Options},
    model::LanguageModel,
    parity::{batches_agree, follow},
    reference::stored_references,
};
use llm_tensor::CpuFeatures;
use std::{
    env,
    path::{Path, PathBuf},
};
use system_platform::{
    compute::SerialPool,
    pace::{Unpaced, run},
};

fn model_path() -> PathBuf {
    let variable = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("LLM_OS_MODEL").unwrap_or_else(|| {
        let cache = variable("LLMOS_CACHE").unwrap_or_else(|| {
            let home = || variable("HOME").unwrap_or_default().join(".cache");
            variable("XDG_CACHE_HOME").unwrap_or_else(home).join("llm-os")
        });
        cache.join("SmolLM2-135M-Instruct.Q4_1.gguf")
    })
}

fn read_model(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| {
        panic!("the model {} (set LLM_OS_MODEL to another place): {error}", path.display())
    })
}

/// One set of kernels for each dialect that this CPU speaks: old CPUs', an emulator's, and the best.
fn dialects() -> impl Iterator<Item = CpuFeatures> {
    let named = ["plain-avx2", "fixed-avx2"].into_iter();
    let named = named.filter_map(|name| CpuFeatures::by_name(name).ok());
    named.chain([CpuFeatures::detect()])
}

#[test]
fn the_real_model_follows_its_stored_references_and_batches_agree() {
    let file = read_model(&model_path());
    for cpu in dialects() {
        let options = Options { context: Some(512), ..Options::new(cpu) };
        let mut engine = Engine::load(&file, options, &SerialPool).expect("the model loads");
        let references = stored_references(engine.info().fingerprint);
        assert!(!references.is_empty(), "no reference for {:016x}", engine.info().fingerprint);
        for reference in &references {
            let report = run(follow(&mut engine, reference, &Unpaced)).expect("the prompt fits");
            assert_eq!(report.steps(), reference.steps.len());
            assert!(report.is_passed(), "{}: {report:?}", cpu.name());
        }
        let agree = run(batches_agree(&mut engine, &references[0].prompt[..9], &Unpaced));
        assert_eq!(agree, Ok(true), "{}", cpu.name());
    }
}
