//! What is read from the keys of each architecture, and what is refused.

use super::{Architecture, Config, Pooling, RopeScaling, Rotation, SlidingLayers};
use crate::gguf::{Gguf, GgufError, GgufWriter};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

/// The keys that every file needs.
fn writer(architecture: Architecture) -> GgufWriter {
    let mut writer = GgufWriter::default();
    writer.string("general.architecture", architecture.name());
    for (key, value) in [
        ("block_count", 12),
        ("context_length", 4096),
        ("embedding_length", 64),
        ("feed_forward_length", 96),
        ("attention.head_count", 4),
    ] {
        writer.u32(&format!("{architecture}.{key}"), value);
    }
    writer.f32(&format!("{architecture}.attention.layer_norm_rms_epsilon"), 1e-6);
    writer.f32(&format!("{architecture}.attention.layer_norm_epsilon"), 1e-12);
    writer.strings("tokenizer.ggml.tokens", &["a", "b", "c"]);
    writer
}

fn read(writer: GgufWriter) -> Result<Config, GgufError> {
    let file = writer.finish();
    Config::from_gguf(&Gguf::parse(&file).expect("the structure is sound"))
}

fn refusal(architecture: Architecture, change: impl FnOnce(&mut GgufWriter)) -> Option<String> {
    let mut writer = writer(architecture);
    change(&mut writer);
    read(writer).err().map(|error| error.to_string())
}

#[test]
fn sizes_that_no_key_states_follow_from_the_others() {
    for architecture in Architecture::ALL {
        let config = read(writer(architecture)).expect("all keys are there");
        assert_eq!((config.head_dim, config.kv_heads, config.vocabulary), (16, 4, 3));
        assert_eq!(config.attention_factor, 0.25);
        assert_eq!(config.sliding, None);
        let is_encoder = architecture == Architecture::Bert;
        assert_eq!(config.is_causal, !is_encoder);
        assert_eq!(config.rotations.is_empty(), is_encoder);
        assert_eq!(config.norm_epsilon, if is_encoder { 1e-12 } else { 1e-6 });
    }
}

#[test]
fn every_sixth_layer_of_gemma_sees_everything() {
    let mut writer = writer(Architecture::Gemma3);
    writer.u32("gemma3.attention.sliding_window", 512);
    writer.u32("gemma3.attention.key_length", 32);
    writer.u32("gemma3.attention.value_length", 32);
    writer.f32("gemma3.rope.freq_base", 1e6);
    writer.f32("gemma3.rope.scaling.factor", 8.0);
    let config = read(writer).expect("all keys are there");
    assert_eq!(config.sliding, Some(SlidingLayers { window: 512, period: 6 }));
    let windows: Vec<bool> = (0..12).map(|layer| config.window(layer).is_some()).collect();
    assert_eq!(windows, [true, true, true, true, true, false].repeat(2));
    assert_eq!(config.rotation(5), 0);
    assert_eq!(config.rotation(6), 1);
    let expected = [(1e6, 8.0), (1e4, 1.0)]
        .map(|(base, factor)| Rotation { base, scaling: RopeScaling::Linear { factor } });
    assert_eq!(config.rotations, expected);
    assert_eq!(config.angles(), 2 * 16);
    assert_eq!((config.embedding_scale, config.query_length()), (8.0, 128));
}

#[test]
fn the_largest_gemma_scales_attention_by_its_width() {
    let mut keys = writer(Architecture::Gemma3);
    keys.u32("gemma3.attention.key_length", 64);
    assert_eq!(read(keys.clone()).expect("all keys are there").attention_factor, 1.0 / 8.0);
    let mut file = GgufWriter::default();
    file.string("general.architecture", "gemma3");
    for (key, value) in [
        ("block_count", 62),
        ("context_length", 4096),
        ("embedding_length", 64),
        ("feed_forward_length", 96),
        ("attention.head_count", 4),
        ("attention.key_length", 64),
    ] {
        file.u32(&format!("gemma3.{key}"), value);
    }
    file.f32("gemma3.attention.layer_norm_rms_epsilon", 1e-6);
    file.strings("tokenizer.ggml.tokens", &["a"]);
    assert_eq!(read(file).expect("all keys are there").attention_factor, 1.0 / 4.0);
}

