//! `run_code`: runs a program in the sandbox.

mod base64;
mod request;

use crate::{
    Capability, Example, Facility, ReadingContext, Refusal, Tool, ToolContext, ToolError,
    ToolFuture, ToolOutput,
    arguments::string,
    excerpt::excerpt,
    facility::CodeHost,
    programs,
    schema::{Argument, ArgumentType, object},
    tool::done,
};
use alloc::{borrow::ToOwned, format, rc::Rc, string::String, vec::Vec};
use core::{cell::Cell, ops::ControlFlow};
use llm_sandbox::{Host, Limits, Outcome, SandboxError, rhai, wasm};
use serde_json::{Value, json};

/// Runs Rhai or a WebAssembly module.
pub struct RunCode {
    schema: Value,
}

/// How long a program may run. In milliseconds.
const LIMIT_MS: u64 = 2_000;

impl RunCode {
    /// The tool.
    pub fn new() -> Self {
        Self {
            schema: object(&[
                Argument::required("code", ArgumentType::String, "the program"),
                Argument::optional(
                    "language",
                    ArgumentType::String,
                    "rhai (also without it) or wasm (a module as base64)",
                ),
            ]),
        }
    }
}

impl Default for RunCode {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for RunCode {
    fn name(&self) -> &str {
        "run_code"
    }

    fn description(&self) -> &str {
        "Runs a program in the language Rhai and returns its value and what it prints."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[
            Example {
                request: "Run this code: let x = 6; x * 7",
                arguments: r#"{"code": "let x = 6; x * 7"}"#,
            },
            Example {
                request: "Use a program to add up the squares of 1 to 10.",
                arguments: r#"{"code": "let sum = 0; for i in 1..=10 { sum += i * i; } sum"}"#,
            },
            Example {
                request: "Execute `print(\"hi\")`",
                arguments: r#"{"code": "print(\"hi\")"}"#,
            },
        ]
    }

    fn capability(&self, _arguments: &Value) -> Option<Capability> {
        Some(Capability::Code)
    }

    fn facility(&self) -> Option<Facility> {
        Some(Facility::Sandbox)
    }

    fn time_limit_ms(&self) -> u64 {
        LIMIT_MS
    }

    fn readings(&self, request: &str, _context: &ReadingContext) -> Vec<Value> {
        let written = request::code(request).map(|code| match code.language {
            Some(language) => json!({"code": code.text, "language": language}),
            None => json!({"code": code.text}),
        });
        let known = programs::matching(request).map(|code| json!({ "code": code }));
        written.into_iter().chain(known).collect()
    }

    fn call<'a>(&'a self, arguments: &'a Value, context: ToolContext<'a>) -> ToolFuture<'a> {
        done(run(arguments, &context))
    }
}

/// What the sandbox asks while code runs: lets others run, and watches the clock.
struct Watch {
    host: Rc<dyn CodeHost>,
    deadline_ns: u64,
    is_late: Cell<bool>,
}

impl Host for Watch {
    fn watch(&self) -> ControlFlow<()> {
        if self.host.uptime_ns() >= self.deadline_ns {
            self.is_late.set(true);
            return ControlFlow::Break(());
        }
        self.host.breathe()
    }

    fn allocated_bytes(&self) -> u64 {
        self.host.allocated_bytes()
    }
}

fn run(arguments: &Value, context: &ToolContext<'_>) -> Result<ToolOutput, ToolError> {
    let code = string(arguments, "code")?;
    let host = context.code_host.clone().ok_or(Refusal::Missing(Facility::Sandbox))?;
    if (context.breathe)().is_break() {
        return Err(Refusal::Stopped.into());
    }
    let deadline_ns = host.uptime_ns().saturating_add(LIMIT_MS * 1_000_000);
    let watch = Rc::new(Watch { host, deadline_ns, is_late: Cell::new(false) });
    let limits = Limits::default();
    let result = match arguments["language"].as_str().unwrap_or("rhai").trim() {
        language if language.eq_ignore_ascii_case("rhai") => {
            rhai::run(code, &limits, Rc::clone(&watch) as Rc<dyn Host>)
        }
        language if language.eq_ignore_ascii_case("wasm") => base64::decode(code)
            .ok_or_else(|| SandboxError::BadModule { message: "it is not base64".to_owned() })
            .and_then(|module| wasm::run(&module, &limits, Rc::clone(&watch) as Rc<dyn Host>)),
        language => return Err(Refusal::UnknownLanguage { name: language.to_owned() }.into()),
    };
    match result {
        Ok(outcome) => Ok(output(outcome)),
        Err(SandboxError::Interrupted) => Err(match watch.is_late.get() {
            true => Refusal::TimedOut { limit_ms: LIMIT_MS }.into(),
            false => Refusal::Stopped.into(),
        }),
        Err(error) => Err(Refusal::Code(error).into()),
    }
}

