//! The engine's errors as ours.

use super::values;
use crate::{SandboxError, printed::Printed};
use ::rhai::{EvalAltResult, ParseError, ParseErrorType};
use alloc::string::String;
use core::fmt::Write;

/// What is told of an error, in bytes.
const MAX_MESSAGE_BYTES: usize = 200;

/// An error from parsing.
pub(super) fn of_parsing(error: &ParseError) -> SandboxError {
    match error.err_type() {
        ParseErrorType::ExprTooDeep => SandboxError::TooDeep,
        ParseErrorType::TooManyFunctions => SandboxError::TooManyNames,
        kind => SandboxError::Syntax {
            message: message(format_args!("{kind}")),
            line: error.position().line(),
            column: error.position().position(),
        },
    }
}

/// An error from running, other than those by which the guard stops a script.
pub(super) fn of_running(error: EvalAltResult) -> SandboxError {
    match error {
        // What matters is where the innermost function failed.
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => of_running(*inner),
        EvalAltResult::ErrorDataTooLarge(what, _) => {
            SandboxError::ValueTooLarge { what: parts(&what) }
        }
        EvalAltResult::ErrorStackOverflow(_) => SandboxError::TooDeep,
        EvalAltResult::ErrorTooManyVariables(_) => SandboxError::TooManyNames,
        // A value that the script threw.
        EvalAltResult::ErrorRuntime(value, position) => {
            let mut text = Printed::new(MAX_MESSAGE_BYTES);
            // What does not fit is left out.
            let _ = values::write(&value, &mut text);
            SandboxError::Runtime { message: text.take(), line: position.line() }
        }
        EvalAltResult::ErrorAssignmentToConstant(name, position) => SandboxError::Runtime {
            message: message(format_args!(
                "cannot change {name}: it is a constant, or a closure's copy of a variable outside"
            )),
            line: position.line(),
        },
        EvalAltResult::ErrorNonPureMethodCallOnConstant(name, position) => SandboxError::Runtime {
            message: message(format_args!(
                "cannot {name} here: it would change a constant, or a closure's copy of a variable \
                 outside"
            )),
            line: position.line(),
        },
        mut error => {
            let line = error.take_position().line();
            SandboxError::Runtime { message: message(format_args!("{error}")), line }
        }
    }
}

/// What the engine calls a part of a value that there are too many of.
fn parts(what: &str) -> &'static str {
    if what.contains("string") {
        "characters"
    } else if what.contains("map") {
        "entries"
    } else {
        "elements"
    }
}

fn message(text: core::fmt::Arguments<'_>) -> String {
    let mut message = Printed::new(MAX_MESSAGE_BYTES);
    // What does not fit is left out.
    let _ = message.write_fmt(text);
    message.take()
}
