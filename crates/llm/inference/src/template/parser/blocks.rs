//! Blocks: what happens.

use super::{
    super::{
        ast::{Macro, Node, NodeKind, Target},
        lexer::Token,
    },
    Parser,
};
use crate::model::TemplateError;
use alloc::{format, string::String, vec, vec::Vec};

impl Parser<'_> {
    /// Nodes up to a block whose name is one of `ends`, which is stepped over up to and with its
    /// name; `None` at the end of the template.
    pub(super) fn nodes(
        &mut self,
        ends: &[&str],
    ) -> Result<(Vec<Node>, Option<String>), TemplateError> {
        self.deeper()?;
        let mut nodes = Vec::new();
        let end = loop {
            let line = self.line();
            match self.next() {
                None if ends.is_empty() => break None,
                None => return Err(self.error(format!("{} is missing", ends[ends.len() - 1]))),
                Some(Token::Text(text)) => {
                    let kind = NodeKind::Text(text.clone());
                    nodes.push(Node { line, kind });
                }
                Some(Token::OutputStart) => {
                    let kind = NodeKind::Output(self.tuple()?);
                    self.expect(&Token::OutputEnd)?;
                    nodes.push(Node { line, kind });
                }
                Some(Token::BlockStart) => {
                    let name = self.name()?;
                    if ends.contains(&name.as_str()) {
                        break Some(name);
                    }
                    let kind = self.block(&name)?;
                    nodes.push(Node { line, kind });
                }
                Some(_) => return Err(self.error("text or a tag expected")),
            }
        };
        self.depth -= 1;
        Ok((nodes, end))
    }

    /// Nodes up to the block `end`, which takes nothing.
    fn body(&mut self, end: &str) -> Result<Vec<Node>, TemplateError> {
        let (nodes, _) = self.nodes(&[end])?;
        self.expect(&Token::BlockEnd)?;
        Ok(nodes)
    }

    fn block(&mut self, name: &str) -> Result<NodeKind, TemplateError> {
        match name {
            "if" => self.if_block(),
            "for" => self.for_block(),
            "set" => self.set_block(),
            "macro" => self.macro_block(),
            "filter" => self.filter_block(),
            "with" => self.with_block(),
            "generation" => {
                self.expect(&Token::BlockEnd)?;
                Ok(NodeKind::Group(self.body("endgeneration")?))
            }
            "break" | "continue" => {
                self.expect(&Token::BlockEnd)?;
                Ok(if name == "break" { NodeKind::Break } else { NodeKind::Continue })
            }
            _ => Err(self.error(format!("block {name} is not supported"))),
        }
    }

    fn if_block(&mut self) -> Result<NodeKind, TemplateError> {
        let mut arms = Vec::new();
        let mut otherwise = Vec::new();
        loop {
            let condition = self.expression()?;
            self.expect(&Token::BlockEnd)?;
            let (body, end) = self.nodes(&["elif", "else", "endif"])?;
            arms.push((condition, body));
            match end.as_deref() {
                Some("elif") => continue,
                Some("else") => {
                    self.expect(&Token::BlockEnd)?;
                    otherwise = self.body("endif")?;
                }
                _ => self.expect(&Token::BlockEnd)?,
            }
            return Ok(NodeKind::If { arms, otherwise });
        }
    }

    fn for_block(&mut self) -> Result<NodeKind, TemplateError> {
        let targets = self.names()?;
        self.expect_name("in")?;
        // Not a conditional expression: `if` is the loop's own.
        let items = self.binary(0)?;
        let filter = if self.eat_name("if") { Some(self.expression()?) } else { None };
        if self.eat_name("recursive") {
            return Err(self.error("recursive loops are not supported"));
        }
        self.expect(&Token::BlockEnd)?;
        let (body, end) = self.nodes(&["else", "endfor"])?;
        self.expect(&Token::BlockEnd)?;
        let otherwise =
            if end.as_deref() == Some("else") { self.body("endfor")? } else { Vec::new() };
        Ok(NodeKind::For { targets, items, filter, body, otherwise })
    }

    fn set_block(&mut self) -> Result<NodeKind, TemplateError> {
        let mut names = self.names()?;
        let target = if names.len() == 1 && self.eat(".") {
            Target::Attribute(names.remove(0), self.name()?)
        } else {
            Target::Names(names)
        };
        if self.eat("=") {
            let value = self.tuple()?;
            self.expect(&Token::BlockEnd)?;
            return Ok(NodeKind::Set { target, value });
        }
        let mut filters = Vec::new();
        while self.eat("|") {
            filters.push(self.filter()?);
        }
        self.expect(&Token::BlockEnd)?;
        let body = self.body("endset")?;
        Ok(NodeKind::SetBlock { target, filters, body })
    }

    fn filter_block(&mut self) -> Result<NodeKind, TemplateError> {
        let mut filters = vec![self.filter()?];
        while self.eat("|") {
            filters.push(self.filter()?);
        }
        self.expect(&Token::BlockEnd)?;
        let body = self.body("endfilter")?;
        Ok(NodeKind::Filter { filters, body })
    }

    fn with_block(&mut self) -> Result<NodeKind, TemplateError> {
        let mut bindings = Vec::new();
        while self.peek() != Some(&Token::BlockEnd) {
            if !bindings.is_empty() {
                self.expect(&Token::Op(","))?;
            }
            let name = self.name()?;
            self.expect(&Token::Op("="))?;
            bindings.push((name, self.expression()?));
        }
        self.expect(&Token::BlockEnd)?;
        let body = self.body("endwith")?;
        Ok(NodeKind::With { bindings, body })
    }

    fn macro_block(&mut self) -> Result<NodeKind, TemplateError> {
        let name = self.name()?;
        self.expect(&Token::Op("("))?;
        let mut parameters = Vec::new();
        while !self.eat(")") {
            let parameter = self.name()?;
            let default = if self.eat("=") { Some(self.expression()?) } else { None };
            parameters.push((parameter, default));
            if !self.eat(",") && self.peek() != Some(&Token::Op(")")) {
                return Err(self.error("`,` or `)` expected"));
            }
        }
        self.expect(&Token::BlockEnd)?;
        let body = self.body("endmacro")?;
        self.macros.push(Macro { name, parameters, body });
        Ok(NodeKind::Macro(self.macros.len() - 1))
    }

    /// One name, or several with commas, perhaps in parentheses.
    fn names(&mut self) -> Result<Vec<String>, TemplateError> {
        let in_parentheses = self.eat("(");
        let mut names = vec![self.name()?];
        while self.eat(",") {
            names.push(self.name()?);
        }
        if in_parentheses {
            self.expect(&Token::Op(")"))?;
        }
        Ok(names)
    }
}
