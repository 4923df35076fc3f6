//! `http_get`: what a page on the network says.

use crate::{
    Capability, Example, Facility, ReadingContext, Tool, ToolContext, ToolError, ToolFuture,
    ToolOutput,
    arguments::string,
    excerpt::{excerpt, text_of},
    facility::{NetworkError, Response},
    measure::bytes,
    schema::{Argument, ArgumentType, object},
    url::{Url, urls},
};
use alloc::{
    borrow::Cow,
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};
use llm_memory::page_text::readable;
use serde_json::{Value, json};

/// Gets a page and returns its text.
pub struct HttpGet {
    schema: Value,
}

/// The most of a page that is taken from the network.
const MOST_BODY_BYTES: usize = 256 * 1024;

impl HttpGet {
    /// The tool.
    pub fn new() -> Self {
        Self { schema: object(&[Argument::required("url", ArgumentType::String, "its address")]) }
    }
}

impl Default for HttpGet {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for HttpGet {
    fn name(&self) -> &str {
        "http_get"
    }

    fn description(&self) -> &str {
        "Gets a page from the network and returns its text."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[
            Example {
                request: "Get http://10.0.2.2:8000/news.txt",
                arguments: r#"{"url": "http://10.0.2.2:8000/news.txt"}"#,
            },
            Example {
                request: "What does the page example.org say?",
                arguments: r#"{"url": "https://example.org"}"#,
            },
        ]
    }

    /// An address that is none reaches nobody: the call says so without asking for a right.
    fn capability(&self, arguments: &Value) -> Option<Capability> {
        let url = Url::parse(arguments["url"].as_str()?)?;
        Some(Capability::Network { host: url.host })
    }

    fn facility(&self) -> Option<Facility> {
        Some(Facility::Network)
    }

    fn time_limit_ms(&self) -> u64 {
        20_000
    }

    fn readings(&self, request: &str, _context: &ReadingContext) -> Vec<Value> {
        urls(request).into_iter().map(|url| json!({ "url": url.text })).collect()
    }

    fn call<'a>(&'a self, arguments: &'a Value, context: ToolContext<'a>) -> ToolFuture<'a> {
        Box::pin(get(arguments, context))
    }
}

async fn get(arguments: &Value, context: ToolContext<'_>) -> Result<ToolOutput, ToolError> {
    let text = string(arguments, "url")?;
    let url = Url::parse(text)
        .ok_or_else(|| NetworkError { message: format!("\"{text}\" is no address of a page") })?;
    let response = context.network()?.get(&url.text, MOST_BODY_BYTES).await?;
    Ok(answer(&url, &response))
}

/// The text of a page, or what it is if it has none.
fn answer(url: &Url, response: &Response) -> ToolOutput {
    let media_type = response.media_type.split(';').next().unwrap_or_default().trim();
    let media_type = media_type.to_ascii_lowercase();
    let is_ok = (200..300).contains(&response.status);
    let body = match is_text(&media_type) {
        true => match text_of(&response.body) {
            Some(text) => Some(Cow::Borrowed(text)),
            // Old pages in other character sets.
            None if media_type.starts_with("text/") => {
                Some(String::from_utf8_lossy(&response.body))
            }
            None => None,
        },
        false => None,
    };
    let text = match body {
        Some(body) if media_type.contains("html") => excerpt(&readable(&body), None),
        Some(body) => excerpt(body.trim_end(), None),
        None => {
            let kind = if media_type.is_empty() { "data" } else { media_type.as_str() };
            format!("[{kind}, {}: not a text]", bytes(response.body.len() as u64))
        }
    };
    let text = match is_ok {
        true if text.is_empty() => "[the page is empty]".to_string(),
        true => text,
        false => format!("status {}: {text}", response.status),
    };
    let statement = format!("{} says:\n{text}", url.text);
    ToolOutput { statement, ..ToolOutput::from_outside(text) }
}

