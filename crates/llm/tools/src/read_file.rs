//! `read_file`: what a file says.

use crate::{
    Capability, Example, Facility, Files, ReadingContext, Tool, ToolContext, ToolError, ToolFuture,
    ToolOutput,
    arguments::string,
    excerpt::{MOST_BYTES, excerpt, text_of},
    facility::FileError,
    measure::bytes,
    paths::{is_name, paths},
    request::behind,
    schema::{Argument, ArgumentType, object},
};
use alloc::{borrow::ToOwned, boxed::Box, format, string::String, vec::Vec};
use serde_json::{Value, json};

/// Returns the start of a file's text.
pub struct ReadFile {
    schema: Value,
}

impl ReadFile {
    /// The tool.
    pub fn new() -> Self {
        Self { schema: object(&[Argument::required("path", ArgumentType::String, "the file")]) }
    }
}

impl Default for ReadFile {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for ReadFile {
    fn name(&self) -> &str {
        "read_file"
    }

    fn description(&self) -> &str {
        "Reads a text file on the disk."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[
            Example { request: "Open todo.txt.", arguments: r#"{"path": "todo.txt"}"# },
            Example {
                request: "What does data/temps.csv say?",
                arguments: r#"{"path": "data/temps.csv"}"#,
            },
            Example {
                request: "Summarize the file notes.txt.",
                arguments: r#"{"path": "notes.txt"}"#,
            },
        ]
    }

    fn capability(&self, _arguments: &Value) -> Option<Capability> {
        Some(Capability::FilesRead)
    }

    fn facility(&self) -> Option<Facility> {
        Some(Facility::Files)
    }

    fn readings(&self, request: &str, _context: &ReadingContext) -> Vec<Value> {
        let mut names: Vec<&str> = paths(request).iter().map(|name| name.path).collect();
        if names.is_empty() {
            names.extend(spoken(request));
        }
        names.into_iter().map(|path| json!({ "path": path })).collect()
    }

    fn call<'a>(&'a self, arguments: &'a Value, context: ToolContext<'a>) -> ToolFuture<'a> {
        Box::pin(read(arguments, context))
    }
}

async fn read(arguments: &Value, context: ToolContext<'_>) -> Result<ToolOutput, ToolError> {
    let asked = string(arguments, "path")?.trim();
    let files = context.files()?;
    let (path, content) = match files.read(asked, MOST_BYTES + 1).await {
        Err(FileError::NotFound { path }) => match complete(files, asked).await {
            Some(whole) => {
                let content = files.read(&whole, MOST_BYTES + 1).await?;
                (whole, content)
            }
            None => return Err(FileError::NotFound { path }.into()),
        },
        read => (asked.to_owned(), read?),
    };
    let total = match content.len() > MOST_BYTES {
        true => len_bytes(files, &path).await,
        false => None,
    };
    let Some(text) = text_of(&content) else {
        let len = total.unwrap_or(content.len() as u64);
        return Ok(ToolOutput::new(format!("{path} is not a text: {} of data", bytes(len))));
    };
    if text.is_empty() {
        return Ok(ToolOutput::new(format!("{path} is empty")));
    }
    let text = excerpt(text, total);
    let statement = format!("{path} says:\n{}", text.trim_end());
    Ok(ToolOutput { statement, ..ToolOutput::from_outside(text) })
}

/// The folder of a path, and the name in it.
fn split(path: &str) -> (&str, &str) {
    path.trim_matches('/').rsplit_once('/').unwrap_or(("/", path.trim_matches('/')))
}

/// The only file that is called like this but for its extension and the letters' case.
async fn complete(files: &dyn Files, path: &str) -> Option<String> {
    let (folder, name) = split(path);
    let entries = files.list(folder).await.ok()?;
    let is_meant = |entry: &str| {
        let stem = entry.rsplit_once('.').map_or(entry, |(stem, _)| stem);
        entry.eq_ignore_ascii_case(name) || stem.eq_ignore_ascii_case(name)
    };
    let mut matching =
        entries.iter().filter(|entry| entry.len_bytes.is_some() && is_meant(&entry.name));
    let only = matching.next().filter(|_| matching.next().is_none())?;
    Some(match folder {
        "/" => only.name.clone(),
        folder => format!("{folder}/{}", only.name),
    })
}

/// The length of a file, as its folder says.
async fn len_bytes(files: &dyn Files, path: &str) -> Option<u64> {
    let (folder, name) = split(path);
    let entries = files.list(folder).await.ok()?;
    entries.into_iter().find(|entry| entry.name == name)?.len_bytes
}

