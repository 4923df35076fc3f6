use super::*;
use crate::testing::TestHost;
use proptest::prelude::*;
use std::{format, string::ToString};

fn outcome(text: &str) -> Result<Outcome, SandboxError> {
    let module = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
    run(&module, &Limits::default(), TestHost::patient())
}

fn value(text: &str) -> Option<String> {
    outcome(text).unwrap_or_else(|error| panic!("{text}: {error}")).value
}

fn error(text: &str) -> SandboxError {
    outcome(text).expect_err(text)
}

fn runtime_error(text: &str) -> String {
    match error(text) {
        SandboxError::Runtime { message, line: None } => message,
        other => panic!("{text}: {other:?}"),
    }
}

const ENDLESS: &str = r#"(module (func (export "run") (loop (br 0))))"#;

#[test]
fn gives_the_number_of_the_entry_point() {
    assert_eq!(
        value(r#"(module (func (export "run") (result i32) (i32.const -7)))"#).as_deref(),
        Some("-7")
    );
    assert_eq!(
        value(r#"(module (func (export "main") (result i64) (i64.const 9000000000)))"#).as_deref(),
        Some("9000000000")
    );
    assert_eq!(
        value(r#"(module (func (export "run") (result f32) (f32.sqrt (f32.const 16))))"#)
            .as_deref(),
        Some("4.0")
    );
    assert_eq!(
        value(
            r#"(module (func (export "run") (result f64) (f64.div (f64.const 1) (f64.const 3))))"#
        )
        .as_deref(),
        Some("0.3333333333333333")
    );
    assert_eq!(value(r#"(module (func (export "_start")))"#), None);
    // `run` comes before the others.
    assert_eq!(
        value(
            r#"(module (func (export "_start")) (func (export "run") (result i32) (i32.const 1)))"#
        )
        .as_deref(),
        Some("1")
    );
}

#[test]
fn runs_a_module_written_as_bytes() {
    // (module (func (export "run") (result i32) i32.const 42))
    let module = b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f\x03\x02\x01\0\x07\x07\x01\x03run\0\0\x0a\x06\x01\x04\0\x41\x2a\x0b";
    let outcome = run(module, &Limits::default(), TestHost::patient()).unwrap();
    assert_eq!(outcome.value.as_deref(), Some("42"));
}

#[test]
fn computes_for_longer_than_one_slice_of_fuel() {
    let sum = r#"(module (func (export "run") (result i64) (local $i i64) (local $s i64)
        (loop
            (local.set $s (i64.add (local.get $s) (local.get $i)))
            (local.set $i (i64.add (local.get $i) (i64.const 1)))
            (br_if 0 (i64.lt_u (local.get $i) (i64.const 1000000))))
        (local.get $s)))"#;
    assert_eq!(value(sum).as_deref(), Some("499999500000"));
    let fibonacci = r#"(module (func $f (param i32) (result i32)
        (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0)) (else
            (i32.add (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 2)))))))
        (func (export "run") (result i32) (call $f (i32.const 20))))"#;
    assert_eq!(value(fibonacci).as_deref(), Some("6765"));
}

#[test]
fn prints_text_and_numbers() {
    let text = r#"(module
        (import "host" "print" (func $print (param i32 i32)))
        (import "host" "print_i64" (func $print_i64 (param i64)))
        (memory (export "memory") 1) (data (i32.const 8) "hello")
        (func (export "run") (call $print (i32.const 8) (i32.const 5)) (call $print_i64 (i64.const -3))))"#;
    assert_eq!(outcome(text).unwrap(), Outcome { value: None, output: "hello\n-3\n".into() });
}

fn printing(memory: &str, pointer: i64, len: i64) -> String {
    format!(
        r#"(module (import "host" "print" (func $print (param i32 i32))) {memory}
        (func (export "run") (loop (call $print (i32.const {pointer}) (i32.const {len})) (br 0))))"#
    )
}

#[test]
fn bad_texts_are_not_printed() {
    let memory = r#"(memory (export "memory") 1) (data (i32.const 0) "\ff\fe")"#;
    assert!(runtime_error(&printing(memory, 0, 2)).contains("UTF-8"));
    assert!(runtime_error(&printing(memory, 65_535, 2)).contains("beyond the end"));
    assert!(runtime_error(&printing(memory, -1, -1)).contains("beyond the end"));
    assert!(runtime_error(&printing("", 0, 0)).contains("needs a memory"));
}

#[test]
fn output_is_bounded() {
    let too_long = SandboxError::OutputTooLong { max_bytes: Limits::default().output_bytes };
    let memory = r#"(memory (export "memory") 1)"#;
    assert_eq!(error(&printing(memory, 0, 10)), too_long);
    assert_eq!(error(&printing(memory, 0, 0)), too_long);
    assert_eq!(error(&printing(memory, 0, 60_000)), too_long);
}

#[test]
fn an_endless_loop_runs_out_of_fuel() {
    let limits = Limits { fuel: 20_000, ..Limits::default() };
    let module = wat::parse_str(ENDLESS).unwrap();
    let host = TestHost::patient();
    assert_eq!(run(&module, &limits, host.clone()), Err(SandboxError::OutOfFuel { fuel: 20_000 }));
    let slices = limits.fuel * UNITS_PER_OPERATION / FUEL_PER_WATCH;
    assert!(host.watches.get().abs_diff(slices) <= 1, "{} watches", host.watches.get());
}

