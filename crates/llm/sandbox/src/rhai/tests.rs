use super::*;
use crate::testing::TestHost;
use proptest::prelude::*;
use std::string::String;

/// Debug builds take several times the stack of release builds, and the threads of tests have 2 MiB.
const LIMITS: Limits = Limits {
    fuel: 1_000_000,
    memory_bytes: 4 * 1024 * 1024,
    output_bytes: 4096,
    call_depth: 64,
    stack_bytes: 1024 * 1024,
};

fn outcome(source: &str) -> Result<Outcome, SandboxError> {
    run(source, &LIMITS, TestHost::patient())
}

fn value(source: &str) -> String {
    match outcome(source) {
        Ok(Outcome { value: Some(value), .. }) => value,
        other => panic!("{source}: {other:?}"),
    }
}

fn output(source: &str) -> String {
    outcome(source).unwrap_or_else(|error| panic!("{source}: {error}")).output
}

fn error(source: &str) -> SandboxError {
    match outcome(source) {
        Err(error) => error,
        Ok(outcome) => panic!("{source}: {outcome:?}"),
    }
}

fn runtime_error(source: &str) -> (String, Option<usize>) {
    match error(source) {
        SandboxError::Runtime { message, line } => (message, line),
        other => panic!("{source}: {other:?}"),
    }
}

#[test]
fn computes_what_people_ask_for() {
    assert_eq!(value("1 + 2 * 3"), "7");
    assert_eq!(value("7 / 2"), "3");
    assert_eq!(value("7.0 / 2"), "3.5");
    assert_eq!(value("-7 % 3"), "-1");
    assert_eq!(value("2 ** 10"), "1024");
    assert_eq!(value("2.0 ** 0.5"), "1.4142135623730951");
    assert_eq!(value("let s = 0; for i in 1..=100 { s += i } s"), "5050");
    assert_eq!(
        value("fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } } fib(15)"),
        "610"
    );
    assert_eq!(
        value("fn f(n) { if n <= 1 { 1 } else { n * f(n - 1) } } f(20)"),
        "2432902008176640000"
    );
    let primes = "
        let primes = [];
        for n in 2..50 {
            let is_prime = true;
            for p in primes { if n % p == 0 { is_prime = false; break; } }
            if is_prime { primes.push(n); }
        }
        primes";
    assert_eq!(value(primes), "[2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47]");
    let sieve = "
        let sieve = [];
        sieve.pad(10001, true);
        let count = 0;
        for i in 2..=10000 {
            if !sieve[i] { continue; }
            count += 1;
            let j = i * i;
            while j <= 10000 { sieve[j] = false; j += i; }
        }
        count";
    assert_eq!(value(sieve), "1229");
}

#[test]
fn floats_and_mathematics_work_without_the_standard_library() {
    assert_eq!(value("0.1 + 0.2"), "0.30000000000000004");
    assert_eq!(value("sqrt(2.0)"), "1.4142135623730951");
    assert_eq!(value("16.0.sqrt()"), "4.0");
    assert_eq!(value("9.to_float().sqrt().to_int()"), "3");
    assert_eq!(value("sin(0.0)"), "0.0");
    assert_eq!(value("PI()"), "3.141592653589793");
    assert_eq!(value("(2.5).floor()"), "2.0");
    assert_eq!(value("abs(-3)"), "3");
    assert_eq!(value("max(3, 4) + min(1, 2)"), "5");
    assert_eq!(value("exp(0.0) + ln(1.0)"), "1.0");
    assert_eq!(value("parse_int(\"42\") + 1"), "43");
    assert_eq!(value("parse_float(\"2.5\") * 2.0"), "5.0");
}

