//! What people ask of the calculator, from the request to the statement.

mod generated;
mod hostile;
mod phrases;
mod requests;

use crate::{
    expression::evaluate,
    testing::{Bench, TestMachine},
};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde_json::json;

/// Whether it is an expression, if perhaps one whose numbers have no value: what is asked for is an
/// answer also if that is "division by zero".
fn is_understood(text: &str) -> bool {
    evaluate(text).map_or_else(|error| error.is_about_values(), |_| true)
}

/// The statement of a phrase, or its error.
fn statement(phrase: &str) -> String {
    let mut bench = Bench::new(TestMachine::default());
    bench
        .output("calc", json!({ "expr": phrase }))
        .map_or_else(|error| error.to_string(), |output| output.statement)
}

/// The result of a phrase, or its error.
fn result(phrase: &str) -> String {
    let mut bench = Bench::new(TestMachine::default());
    bench.call("calc", json!({ "expr": phrase })).unwrap_or_else(|error| error.to_string())
}

/// The statement of the best reading of a request.
fn answer(request: &str) -> String {
    let bench = Bench::new(TestMachine::default());
    match bench.readings("calc", request).first() {
        Some(arguments) => statement(arguments["expr"].as_str().unwrap()),
        None => "no reading".to_owned(),
    }
}

#[track_caller]
fn assert_table(table: &[(&str, &str)], of: impl Fn(&str) -> String) {
    let wrong: Vec<String> = table
        .iter()
        .map(|(text, expected)| (text, expected, of(text)))
        .filter(|(_, expected, found)| *expected != found)
        .map(|(text, expected, found)| format!("{text}: {found}, not {expected}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
