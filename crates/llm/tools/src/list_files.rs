//! `list_files`: what is in a folder.

use crate::{
    Capability, Example, Facility, ReadingContext, Tool, ToolContext, ToolError, ToolFuture,
    ToolOutput,
    facility::FileEntry,
    measure::bytes,
    paths::{is_name, paths, words},
    request::without_courtesy,
    schema::{Argument, ArgumentType, object},
};
use alloc::{boxed::Box, format, string::String, vec, vec::Vec};
use serde_json::{Value, json};

/// Names the files and folders of a folder.
pub struct ListFiles {
    schema: Value,
}

/// The most entries of one answer.
const MOST: usize = 50;

impl ListFiles {
    /// The tool.
    pub fn new() -> Self {
        Self {
            schema: object(&[Argument::optional(
                "path",
                ArgumentType::String,
                "the folder; without it, the whole disk's",
            )]),
        }
    }
}

impl Default for ListFiles {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for ListFiles {
    fn name(&self) -> &str {
        "list_files"
    }

    fn description(&self) -> &str {
        "Lists the files in a folder of the disk."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[
            Example { request: "What files are there?", arguments: r#"{}"# },
            Example {
                request: "Show the files in the folder data.",
                arguments: r#"{"path": "data"}"#,
            },
            Example { request: "ls logs/", arguments: r#"{"path": "logs"}"# },
        ]
    }

    fn capability(&self, _arguments: &Value) -> Option<Capability> {
        Some(Capability::FilesRead)
    }

    fn facility(&self) -> Option<Facility> {
        Some(Facility::Files)
    }

    fn readings(&self, request: &str, _context: &ReadingContext) -> Vec<Value> {
        vec![match folder(request) {
            Some(path) => json!({ "path": path }),
            None => json!({}),
        }]
    }

    fn call<'a>(&'a self, arguments: &'a Value, context: ToolContext<'a>) -> ToolFuture<'a> {
        Box::pin(list(arguments, context))
    }
}

async fn list(arguments: &Value, context: ToolContext<'_>) -> Result<ToolOutput, ToolError> {
    let path = arguments["path"].as_str().unwrap_or("").trim();
    let entries = context.files()?.list(if path.is_empty() { "/" } else { path }).await?;
    let folder = match path.trim_matches('/') {
        "" => String::from("the disk"),
        inner => format!("the folder {inner}"),
    };
    if entries.is_empty() {
        return Ok(ToolOutput::new(format!("{folder} is empty")));
    }
    let mut names: Vec<String> = entries.iter().take(MOST).map(line).collect();
    if entries.len() > MOST {
        names.push(format!("and {} more", entries.len() - MOST));
    }
    let statement = format!("{folder} has: {}", names.join(", "));
    Ok(ToolOutput::with_statement(names.join("\n"), statement))
}

fn line(entry: &FileEntry) -> String {
    match entry.len_bytes {
        Some(len) => format!("{} ({})", entry.name, bytes(len)),
        None => format!("{}/", entry.name),
    }
}

/// The folder that a request names; `None` for the whole disk.
fn folder(request: &str) -> Option<&str> {
    const NO_NAMES: [&str; 36] = [
        "the",
        "this",
        "that",
        "my",
        "our",
        "your",
        "a",
        "an",
        "all",
        "any",
        "which",
        "what",
        "each",
        "every",
        "current",
        "root",
        "main",
        "top",
        "home",
        "whole",
        "disk",
        "drive",
        "system",
        "computer",
        "machine",
        "here",
        "there",
        "list",
        "files",
        "file",
        "folder",
        "directory",
        "folders",
        "it",
        "storage",
        "contents",
    ];
    let request = without_courtesy(request);
    let may_name = |word: &str| {
        let is_common = NO_NAMES.iter().any(|common| word.eq_ignore_ascii_case(common));
        !is_common && is_name(word) && word.contains(char::is_alphanumeric)
    };
    let path = paths(request).first().map(|found| found.path.trim_end_matches('/'));
    if let Some(path) = path.filter(|path| !path.is_empty()) {
        return Some(path);
    }
    let words: Vec<&str> = words(request).map(|word| word.path).collect();
    let is = |at: usize, list: &[&str]| {
        words.get(at).is_some_and(|word| list.iter().any(|entry| word.eq_ignore_ascii_case(entry)))
    };
    let named = |at: usize| words.get(at).copied().filter(|word| may_name(word));
    const FOLDER: [&str; 3] = ["folder", "directory", "dir"];
    let beside_its_kind = (0..words.len()).filter(|at| is(*at, &FOLDER)).find_map(|at| {
        let before = at.checked_sub(1).and_then(named).filter(|_| at >= 2);
        let is_inner = |word: &&str| !["in", "on", "with", "and", "is", "has"].contains(word);
        named(at + 1).filter(is_inner).or(before)
    });
    if beside_its_kind.is_some() {
        return beside_its_kind;
    }
    let last = words.len().checked_sub(1)?;
    let is_command = last == 1 && is(0, &["ls", "dir"]);
    let behind_in =
        last.checked_sub(1).is_some_and(|at| is(at, &["in", "inside", "under", "within", "of"]))
            || (last >= 2 && is(last - 2, &["in", "inside"]) && is(last - 1, &["the", "my"]));
    named(last).filter(|_| is_command || behind_in)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        facility::FileError,
        testing::{Bench, TestMachine},
    };
    use alloc::string::ToString;

