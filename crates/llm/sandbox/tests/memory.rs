//! Whatever a script does, the heap grows by little more than the limit and shrinks back to what it
//! was: measured with an allocator that counts.

use llm_sandbox::{Host, Limits, Outcome, SandboxError, rhai, wasm};
use peak_alloc::PeakAlloc;
use std::{ops::ControlFlow, rc::Rc};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// What the interpreter takes besides what it is asked to hold.
const ENGINE_BYTES: usize = 3 * 1024 * 1024;

struct Meter;

impl Host for Meter {
    fn watch(&self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn allocated_bytes(&self) -> u64 {
        HEAP.current_usage() as u64
    }
}

/// One test, because a second one that runs at the same time would be measured too.
#[test]
fn the_heap_grows_within_the_limit_and_is_given_back() {
    bombs_end_out_of_memory();
    nothing_is_left_behind();
    parsing_takes_little_memory();
    modules_keep_to_the_limit();
}

/// Runs something and checks what the heap held meanwhile and holds afterwards.
fn measured<T>(what: &str, limits: &Limits, run: impl Fn() -> T) -> T {
    // What is set up once and kept.
    drop(run());
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    let result = run();
    let growth = HEAP.peak_usage().saturating_sub(before);
    assert!(
        growth <= 2 * limits.memory_bytes as usize + ENGINE_BYTES,
        "{what}: the heap grew by {} KiB",
        growth / 1024
    );
    // The result is small.
    let left = HEAP.current_usage().saturating_sub(before);
    assert!(left < 8192, "{what}: {left} bytes are still there");
    result
}

fn script(source: &str) -> Result<Outcome, SandboxError> {
    let limits = Limits { stack_bytes: 1024 * 1024, ..Limits::default() };
    measured(source, &limits, || rhai::run(source, &limits, Rc::new(Meter)))
}

fn bombs_end_out_of_memory() {
    for source in [
        // Many values, each within its limits.
        "let s = \"x\".repeat(60000); let a = []; loop { a.push(|x| s + x); a.push(Fn(\"f\").curry(s + a.len())); }",
        "let m = #{}; let i = 0; loop { m[i.to_string() + \"k\".repeat(60000)] = 1; i += 1; }",
        "let a = []; a.pad(16000, 1); let f = || a; let b = []; loop { b.push(f); }",
        "let a = []; a.pad(16000, 1); let f = || a; f = f.curry(f).curry(f); let b = [f, f]; loop { b.append(b); }",
        "let f = |x| 1; loop { f = f.curry(f).curry(f); }",
        "fn fill(n) { let a = []; a.pad(16000, n); let b = a; let c = a; let d = a; fill(n + 1) } fill(0)",
        "let n = []; n.pad(16000, 0); n.map(|x| \"y\".repeat(60000 + x))",
        "let n = []; n.pad(10, 0); n.map(|x| { let a = []; a.pad(1600, 0); a.map(|y| \"y\".repeat(60000)) })",
        "let a = []; a.pad(16000, 1); let f = || a; let b = []; b.pad(16000, f);",
    ] {
        let error = script(source).expect_err(source);
        assert!(
            matches!(
                error,
                SandboxError::OutOfMemory { .. }
                    | SandboxError::ValueTooLarge { .. }
                    | SandboxError::TooDeep
            ),
            "{source}: {error:?}"
        );
    }
    let source =
        "let s = \"x\".repeat(60000); let a = []; loop { a.push(Fn(\"f\").curry(s + a.len())); }";
    let max_bytes = Limits::default().memory_bytes;
    assert_eq!(script(source), Err(SandboxError::OutOfMemory { max_bytes }));
}

fn nothing_is_left_behind() {
    for source in [
        "let a = []; for i in 0..100 { a.push(`text ${i}`); } a.len()",
        // Closures that would hold themselves.
        "let a = [\"x\".repeat(50000)]; let f = || a; a.push(f); 1",
        "let f = (); let g = || f; f = g; let s = \"x\".repeat(50000); f = || [s, f]; 1",
        "let m = #{s: \"x\".repeat(50000)}; m.f = || m; m.g = || m.f; 1",
        "let x = 1; fn f(g) { f(|| g) } f(|| x)",
        "throw \"x\".repeat(50000)",
        "let a = [1]; loop { a = [a]; }",
        "let = ",
    ] {
        let _ = script(source);
    }
}

fn parsing_takes_little_memory() {
    let texts = [
        "1;",
        "a+",
        "[",
        "{",
        "(",
        "x.y.",
        "\"\"+",
        "`${",
        "fn f(){}",
        "|x|",
        "let a=1;",
        "if a{}else ",
        "[],",
        "#{a:",
        "'a',",
    ];
    for text in texts {
        let source = text.repeat(rhai::MAX_SOURCE_BYTES / text.len());
        let _ = script(&source);
    }
}

fn modules_keep_to_the_limit() {
    let limits = Limits::default();
    for (text, expected) in [
        (r#"(module (memory 1000) (func (export "run")))"#, true),
        (
            r#"(module (memory 1) (func (export "run") (loop (drop (memory.grow (i32.const 1))) (br 0))))"#,
            true,
        ),
        (r#"(module (table 10000000 funcref) (func (export "run")))"#, true),
        (
            r#"(module (memory 50) (func (export "run") (memory.fill (i32.const 0) (i32.const 1) (i32.const 3000000))))"#,
            false,
        ),
    ] {
        let module = wat::parse_str(text).unwrap();
        let result = measured(text, &limits, || wasm::run(&module, &limits, Rc::new(Meter)));
        let is_out_of_memory =
            result == Err(SandboxError::OutOfMemory { max_bytes: limits.memory_bytes });
        assert_eq!(is_out_of_memory, expected, "{text}: {result:?}");
    }
}