/// Whether a body of this media type is worth a look; one that is not named may be.
fn is_text(media_type: &str) -> bool {
    let (kind, name) = media_type.split_once('/').unwrap_or((media_type, ""));
    let is_named = ["json", "xml", "javascript", "yaml", "toml", "x-sh", "ecmascript"]
        .iter()
        .any(|it| name == *it || name.ends_with(&format!("+{it}")));
    kind.is_empty() || kind == "text" || (kind == "application" && is_named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Grants, Origin,
        testing::{Bench, TestMachine},
    };

    fn get(bench: &mut Bench, url: &str) -> Result<String, String> {
        bench.call("http_get", json!({ "url": url })).map_err(|error| error.to_string())
    }

    #[test]
    fn the_text_of_a_page_is_data_from_outside() {
        let mut bench = Bench::complete();
        let url = "http://10.0.2.2:8000/news.txt";
        let output = bench.output("http_get", json!({ "url": url })).unwrap();
        assert_eq!(output.text, "The river festival opens on Saturday at noon.");
        assert_eq!(output.statement, format!("{url} says:\n{}", output.text));
        assert_eq!(output.origin, Origin::Outside);
        let json = get(&mut bench, "10.0.2.2:8000/status.json").unwrap();
        assert_eq!(json, r#"{"status": "ok", "users": 12}"#);
        let missing = get(&mut bench, "example.org/x").unwrap();
        assert_eq!(missing, "status 404: Not found\nhttps://example.org/x");
    }

    #[test]
    fn long_pages_are_cut_and_other_media_are_named() {
        let mut bench = Bench::complete();
        let network = bench.network.as_ref().unwrap();
        let long = "<p>some words of a page</p>".repeat(500);
        network.put("https://a.org/long", "text/html; charset=utf-8", long);
        network.put("https://a.org/cat.png", "image/png", [0x89, b'P', 0, 1]);
        network.put("https://a.org/old", "Text/Plain", b"caf\xe9s");
        network.put("https://a.org/raw", "", [0, 1, 2]);
        network.put("https://a.org/feed", "application/atom+xml", "<feed/>");
        network.put("https://a.org/none", "text/plain", "");
        let shown = get(&mut bench, "a.org/long").unwrap();
        assert!(shown.len() < 3100 && shown.ends_with("bytes are not shown]"), "{shown}");
        for (path, expected) in [
            ("cat.png", "[image/png, 4 B: not a text]"),
            ("old", "caf\u{fffd}s"),
            ("raw", "[data, 3 B: not a text]"),
            ("feed", "<feed/>"),
            ("none", "[the page is empty]"),
        ] {
            assert_eq!(get(&mut bench, &format!("a.org/{path}")).unwrap(), expected, "{path}");
        }
    }

    #[test]
    fn the_right_is_that_to_the_host_and_to_no_other() {
        let tool = HttpGet::new();
        let capability = |url: &str| tool.capability(&json!({ "url": url }));
        let network = |host: &str| Some(Capability::Network { host: host.into() });
        assert_eq!(capability("http://10.0.2.2:8000/news.txt"), network("10.0.2.2"));
        assert_eq!(capability("Example.ORG/x"), network("example.org"));
        assert_eq!(capability("http://a@b.org/"), None);
        let mut bench = Bench::complete();
        let permit = Grants::for_person(network("example.org"));
        let error = bench.call_with("http_get", &json!({"url": "evil.org"}), permit).unwrap_err();
        assert!(error.to_string().starts_with("net:evil.org is not allowed"), "{error}");
        let error = get(&mut bench, "http://a@b.org/").unwrap_err();
        assert_eq!(error, "the network: \"http://a@b.org/\" is no address of a page");
        assert!(bench.network.as_ref().unwrap().requests().is_empty());
    }

    #[test]
    fn what_goes_wrong_is_named() {
        let mut bench = Bench::complete();
        bench.network.as_ref().unwrap().fail_next("no route to host");
        assert_eq!(get(&mut bench, "a.org").unwrap_err(), "the network: no route to host");
        let without = &mut Bench::new(TestMachine::default());
        let error = get(without, "a.org").unwrap_err();
        assert_eq!(error, "this needs a network, which this system does not have");
    }

    #[test]
    fn the_address_is_read_out_of_a_request() {
        let bench = Bench::complete();
        for (request, expected) in [
            ("Get http://10.0.2.2:8000/news.txt", Some("http://10.0.2.2:8000/news.txt")),
            ("What does the page example.org say?", Some("https://example.org")),
            ("fetch https://example.org/a?b=1&c=2, please", Some("https://example.org/a?b=1&c=2")),
            ("Open www.example.com.", Some("https://www.example.com")),
            ("download \"http://files.net/x.txt\"", Some("http://files.net/x.txt")),
            ("Is http://10.0.2.2:8000/status.json ok?", Some("http://10.0.2.2:8000/status.json")),
            ("show me 10.0.2.2:8000/news.txt", Some("http://10.0.2.2:8000/news.txt")),
            ("read localhost:8000/a", Some("http://localhost:8000/a")),
            ("Summarize <https://news.site.dev/today>", Some("https://news.site.dev/today")),
            ("What's new on wiki.example.de/Start?", Some("https://wiki.example.de/Start")),
            ("open notes.txt", None),
            ("What is the weather?", None),
        ] {
            let readings = bench.readings("http_get", request);
            let url = readings.first().map(|reading| reading["url"].as_str().unwrap());
            assert_eq!(url, expected, "{request}");
        }
    }
}
