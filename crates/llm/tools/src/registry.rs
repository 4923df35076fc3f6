//! The table of tools: lookup by name, argument checking, call.

use crate::{
    Refusal, Tool, ToolContext, ToolError, ToolOutput, calc::Calc, echo::Echo, nearest::nearest,
    recall::Recall, schema, store::Store, sysinfo::SysInfo, time::Time,
};
use alloc::{borrow::ToOwned, boxed::Box, vec::Vec};
use core::fmt;
use serde_json::Value;

/// All tools of an agent, in the order they were registered.
#[derive(Default)]
pub struct Registry {
    tools: Vec<Box<dyn Tool>>,
}

/// A second tool of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DuplicateTool(
    /// The name.
    pub &'static str,
);

impl fmt::Display for DuplicateTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is a tool \"{}\" already", self.0)
    }
}

impl Registry {
    /// The tools that need nothing but the machine.
    pub fn built_in() -> Self {
        Self {
            tools: Vec::from([
                Box::new(Calc::new()) as Box<dyn Tool>,
                Box::new(Store::new()),
                Box::new(Recall::new()),
                Box::new(Echo::new()),
                Box::new(Time::new()),
                Box::new(SysInfo::new()),
            ]),
        }
    }

    /// Adds a tool.
    ///
    /// # Errors
    /// `DuplicateTool` if the name is taken; then nothing has changed.
    pub fn register(&mut self, tool: Box<dyn Tool>) -> Result<(), DuplicateTool> {
        if self.find(tool.name()).is_some() {
            return Err(DuplicateTool(tool.name()));
        }
        self.tools.push(tool);
        Ok(())
    }

    /// All tools.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Tool> {
        self.tools.iter().map(|tool| &**tool)
    }

    /// The tool of this name.
    ///
    /// # Errors
    /// `UnknownTool`, with the name that comes closest.
    pub fn get(&self, name: &str) -> Result<&dyn Tool, Refusal> {
        self.find(name).ok_or_else(|| Refusal::UnknownTool {
            name: name.to_owned(),
            nearest: nearest(name, self.iter().map(|tool| tool.name()))
                .and_then(|nearest| self.find(nearest))
                .map(|tool| tool.name()),
        })
    }

    /// Checks the arguments, then calls the tool.
    ///
    /// # Errors
    /// No such tool, arguments that do not fit its schema, or what the tool itself says.
    pub fn call(
        &self,
        name: &str,
        arguments: &Value,
        context: &mut ToolContext<'_>,
    ) -> Result<ToolOutput, ToolError> {
        let tool = self.get(name).map_err(ToolError::Refused)?;
        schema::check(tool.schema(), arguments)?;
        tool.call(arguments, context)
    }

    fn find(&self, name: &str) -> Option<&dyn Tool> {
        self.iter().find(|tool| tool.name() == name)
    }
}

impl From<schema::CheckError> for ToolError {
    fn from(error: schema::CheckError) -> Self {
        match error {
            schema::CheckError::Arguments(error) => error.into(),
            schema::CheckError::Schema(fault) => fault.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, TestMachine};
    use alloc::string::ToString;
    use serde_json::json;

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
            call("time", json!({"zone": "CET"})).unwrap_err().to_string(),
            "unknown argument \"zone\"; there are none"
        );
    }

    #[test]
    fn a_name_can_be_taken_once() {
        let mut registry = Registry::built_in();
        assert_eq!(registry.register(Box::new(Echo::new())), Err(DuplicateTool("echo")));
        assert_eq!(registry.iter().filter(|tool| tool.name() == "echo").count(), 1);
    }
}
