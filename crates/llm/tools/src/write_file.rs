//! `write_file`: makes a file, or adds to it.

mod request;

use crate::{
    Capability, Example, Facility, ReadingContext, Tool, ToolContext, ToolError, ToolFuture,
    ToolOutput,
    arguments::string,
    measure::bytes,
    schema::{Argument, ArgumentType, object},
};
use alloc::{borrow::ToOwned, boxed::Box, format, vec::Vec};
use serde_json::Value;

/// Writes a text to a file. The text ends its line, so that what is added later begins a new one.
pub struct WriteFile {
    schema: Value,
}

impl WriteFile {
    /// The tool.
    pub fn new() -> Self {
        Self {
            schema: object(&[
                Argument::required("path", ArgumentType::String, "the file"),
                Argument::required("text", ArgumentType::String, "what it shall say"),
                Argument::optional("append", ArgumentType::Boolean, "keep what it says already"),
            ]),
        }
    }
}

impl Default for WriteFile {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for WriteFile {
    fn name(&self) -> &str {
        "write_file"
    }

    fn description(&self) -> &str {
        "Writes a text to a file on the disk, in place of what is there or behind it."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[
            Example {
                request: "Save 'hello' to note.txt.",
                arguments: r#"{"path": "note.txt", "text": "hello"}"#,
            },
            Example {
                request: "Append milk to list.txt.",
                arguments: r#"{"path": "list.txt", "text": "milk", "append": true}"#,
            },
            Example {
                request: "Create a file ideas.txt with the text paint the door.",
                arguments: r#"{"path": "ideas.txt", "text": "paint the door"}"#,
            },
        ]
    }

    fn capability(&self, _arguments: &Value) -> Option<Capability> {
        Some(Capability::FilesWrite)
    }

    fn facility(&self) -> Option<Facility> {
        Some(Facility::Files)
    }

    fn readings(&self, request: &str, _context: &ReadingContext) -> Vec<Value> {
        request::reading(request).into_iter().collect()
    }

    fn call<'a>(&'a self, arguments: &'a Value, context: ToolContext<'a>) -> ToolFuture<'a> {
        Box::pin(write(arguments, context))
    }
}

async fn write(arguments: &Value, context: ToolContext<'_>) -> Result<ToolOutput, ToolError> {
    let path = string(arguments, "path")?.trim();
    let mut text = string(arguments, "text")?.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let is_append = arguments["append"] == true;
    context.files()?.write(path, text.as_bytes(), is_append).await?;
    let len = bytes(text.len() as u64);
    Ok(ToolOutput::acknowledgement(match is_append {
        true => format!("added {len} to {path}"),
        false => format!("wrote {len} to {path}"),
    }))
}

#[cfg(test)]
mod tests {
    use crate::{
        Origin,
        facility::FileError,
        testing::{Bench, TestMachine},
    };
    use alloc::string::ToString;
    use serde_json::json;

    #[test]
    fn replaces_and_adds_lines() {
        let mut bench = Bench::complete();
        let arguments = json!({"path": "list.txt", "text": "bread"});
        let output = bench.output("write_file", arguments).unwrap();
        assert_eq!(output.text, "wrote 6 B to list.txt");
        assert_eq!((output.is_answer, output.origin), (false, Origin::Inside));
        let arguments = json!({"path": "list.txt", "text": "milk", "append": true});
        assert_eq!(bench.call("write_file", arguments).unwrap(), "added 5 B to list.txt");
        let files = bench.files.as_ref().unwrap();
        assert_eq!(files.text("list.txt").unwrap(), "bread\nmilk\n");
        bench.call("write_file", json!({"path": "list.txt", "text": ""})).unwrap();
        assert_eq!(bench.files.as_ref().unwrap().text("list.txt").unwrap(), "");
    }

    #[test]
    fn what_goes_wrong_is_named() {
        let mut bench = Bench::complete();
        let arguments = |path: &str| json!({"path": path, "text": "x"});
        let error = bench.call("write_file", arguments("a/../../b")).unwrap_err();
        assert_eq!(error.to_string(), "\"a/../../b\" is not a path");
        let error = bench.call("write_file", arguments("data")).unwrap_err();
        assert_eq!(error.to_string(), "\"data\" is not of the kind that is needed");
        bench.files.as_ref().unwrap().fail_next(FileError::Full);
        let error = bench.call("write_file", arguments("b.txt")).unwrap_err();
        assert_eq!(error.to_string(), "the disk is full");
        assert_eq!(bench.files.as_ref().unwrap().text("b.txt"), None);
        let error = Bench::new(TestMachine::default()).call("write_file", arguments("a"));
        assert!(error.unwrap_err().to_string().starts_with("this needs a disk"));
    }
}
