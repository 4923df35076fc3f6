//! Running a template: blocks and expressions.
//!
//! A template is as little trusted as the file it came in, so everything it does is paid for: each
//! step, and each byte it makes, from budgets that grow with the conversation. A template that
//! runs out of either, or nests too deeply, is an error.

use super::{
    ast::{Arguments, Arithmetic, Comparison, Expr, Macro, Node, NodeKind, Postfix, Target},
    checks, filters, functions,
    lexer::error,
    methods, operators,
    value::{Function, Loop, Value},
};
use crate::model::TemplateError;
use alloc::{format, rc::Rc, string::String, vec, vec::Vec};
use core::mem;
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

/// How a block ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
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

    // Blocks.

    fn nodes(&mut self, nodes: &'t [Node]) -> Result<Flow, TemplateError> {
        self.deeper()?;
        let mut flow = Flow::Next;
        for node in nodes {
            self.step()?;
            self.line = node.line;
            flow = self.node(&node.kind)?;
            if flow != Flow::Next {
                break;
            }
        }
        self.depth -= 1;
        Ok(flow)
    }

    fn node(&mut self, node: &'t NodeKind) -> Result<Flow, TemplateError> {
        match node {
            NodeKind::Text(text) => self.write(text)?,
            NodeKind::Output(expression) => {
                let value = self.value(expression)?;
                let text = self.print(&value)?;
                self.write(&text)?;
            }
            NodeKind::If { arms, otherwise } => {
                for (condition, body) in arms {
                    if self.value(condition)?.is_true() {
                        return self.nodes(body);
                    }
                }
                return self.nodes(otherwise);
            }
            NodeKind::For { targets, items, filter, body, otherwise } => {
                let items = self.value(items)?;
                let mut items = self.iterate(&items)?;
                if let Some(filter) = filter {
                    items = self.filter_items(targets, items, filter)?;
                }
                if items.is_empty() {
                    return self.nodes(otherwise);
                }
                self.for_each(targets, &items, body)?;
            }
            NodeKind::Set { target, value } => {
                let value = self.value(value)?;
                self.set(target, value)?;
            }
            NodeKind::SetBlock { target, filters, body } => {
                let outer = mem::take(&mut self.output);
                let flow = self.nodes(body)?;
                let text = mem::replace(&mut self.output, outer);
                let text = self.str(text)?;
                let value = self.postfix(text, filters, "")?;
                self.set(target, value)?;
                return Ok(flow);
            }
            NodeKind::Macro(index) => {
                let name = &self.macros[*index].name;
                self.assign(name, Value::Macro(*index));
            }
            NodeKind::Group(body) => return self.nodes(body),
            NodeKind::Break => return Ok(Flow::Break),
            NodeKind::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::Next)
    }

    fn write(&mut self, text: &str) -> Result<(), TemplateError> {
        self.pay(text.len())?;
        self.output.push_str(text);
        Ok(())
    }

    /// The items for which the condition of a loop holds.
    fn filter_items(
        &mut self,
        targets: &'t [String],
        items: Vec<Value>,
        condition: &'t Expr,
    ) -> Result<Vec<Value>, TemplateError> {
        let mut kept = Vec::new();
        for item in items {
            self.scopes.push(Vec::new());
            self.unpack(targets, item.clone())?;
            if self.value(condition)?.is_true() {
                kept.push(item);
            }
            self.scopes.pop();
        }
        Ok(kept)
    }

    fn for_each(
        &mut self,
        targets: &'t [String],
        items: &[Value],
        body: &'t [Node],
    ) -> Result<(), TemplateError> {
        for (index0, item) in items.iter().enumerate() {
            let neighbour = |index: Option<usize>| {
                index.and_then(|index| items.get(index)).cloned().unwrap_or(Value::Undefined)
            };
            let state = Loop {
                index0,
                length: items.len(),
                previous: neighbour(index0.checked_sub(1)),
                next: neighbour(index0.checked_add(1)),
            };
            // A name set in the body is forgotten with this scope.
            self.scopes.push(vec![("loop", Value::Loop(Rc::new(state)))]);
            self.unpack(targets, item.clone())?;
            let flow = self.nodes(body)?;
            self.scopes.pop();
            if flow == Flow::Break {
                break;
            }
        }
        Ok(())
    }

    fn set(&mut self, target: &'t Target, value: Value) -> Result<(), TemplateError> {
        match target {
            Target::Names(names) => self.unpack(names, value),
            Target::Attribute(name, attribute) => {
                let Value::Namespace(index) = self.lookup(name) else {
                    return Err(self.error(format!("{name} is no namespace")));
                };
                let namespace = &mut self.namespaces[index];
                match namespace.iter_mut().find(|(known, _)| **known == **attribute) {
                    Some((_, known)) => *known = value,
                    None => namespace.push((Rc::from(attribute.as_str()), value)),
                }
                Ok(())
            }
        }
    }

    /// Gives a value to one name, or its items to several.
    fn unpack(&mut self, names: &'t [String], value: Value) -> Result<(), TemplateError> {
        if let [name] = names {
            self.assign(name, value);
            return Ok(());
        }
        let items = self.iterate(&value)?;
        if items.len() != names.len() {
            let message = format!("{} values for {} names", items.len(), names.len());
            return Err(self.error(message));
        }
        for (name, item) in names.iter().zip(items) {
            self.assign(name, item);
        }
        Ok(())
    }

    fn assign(&mut self, name: &'t str, value: Value) {
        if let Some(scope) = self.scopes.last_mut() {
            match scope.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => scope.push((name, value)),
            }
        }
    }

    /// The value of a name: in the scopes of the macro that runs, then in the template's own.
    fn lookup(&self, name: &str) -> Value {
        let visible = self.scopes[self.macro_scope..].iter().rev().chain(self.scopes.first());
        for scope in visible {
            if let Some((_, value)) = scope.iter().find(|(known, _)| *known == name) {
                return value.clone();
            }
        }
        match name {
            "raise_exception" => Value::Function(Function::RaiseException),
            "range" => Value::Function(Function::Range),
            "namespace" => Value::Function(Function::Namespace),
            "dict" => Value::Function(Function::Dict),
            // Templates ask whether it is defined, and have a date of their own if not.
            "strftime_now" if self.now.is_some() => Value::Function(Function::StrftimeNow),
            _ => Value::Undefined,
        }
    }

    // Expressions.

    fn value(&mut self, expression: &'t Expr) -> Result<Value, TemplateError> {
        self.deeper()?;
        let value = match expression {
            Expr::None => Value::None,
            Expr::Bool(flag) => Value::Bool(*flag),
            Expr::Int(number) => Value::Int(*number),
            Expr::Float(number) => Value::Float(*number),
            Expr::Str(text) => self.str(text)?,
            Expr::Name(name) => self.lookup(name),
            Expr::List(items) => {
                let items = self.values(items)?;
                self.list(items)?
            }
            Expr::Map(entries) => self.dictionary(entries)?,
            Expr::Not(operand) => Value::Bool(!self.value(operand)?.is_true()),
            Expr::Negative(operand) => {
                let operand = self.value(operand)?;
                operators::arithmetic(self, Arithmetic::Subtract, &Value::Int(0), &operand)?
            }
            Expr::Positive(operand) => {
                let operand = self.value(operand)?;
                operators::arithmetic(self, Arithmetic::Add, &Value::Int(0), &operand)?
            }
            Expr::Arithmetic(first, rest) => self.arithmetic(first, rest)?,
            Expr::Compare(first, rest) => self.comparison(first, rest)?,
            Expr::And(operands) => self.first_where(operands, false)?,
            Expr::Or(operands) => self.first_where(operands, true)?,
            Expr::Conditional { then, condition, otherwise } => {
                if self.value(condition)?.is_true() {
                    self.value(then)?
                } else if let Some(otherwise) = otherwise {
                    self.value(otherwise)?
                } else {
                    Value::Undefined
                }
            }
            Expr::Postfix(base, chain) => {
                let value = self.value(base)?;
                let name = if let Expr::Name(name) = &**base { name.as_str() } else { "" };
                self.postfix(value, chain, name)?
            }
        };
        self.depth -= 1;
        Ok(value)
    }

    fn values(&mut self, expressions: &'t [Expr]) -> Result<Vec<Value>, TemplateError> {
        expressions.iter().map(|expression| self.value(expression)).collect()
    }

    fn dictionary(&mut self, entries: &'t [(Expr, Expr)]) -> Result<Value, TemplateError> {
        let mut made = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let key = match self.value(key)? {
                Value::Str(key) => key,
                other => {
                    let message = format!("{} as the key of a dictionary", other.kind());
                    return Err(self.error(message));
                }
            };
            made.push((key, self.value(value)?));
        }
        self.map(made)
    }

    fn arithmetic(
        &mut self,
        first: &'t Expr,
        rest: &'t [(Arithmetic, Expr)],
    ) -> Result<Value, TemplateError> {
        let mut value = self.value(first)?;
        for (operator, operand) in rest {
            let operand = self.value(operand)?;
            value = operators::arithmetic(self, *operator, &value, &operand)?;
        }
        Ok(value)
    }

    fn comparison(
        &mut self,
        first: &'t Expr,
        rest: &'t [(Comparison, Expr)],
    ) -> Result<Value, TemplateError> {
        let mut left = self.value(first)?;
        for (operator, operand) in rest {
            let right = self.value(operand)?;
            if !operators::compare(self, *operator, &left, &right)? {
                return Ok(Value::Bool(false));
            }
            left = right;
        }
        Ok(Value::Bool(true))
    }

    /// The first operand that is as true as `wanted`, else the last one: `or` and `and`.
    fn first_where(&mut self, operands: &'t [Expr], wanted: bool) -> Result<Value, TemplateError> {
        let mut value = Value::Undefined;
        for operand in operands {
            value = self.value(operand)?;
            if value.is_true() == wanted {
                break;
            }
        }
        Ok(value)
    }

    /// What a chain makes of a value; `name` is what the template calls it, for errors.
    fn postfix(
        &mut self,
        mut value: Value,
        chain: &'t [Postfix],
        mut name: &'t str,
    ) -> Result<Value, TemplateError> {
        let mut links = chain.iter().peekable();
        while let Some(link) = links.next() {
            self.step()?;
            let mut next_name = "";
            value = match link {
                Postfix::Attribute(attribute) => {
                    if matches!(value, Value::Undefined) {
                        return Err(self.undefined(name));
                    }
                    next_name = attribute.as_str();
                    if let Some(Postfix::Call(arguments)) = links.peek() {
                        links.next();
                        let arguments = self.arguments(arguments)?;
                        match methods::call(self, &value, attribute, &arguments)? {
                            Some(result) => result,
                            None => {
                                let callee = self.attribute(&value, attribute);
                                self.call(&callee, arguments, attribute)?
                            }
                        }
                    } else {
                        self.attribute(&value, attribute)
                    }
                }
                Postfix::Index(index) => {
                    let index = self.value(index)?;
                    match (&value, &index) {
                        (Value::Undefined, _) => return Err(self.undefined(name)),
                        (_, Value::Str(key)) => self.attribute(&value, key),
                        _ => operators::item(self, &value, &index)?,
                    }
                }
                Postfix::Slice(from, to, step) => {
                    let mut bounds = [None, None, None];
                    for (bound, expression) in bounds.iter_mut().zip([from, to, step]) {
                        if let Some(expression) = expression {
                            *bound = Some(self.value(expression)?);
                        }
                    }
                    operators::slice(self, &value, &bounds)?
                }
                Postfix::Call(arguments) => {
                    let arguments = self.arguments(arguments)?;
                    self.call(&value, arguments, name)?
                }
                Postfix::Filter(filter, arguments) => {
                    let arguments = self.arguments(arguments)?;
                    filters::apply(self, filter, &value, &arguments)?
                }
                Postfix::Test { name: test, arguments, is_negated } => {
                    let arguments = self.arguments(arguments)?;
                    let holds = checks::holds(self, test, &value, &arguments.positional)?;
                    Value::Bool(holds != *is_negated)
                }
            };
            name = next_name;
        }
        Ok(value)
    }

    fn undefined(&self, name: &str) -> TemplateError {
        if name.is_empty() {
            self.error("the value is undefined")
        } else {
            self.error(format!("{name} is undefined"))
        }
    }

    fn arguments(&mut self, arguments: &'t Arguments) -> Result<Values<'t>, TemplateError> {
        let positional = self.values(&arguments.positional)?;
        let mut named = Vec::with_capacity(arguments.named.len());
        for (name, expression) in &arguments.named {
            named.push((name.as_str(), self.value(expression)?));
        }
        Ok(Values { positional, named })
    }

    /// An attribute of a value, or an entry of a dictionary.
    pub(super) fn attribute(&self, value: &Value, name: &str) -> Value {
        let found = match value {
            Value::Namespace(index) => self.namespaces[*index]
                .iter()
                .find(|(known, _)| **known == *name)
                .map(|(_, value)| value.clone()),
            Value::Loop(state) => functions::loop_attribute(state, name),
            _ => value.entry(name).cloned(),
        };
        found.unwrap_or(Value::Undefined)
    }

    /// Calls a function or macro.
    fn call(
        &mut self,
        callee: &Value,
        arguments: Values<'t>,
        name: &'t str,
    ) -> Result<Value, TemplateError> {
        match callee {
            Value::Function(function) => functions::call(self, *function, &arguments),
            Value::Macro(index) => self.call_macro(&self.macros[*index], arguments),
            Value::Undefined => Err(self.undefined(name)),
            _ => Err(self.error(format!("{} cannot be called", callee.kind()))),
        }
    }

    fn call_macro(
        &mut self,
        called: &'t Macro,
        arguments: Values<'t>,
    ) -> Result<Value, TemplateError> {
        if arguments.positional.len() > called.parameters.len() {
            return Err(self.error(format!("too many arguments for {}", called.name)));
        }
        let unknown = arguments
            .named
            .iter()
            .map(|(name, _)| *name)
            .find(|name| !called.parameters.iter().any(|(parameter, _)| parameter == name));
        if let Some(unknown) = unknown {
            return Err(self.error(format!("{} has no argument {unknown}", called.name)));
        }
        let outer_scope = mem::replace(&mut self.macro_scope, self.scopes.len());
        let outer_output = mem::take(&mut self.output);
        let outer_line = self.line;
        self.scopes.push(Vec::new());
        for (position, (name, default)) in called.parameters.iter().enumerate() {
            let value = match (arguments.get(position, name), default) {
                (Some(value), _) => value.clone(),
                (None, Some(default)) => self.value(default)?,
                (None, None) => Value::Undefined,
            };
            self.assign(name, value);
        }
        self.nodes(&called.body)?;
        self.scopes.pop();
        self.macro_scope = outer_scope;
        self.line = outer_line;
        let text = mem::replace(&mut self.output, outer_output);
        self.str(text)
    }
}
