//! Tokens to a tree: [`blocks`] are what stands in `{% %}`, [`expressions`] what has a value.

mod blocks;
mod expressions;

use super::{
    ast::{Macro, Node},
    lexer::{Spanned, Token, error},
};
use crate::model::TemplateError;
use alloc::{format, string::String, vec::Vec};

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