#[test]
fn rope_scaling_is_read_in_all_its_forms() {
    let scaling = |change: &dyn Fn(&mut GgufWriter)| {
        let mut writer = writer(Architecture::Qwen2);
        change(&mut writer);
        read(writer).expect("supported").rotations[0].scaling
    };
    assert_eq!(scaling(&|_| ()), RopeScaling::NONE);
    assert_eq!(
        scaling(&|writer| writer.f32("qwen2.rope.scale_linear", 2.0)),
        RopeScaling::Linear { factor: 2.0 }
    );
    let with_type = |name: &'static str| {
        scaling(&|writer| {
            writer.string("qwen2.rope.scaling.type", name);
            writer.f32("qwen2.rope.scaling.factor", 4.0);
            writer.u32("qwen2.rope.scaling.original_context_length", 1024);
        })
    };
    assert_eq!(with_type("none"), RopeScaling::NONE);
    assert_eq!(with_type("linear"), RopeScaling::Linear { factor: 4.0 });
    let yarn = RopeScaling::Yarn {
        factor: 4.0,
        original_context: 1024,
        magnitude: 1.0,
        beta_fast: 32.0,
        beta_slow: 1.0,
    };
    assert_eq!(with_type("yarn"), yarn);
}

#[test]
fn pooling_is_the_mean_unless_the_file_says_otherwise() {
    for (number, expected) in [
        (None, Pooling::Mean),
        (Some(1), Pooling::Mean),
        (Some(2), Pooling::First),
        (Some(3), Pooling::Last),
    ] {
        let mut writer = writer(Architecture::Bert);
        if let Some(number) = number {
            writer.u32("bert.pooling_type", number);
        }
        assert_eq!(read(writer).expect("supported").pooling, expected);
    }
}

#[test]
fn what_there_is_no_code_for_is_refused_by_its_key() {
    type Change<'c> = &'c dyn Fn(&mut GgufWriter);
    let cases: [(Architecture, Change<'_>, &str); 8] = [
        (
            Architecture::Llama,
            &|writer| writer.u32("llama.expert_count", 8),
            "key llama.expert_count: mixtures of experts are not supported",
        ),
        (
            Architecture::Gemma3,
            &|writer| writer.f32("gemma3.final_logit_softcapping", 30.0),
            "key gemma3.final_logit_softcapping: caps on logits are not supported",
        ),
        (
            Architecture::Qwen3,
            &|writer| writer.string("qwen3.rope.scaling.type", "longrope"),
            "key qwen3.rope.scaling.type: scaling longrope is not supported, only none, linear and \
             yarn",
        ),
        (
            Architecture::Bert,
            &|writer| writer.u32("bert.pooling_type", 4),
            "key bert.pooling_type: pooling 4 is not supported, only mean (1), CLS (2) and last (3)",
        ),
        (
            Architecture::Llama,
            &|writer| writer.u32("llama.attention.head_count_kv", 3),
            "key llama.attention.head_count_kv: 3 does not divide the 4 heads",
        ),
        (
            Architecture::Qwen3,
            &|writer| writer.u32("qwen3.attention.key_length", 512),
            "key qwen3.attention.key_length: keys of 512 and values of 512 are not supported, only \
             the same length up to 256",
        ),
        (
            Architecture::Llama,
            &|writer| writer.u32("llama.rope.dimension_count", 7),
            "key llama.rope.dimension_count: 7 is odd or more than the 16 of a head",
        ),
        (
            Architecture::Llama,
            &|writer| writer.f32("llama.rope.freq_base", f32::NAN),
            "key llama.rope.freq_base: NaN is not a positive number",
        ),
    ];
    for (architecture, change, expected) in cases {
        assert_eq!(refusal(architecture, change).as_deref(), Some(expected));
    }
    assert_eq!(refusal(Architecture::Llama, |writer| writer.u32("llama.expert_count", 0)), None);
}

#[test]
fn another_architecture_is_refused_with_those_there_are() {
    let mut writer = GgufWriter::default();
    writer.string("general.architecture", "mamba");
    let message = read(writer).err().map(|error| error.to_string());
    let expected = "key general.architecture: architecture mamba is not supported, only llama, \
                    qwen2, qwen3, gemma3 and bert";
    assert_eq!(message.as_deref(), Some(expected));
}
