//! Whatever nests, in a script's text, in its calls or in its values, fits on the stack of a kernel
//! thread: run in threads with so little stack. A thread that overflows its stack ends the process,
//! so these tests fail by crashing.
//!
//! What counts is the release build: `cargo test --release --package llm-sandbox --test stack`. The
//! frames of a debug build are several times as large, and so are the stacks here.

use llm_sandbox::{Host, Limits, SandboxError, rhai, wasm};
use std::{ops::ControlFlow, rc::Rc, thread};

const STACK_BYTES: usize = if cfg!(debug_assertions) { 512 } else { 128 } * 1024;

struct Patient;

impl Host for Patient {
    fn watch(&self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn allocated_bytes(&self) -> u64 {
        0
    }
}

/// Runs scripts on a small stack; how many ended too deep.
fn count_too_deep(sources: Vec<String>) -> usize {
    let run_all = move || {
        let limits = Limits::default();
        assert!(limits.stack_bytes + Limits::STACK_HEADROOM_BYTES <= 128 * 1024);
        let results = sources.iter().map(|source| rhai::run(source, &limits, Rc::new(Patient)));
        results.filter(|result| *result == Err(SandboxError::TooDeep)).count()
    };
    let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn(run_all).unwrap();
    thread.join().unwrap()
}

#[test]
fn nested_text_is_parsed_and_run_or_refused() {
    let nesting = [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("{", "1", "}"),
        ("#{a: ", "1", "}"),
        ("if true {", "1", "}"),
        ("if false {} else ", "{}", ""),
        ("loop {", "break;", "}"),
        ("for i in [1] {", "1", "}"),
        ("do {", "1", "} while false"),
        ("try {", "1", "} catch {}"),
        ("switch 1 { _ => ", "1", "}"),
        ("|| {", "1", "}"),
        ("|x| ", "1", ""),
        ("- ", "1", ""),
        ("!", "true", ""),
        ("abs(", "1", ")"),
        ("a.b(", "1", ")"),
        ("a[", "0", "]"),
        ("`${", "1", "}`"),
        ("1 + (", "1", ")"),
        ("", "1", " + 1"),
        ("", "1", ".abs()"),
        ("", "a", "[0]"),
        ("", "a", ".b"),
        ("", "true", " && true"),
        ("/*", "", "*/"),
    ];
    for (before, inside, after) in nesting {
        let depths = (1..70).chain([500, 900]);
        let sources = depths.flat_map(|depth| {
            let text = [&before.repeat(depth), inside, &after.repeat(depth)].concat();
            [format!("fn f(a) {{ {text} }} f([[1]])"), text]
        });
        let too_deep = count_too_deep(sources.collect());
        let is_comment = before == "/*";
        assert_eq!(too_deep == 0, is_comment, "{before}{inside}{after}: {too_deep} too deep");
    }
}

#[test]
fn recursion_is_stopped_in_time() {
    let bodies = [
        "f(n + 1)",
        "1 + f(n + 1)",
        "[[[[[[[[f(n + 1)]]]]]]]]",
        "((((((((((((((((((((f(n + 1)))))))))))))))))))))",
        "if true { if true { switch 1 { _ => { for i in 0..3 { while true { f(n + 1) } } } } } }",
        "try { f(n + 1) } catch { throw 1 }",
        "`${f(n + 1)}`",
        "abs(abs(abs(abs(abs(abs(f(n + 1)))))))",
        "let m = #{a: [1]}; m.a[f(n + 1)] = 1",
        "[1].map(|x| f(n + 1))",
        "[1, 2].sort(|x, y| f(n + 1))",
        "[1].reduce(|a, x| f(n + 1), 0)",
        "#{a: 1}.map(|x| f(n + 1))",
        "[n].for_each(|x| f(x))",
        "Fn(\"f\").call(n + 1)",
        "let g = |n| f(n); g.call(n + 1)",
        "f([n])",
    ];
    let sources: Vec<_> = bodies.map(|body| format!("fn f(n) {{ {body} }} f(0)")).into();
    assert_eq!(count_too_deep(sources), bodies.len());
    let mutual = "fn f(n) { g(n) } fn g(n) { h(n) } fn h(n) { f(n) } f(0)";
    let itself = "let f = |g| g.call(g); f.call(f)";
    assert_eq!(count_too_deep(vec![mutual.into(), itself.into()]), 2);
}

#[test]
fn recursion_that_people_write_is_not_stopped() {
    let sources = [
        "fn f(n) { if n < 2 { n } else { f(n - 1) + f(n - 2) } } f(15)",
        "fn f(n) { if n == 0 { 1 } else { n * f(n - 1) } } f(12)",
        "fn gcd(a, b) { if b == 0 { a } else { gcd(b, a % b) } } gcd(1071, 462)",
        "fn hanoi(n, a, b, c) { if n == 0 { 0 } else { hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a) } } hanoi(10, 1, 2, 3)",
    ];
    for source in sources {
        let run = move || rhai::run(source, &Limits::default(), Rc::new(Patient));
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn(run).unwrap();
        let result = thread.join().unwrap();
        // The frames of a debug build use the script's share of the stack up sooner.
        assert!(cfg!(debug_assertions) || result.is_ok(), "{source}: {result:?}");
    }
}

#[test]
fn deep_values_are_copied_printed_compared_and_dropped() {
    let uses = [
        "print(a)",
        "debug(a)",
        "a",
        "a == a",
        "a != a",
        "`${a}`",
        "\"\" + a",
        "a.to_string()",
        "switch a { 1 => 1, _ => 2 }",
        "throw a",
        "let b = a; b",
        "[a].contains(a)",
        "a in [a]",
        "[a].index_of(a)",
        "type_of(a)",
        "let b = [a, a]; b.dedup(); b",
        "[a, a].sort()",
        "fn f(x) { x } f(a)",
        "let f = || a; f.call()",
        "let b = []; b.push(a); b",
        "let b = #{}; b[a]",
        "Fn(\"x\").curry(a)",
        "no_such_function(a)",
        "min(a, a)",
        "[a].join()",
    ];
    for depth in [10, 20, 30, 60, 100, 140, 160, 180, 220] {
        let values = [
            format!("let a = 1; for i in 0..{depth} {{ a = [a]; }}"),
            format!("let a = 1; for i in 0..{depth} {{ a = #{{a: a}}; }}"),
            format!("let a = Fn(\"x\"); for i in 0..{depth} {{ a = Fn(\"x\").curry(a); }}"),
            format!("let a = 1; for i in 0..{} {{ a = [[[[[[[[[[a]]]]]]]]]]; }}", depth / 10),
        ];
        let sources =
            values.iter().flat_map(|value| uses.map(|each| format!("{value} {each}"))).collect();
        let too_deep = count_too_deep(sources);
        assert!(depth > 20 || too_deep == 0, "{too_deep} too deep at {depth}");
        assert!(depth < 220 || too_deep == uses.len() * values.len(), "{too_deep} at {depth}");
    }
}

#[test]
fn modules_take_little_stack() {
    let deep_blocks = ["(block ".repeat(2000), ")".repeat(2000)].concat();
    let long_sum =
        ["(i32.add (i32.const 1) ".repeat(500), "(i32.const 1)".into(), ")".repeat(500)].concat();
    let modules = [
        r#"(module (func $f (export "run") (call $f)))"#.to_owned(),
        format!(r#"(module (func (export "run") {deep_blocks}))"#),
        format!(r#"(module (func (export "run") (result i32) {long_sum}))"#),
    ];
    let modules = modules.map(|text| wat::parse_str(text).unwrap());
    let run_all =
        move || modules.map(|module| wasm::run(&module, &Limits::default(), Rc::new(Patient)));
    let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn(run_all).unwrap();
    let results = thread.join().unwrap();
    assert_eq!(results[0], Err(SandboxError::TooDeep));
    assert!(results[1].is_ok(), "{:?}", results[1]);
    assert_eq!(results[2].as_ref().unwrap().value.as_deref(), Some("501"));
}
