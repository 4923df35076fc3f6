//! What a model is told of its tools: by its chat template where that takes them, else in words.

use alloc::{format, string::String, vec::Vec};
use llm_tools::Tool;
use serde_json::{Value, json};

/// The tools in the form that chat templates take them: a list of functions with JSON schemas.
pub fn functions<'t>(tools: impl Iterator<Item = &'t dyn Tool>) -> Value {
    let function = |tool: &dyn Tool| {
        json!({
            "type": "function",
            "function": {
                "name": tool.name(),
                "description": tool.description(),
                "parameters": tool.schema(),
            },
        })
    };
    tools.map(function).collect()
}

/// The tools in words, one a line: `name(argument: type, other?: type) - what it does`. An argument
/// that may be left out has a question mark, and what its schema says of it stands behind.
pub fn in_words<'t>(tools: impl Iterator<Item = &'t dyn Tool>) -> String {
    let lines: Vec<String> = tools.map(line).collect();
    lines.join("\n")
}

fn line(tool: &dyn Tool) -> String {
    let schema = tool.schema();
    let is_required = |name: &str| {
        schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name))
    };
    let argument = |(name, property): (&String, &Value)| {
        let mark = if is_required(name) { "" } else { "?" };
        let description = match property["description"].as_str() {
            Some(text) => format!(" ({text})"),
            None => String::new(),
        };
        format!("{name}{mark}: {}{description}", kind(property))
    };
    let arguments: Vec<String> =
        schema["properties"].as_object().into_iter().flatten().map(argument).collect();
    format!("{}({}) - {}", tool.name(), arguments.join(", "), first_sentence(tool.description()))
}

/// The type of a property, or the values that it may have.
fn kind(property: &Value) -> String {
    if let Some(values) = property["enum"].as_array() {
        let values: Vec<String> = values.iter().map(|value| format!("{value}")).collect();
        return values.join(" or ");
    }
    property["type"].as_str().unwrap_or("any").into()
}

/// Up to the first full stop that ends a sentence, without it.
fn first_sentence(text: &str) -> &str {
    let sentence = text.split(". ").next().unwrap_or(text);
    sentence.strip_suffix('.').unwrap_or(sentence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use llm_tools::Registry;

    #[test]
    fn a_tool_is_a_line_with_its_arguments_and_their_meaning() {
        let tools = Registry::built_in();
        let words = in_words(tools.iter());
        assert_eq!(words.lines().count(), tools.iter().count());
        let calc = words.lines().find(|line| line.starts_with("calc")).unwrap();
        let expected = "calc(expr: string (what to compute)) - Computes an expression: + - * /";
        assert!(calc.starts_with(expected), "{calc}");
        assert!(words.lines().any(|line| line.starts_with("sysinfo(about?: ")), "{words}");
    }

    #[test]
    fn choices_and_what_may_be_left_out_are_said() {
        assert_eq!(kind(&json!({"enum": ["a", 1]})), "\"a\" or 1");
        assert_eq!(kind(&json!({"anyOf": []})), "any");
        assert_eq!(first_sentence("One. Two."), "One");
        assert_eq!(first_sentence("Pi is 3.14."), "Pi is 3.14");
    }

    #[test]
    fn templates_get_a_list_of_functions() {
        let functions = functions(Registry::built_in().iter());
        let calc = &functions[0];
        assert_eq!(calc["type"], "function");
        assert_eq!(calc["function"]["name"], "calc");
        assert_eq!(calc["function"]["parameters"]["required"], json!(["expr"]));
    }
}
