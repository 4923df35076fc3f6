//! Expressions: what has a value.

use super::{
    super::{
        ast::{Arguments, Arithmetic, Comparison, Expr, Macro, Postfix},
        checks, filters, functions, methods, operators,
        value::Value,
    },
    Renderer, Values,
};
use crate::model::TemplateError;
use alloc::{format, vec::Vec};
use core::mem;

impl<'t> Renderer<'t> {
    pub(super) fn value(&mut self, expression: &'t Expr) -> Result<Value, TemplateError> {
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
    pub(super) fn postfix(
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
    pub(in super::super) fn attribute(&self, value: &Value, name: &str) -> Value {
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