    #[test]
    fn names_files_with_their_sizes_and_folders() {
        let mut bench = Bench::complete();
        let output = bench.output("list_files", json!({})).unwrap();
        assert_eq!(output.text, "data/\nnotes.txt (50 B)\ntodo.md (34 B)");
        assert_eq!(output.statement, "the disk has: data/, notes.txt (50 B), todo.md (34 B)");
        let output = bench.output("list_files", json!({"path": "/data/"})).unwrap();
        assert_eq!(output.statement, "the folder data has: temps.csv (21 B)");
    }

    #[test]
    fn long_folders_are_cut_and_empty_ones_named() {
        let mut bench = Bench::complete();
        let files = bench.files.as_ref().unwrap();
        (0..60).for_each(|number| files.put(&format!("many/{number}"), ""));
        let output = bench.call("list_files", json!({"path": "many"})).unwrap();
        assert!(output.ends_with("\nand 10 more"), "{output}");
        bench.files = Some(crate::testing::FakeFiles::default());
        assert_eq!(bench.call("list_files", json!({})).unwrap(), "the disk is empty");
    }

    #[test]
    fn what_goes_wrong_is_named() {
        let mut bench = Bench::complete();
        let mut list =
            |path: &str| bench.call("list_files", json!({ "path": path })).unwrap_err().to_string();
        assert_eq!(list("music"), "there is no \"music\"");
        assert_eq!(list("todo.md"), "\"todo.md\" is not of the kind that is needed");
        assert_eq!(list("../x"), "\"../x\" is not a path");
        bench.files.as_ref().unwrap().fail_next(FileError::Device { message: "timeout".into() });
        let error = bench.call("list_files", json!({})).unwrap_err();
        assert_eq!(error.to_string(), "the disk: timeout");
        let error = Bench::new(TestMachine::default()).call("list_files", json!({})).unwrap_err();
        assert_eq!(
            error.to_string(),
            "this needs a disk with files, which this system does not have"
        );
    }

    #[test]
    fn the_folder_is_read_out_of_a_request() {
        for (request, expected) in [
            ("What files are there?", None),
            ("list the files", None),
            ("ls", None),
            ("Show me all files on the disk", None),
            ("Which files are in the current directory?", None),
            ("What is in the root folder?", None),
            ("Show the files in the folder data.", Some("data")),
            ("what's in the data folder", Some("data")),
            ("List the directory called backup", Some("backup")),
            ("ls logs/", Some("logs")),
            ("dir data", Some("data")),
            ("Which files are in photos/2024?", Some("photos/2024")),
            ("please list everything inside data", Some("data")),
            ("Show me what is in the folder \"data\"", Some("data")),
            ("How many files are in my music directory?", Some("music")),
        ] {
            assert_eq!(folder(request), expected, "{request}");
        }
    }
}
