//! Tokens to a tree.

use super::{
    ast::{Arguments, Arithmetic, Comparison, Expr, Macro, Node, NodeKind, Postfix, Target},
    checks, filters,
    lexer::{Spanned, Token, error},
};
use crate::model::TemplateError;
use alloc::{boxed::Box, format, string::String, vec, vec::Vec};

/// Brackets and blocks within each other. Templates in use have about ten; kernel stacks are
/// small.
const MAX_DEPTH: usize = 40;

/// Parses a whole template: its nodes and its macros.
///
/// # Errors
/// What is outside the subset, and where.
pub(super) fn parse(tokens: &[Spanned]) -> Result<(Vec<Node>, Vec<Macro>), TemplateError> {
    let mut parser = Parser { tokens, at: 0, depth: 0, macros: Vec::new() };
    let (nodes, end) = parser.nodes(&[])?;
    match end {
        None => Ok((nodes, parser.macros)),
        Some(name) => Err(parser.error(format!("{name} closes nothing"))),
    }
}

struct Parser<'t> {
    tokens: &'t [Spanned],
    at: usize,
    depth: usize,
    macros: Vec<Macro>,
}

impl<'t> Parser<'t> {
    // Blocks.

    /// Nodes up to a block whose name is one of `ends`, which is stepped over up to and with its
    /// name; `None` at the end of the template.
    fn nodes(&mut self, ends: &[&str]) -> Result<(Vec<Node>, Option<String>), TemplateError> {
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

    // Expressions.

    /// An expression, or several with commas, which make a list.
    fn tuple(&mut self) -> Result<Expr, TemplateError> {
        let first = self.expression()?;
        if self.peek() != Some(&Token::Op(",")) {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.eat(",") {
            if matches!(
                self.peek(),
                Some(Token::OutputEnd | Token::BlockEnd | Token::Op(")")) | None
            ) {
                break;
            }
            items.push(self.expression()?);
        }
        Ok(Expr::List(items))
    }

    fn expression(&mut self) -> Result<Expr, TemplateError> {
        self.deeper()?;
        let mut expression = self.binary(0)?;
        if self.eat_name("if") {
            let condition = Box::new(self.binary(0)?);
            let otherwise =
                if self.eat_name("else") { Some(Box::new(self.expression()?)) } else { None };
            expression = Expr::Conditional { then: Box::new(expression), condition, otherwise };
        }
        self.depth -= 1;
        Ok(expression)
    }

    /// Operators of at least `level` of precedence: 0 `or`, 1 `and`, 2 `not`, 3 comparisons,
    /// 4 `+ -`, 5 `~`, 6 `* / // %`, 7 `**`.
    fn binary(&mut self, level: usize) -> Result<Expr, TemplateError> {
        let mut left = if self.eat_name("not") {
            self.deeper()?;
            let operand = self.binary(2)?;
            self.depth -= 1;
            Expr::Not(Box::new(operand))
        } else {
            self.unary(true)?
        };
        // The level of the chain that `left` is, if the chain was begun here.
        let mut chain = None;
        while let Some((operator, found)) = self.operator().filter(|&(_, found)| found >= level) {
            self.at += if operator == Operator::Compare(Comparison::NotIn) { 2 } else { 1 };
            let right = self.binary(found + 1)?;
            if chain != Some(found) {
                left = operator.start_chain(left);
                chain = Some(found);
            }
            operator.extend_chain(&mut left, right);
        }
        Ok(left)
    }

    /// The operator that comes next, and its precedence.
    fn operator(&self) -> Option<(Operator, usize)> {
        use {Arithmetic as A, Comparison as C, Operator as O};
        Some(match self.peek()? {
            Token::Name(name) => match name.as_str() {
                "or" => (O::Or, 0),
                "and" => (O::And, 1),
                "in" => (O::Compare(C::In), 3),
                "not" => match self.tokens.get(self.at + 1) {
                    Some((Token::Name(next), _)) if next == "in" => (O::Compare(C::NotIn), 3),
                    _ => return None,
                },
                _ => return None,
            },
            Token::Op(operator) => match *operator {
                "==" => (O::Compare(C::Equal), 3),
                "!=" => (O::Compare(C::NotEqual), 3),
                "<" => (O::Compare(C::Less), 3),
                "<=" => (O::Compare(C::LessOrEqual), 3),
                ">" => (O::Compare(C::Greater), 3),
                ">=" => (O::Compare(C::GreaterOrEqual), 3),
                "+" => (O::Arithmetic(A::Add), 4),
                "-" => (O::Arithmetic(A::Subtract), 4),
                "~" => (O::Arithmetic(A::Concatenate), 5),
                "*" => (O::Arithmetic(A::Multiply), 6),
                "/" => (O::Arithmetic(A::Divide), 6),
                "//" => (O::Arithmetic(A::FloorDivide), 6),
                "%" => (O::Arithmetic(A::Remainder), 6),
                "**" => (O::Arithmetic(A::Power), 7),
                _ => return None,
            },
            _ => return None,
        })
    }

    /// A value with its sign, and what follows it. A sign binds closer than filters and tests:
    /// `-3 | abs` is 3.
    fn unary(&mut self, with_filters: bool) -> Result<Expr, TemplateError> {
        let wrap: fn(Box<Expr>) -> Expr = if self.eat("-") {
            Expr::Negative
        } else if self.eat("+") {
            Expr::Positive
        } else {
            let value = self.primary()?;
            return self.postfix(value, with_filters);
        };
        self.deeper()?;
        let operand = self.unary(false)?;
        self.depth -= 1;
        self.postfix(wrap(Box::new(operand)), with_filters)
    }

    fn primary(&mut self) -> Result<Expr, TemplateError> {
        match self.next() {
            Some(Token::Name(name)) => Ok(match name.as_str() {
                "true" | "True" => Expr::Bool(true),
                "false" | "False" => Expr::Bool(false),
                "none" | "None" => Expr::None,
                _ => Expr::Name(name.clone()),
            }),
            Some(Token::Str(text)) => {
                let mut text = text.clone();
                while let Some(Token::Str(more)) = self.peek() {
                    text.push_str(more);
                    self.at += 1;
                }
                Ok(Expr::Str(text))
            }
            Some(Token::Int(number)) => Ok(Expr::Int(*number)),
            Some(Token::Float(number)) => Ok(Expr::Float(*number)),
            Some(Token::Op("(")) => {
                if self.eat(")") {
                    return Ok(Expr::List(Vec::new()));
                }
                let inner = self.tuple()?;
                self.expect(&Token::Op(")"))?;
                Ok(inner)
            }
            Some(Token::Op("[")) => {
                let mut items = Vec::new();
                while !self.eat("]") {
                    items.push(self.expression()?);
                    if !self.eat(",") && self.peek() != Some(&Token::Op("]")) {
                        return Err(self.error("`,` or `]` expected"));
                    }
                }
                Ok(Expr::List(items))
            }
            Some(Token::Op("{")) => {
                let mut entries = Vec::new();
                while !self.eat("}") {
                    let key = self.expression()?;
                    self.expect(&Token::Op(":"))?;
                    entries.push((key, self.expression()?));
                    if !self.eat(",") && self.peek() != Some(&Token::Op("}")) {
                        return Err(self.error("`,` or `}` expected"));
                    }
                }
                Ok(Expr::Map(entries))
            }
            _ => {
                self.at = self.at.saturating_sub(1);
                Err(self.error("a value expected"))
            }
        }
    }

    fn postfix(&mut self, value: Expr, with_filters: bool) -> Result<Expr, TemplateError> {
        let mut chain = Vec::new();
        loop {
            if self.eat(".") {
                chain.push(match self.peek() {
                    Some(&Token::Int(index)) => {
                        self.at += 1;
                        Postfix::Index(Expr::Int(index))
                    }
                    _ => Postfix::Attribute(self.name()?),
                });
            } else if self.eat("[") {
                chain.push(self.subscript()?);
            } else if self.eat("(") {
                chain.push(Postfix::Call(self.arguments()?));
            } else if with_filters && self.eat("|") {
                chain.push(self.filter()?);
            } else if with_filters && self.eat_name("is") {
                chain.push(self.test()?);
            } else if chain.is_empty() {
                return Ok(value);
            } else {
                return Ok(Expr::Postfix(Box::new(value), chain));
            }
        }
    }

    /// What follows `[`, with the closing bracket.
    fn subscript(&mut self) -> Result<Postfix, TemplateError> {
        let mut parts = [None, None, None];
        let mut colons = 0;
        while !self.eat("]") {
            if self.eat(":") && colons < 2 {
                colons += 1;
            } else if parts[colons].is_none() {
                parts[colons] = Some(self.expression()?);
            } else {
                return Err(self.error("`]` expected"));
            }
        }
        let [from, to, step] = parts;
        match (colons, from) {
            (0, Some(index)) => Ok(Postfix::Index(index)),
            (0, None) => Err(self.error("an index expected")),
            (_, from) => Ok(Postfix::Slice(from, to, step)),
        }
    }

    fn filter(&mut self) -> Result<Postfix, TemplateError> {
        let name = self.name()?;
        if !filters::exists(&name) {
            return Err(self.error(format!("filter {name} is not supported")));
        }
        let arguments = if self.eat("(") { self.arguments()? } else { Arguments::default() };
        Ok(Postfix::Filter(name, arguments))
    }

    fn test(&mut self) -> Result<Postfix, TemplateError> {
        let is_negated = self.eat_name("not");
        let name = self.name()?;
        if !checks::exists(&name) {
            return Err(self.error(format!("test {name} is not supported")));
        }
        let mut arguments = Arguments::default();
        if self.eat("(") {
            arguments = self.arguments()?;
        } else {
            // One argument may come without parentheses: `is divisibleby 3`.
            let has_argument = match self.peek() {
                Some(Token::Name(next)) => {
                    !matches!(next.as_str(), "else" | "or" | "and" | "if" | "is" | "in" | "not")
                }
                Some(Token::Str(_) | Token::Int(_) | Token::Float(_) | Token::Op("[" | "{")) => {
                    true
                }
                _ => false,
            };
            if has_argument {
                self.deeper()?;
                arguments.positional.push(self.primary()?);
                self.depth -= 1;
            }
        }
        Ok(Postfix::Test { name, arguments, is_negated })
    }

    /// What follows `(`, with the closing parenthesis.
    fn arguments(&mut self) -> Result<Arguments, TemplateError> {
        let mut arguments = Arguments::default();
        while !self.eat(")") {
            let is_named = matches!(self.tokens.get(self.at + 1), Some((Token::Op("="), _)));
            if is_named {
                let name = self.name()?;
                self.expect(&Token::Op("="))?;
                arguments.named.push((name, self.expression()?));
            } else {
                arguments.positional.push(self.expression()?);
            }
            if !self.eat(",") && self.peek() != Some(&Token::Op(")")) {
                return Err(self.error("`,` or `)` expected"));
            }
        }
        Ok(arguments)
    }

    // Tokens.

    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn peek_name(&self) -> Option<&'t str> {
        match self.peek() {
            Some(Token::Name(name)) => Some(name),
            _ => None,
        }
    }

    fn next(&mut self) -> Option<&'t Token> {
        self.at += 1;
        self.tokens.get(self.at - 1).map(|(token, _)| token)
    }

