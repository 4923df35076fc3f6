//! `web_search`: finds pages on the web.

use crate::{
    Capability, Example, Facility, ReadingContext, Tool, ToolContext, ToolError, ToolFuture,
    ToolOutput,
    arguments::string,
    excerpt::excerpt,
    facility::WebHit,
    request::{behind, quoted, without_courtesy},
    schema::{Argument, ArgumentType, object},
};
use alloc::{boxed::Box, format, string::String, vec, vec::Vec};
use serde_json::{Value, json};

/// Asks a search engine.
pub struct WebSearch {
    schema: Value,
}

/// The most hits of one answer.
const MOST: usize = 4;
/// Stands for the search engine where rights are given.
const HOST: &str = "search";

impl WebSearch {
    /// The tool.
    pub fn new() -> Self {
        Self {
            schema: object(&[Argument::required("query", ArgumentType::String, "what to find")]),
        }
    }
}

impl Default for WebSearch {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for WebSearch {
    fn name(&self) -> &str {
        "web_search"
    }

    fn description(&self) -> &str {
        "Searches the web."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[
            Example {
                request: "Search the web for train times to Oslo.",
                arguments: r#"{"query": "train times to Oslo"}"#,
            },
            Example {
                request: "Look up the height of Mont Blanc online",
                arguments: r#"{"query": "the height of Mont Blanc"}"#,
            },
        ]
    }

    fn capability(&self, _arguments: &Value) -> Option<Capability> {
        Some(Capability::Network { host: HOST.into() })
    }

    fn facility(&self) -> Option<Facility> {
        Some(Facility::Network)
    }

    fn time_limit_ms(&self) -> u64 {
        20_000
    }

    fn readings(&self, request: &str, _context: &ReadingContext) -> Vec<Value> {
        let query = quoted(request).unwrap_or_else(|| query(request));
        if query.is_empty() { vec![] } else { vec![json!({ "query": query })] }
    }

    fn call<'a>(&'a self, arguments: &'a Value, context: ToolContext<'a>) -> ToolFuture<'a> {
        Box::pin(search(arguments, context))
    }
}

async fn search(arguments: &Value, context: ToolContext<'_>) -> Result<ToolOutput, ToolError> {
    let query = string(arguments, "query")?.trim();
    let hits = context.network()?.search(query).await?;
    if hits.is_empty() {
        return Ok(ToolOutput::new(format!("the web has nothing about {query}")));
    }
    let lines: Vec<String> = hits.iter().take(MOST).map(line).collect();
    let text = excerpt(&lines.join("\n"), None);
    let statement = format!("the web says about {query}:\n{text}");
    Ok(ToolOutput { statement, ..ToolOutput::from_outside(text) })
}

fn line(hit: &WebHit) -> String {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("- {}: {} ({})", one_line(&hit.title), one_line(&hit.excerpt), hit.url.trim())
}

/// What a request wants to be found.
fn query(request: &str) -> &str {
    const INTRODUCTIONS: [&str; 45] = [
        "search",
        "search for",
        "search online",
        "search online for",
        "search up",
        "search the web",
        "search the web for",
        "search the web about",
        "search the internet",
        "search the internet for",
        "search the net for",
        "search on the web for",
        "search on the internet for",
        "search google for",
        "search online about",
        "do a web search for",
        "do a web search on",
        "do an internet search for",
        "do a search for",
        "make a web search for",
        "run a web search for",
        "run a search for",
        "web search",
        "web search for",
        "google",
        "google for",
        "look up",
        "look up online",
        "look online for",
        "look on the web for",
        "look on the internet for",
        "look for",
        "find",
        "find out",
        "find online",
        "find on the web",
        "find information about",
        "find information on",
        "find pages about",
        "find me",
        "check online",
        "check the web for",
        "check the internet for",
        "what does the web say about",
        "what does the internet say about",
    ];
    const ENDINGS: [&str; 11] = [
        " on the web",
        " on the internet",
        " on the net",
        " on google",
        " online",
        " in the web",
        " in the internet",
        " from the web",
        " for me",
        " please",
        " with a web search",
    ];
    let trim = |text| str::trim_end_matches(text, ['.', '!', '?', ' ']);
    let request = trim(without_courtesy(request));
    let mut query = behind(request, &INTRODUCTIONS).unwrap_or(request);
    loop {
        let shorter = ENDINGS.iter().find_map(|ending| {
            let at = query.len().checked_sub(ending.len())?;
            query.get(at..)?.eq_ignore_ascii_case(ending).then(|| trim(&query[..at]))
        });
        match shorter {
            Some(shorter) if !shorter.is_empty() => query = shorter.trim_end_matches(','),
            _ => return query,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Origin,
        testing::{Bench, TestMachine},
    };
    use alloc::string::ToString;

    #[test]
    fn hits_are_data_from_outside() {
        let mut bench = Bench::complete();
        let output = bench.output("web_search", json!({"query": "cod"})).unwrap();
        assert_eq!(
            output.text,
            "- All about: cod: Page 1 says what is known about cod. (https://example.org/1)\n\
             - News of: cod: Page 2 says what is known about cod. (https://example.org/2)"
        );
        assert!(output.statement.starts_with("the web says about cod:\n- All"));
        assert_eq!(output.origin, Origin::Outside);
        assert_eq!(bench.network.as_ref().unwrap().requests(), ["cod"]);
        let capability = WebSearch::new().capability(&json!({})).unwrap();
        assert_eq!(capability.to_string(), "net:search");
    }

    #[test]
    fn what_goes_wrong_is_named() {
        let mut bench = Bench::complete();
        bench.network.as_ref().unwrap().fail_next("timed out");
        let error = bench.call("web_search", json!({"query": "x"})).unwrap_err();
        assert_eq!(error.to_string(), "the network: timed out");
        let error = Bench::new(TestMachine::default()).call("web_search", json!({"query": "x"}));
        assert!(error.unwrap_err().to_string().starts_with("this needs a network"));
    }

    #[test]
    fn the_question_is_read_out_of_a_request() {
        for (request, expected) in [
            ("Search the web for train times to Oslo.", "train times to Oslo"),
            ("Look up the height of Mont Blanc online", "the height of Mont Blanc"),
            ("google rust async", "rust async"),
            ("Can you search online for pizza nearby, please?", "pizza nearby"),
            ("Find information about owls on the internet", "owls"),
            ("What does the internet say about the moon?", "the moon"),
            ("Do a web search for used bikes", "used bikes"),
            ("Please search for \"blue cheese\" now", "blue cheese"),
            ("Who won the match yesterday?", "Who won the match yesterday"),
            ("search the internet: cheap flights", "cheap flights"),
            ("WEB SEARCH KITTENS ON THE WEB", "KITTENS"),
        ] {
            let readings = Bench::complete().readings("web_search", request);
            assert_eq!(readings, [json!({ "query": expected })], "{request}");
        }
        assert!(Bench::complete().readings("web_search", " ?").is_empty());
    }
}