#[test]
fn the_host_can_interrupt() {
    let module = wat::parse_str(ENDLESS).unwrap();
    let host = TestHost::with_patience(3);
    assert_eq!(run(&module, &Limits::default(), host.clone()), Err(SandboxError::Interrupted));
    assert_eq!(host.watches.get(), 3);
}

#[test]
fn recursion_ends_too_deep() {
    assert_eq!(error(r#"(module (func $f (export "run") (call $f)))"#), SandboxError::TooDeep);
    let locals = "(local i64)".repeat(5000);
    assert_eq!(
        error(&format!(r#"(module (func $f (export "run") {locals} (call $f)))"#)),
        SandboxError::TooDeep
    );
}

#[test]
fn traps_are_told() {
    assert!(
        runtime_error(r#"(module (func (export "run") (unreachable)))"#).contains("unreachable")
    );
    let divide =
        r#"(module (func (export "run") (result i32) (i32.div_s (i32.const 1) (i32.const 0))))"#;
    assert!(runtime_error(divide).contains("divide by zero"));
    let load =
        r#"(module (memory 1) (func (export "run") (result i32) (i32.load (i32.const 65536))))"#;
    assert!(runtime_error(load).contains("out of bounds"));
}

#[test]
fn only_the_functions_of_the_host_can_be_imported() {
    let import =
        |import: &str| error(&format!(r#"(module (import {import}) (func (export "run")))"#));
    let unknown = |module: &str, name: &str| SandboxError::UnknownImport {
        module: module.into(),
        name: name.into(),
    };
    assert_eq!(
        import(
            r#""wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32))"#
        ),
        unknown("wasi_snapshot_preview1", "fd_write")
    );
    assert_eq!(import(r#""host" "exit" (func)"#), unknown("host", "exit"));
    assert_eq!(import(r#""env" "memory" (memory 1)"#), unknown("env", "memory"));
    let unsupported = SandboxError::UnsupportedImport { name: "print".into() };
    assert_eq!(import(r#""host" "print" (func (param i32))"#), unsupported);
    assert_eq!(import(r#""host" "print" (func (param i32 i32) (result i32))"#), unsupported);
    assert_eq!(import(r#""host" "print" (memory 1)"#), unsupported);
}

#[test]
fn modules_that_cannot_be_run_are_refused() {
    assert_eq!(error("(module)"), SandboxError::MissingEntryPoint);
    assert_eq!(error(r#"(module (memory (export "run") 1))"#), SandboxError::MissingEntryPoint);
    assert_eq!(
        error(r#"(module (func (export "run") (param i32)))"#),
        SandboxError::UnsupportedSignature { name: "run" }
    );
    assert_eq!(
        error(r#"(module (func (export "main") (result i32 i32) (i32.const 1) (i32.const 2)))"#),
        SandboxError::UnsupportedSignature { name: "main" }
    );
    assert_eq!(
        error(r#"(module (func (export "run") (result funcref) (ref.null func)))"#),
        SandboxError::UnsupportedSignature { name: "run" }
    );
    let start = error(r#"(module (func $f (loop (br 0))) (start $f) (func (export "run")))"#);
    assert!(start.to_string().contains("start function"), "{start}");
    let not_a_module = run(b"fn main() {}", &Limits::default(), TestHost::patient());
    assert!(matches!(not_a_module, Err(SandboxError::BadModule { .. })), "{not_a_module:?}");
    let invalid = b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f\x03\x02\x01\0\x07\x07\x01\x03run\0\0\x0a\x06\x01\x04\0\x41\x2a\x1a";
    let invalid = run(invalid, &Limits::default(), TestHost::patient());
    assert!(matches!(invalid, Err(SandboxError::BadModule { .. })), "{invalid:?}");
    let data = r#"(module (memory 1) (data (i32.const 70000) "x") (func (export "run")))"#;
    assert!(
        matches!(error(data), SandboxError::BadModule { .. } | SandboxError::Runtime { .. }),
        "{:?}",
        error(data)
    );
    let long = [0; MAX_MODULE_BYTES + 1];
    let (len_bytes, max_bytes) = (long.len(), MAX_MODULE_BYTES);
    assert_eq!(
        run(&long, &Limits::default(), TestHost::patient()),
        Err(SandboxError::SourceTooLong { len_bytes, max_bytes })
    );
}

proptest! {
    #[test]
    fn any_bytes_end_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        let _ = run(&bytes, &Limits::default(), TestHost::patient());
        module.extend(bytes);
        let _ = run(&module, &Limits::default(), TestHost::patient());
    }

    #[test]
    fn a_damaged_module_ends_without_a_panic(
        position in any::<proptest::sample::Index>(), byte in any::<u8>(), len in any::<proptest::sample::Index>(),
    ) {
        let text = printing(r#"(memory (export "memory") 1) (data (i32.const 0) "hello")"#, 0, 5);
        let mut module = wat::parse_str(text).unwrap();
        let limits = Limits { fuel: 10_000, ..Limits::default() };
        let position = position.index(module.len());
        module[position] = byte;
        let _ = run(&module, &limits, TestHost::patient());
        let _ = run(&module[..len.index(module.len())], &limits, TestHost::patient());
    }
}
