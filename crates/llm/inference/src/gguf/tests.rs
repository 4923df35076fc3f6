//! Damage of every kind is named, and no damage makes the reader panic.

use super::{Gguf, GgufError, GgufWriter, Value};
use crate::testing::{Defect, TestModel, damaged_model};
use alloc::{format, string::ToString, vec::Vec};
use llm_tensor::{TensorType, testing::Random};

#[test]
fn reads_back_what_was_written() {
    let mut writer = GgufWriter::default();
    writer.u32("a.number", 7);
    writer.raw("a.signed", 11, &(-3_i64).to_le_bytes());
    writer.raw("a.byte", 0, &[200]);
    writer.f32("a.float", 1.5);
    writer.bool("a.flag", true);
    writer.string("a.text", "grüße");
    writer.strings("some.texts", &["x", "", "yz"]);
    writer.i32s("some.numbers", &[-1, 2]);
    writer.tensor("t", TensorType::F32, &[2, 3], &[9; 24]);
    let file = writer.finish();
    let gguf = Gguf::parse(&file).expect("the file is sound");
    assert_eq!(gguf.u32("a.number"), Ok(Some(7)));
    assert_eq!(gguf.get("a.signed"), Some(Value::Signed(-3)));
    assert_eq!(gguf.u32("a.byte"), Ok(Some(200)));
    assert_eq!(gguf.f32("a.float"), Ok(Some(1.5)));
    assert_eq!(gguf.bool("a.flag"), Ok(Some(true)));
    assert_eq!(gguf.string("a.text"), Ok(Some("grüße")));
    let texts = gguf.strings("some.texts").expect("they are strings").expect("they are there");
    assert_eq!(texts.iter().collect::<Vec<_>>(), [b"x".as_slice(), b"", b"yz"]);
    let numbers = gguf.scalars("some.numbers").expect("they are numbers").expect("they are there");
    assert_eq!(numbers.iter_i64().collect::<Vec<_>>(), [Some(-1), Some(2)]);
    assert_eq!(gguf.u32("no.such.key"), Ok(None));
    assert!(matches!(gguf.u32("a.signed"), Err(GgufError::WrongType { .. })));
    let tensor = gguf.require_tensor("t").expect("it is there");
    assert_eq!((&tensor.dimensions[..], tensor.data), (&[2, 3][..], &[9; 24][..]));
}

#[test]
fn each_defect_is_named_with_its_place() {
    for (defect, expected) in [
        (Defect::Empty, "not a GGUF file: it starts with \"\""),
        (Defect::NotGguf, "not a GGUF file: it starts with \"PK\\x03\\x04\""),
        (Defect::OldVersion, "GGUF version 2 is not supported, only version 3"),
        (Defect::UnsupportedType, "tensor blk.1.ffn_up.weight: type IQ2_XXS is not supported"),
        (
            Defect::OverflowingDimensions,
            "tensor blk.0.attn_q.weight: dimensions [1099511627776, 1099511627776] overflow",
        ),
        (Defect::DuplicateTensor, "tensor blk.0.attn_v.weight is in the file twice"),
        (Defect::BadAlignment, "key general.alignment: 48 is not a power of two from 8 to 2^30"),
        (
            Defect::EmptyTensor,
            "tensor output_norm.weight: dimensions [0] do not make whole blocks of 1",
        ),
        (Defect::TooManyDimensions, "tensor output_norm.weight: 5 dimensions, not 1 to 4"),
    ] {
        let file = damaged_model(defect);
        let error = Gguf::parse(&file).expect_err("the file is damaged");
        assert_eq!(error.to_string(), expected);
    }
    for (defect, part) in [
        (Defect::TruncatedData, "file truncated: data of tensor "),
        (Defect::TruncatedHeader, "file truncated in "),
        (Defect::CorruptLength, "file truncated in the name of key 0: 18446744073709551615 bytes"),
        (Defect::Misaligned, "tensor blk.0.attn_k.weight: data offset "),
        (
            Defect::AbsurdTensorCount,
            "file truncated in the table of 1152921504606846976 tensors: 18446744073709551615 bytes",
        ),
        (Defect::AbsurdArray, "the array of key absurd at offset "),
        (
            Defect::OffsetBeyondEnd,
            "file truncated: data of tensor blk.0.attn_k.weight ends at 1099",
        ),
        (Defect::OverflowingOffset, "tensor blk.0.attn_k.weight: its end, 18446744073709551584 + "),
    ] {
        let file = damaged_model(defect);
        let message = Gguf::parse(&file).expect_err("the file is damaged").to_string();
        assert!(message.contains(part), "{defect:?}: {message}");
    }
}

