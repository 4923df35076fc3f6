//! The router without its trained weights: by nearness, and tools that join later.

use super::*;
use crate::{
    Example as ToolExample, Tool, ToolContext, ToolFuture, ToolOutput, schema::object, tool::done,
};
use alloc::boxed::Box;
use llm_memory::WordEmbedder;
use serde_json::Value;
use system_platform::pace;

/// A tool that nobody has trained for.
struct Coffee(Value);

impl Tool for Coffee {
    fn name(&self) -> &str {
        "coffee"
    }

    fn description(&self) -> &str {
        "Makes coffee."
    }

    fn schema(&self) -> &Value {
        &self.0
    }

    fn examples(&self) -> &[ToolExample] {
        &[
            ToolExample { request: "Make me a cup of coffee", arguments: "{}" },
            ToolExample { request: "Brew an espresso", arguments: "{}" },
        ]
    }

    fn call<'a>(&'a self, _arguments: &'a Value, _context: ToolContext<'a>) -> ToolFuture<'a> {
        done(Ok(ToolOutput::acknowledgement("brewing")))
    }
}

fn router() -> Router {
    let mut registry = Registry::built_in();
    registry.register(Box::new(Coffee(object(&[])))).unwrap();
    pace::run(Router::new(&registry, &WordEmbedder)).unwrap()
}

fn tool(router: &Router, request: &str) -> Option<String> {
    router.route(request, &WordEmbedder::vector(request)).tool().map(ToOwned::to_owned)
}

#[test]
fn vectors_of_words_are_not_those_of_the_weights() {
    assert!(!router().is_trained());
}

#[test]
fn a_new_tool_answers_what_its_examples_are_like() {
    let router = router();
    assert_eq!(tool(&router, "make a cup of coffee for me").as_deref(), Some("coffee"));
    assert_eq!(tool(&router, "an espresso, brewed strong").as_deref(), Some("coffee"));
    assert_eq!(tool(&router, "Tell me a joke").as_deref(), None);
    assert_eq!(tool(&router, "xyzzy").as_deref(), None);
}

#[test]
fn the_committed_weights_know_every_tool_and_none() {
    let classifier = Classifier::from_bytes(WEIGHTS).unwrap();
    for tool in Registry::built_in().iter() {
        assert!(classifier.knows(tool.name()), "{} was not trained", tool.name());
    }
    assert!(classifier.knows(NONE));
}
