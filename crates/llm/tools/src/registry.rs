//! The table of tools: lookup by name, checks, call.

use crate::{
    Facility, Refusal, Tool, ToolContext, ToolError, ToolOutput,
    calc::Calc,
    clock::Clock,
    draw::Draw,
    echo::Echo,
    edit_block::EditBlock,
    grants::{DenialReason, Denied, Permit},
    http_get::HttpGet,
    limit::within,
    list_files::ListFiles,
    nearest::nearest,
    notify::Notify,
    read_file::ReadFile,
    recall::Recall,
    remember::Remember,
    run_code::RunCode,
    schedule::ScheduleTool,
    schema,
    search_history::SearchHistory,
    sysinfo::SysInfo,
    web_search::WebSearch,
    write_file::WriteFile,
};
use alloc::{
    borrow::ToOwned,
    boxed::Box,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;
use serde_json::Value;

/// All tools of an agent, in the order they were registered.
#[derive(Default)]
pub struct Registry {
    tools: Vec<Box<dyn Tool>>,
}

/// A second tool of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateTool {
    /// The name.
    pub name: String,
}

impl fmt::Display for DuplicateTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is a tool \"{}\" already", self.name)
    }
}

impl Registry {
    /// The tools that come with the system.
    pub fn built_in() -> Self {
        Self {
            tools: Vec::from([
                Box::new(Calc::new()) as Box<dyn Tool>,
                Box::new(Remember::new()),
                Box::new(Recall::new()),
                Box::new(SearchHistory::new()),
                Box::new(EditBlock::new()),
                Box::new(Clock::new()),
                Box::new(ScheduleTool::new()),
                Box::new(SysInfo::new()),
                Box::new(RunCode::new()),
                Box::new(ListFiles::new()),
                Box::new(ReadFile::new()),
                Box::new(WriteFile::new()),
                Box::new(Draw::new()),
                Box::new(HttpGet::new()),
                Box::new(WebSearch::new()),
                Box::new(Notify::new()),
                Box::new(Echo::new()),
            ]),
        }
    }

    /// Adds a tool.
    ///
    /// # Errors
    /// `DuplicateTool` if the name is taken; then nothing has changed.
    pub fn register(&mut self, tool: Box<dyn Tool>) -> Result<(), DuplicateTool> {
        if self.find(tool.name()).is_some() {
            return Err(DuplicateTool { name: tool.name().to_owned() });
        }
        self.tools.push(tool);
        Ok(())
    }