#[test]
fn strings_are_built_searched_and_cut() {
    assert_eq!(value(r#"let name = "you"; `hello ${name}, ${1 + 1} times`"#), "hello you, 2 times");
    assert_eq!(value(r#""abc".to_upper() + "def".len()"#), "ABC3");
    assert_eq!(value(r#""a,b,c".split(",")"#), r#"["a", "b", "c"]"#);
    assert_eq!(value(r#"["a", "b", 3].join("-")"#), "a-b-3");
    assert_eq!(value(r#""ab".repeat(3)"#), "ababab");
    assert_eq!(value(r#"let s = "banana"; s.replace("an", "AN"); s"#), "bANANa");
    assert_eq!(value(r#"let s = "banana"; s.replace('a', 'o'); s"#), "bonono");
    assert_eq!(value(r#"let s = "7"; s.pad(3, '-'); s"#), "7--");
    assert_eq!(value(r#"let s = "7"; s.pad(6, "ab"); s"#), "7ababa");
    assert_eq!(value(r#"let s = ""; for c in "abc" { s = c + s; } s"#), "cba");
    assert_eq!(value(r#""hello world".contains("wor")"#), "true");
    assert_eq!(value(r#""hello".sub_string(1, 3)"#), "ell");
}

#[test]
fn arrays_and_maps_work() {
    assert_eq!(value("let a = [3, 1, 2]; a.sort(); a"), "[1, 2, 3]");
    assert_eq!(value("let a = [3, 1, 2]; a.sort(|x, y| y - x); a"), "[3, 2, 1]");
    assert_eq!(value("[1, 2, 3, 4].filter(|x| x % 2 == 0).map(|x| x * 10)"), "[20, 40]");
    assert_eq!(value("[1, 2, 3].reduce(|sum, x| sum + x, 0)"), "6");
    assert_eq!(
        value("let m = #{a: 1, b: \"two\"}; m.c = [(), 2.0]; m"),
        r##"#{"a": 1, "b": "two", "c": [(), 2.0]}"##
    );
    assert_eq!(
        value("let m = #{}; for w in [\"x\", \"y\", \"x\"] { m[w] = (m[w] ?? 0) + 1; } m"),
        r##"#{"x": 2, "y": 1}"##
    );
    assert_eq!(value("[1, [2, #{a: 3}]] == [1.0, [2, #{a: 3}]]"), "true");
    assert_eq!(value("[1, [2]] != [1, [3]]"), "true");
    assert_eq!(value("[[1, 2], [3]].contains([3])"), "true");
    assert_eq!(value("#{a: [1]} == #{a: [1]}"), "true");
    assert_eq!(
        value("const A = [1, 2]; `${A} ${A.join(\"+\")} ${A == [1, 2]} ${A.to_string()}`"),
        "[1, 2] 1+2 true [1, 2]"
    );
    assert_eq!(value("[1, 2, 3][-1]"), "3");
    assert_eq!(value("switch 3 { 1 => \"one\", 2..5 => \"few\", _ => \"many\" }"), "few");
}

#[test]
fn what_is_printed_is_kept_apart_from_the_value() {
    let outcome = outcome("print(\"a\"); print(1.5); print([1, \"b\"]); debug(\"c\"); 42").unwrap();
    assert_eq!(outcome.output, "a\n1.5\n[1, \"b\"]\n\"c\"\n");
    assert_eq!(outcome.value.as_deref(), Some("42"));
    assert_eq!(super::run("let x = 1;", &LIMITS, TestHost::patient()).unwrap().value, None);
    assert_eq!(output("print(|x| x)").len(), "Fn(anon$0123456789abcdef)\n".len());
}

#[test]
fn closures_get_copies_of_what_is_around_them() {
    assert_eq!(value("let n = 3; [1, 2].map(|x| x * n)"), "[3, 6]");
    assert_eq!(value("let n = 3; let f = |x| x + n; n = 10; [f.call(1), n]"), "[4, 10]");
    assert_eq!(value("const N = 3; let f = |x| x + N; f.call(1)"), "4");
    assert_eq!(
        value("let a = 1; let f = || { let b = 2; let g = |x| x + a + b; g.call(3) }; f.call()"),
        "6"
    );
    assert_eq!(value("let n = 3; let f = |x| x + n; is_shared(n)"), "false");
    // What a closure got and hands on is an ordinary value again.
    assert_eq!(value("let n = 3; let f = || { let m = n; m += 1; m }; f.call()"), "4");
    assert_eq!(value("fn g(x) { x += 1; x } let n = 3; let f = || g(n); f.call()"), "4");
    assert_eq!(value("let a = [2, 1]; let f = |i| a[i] + a.len(); f.call(0)"), "4");
    assert_eq!(value("let f = |x| { x += 1; x }; f.call(1)"), "2");
}

#[test]
fn a_closure_that_changes_its_surroundings_is_told_that_it_cannot() {
    let (message, line) = runtime_error("let sum = 0;\n[1, 2].for_each(|x| sum += x);\nsum");
    assert!(message.starts_with("cannot change sum"), "{message}");
    assert_eq!(line, Some(2));
    let (message, _) = runtime_error("let a = []; let f = |x| a.push(x); f.call(1); a");
    assert!(message.contains("push"), "{message}");
}

#[test]
fn errors_tell_what_and_where() {
    assert_eq!(
        error("let x = 1;\nlet y = ;"),
        SandboxError::Syntax { message: "Unexpected ';'".into(), line: Some(2), column: Some(9) }
    );
    assert_eq!(runtime_error("let x = 1;\nx + y"), ("Variable not found: y".into(), Some(2)));
    assert_eq!(runtime_error("fn f() {\n  throw \"bad\";\n}\nf()"), ("bad".into(), Some(2)));
    assert_eq!(runtime_error("1 / 0").1, Some(1));
    assert!(runtime_error("9223372036854775807 + 1").0.contains("overflow"));
    assert!(runtime_error("[1, 2][5]").0.contains("out of bounds"));
    assert_eq!(value("let r = 0; try { throw 5 } catch (e) { r = e + 1; } r"), "6");
}

#[test]
fn an_endless_loop_runs_out_of_fuel() {
    let limits = Limits { fuel: 10_000, ..LIMITS };
    let stopped = Err(SandboxError::OutOfFuel { fuel: 10_000 });
    for source in [
        "loop {}",
        "while true { }",
        "let x = 0; loop { x += 1; }",
        "for i in 0..1000000000000 { }",
    ] {
        assert_eq!(run(source, &limits, TestHost::patient()), stopped, "{source}");
    }
    // Nothing catches it.
    let source = "loop { try { loop {} } catch { } }";
    assert_eq!(run(source, &limits, TestHost::patient()), stopped);
}

#[test]
fn the_host_is_asked_regularly_and_can_interrupt() {
    let host = TestHost::with_patience(5);
    assert_eq!(run("loop {}", &LIMITS, host.clone()), Err(SandboxError::Interrupted));
    assert_eq!(host.watches.get(), 5);
    let host = TestHost::patient();
    let limits = Limits { fuel: 100 * OPERATIONS_PER_WATCH, ..LIMITS };
    assert!(run("loop {}", &limits, host.clone()).is_err());
    assert_eq!(host.watches.get(), 100);
    // In closures that functions of the language call, too: `map` calls this one 4000 times.
    let host = TestHost::patient();
    run("let a = []; a.pad(4000, 1); a.map(|x| x + 1).len()", &LIMITS, host.clone()).unwrap();
    assert!(host.watches.get() > 4000 * 2 / OPERATIONS_PER_WATCH, "{}", host.watches.get());
    let host = TestHost::with_patience(5);
    let source = "let a = []; a.pad(10000, 1); a.map(|x| x + 1).sort(|x, y| x - y); loop {}";
    assert_eq!(run(source, &LIMITS, host), Err(SandboxError::Interrupted));
}

#[test]
fn output_and_value_are_bounded() {
    let limits = Limits { output_bytes: 100, ..LIMITS };
    let too_long = Err(SandboxError::OutputTooLong { max_bytes: 100 });
    for source in [
        "loop { print(\"x\") }",
        "print(\"x\".repeat(1000))",
        "\"x\".repeat(1000)",
        "let a = []; a.pad(1000, a); a",
        "print(\"x\".repeat(100))",
    ] {
        assert_eq!(run(source, &limits, TestHost::patient()), too_long, "{source}");
    }
    assert_eq!(
        run("print(\"x\".repeat(99))", &limits, TestHost::patient()).unwrap().output.len(),
        100
    );
}

#[test]
fn recursion_ends_too_deep() {
    let limits = Limits { stack_bytes: usize::MAX, ..LIMITS };
    for source in [
        "fn f() { f() } f()",
        "fn f(n) { g(n + 1) } fn g(n) { f(n + 1) } f(0)",
        "fn f(a) { f([a]) } f([])",
    ] {
        assert_eq!(
            run(source, &limits, TestHost::patient()),
            Err(SandboxError::TooDeep),
            "{source}"
        );
    }
    let limits = Limits { stack_bytes: 16 * 1024, call_depth: usize::MAX, ..LIMITS };
    assert_eq!(run("fn f() { f() } f()", &limits, TestHost::patient()), Err(SandboxError::TooDeep));
}

#[test]
fn values_cannot_nest_without_end() {
    for source in [
        "let a = []; loop { a = [a]; }",
        "let a = [[]]; loop { a[0] = [a[0]]; }",
        "let a = [0]; loop { a.push([a.pop()]); }",
        "let m = #{}; loop { m = #{m: m}; }",
        "let m = #{m: 0}; loop { m.m = #{m: m.m}; }",
        "let f = || 1; loop { let g = f; f = || g.call(); }",
        "let f = |x| 1; loop { f = Fn(\"g\").curry(f); }",
        "let a = []; a.pad(10000, 0); a.reduce(|deep, x| [deep], 0)",
        "fn wrap(x) { [x] } let a = 0; loop { a = wrap(a); }",
        "fn deep() { let a = 0; for i in 0..1000 { a = [a]; } a } fn main() { deep() } main()",
    ] {
        assert_eq!(error(source), SandboxError::TooDeep, "{source}");
    }
}

#[test]
fn nothing_of_the_language_that_reaches_outside_is_there() {
    for source in [
        "import \"x\" as x;",
        "export let x = 1;",
        "eval(\"1\")",
        "fn f() { this } f()",
        "let m = #{f: || this}; m.f()",
    ] {
        assert!(
            matches!(error(source), SandboxError::Syntax { .. }),
            "{source}: {:?}",
            outcome(source)
        );
    }
    for source in [
        "sleep(1)",
        "timestamp()",
        "parse_json(\"{}\")",
        "#{}.to_json()",
        "exit(1)",
        "open_file(\"x\")",
    ] {
        assert!(runtime_error(source).0.contains("not found"), "{source}: {:?}", outcome(source));
    }
}

#[test]
fn sources_are_bounded() {
    let source = " ".repeat(MAX_SOURCE_BYTES);
    assert_eq!(outcome(&source).unwrap().value, None);
    let (len_bytes, max_bytes) = (MAX_SOURCE_BYTES + 1, MAX_SOURCE_BYTES);
    assert_eq!(error(&(source + " ")), SandboxError::SourceTooLong { len_bytes, max_bytes });
}

#[test]
fn names_are_bounded() {
    let many = |text: &str, count: u32| {
        (0..count).map(|i| text.replace('@', &std::format!("{i}"))).collect::<String>()
    };
    assert_eq!(error(&many("let x@ = 1;", 200)), SandboxError::TooManyNames);
    assert_eq!(error(&many("fn f@() {}", 200)), SandboxError::TooManyNames);
    assert!(outcome(&many("let x@ = 1;", 100)).is_ok());
}

#[test]
fn single_values_are_bounded() {
    for (source, what) in [
        ("let s = \"x\"; loop { s += s; }", "characters"),
        ("let s = \"x\"; loop { s = s + s; }", "characters"),
        ("let s = \"x\"; loop { s = `${s}${s}`; }", "characters"),
        ("let s = \"x\"; s.pad(100000, 'x');", "characters"),
        ("let s = \"x\"; s.pad(100000, \"ab\");", "characters"),
        ("\"abc\".repeat(9223372036854775807)", "characters"),
        ("let s = \"a\".repeat(60000); s.replace(\"a\", s)", "characters"),
        ("let s = \"a\".repeat(60000); let a = []; loop { a.push(s); }", "characters"),
        ("let s = \"a\".repeat(60000); [s, s].join()", "characters"),
        ("let a = [1]; loop { a += a; }", "elements"),
        ("let a = [1]; loop { a.append(a); }", "elements"),
        ("let a = []; loop { a.push(1); }", "elements"),
        ("let a = []; a.pad(1000000000000, 1);", "elements"),
        ("let a = []; a.pad(1000, 1); let b = []; b.pad(1000, a);", "elements"),
        ("let a = [1]; loop { a = [a, a]; }", "elements"),
        ("let m = #{a: 1}; loop { m = #{a: m, b: m}; }", "entries"),
    ] {
        assert_eq!(error(source), SandboxError::ValueTooLarge { what }, "{source}");
    }
    // An empty padding is not repeated for ever.
    assert_eq!(value("let s = \"x\"; s.pad(5, \"\"); s"), "x");
}

/// Pieces that make scripts, and nonsense, when put together.
const PIECES: &[&str] = &[
    "let a = ",
    "let f = ",
    "a",
    "f",
    "x",
    "0",
    "1",
    "2.5",
    "\"s\"",
    "'c'",
    "`${",
    "}`",
    "[",
    "]",
    "#{",
    "a: ",
    "}",
    "{",
    "(",
    ")",
    ";",
    ",",
    ".",
    "..",
    "..=",
    " + ",
    " - ",
    " * ",
    " / ",
    " % ",
    " ** ",
    " = ",
    " += ",
    " == ",
    " < ",
    " && ",
    " ?? ",
    "|x| ",
    "|x, y| ",
    "|| ",
    "if ",
    "else ",
    "loop { ",
    "while ",
    "for x in ",
    "break;",
    "return ",
    "throw ",
    "try { ",
    "} catch (e) { ",
    "switch a { ",
    " => ",
    "_",
    "fn g(x) { ",
    "g(",
    "print(",
    "debug(",
    ".push(",
    ".pad(",
    ".map(",
    ".reduce(",
    ".sort(",
    ".filter(",
    ".call(",
    ".curry(",
    ".len()",
    ".split(",
    ".to_string()",
    ".pop()",
    ".keys()",
    ".values()",
    ".retain(",
    ".drain(",
    ".zip(",
    ".replace(",
    ".extract(",
    ".splice(",
    ".chop(",
    ".truncate(",
    ".insert(",
    ".remove(",
    ".mixin(",
    ".join(",
    "range(",
    "a.a",
    "a[0]",
    "a[f]",
    "Fn(\"g\")",
    "is_shared(",
    "type_of(",
    "const B = ",
    "// ",
    "/* ",
    "\n",
    "-9223372036854775808",
    "9223372036854775807",
    " << ",
    " >> ",
    "in ",
    "!",
    "f.call(f)",
    "a = [a];",
    "a = [f, f];",
    "f = f.curry(a);",
    "a.push(|| a);",
];

proptest! {
    #[test]
    fn any_text_ends_without_a_panic(source in "\\PC{0,100}") {
        let limits = Limits { fuel: 5000, ..LIMITS };
        let _ = run(&source, &limits, TestHost::patient());
    }

    #[test]
    fn any_pieces_of_scripts_end_without_a_panic(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..30),
    ) {
        let limits = Limits { fuel: 5000, ..LIMITS };
        let _ = run(&pieces.concat(), &limits, TestHost::patient());
    }

    #[test]
    fn any_call_of_a_function_of_the_language_ends_without_a_panic(
        start in proptest::sample::select(STARTS), method in proptest::sample::select(METHODS),
        arguments in proptest::collection::vec(proptest::sample::select(STARTS), 0..4),
    ) {
        let limits = Limits { fuel: 50_000, ..LIMITS };
        let name = method;
        let arguments = arguments.join(", ");
        for call in [
            std::format!("let a = {start}; a.{name}({arguments}); a"),
            std::format!("const A = {start}; A.{name}({arguments})"),
            std::format!("let a = {start}; let f = || a.{name}({arguments}); f.call(); let b = [a, f]; b"),
        ] {
            let _ = run(&call, &limits, TestHost::patient());
        }
    }

    #[test]
    fn any_operator_on_any_values_ends_without_a_panic(
        left in proptest::sample::select(STARTS), right in proptest::sample::select(STARTS),
        operator in proptest::sample::select(OPERATORS),
    ) {
        let limits = Limits { fuel: 5000, ..LIMITS };
        let _ = run(&std::format!("{left} {operator} {right}"), &limits, TestHost::patient());
        let _ = run(&std::format!("let a = {left}; a {operator}= {right}; a"), &limits, TestHost::patient());
    }
}

const STARTS: &[&str] = &[
    "()",
    "0",
    "1",
    "-1",
    "3",
    "64",
    "1000000",
    "9223372036854775807",
    "(-9223372036854775807 - 1)",
    "0.0",
    "2.5",
    "-1.5",
    "1.0e308",
    "(0.0 / 0.0)",
    "true",
    "'c'",
    "'\\u{1F600}'",
    "\"\"",
    "\"s\"",
    "\"ä😀b\"",
    "\"12\"",
    "[]",
    "[1]",
    "[3, 1, 2]",
    "[\"b\", \"a\"]",
    "[1, \"a\", 2.5]",
    "[[1], [2]]",
    "#{}",
    "#{a: 1}",
    "#{a: [1], b: #{}}",
    "1..5",
    "5..=1",
    "0..9223372036854775807",
    "|x| x",
    "|x, y| x - y",
    "|| 1",
    "|x| [x, x]",
    "|x| throw x",
    "Fn(\"abs\")",
    "\"x\".repeat(60000)",
    "range(0, 10, 3)",
    "range(-9223372036854775807, 9223372036854775807, 1)",
];

const OPERATORS: &[&str] = &[
    "+", "-", "*", "/", "%", "**", "<<", ">>", "&", "|", "^", "==", "!=", "<", ">", "<=", ">=",
    "in", "&&", "||", "??", "..", "..=",
];

const METHODS: &[&str] = &[
    "len",
    "is_empty",
    "get",
    "set",
    "push",
    "append",
    "concat",
    "insert",
    "pad",
    "pop",
    "shift",
    "remove",
    "clear",
    "truncate",
    "chop",
    "reverse",
    "splice",
    "extract",
    "split",
    "for_each",
    "map",
    "filter",
    "contains",
    "index_of",
    "find",
    "find_map",
    "some",
    "all",
    "dedup",
    "reduce",
    "reduce_rev",
    "zip",
    "sort",
    "sort_desc",
    "order",
    "order_desc",
    "order_by",
    "drain",
    "retain",
    "keys",
    "values",
    "mixin",
    "merge",
    "fill_with",
    "to_upper",
    "make_upper",
    "to_lower",
    "trim",
    "sub_string",
    "crop",
    "replace",
    "chars",
    "bytes",
    "bits",
    "to_chars",
    "split_rev",
    "starts_with",
    "ends_with",
    "index_of",
    "max",
    "min",
    "to_int",
    "to_float",
    "parse_int",
    "parse_float",
    "to_hex",
    "to_binary",
    "to_octal",
    "to_string",
    "to_debug",
    "abs",
    "sign",
    "sqrt",
    "exp",
    "ln",
    "log",
    "floor",
    "ceiling",
    "round",
    "is_nan",
    "sin",
    "asin",
    "hypot",
    "is_odd",
    "is_zero",
    "call",
    "curry",
    "name",
    "is_anonymous",
    "start",
    "end",
    "is_inclusive",
    "step",
    "type_of",
    "join",
    "repeat",
    "range",
    "to_degrees",
    "int",
    "fraction",
    "is_shared",
    "print",
    "debug",
    "get_fn_metadata_list",
    "to_json",
    "tag",
];