/// Value and printed text, for a person and as a statement.
fn output(outcome: Outcome) -> ToolOutput {
    let printed = excerpt(outcome.output.trim_end(), None);
    let value = outcome.value.map(|value| excerpt(&value, None));
    let (text, statement): (String, String) = match (value, printed.as_str()) {
        (None, "") => {
            return ToolOutput::acknowledgement(
                "the program ran; it has no value and printed nothing",
            );
        }
        (None, printed) => (printed.to_owned(), format!("the program printed:\n{printed}")),
        (Some(value), "") => (value.clone(), format!("the program's result is {value}")),
        (Some(value), printed) => (
            format!("{printed}\n{value}"),
            format!("the program printed:\n{printed}\nand its result is {value}"),
        ),
    };
    ToolOutput::with_statement(text, statement)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, FakeCodeHost, TestMachine};
    use alloc::string::ToString;

    fn run(bench: &mut Bench, code: &str) -> Result<String, String> {
        bench.call("run_code", json!({ "code": code })).map_err(|error| error.to_string())
    }

    /// (module (func (export "run") (result i32) i32.const 42))
    const ANSWER: &str = "AGFzbQEAAAABBQFgAAF/AwIBAAcHAQNydW4AAAoGAQQAQSoL";

    #[test]
    fn value_and_printed_text_are_told() {
        let mut bench = Bench::complete();
        let mut outcome = |code: &str| bench.output("run_code", json!({ "code": code })).unwrap();
        let output = outcome("let x = 6; x * 7");
        assert_eq!((&*output.text, output.is_answer), ("42", true));
        assert_eq!(output.statement, "the program's result is 42");
        let output = outcome("print(\"a\"); print(\"b\");");
        assert_eq!(output.statement, "the program printed:\na\nb");
        let output = outcome("print(1); 2");
        assert_eq!(output.text, "1\n2");
        assert_eq!(output.statement, "the program printed:\n1\nand its result is 2");
        assert!(!outcome("let x = 1;").is_answer);
    }

    #[test]
    fn modules_run_too() {
        let mut bench = Bench::complete();
        let mut module = |code: &str| {
            let arguments = json!({"code": code, "language": "wasm"});
            bench.call("run_code", arguments).map_err(|error| error.to_string())
        };
        assert_eq!(module(ANSWER).unwrap(), "42");
        assert_eq!(module("no!").unwrap_err(), "not a module that can be run: it is not base64");
        assert!(module("AAAA").unwrap_err().starts_with("not a module that can be run"));
    }

    #[test]
    fn what_goes_wrong_is_named() {
        let mut bench = Bench::complete();
        assert!(run(&mut bench, "let = 3").unwrap_err().starts_with("line 1, column "));
        assert!(run(&mut bench, "1 / 0").is_err());
        let arguments = json!({"code": "1", "language": "python"});
        assert_eq!(
            bench.call("run_code", arguments).unwrap_err().to_string(),
            "there is no language \"python\"; there are rhai and wasm"
        );
        let error = run(&mut Bench::new(TestMachine::default()), "1").unwrap_err();
        assert_eq!(error, "this needs a sandbox for code, which this system does not have");
    }

    #[test]
    fn an_endless_loop_ends_by_the_clock_or_by_the_person() {
        let mut bench = Bench::complete();
        bench.code_host = Some(Rc::new(FakeCodeHost::new(100_000_000, u32::MAX)));
        assert_eq!(run(&mut bench, "loop { }").unwrap_err(), "stopped after its limit of 2000 ms");
        bench.code_host = Some(Rc::new(FakeCodeHost::new(0, 3)));
        assert_eq!(run(&mut bench, "loop { }").unwrap_err(), "stopped");
        bench.code_host = Some(Rc::new(FakeCodeHost::new(0, u32::MAX)));
        assert!(run(&mut bench, "loop { }").unwrap_err().contains("is there an endless loop?"));
    }

    #[test]
    fn a_known_program_answers_a_request() {
        let mut bench = Bench::complete();
        let request = "Use a program to compute the 20th Fibonacci number.";
        let reading = bench.readings("run_code", request).remove(0);
        let output = bench.output("run_code", reading).unwrap();
        assert_eq!(output.statement, "the program's result is 6765");
    }

    #[test]
    fn code_in_the_request_comes_before_known_programs() {
        let bench = Bench::complete();
        let readings = bench.readings("run_code", "Reverse the list 1, 2 by `[1, 2].reverse()`");
        assert_eq!(readings.len(), 2);
        assert_eq!(readings[0], json!({"code": "[1, 2].reverse()"}));
        let request = alloc::format!("run this wasm module: {ANSWER}");
        let readings = bench.readings("run_code", &request);
        assert_eq!(readings, [json!({"code": ANSWER, "language": "wasm"})]);
        assert!(bench.readings("run_code", "Write a program for my shop").is_empty());
    }
}