    /// All tools.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Tool> {
        self.tools.iter().map(|tool| &**tool)
    }

    /// The tools that work where there are `facilities`.
    pub fn available<'a>(
        &'a self,
        facilities: &'a [Facility],
    ) -> impl Iterator<Item = &'a dyn Tool> + 'a {
        self.iter().filter(|tool| tool.facility().is_none_or(|needed| facilities.contains(&needed)))
    }

    /// The tool of this name.
    ///
    /// # Errors
    /// `UnknownTool`, with the name that comes closest.
    pub fn get(&self, name: &str) -> Result<&dyn Tool, Refusal> {
        self.find(name).ok_or_else(|| Refusal::UnknownTool {
            name: name.to_owned(),
            nearest: nearest(name, self.iter().map(Tool::name)).map(ToString::to_string),
        })
    }

    /// The tool of this name, if it takes these arguments.
    ///
    /// # Errors
    /// No such tool, or arguments that do not fit its schema.
    pub fn check(&self, name: &str, arguments: &Value) -> Result<&dyn Tool, ToolError> {
        let tool = self.get(name)?;
        schema::check(tool.schema(), arguments)?;
        Ok(tool)
    }

    /// Checks name, arguments and permit, then calls the tool and stops it when its time is over.
    ///
    /// # Errors
    /// No such tool, arguments that do not fit its schema, a permit for something else, time that
    /// is over, or what the tool itself says.
    pub async fn call(
        &self,
        name: &str,
        arguments: &Value,
        permit: Permit,
        context: ToolContext<'_>,
    ) -> Result<ToolOutput, ToolError> {
        let tool = self.check(name, arguments)?;
        if let Some(capability) = tool.capability(arguments)
            && !permit.covers(Some(&capability))
        {
            return Err(Denied { capability, reason: DenialReason::Permit }.into());
        }
        let machine = context.machine;
        within(tool.time_limit_ms(), &|| machine.uptime_ns(), tool.call(arguments, context)).await
    }

    fn find(&self, name: &str) -> Option<&dyn Tool> {
        self.iter().find(|tool| tool.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Capability, Grants,
        testing::{Bench, TestMachine},
    };
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn errors_tell_arguments_from_what_they_met() {
        let mut bench = Bench::new(TestMachine::default());
        for (tool, arguments, expected) in [
            ("calc", json!({}), true),
            ("calc", json!({"expr": "2 +"}), true),
            ("nothing", json!({}), true),
            ("schedule", json!({"cancel": "oven"}), false),
            ("read_file", json!({"path": "a.txt"}), false),
        ] {
            let error = bench.call(tool, arguments).unwrap_err();
            assert_eq!(error.is_about_arguments(), expected, "{tool}: {error}");
        }
    }

    #[test]
    fn every_example_of_every_tool_passes_its_own_schema() {
        for tool in Registry::built_in().iter() {
            assert!(!tool.examples().is_empty(), "{}", tool.name());
            for example in tool.examples() {
                let arguments: Value = serde_json::from_str(example.arguments).unwrap();
                assert_eq!(schema::check(tool.schema(), &arguments), Ok(()), "{}", tool.name());
            }
        }
    }

    #[test]
    fn every_reading_of_every_example_passes_the_schema() {
        let context = crate::ReadingContext::default();
        for tool in Registry::built_in().iter() {
            for example in tool.examples() {
                for reading in tool.readings(example.request, &context) {
                    let checked = schema::check(tool.schema(), &reading);
                    assert_eq!(checked, Ok(()), "{}: {reading}", tool.name());
                }
            }
        }
    }

    #[test]
    fn the_first_reading_of_every_example_is_what_the_example_says() {
        let context = crate::ReadingContext::default();
        for tool in Registry::built_in().iter() {
            // The model has to compose what these are asked, or their readings differ in words only.
            if ["run_code", "recall", "search_history"].contains(&tool.name()) {
                continue;
            }
            for example in tool.examples() {
                let expected: Value = serde_json::from_str(example.arguments).unwrap();
                let readings = tool.readings(example.request, &context);
                let is_right = readings.first().is_none_or(|reading| *reading == expected);
                assert!(is_right, "{}: {readings:?}", example.request);
            }
        }
    }

    #[test]
    fn tools_without_their_part_of_the_system_are_not_offered() {
        let registry = Registry::built_in();
        let names = |facilities: &[Facility]| -> Vec<String> {
            registry.available(facilities).map(|tool| tool.name().to_owned()).collect()
        };
        let all = [Facility::Files, Facility::Network, Facility::Canvas, Facility::Sandbox];
        assert_eq!(
            names(&all),
            [
                "calc",
                "remember",
                "recall",
                "search_history",
                "edit_block",
                "clock",
                "schedule",
                "sysinfo",
                "run_code",
                "list_files",
                "read_file",
                "write_file",
                "draw",
                "http_get",
                "web_search",
                "notify",
                "echo"
            ]
        );
        assert_eq!(
            names(&[Facility::Canvas]),
            [
                "calc",
                "remember",
                "recall",
                "search_history",
                "edit_block",
                "clock",
                "schedule",
                "sysinfo",
                "draw",
                "notify",
                "echo"
            ]
        );
    }

    proptest! {
        #[test]
        fn any_request_can_be_read_by_every_tool(
            request in "(.|[a-z]{1,6}|[0-9,.-]{1,4}|\\PC{1,3}|save|draw| to | of |file |'|`|\"|http://|\\.txt|bar chart|sum|\n){0,24}",
        ) {
            let context = crate::ReadingContext::default();
            for tool in Registry::built_in().iter() {
                for reading in tool.readings(&request, &context) {
                    prop_assert_eq!(schema::check(tool.schema(), &reading), Ok(()));
                    let _ = tool.capability(&reading);
                }
            }
        }
    }

    #[test]
    fn checks_names_and_arguments_before_the_tool_runs() {
        let mut bench = Bench::new(TestMachine::default());
        let mut call = |name: &str, arguments: Value| bench.call(name, arguments);
        assert_eq!(call("calc", json!({"expr": "6*7"})).unwrap(), "42");
        assert_eq!(
            call("clac", json!({"expr": "6*7"})).unwrap_err().to_string(),
            "there is no tool \"clac\"; did you mean \"calc\"?"
        );
        assert_eq!(
            call("calc", json!({"expression": "6*7"})).unwrap_err().to_string(),
            "unknown argument \"expression\"; expected expr"
        );
        assert_eq!(
            call("calc", json!({"expr": 42})).unwrap_err().to_string(),
            "argument \"expr\" must be a string, not a number"
        );
        assert_eq!(
            call("sysinfo", json!({"zone": "CET"})).unwrap_err().to_string(),
            "unknown argument \"zone\"; expected about"
        );
    }

    #[test]
    fn a_permit_for_something_else_opens_nothing() {
        let mut bench = Bench::new(TestMachine::default());
        let arguments = json!({"text": "a fact"});
        for capability in [None, Some(Capability::MemoryRead)] {
            let permit = Grants::for_person(capability);
            let error = bench.call_with("remember", &arguments, permit).unwrap_err();
            assert_eq!(
                error.to_string(),
                "memory.write is not allowed: the permit is for something else"
            );
        }
        assert!(bench.memory().is_empty());
    }

    #[test]
    fn a_name_can_be_taken_once() {
        let mut registry = Registry::built_in();
        let duplicate = DuplicateTool { name: "echo".into() };
        assert_eq!(registry.register(Box::new(Echo::new())), Err(duplicate));
        assert_eq!(registry.iter().filter(|tool| tool.name() == "echo").count(), 1);
    }
}
