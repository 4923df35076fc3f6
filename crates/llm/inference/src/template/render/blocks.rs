//! Blocks: what happens, and the names it gives values to.

use super::{
    super::{
        ast::{Expr, Node, NodeKind, Postfix, Target},
        value::{Function, Loop, Value},
    },
    Renderer,
};
use crate::model::TemplateError;
use alloc::{format, rc::Rc, string::String, vec, vec::Vec};
use core::mem;

/// How a block ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
}

impl<'t> Renderer<'t> {
    pub(super) fn nodes(&mut self, nodes: &'t [Node]) -> Result<Flow, TemplateError> {
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
                let (value, flow) = self.filtered(body, filters)?;
                self.set(target, value)?;
                return Ok(flow);
            }
            NodeKind::Filter { filters, body } => {
                let (value, flow) = self.filtered(body, filters)?;
                let text = self.print(&value)?;
                self.write(&text)?;
                return Ok(flow);
            }
            NodeKind::With { bindings, body } => {
                // The values are those that the names have outside.
                let mut scope = Vec::with_capacity(bindings.len());
                for (name, value) in bindings {
                    scope.push((name.as_str(), self.value(value)?));
                }
                self.scopes.push(scope);
                let flow = self.nodes(body)?;
                self.scopes.pop();
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

    /// What a body prints, after filters.
    fn filtered(
        &mut self,
        body: &'t [Node],
        filters: &'t [Postfix],
    ) -> Result<(Value, Flow), TemplateError> {
        let outer = mem::take(&mut self.output);
        let flow = self.nodes(body)?;
        let text = mem::replace(&mut self.output, outer);
        let text = self.str(text)?;
        Ok((self.postfix(text, filters, "")?, flow))
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

    pub(super) fn assign(&mut self, name: &'t str, value: Value) {
        if let Some(scope) = self.scopes.last_mut() {
            match scope.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => scope.push((name, value)),
            }
        }
    }

    /// The value of a name: in the scopes of the macro that runs, then in the template's own.
    pub(super) fn lookup(&self, name: &str) -> Value {
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
}