    fn eat(&mut self, operator: &str) -> bool {
        let is_there = matches!(self.peek(), Some(Token::Op(found)) if *found == operator);
        self.at += usize::from(is_there);
        is_there
    }

    fn eat_name(&mut self, name: &str) -> bool {
        let is_there = self.peek_name() == Some(name);
        self.at += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, token: &Token) -> Result<(), TemplateError> {
        if self.peek() == Some(token) {
            self.at += 1;
            return Ok(());
        }
        Err(self.error(match token {
            Token::BlockEnd => String::from("`%}` expected"),
            Token::OutputEnd => String::from("`}}` expected"),
            Token::Op(operator) => format!("`{operator}` expected"),
            _ => format!("{token:?} expected"),
        }))
    }

    fn expect_name(&mut self, name: &str) -> Result<(), TemplateError> {
        if self.eat_name(name) { Ok(()) } else { Err(self.error(format!("`{name}` expected"))) }
    }

    fn name(&mut self) -> Result<String, TemplateError> {
        match self.peek_name().map(String::from) {
            Some(name) => {
                self.at += 1;
                Ok(name)
            }
            None => Err(self.error("a name expected")),
        }
    }

    /// Line of the next token, or of the last one at the end.
    fn line(&self) -> usize {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |(_, line)| *line)
    }

    fn deeper(&mut self) -> Result<(), TemplateError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("brackets and blocks are nested too deeply"));
        }
        Ok(())
    }

    fn error(&self, message: impl Into<String>) -> TemplateError {
        error(message, self.line())
    }
}

/// A binary operator.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Compare(Comparison),
    Arithmetic(Arithmetic),
}

impl Operator {
    /// A chain of this operator's precedence that has one operand so far.
    fn start_chain(self, first: Expr) -> Expr {
        match self {
            Self::Or => Expr::Or(vec![first]),
            Self::And => Expr::And(vec![first]),
            Self::Compare(_) => Expr::Compare(Box::new(first), Vec::new()),
            Self::Arithmetic(_) => Expr::Arithmetic(Box::new(first), Vec::new()),
        }
    }

    fn extend_chain(self, chain: &mut Expr, operand: Expr) {
        match (self, chain) {
            (Self::Or, Expr::Or(operands)) | (Self::And, Expr::And(operands)) => {
                operands.push(operand);
            }
            (Self::Compare(comparison), Expr::Compare(_, rest)) => rest.push((comparison, operand)),
            (Self::Arithmetic(operator), Expr::Arithmetic(_, rest)) => {
                rest.push((operator, operand));
            }
            // `start_chain` made a chain of this kind.
            _ => {}
        }
    }
}