#[test]
fn every_type_is_named_as_ggml_names_it() {
    // `enum ggml_type`, by number; those without arithmetic are refused by name.
    let names = [
        "F32",
        "F16",
        "Q4_0",
        "Q4_1",
        "Q4_2",
        "Q4_3",
        "Q5_0",
        "Q5_1",
        "Q8_0",
        "Q8_1",
        "Q2_K",
        "Q3_K",
        "Q4_K",
        "Q5_K",
        "Q6_K",
        "Q8_K",
        "IQ2_XXS",
        "IQ2_XS",
        "IQ3_XXS",
        "IQ1_S",
        "IQ4_NL",
        "IQ3_S",
        "IQ2_S",
        "IQ4_XS",
        "I8",
        "I16",
        "I32",
        "I64",
        "F64",
        "IQ1_M",
        "BF16",
        "Q4_0_4_4",
        "Q4_0_4_8",
        "Q4_0_8_8",
        "TQ1_0",
        "TQ2_0",
        "IQ4_NL_4_4",
        "IQ4_NL_4_8",
        "IQ4_NL_8_8",
        "MXFP4",
        "NVFP4",
        "Q1_0",
        "Q2_0",
        "number 43",
    ];
    let mut supported = 0;
    for (number, name) in (0..).zip(names) {
        let mut writer = GgufWriter::default();
        writer.tensor("blk.3.ffn_up.weight", TensorType::F32, &[256], &[0; 1024]);
        writer.tensors_mut()[0].type_number = number;
        let file = writer.finish();
        match Gguf::parse(&file) {
            Ok(gguf) => {
                let kind = gguf.tensors()[0].kind;
                assert_eq!((kind.name(), kind.ggml_number()), (name, number));
                supported += 1;
            }
            Err(error) => assert_eq!(
                error.to_string(),
                format!("tensor blk.3.ffn_up.weight: type {name} is not supported")
            ),
        }
    }
    assert_eq!(supported, TensorType::ALL.len());
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let file = TestModel { layers: 1, ..TestModel::default() }.build();
    let header_len = Gguf::parse(&file).expect("the file is sound").header().len();
    // Padding after the last tensor may be missing.
    let data_end = file.len() - 32;
    for len in (0..header_len).chain((header_len..data_end).step_by(997)) {
        assert!(Gguf::parse(&file[..len]).is_err(), "cut at {len}");
    }
}

#[test]
fn random_damage_never_panics() {
    let file = TestModel { layers: 1, ..TestModel::default() }.build();
    let header_len = Gguf::parse(&file).expect("the file is sound").header().len();
    let mut random = Random::new(3);
    for _ in 0..2000 {
        let mut damaged = file[..].to_vec();
        for _ in 0..=random.below(3) {
            let place = random.below(header_len);
            let value = random.bits();
            let len = [1, 4, 8][random.below(3)].min(header_len - place);
            damaged[place..place + len].copy_from_slice(&value.to_le_bytes()[..len]);
        }
        if let Ok(gguf) = Gguf::parse(&damaged) {
            let in_file: usize =
                gguf.tensors().iter().map(|tensor| tensor.data.len()).max().unwrap_or(0);
            assert!(in_file <= damaged.len());
        }
    }
}

#[test]
fn the_fingerprint_tells_models_apart() {
    let print =
        |model: &TestModel| Gguf::parse(&model.build()).expect("the file is sound").fingerprint();
    let model = TestModel::default();
    assert_eq!(print(&model), print(&model));
    assert_ne!(print(&model), print(&TestModel { seed: 2, ..model.clone() }));
    assert_ne!(print(&model), print(&TestModel { context: 511, ..model.clone() }));
}