/// A name that is spoken rather than spelled: "read my notes".
fn spoken(request: &str) -> Option<&str> {
    const INTRODUCTIONS: [&str; 24] = [
        "open",
        "read",
        "read out",
        "read me",
        "show",
        "show me",
        "show me the contents of",
        "show the contents of",
        "show the content of",
        "display",
        "print",
        "cat",
        "view",
        "load",
        "look at",
        "look into",
        "summarize",
        "summarise",
        "what does",
        "what do",
        "what is in",
        "what's in",
        "what are the contents of",
        "what is written in",
    ];
    let mut name = behind(request, &INTRODUCTIONS)?.trim_end_matches(['.', '?', '!']);
    for article in ["the ", "my ", "our ", "file "] {
        name = name.strip_prefix(article).unwrap_or(name);
    }
    for ending in [" to me", " for me", " say", " contain", " file", " list"] {
        name = name.strip_suffix(ending).unwrap_or(name);
    }
    (is_name(name) && name != "file").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Origin,
        testing::{Bench, TestMachine},
    };
    use alloc::string::ToString;

    fn read(bench: &mut Bench, path: &str) -> Result<String, String> {
        bench.call("read_file", json!({ "path": path })).map_err(|error| error.to_string())
    }

    #[test]
    fn the_text_is_data_from_outside() {
        let output = Bench::complete().output("read_file", json!({"path": "todo.md"})).unwrap();
        assert_eq!(output.text, "- water the plants\n- pay the rent\n");
        assert_eq!(output.statement, "todo.md says:\n- water the plants\n- pay the rent");
        assert_eq!((output.origin, output.is_answer), (Origin::Outside, true));
    }

    #[test]
    fn a_name_without_its_extension_is_enough_if_one_file_has_it() {
        let mut bench = Bench::complete();
        assert!(read(&mut bench, "Notes").unwrap().starts_with("Buy milk"));
        assert!(read(&mut bench, "data/temps").unwrap().starts_with("day,temp"));
        bench.files.as_ref().unwrap().put("notes.md", "other");
        assert_eq!(read(&mut bench, "notes").unwrap_err(), "there is no \"notes\"");
    }

    #[test]
    fn long_and_empty_files_and_those_that_are_no_text_are_named() {
        let mut bench = Bench::complete();
        let files = bench.files.as_ref().unwrap();
        files.put("long.txt", "line of text\n".repeat(1000));
        files.put("picture.png", b"\x89PNG\r\n\0\0");
        files.put("empty", "");
        let shown = read(&mut bench, "long.txt").unwrap();
        assert!(shown.len() <= MOST_BYTES + 64, "{}", shown.len());
        assert!(shown.ends_with("of 13000 bytes are not shown]"), "{shown}");
        assert_eq!(
            read(&mut bench, "picture.png").unwrap(),
            "picture.png is not a text: 8 B of data"
        );
        assert_eq!(read(&mut bench, "empty").unwrap(), "empty is empty");
    }

    #[test]
    fn what_goes_wrong_is_named() {
        let mut bench = Bench::complete();
        assert_eq!(read(&mut bench, "nope.txt").unwrap_err(), "there is no \"nope.txt\"");
        assert!(read(&mut bench, "data").unwrap_err().contains("not of the kind"));
        let device = FileError::Device { message: "bad sector".into() };
        bench.files.as_ref().unwrap().fail_next(device);
        assert_eq!(read(&mut bench, "todo.md").unwrap_err(), "the disk: bad sector");
        let without = &mut Bench::new(TestMachine::default());
        assert!(read(without, "todo.md").unwrap_err().starts_with("this needs a disk"));
    }

    #[test]
    fn the_path_is_read_out_of_a_request() {
        let bench = Bench::complete();
        for (request, expected) in [
            ("open todo.txt", Some("todo.txt")),
            ("What does data/temps.csv say?", Some("data/temps.csv")),
            ("Summarize the file notes.txt.", Some("notes.txt")),
            ("Can you read me the contents of 'notes.txt'?", Some("notes.txt")),
            ("cat /etc/hosts", Some("/etc/hosts")),
            ("Show me \"my plan.txt\"", Some("my plan.txt")),
            ("How many lines does todo.md have?", Some("todo.md")),
            ("read my notes", Some("notes")),
            ("What does my todo list say?", Some("todo")),
            ("Please open the file called ideas", Some("ideas")),
            ("What is in README.md", Some("README.md")),
            ("read a good story to me", None),
            ("How are you?", None),
        ] {
            let readings = bench.readings("read_file", request);
            let path = readings.first().map(|reading| reading["path"].as_str().unwrap());
            assert_eq!(path, expected, "{request}");
        }
    }
}
