//! Expressions: what has a value.

use super::{
    super::{
        ast::{Arguments, Arithmetic, Comparison, Expr, Postfix},
        checks, filters,
        lexer::Token,
    },
    Parser,
};
use crate::model::TemplateError;
use alloc::{boxed::Box, format, vec, vec::Vec};

impl Parser<'_> {
    /// An expression, or several with commas, which make a list.
    pub(super) fn tuple(&mut self) -> Result<Expr, TemplateError> {
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

    pub(super) fn expression(&mut self) -> Result<Expr, TemplateError> {
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
    pub(super) fn binary(&mut self, level: usize) -> Result<Expr, TemplateError> {
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

    pub(super) fn filter(&mut self) -> Result<Postfix, TemplateError> {
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
