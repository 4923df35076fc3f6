//! The tools as a document, for people: `docs/tools.md`.

use crate::{Registry, Tool, schema};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt::Write;

/// What stands in front of the tools.
const INTRODUCTION: &str = "\
# The tools

System calls of the agent, in the order in which they are offered. A call runs only with a permit for
the right it needs; a tool that needs a part of the system which is missing is not offered, and says
so when it is called. This page is written by `cargo xtask tools-doc` from the tools themselves.
";

/// All tools in Markdown: what each does, takes, needs and costs.
pub fn document(registry: &Registry) -> String {
    let mut text = String::from(INTRODUCTION);
    for tool in registry.iter() {
        text.push_str(&section(tool));
    }
    text
}

fn section(tool: &dyn Tool) -> String {
    let mut text = format!("\n## {}\n\n{}\n\n", tool.name(), tool.description());
    let seconds = tool.time_limit_ms() as f64 / 1000.0;
    let facility = tool.facility().map_or(String::from("nothing"), |it| it.to_string());
    let _ = writeln!(text, "- Right: {}", right(tool));
    let _ = writeln!(text, "- Needs: {facility}");
    let _ = writeln!(text, "- Time limit: {seconds} s");
    let arguments = arguments_of(tool);
    if arguments.is_empty() {
        text.push_str("- Arguments: none\n");
    } else {
        text.push_str("\n| argument | type | |\n|---|---|---|\n");
        arguments.iter().for_each(|row| text.push_str(row));
    }
    text.push_str("\n| request | arguments |\n|---|---|\n");
    for example in tool.examples() {
        let _ = writeln!(text, "| {} | `{}` |", cell(example.request), cell(example.arguments));
    }
    text
}

/// The rights that the examples need: that of a tool may depend on its arguments.
fn right(tool: &dyn Tool) -> String {
    let arguments = tool.examples().iter().map(|it| serde_json::from_str(it.arguments));
    let mut rights: Vec<String> = arguments
        .filter_map(|arguments| tool.capability(&arguments.unwrap_or_default()))
        .map(|capability| format!("`{capability}`"))
        .collect();
    rights.dedup();
    match rights.len() {
        0 => String::from("none"),
        1 => rights.remove(0),
        _ => format!("as its arguments say: {}", rights.join(", ")),
    }
}

/// A row for each argument.
fn arguments_of(tool: &dyn Tool) -> Vec<String> {
    let schema = tool.schema();
    let properties = schema::properties(schema).unwrap_or_default();
    let row = |property: schema::Property| {
        let description = &schema["properties"][&property.name]["description"];
        let description = description.as_str().unwrap_or_default();
        let must = if property.is_required { "" } else { ", optional" };
        let kind = property.argument_type.as_str();
        format!("| `{}` | {kind}{must} | {} |\n", property.name, cell(description))
    };
    properties.into_iter().map(row).collect()
}

/// A text as it stands in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_is_described() {
        let registry = Registry::built_in();
        let text = document(&registry);
        for tool in registry.iter() {
            assert!(text.contains(&format!("\n## {}\n\n{}\n", tool.name(), tool.description())));
        }
        assert!(text.contains("| `append` | boolean, optional | keep what it says already |"));
        assert!(text.contains("as its arguments say: `net:10.0.2.2`, `net:example.org`"));
    }

    #[test]
    fn the_committed_document_is_what_the_tools_say_now() {
        let committed = include_str!("../../../../docs/tools.md");
        let is_current = committed == document(&Registry::built_in());
        assert!(is_current, "docs/tools.md is out of date: run `cargo xtask tools-doc`");
    }
}
