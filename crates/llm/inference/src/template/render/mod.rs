//! Running a template: its [`blocks`] and [`expressions`].
//!
//! A template is as little trusted as the file it came in, so everything it does is paid for: each
//! step, and each byte it makes, from budgets that grow with the conversation. A template that
//! runs out of either, or nests too deeply, is an error.

mod blocks;
mod expressions;

use super::{
    ast::{Macro, Node},
    lexer::error,
    value::Value,
};
use crate::model::TemplateError;
use alloc::{format, rc::Rc, string::String, vec, vec::Vec};
use system_platform::DateTime;

/// Blocks, expressions and macros within each other.
const MAX_DEPTH: usize = 120;
/// Steps that every template may take, and those for each byte of its input.
const STEPS: (usize, usize) = (500_000, 16);
/// Bytes that every template may make, and those for each byte of its input.
const BYTES: (usize, usize) = (8 << 20, 64);

/// Names and their values.
type Scope<'t> = Vec<(&'t str, Value)>;

/// Arguments with their values.
#[derive(Default)]
pub(super) struct Values<'t> {
    pub(super) positional: Vec<Value>,
    pub(super) named: Vec<(&'t str, Value)>,
}

impl Values<'_> {
    /// The argument at a position, or of a name.
    pub(super) fn get(&self, position: usize, name: &str) -> Option<&Value> {
        self.positional
            .get(position)
            .or_else(|| self.named.iter().find(|(known, _)| *known == name).map(|(_, value)| value))
    }
}

/// A template on its way through.
pub(super) struct Renderer<'t> {
    macros: &'t [Macro],
    pub(super) now: Option<DateTime>,
    /// The outermost first; the first is that of the template itself.
    scopes: Vec<Scope<'t>>,
    /// The first scope of the macro that runs.
    macro_scope: usize,
    pub(super) namespaces: Vec<Vec<(Rc<str>, Value)>>,
    output: String,
    steps_left: usize,
    bytes_left: usize,
    depth: usize,
    line: usize,
}

impl<'t> Renderer<'t> {
    pub(super) fn new(
        macros: &'t [Macro],
        variables: Vec<(&'t str, Value)>,
        now: Option<DateTime>,
    ) -> Self {
        let input: usize = variables.iter().map(|(_, value)| value.weight()).sum();
        Self {
            macros,
            now,
            scopes: vec![variables],
            macro_scope: 0,
            namespaces: Vec::new(),
            output: String::new(),
            steps_left: STEPS.0.saturating_add(input.saturating_mul(STEPS.1)),
            bytes_left: BYTES.0.saturating_add(input.saturating_mul(BYTES.1)),
            depth: 0,
            line: 0,
        }
    }

    /// Runs the nodes of a template and gives what they print.
    pub(super) fn run(mut self, nodes: &'t [Node]) -> Result<String, TemplateError> {
        self.nodes(nodes)?;
        Ok(self.output)
    }

    /// An error at the tag that is being run.
    pub(super) fn error(&self, message: impl Into<String>) -> TemplateError {
        error(message, self.line)
    }

    /// Pays for bytes that are about to be made or walked through.
    pub(super) fn pay(&mut self, bytes: usize) -> Result<(), TemplateError> {
        self.bytes_left = self
            .bytes_left
            .checked_sub(bytes)
            .ok_or_else(|| self.error("the template makes too much text"))?;
        Ok(())
    }

    fn step(&mut self) -> Result<(), TemplateError> {
        self.steps_left = self
            .steps_left
            .checked_sub(1)
            .ok_or_else(|| self.error("the template takes too many steps"))?;
        Ok(())
    }

    fn deeper(&mut self) -> Result<(), TemplateError> {
        self.step()?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("the template nests too deeply"));
        }
        Ok(())
    }

    /// A string, paid for.
    pub(super) fn str(&mut self, text: impl AsRef<str>) -> Result<Value, TemplateError> {
        self.pay(text.as_ref().len())?;
        Ok(Value::str(text))
    }

    /// A list, paid for.
    pub(super) fn list(&mut self, items: Vec<Value>) -> Result<Value, TemplateError> {
        self.pay(items.len() * size_of::<Value>())?;
        Value::list(items).ok_or_else(|| self.error("a list is too large or nested too deeply"))
    }

    /// A dictionary, paid for.
    pub(super) fn map(&mut self, entries: Vec<(Rc<str>, Value)>) -> Result<Value, TemplateError> {
        // Entering a key looks at all before it.
        self.pay(entries.len().saturating_mul(entries.len()) + entries.len() * 40)?;
        Value::map(entries)
            .ok_or_else(|| self.error("a dictionary is too large or nested too deeply"))
    }

    /// What a loop over a value goes through, paid for.
    pub(super) fn iterate(&mut self, value: &Value) -> Result<Vec<Value>, TemplateError> {
        self.pay(value.length().unwrap_or(0) * size_of::<Value>())?;
        value.iterate().ok_or_else(|| self.error(format!("{} is no sequence", value.kind())))
    }

    /// A value as text, paid for.
    pub(super) fn print(&mut self, value: &Value) -> Result<String, TemplateError> {
        self.pay(value.weight())?;
        Ok(value.print())
    }
}
