//! Parses and computes in one pass: operators and how they bind. [`super::phrase`] has the sentences.
//!
//! Whatever does not recurse itself is kept out of line, so that its variables are not on the stack of
//! everything that nests.

use super::{
    ErrorKind, ExpressionError, MAX_DEPTH,
    function::Function,
    token::{Token, TokenKind},
    value::Value,
    words::{self, Infix, Postfix},
};
use alloc::string::String;

/// Longer names are cut in messages.
const MAX_NAME: usize = 32;

/// What is still to be read of an expression, and what was found in it.
pub struct Parser<'t, 'a> {
    pub tokens: &'t [Token<'a>],
    /// The next token.
    pub at: usize,
    depth: usize,
    /// Whether an operand of a sentence is read: words between numbers may belong to the sentence.
    pub is_in_sentence: bool,
    /// Whether only the form counts: what has no value is passed over.
    pub is_lenient: bool,
    /// Operations so far.
    pub operations: usize,
    /// Whether one of them is certainly arithmetic: `5 - 3` may be a score, `5 minus 3` is none.
    pub is_certain: bool,
}

impl<'t, 'a> Parser<'t, 'a> {
    pub fn new(tokens: &'t [Token<'a>]) -> Self {
        Self {
            tokens,
            at: 0,
            depth: 0,
            is_in_sentence: false,
            is_lenient: false,
            operations: 0,
            is_certain: false,
        }
    }

    pub fn sum(&mut self) -> Result<Value, ExpressionError> {
        let mut left = self.product()?;
        loop {
            if let Some(reduced) = self.surcharge(left)? {
                left = reduced;
                continue;
            }
            let Some((len, infix)) = self.matched(words::SUMS) else { return Ok(left) };
            let at = self.operator(len, !self.next_is("-"));
            let right = self.product()?;
            left = self.apply(infix, left, right, at)?;
        }
    }

    pub fn product(&mut self) -> Result<Value, ExpressionError> {
        let mut left = self.share()?;
        loop {
            if let Some(price) = self.each().or_else(|| self.of_each(left)) {
                left = self.apply(Infix::Times, left, price, self.position())?;
                continue;
            }
            let Some((len, infix)) = self.matched(words::PRODUCTS) else { return Ok(left) };
            let belongs_to_sentence = self.is_in_sentence && self.tokens[self.at].is_word();
            // `2x + 3` has an unknown in it.
            let is_unknown = self.next_is("x") && !self.starts_operand(self.at + 1);
            if belongs_to_sentence || is_unknown {
                return Ok(left);
            }
            let is_certain = match infix {
                Infix::Of => false,
                _ => !["/", "%", "x", "over"].iter().any(|word| self.next_is(word)),
            };
            let at = self.operator(len, is_certain);
            let right = self.share()?;
            left = self.apply(infix, left, right, at)?;
        }
    }

    /// A percentage with what it is of, which no division before it can tear apart: `100 / 10% of 50`.
    fn share(&mut self) -> Result<Value, ExpressionError> {
        let mut left = self.unary()?;
        if !left.is_percent() {
            return Ok(left);
        }
        while let Some((len, infix)) = self.matched(words::SHARES) {
            let at = self.operator(len, true);
            let right = self.unary()?;
            left = self.apply(infix, left, right, at)?;
        }
        Ok(left)
    }

    pub fn unary(&mut self) -> Result<Value, ExpressionError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(ErrorKind::TooDeep));
        }
        let value = if self.take("-") || self.take("minus") || self.take("negative") {
            self.unary()?.negated()
        } else if self.take("+") {
            self.unary()?
        } else {
            self.power()?
        };
        self.depth -= 1;
        Ok(value)
    }

    fn power(&mut self) -> Result<Value, ExpressionError> {
        let base = self.postfix()?;
        let at = self.position();
        let exponent = if let Some((len, ())) = self.matched(words::ORDINAL_POWERS)
            && let Some(exponent) = self.ordinal(self.at + len)
        {
            self.operator(len + 1, true);
            self.take("power");
            Value::plain(exponent)
        } else if let Some((len, ())) = self.matched(words::POWERS) {
            self.operator(len, true);
            self.unary()?
        } else {
            return Ok(base);
        };
        self.checked(base.power(exponent), at)
    }

    fn postfix(&mut self) -> Result<Value, ExpressionError> {
        let mut value = self.primary()?;
        loop {
            self.skip(words::COUNTED);
            if self.next_is("%") && self.starts_operand(self.at + 1) {
                return Ok(value);
            }
            let at = self.position();
            let postfix = if self.take("%") {
                Postfix::Percent
            } else if let Some((len, postfix)) = self.matched(words::POSTFIXES) {
                self.at += len;
                postfix
            } else {
                return Ok(value);
            };
            value = self.modified(value, postfix, at)?;
        }
    }

    /// What `postfix`, which was read at `at`, makes of a value.
    #[inline(never)]
    fn modified(
        &mut self,
        value: Value,
        postfix: Postfix,
        at: usize,
    ) -> Result<Value, ExpressionError> {
        let modified = match postfix {
            Postfix::Percent => {
                self.skip(words::PERCENT_OF_WHAT);
                return Ok(value.in_percent());
            }
            Postfix::Degrees => return Ok(value.in_degrees()),
            Postfix::Squared | Postfix::Cubed => {
                self.count(true);
                let exponent = if postfix == Postfix::Squared { 2 } else { 3 };
                value.power(Value::integer(exponent))
            }
            Postfix::Factorial => {
                self.count(self.tokens[self.at - 1].is_word());
                Function::Factorial.apply(&[value]).map(Value::plain)
            }
            Postfix::AndHalf => {
                let half = Value::integer(1).divided_by(Value::integer(2));
                half.and_then(|half| value.plus(half))
            }
        };
        self.checked(modified, at)
    }

    #[inline(never)]
    fn primary(&mut self) -> Result<Value, ExpressionError> {
        while ["the", "a", "an"].iter().any(|article| self.next_is(article))
            && self.starts_operand(self.at + 1)
        {
            self.at += 1;
        }
        let at = self.position();
        let Some(token) = self.tokens.get(self.at) else {
            return Err(self.error(ErrorKind::ExpectedNumber));
        };
        if let Some(value) = self.nth_root()? {
            return Ok(value);
        }
        match &token.kind {
            TokenKind::Number(number) => {
                self.at += 1;
                let value = Value::plain(*number);
                match self.matched(words::FRACTIONS) {
                    Some((len, parts)) => self.fraction(value, len, parts),
                    None => Ok(value),
                }
            }
            TokenKind::Symbol('(') => {
                self.at += 1;
                let value = self.enclosed(Self::sum)?;
                self.close(at)?;
                Ok(value)
            }
            TokenKind::Word | TokenKind::Symbol('√') => self.named(),
            TokenKind::Unreadable(kind) => Err(self.error(kind.clone())),
            TokenKind::Ordinal(_) | TokenKind::Symbol(_) => {
                Err(self.error(ErrorKind::ExpectedNumber))
            }
        }
    }

    /// The value of something in parentheses, where no sentence around them matters.
    pub fn enclosed<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, ExpressionError>,
    ) -> Result<T, ExpressionError> {
        let is_in_sentence = core::mem::replace(&mut self.is_in_sentence, false);
        let value = inner(self)?;
        self.is_in_sentence = is_in_sentence;
        Ok(value)
    }

    #[inline(never)]
    pub fn close(&mut self, opened_at: usize) -> Result<(), ExpressionError> {
        if self.take(")") {
            return Ok(());
        }
        match self.tokens.get(self.at) {
            None => Err(self.error(ErrorKind::UnclosedParenthesis { opened_at })),
            Some(_) => Err(self.unexpected()),
        }
    }

    /// What is wrong with the next token, behind a whole expression.
    #[inline(never)]
    pub fn unexpected(&self) -> ExpressionError {
        let Some(token) = self.tokens.get(self.at) else {
            return self.error(ErrorKind::ExpectedNumber);
        };
        self.error(match &token.kind {
            TokenKind::Symbol(')') => ErrorKind::UnmatchedParenthesis,
            TokenKind::Word => ErrorKind::NotUnderstood { word: short(token.text) },
            TokenKind::Unreadable(kind) => kind.clone(),
            _ => {
                let found = token.text.chars().next().expect("a token has a character");
                ErrorKind::ExpectedOperator { found }
            }
        })
    }

    #[inline(never)]
    pub fn unknown_name(&self) -> ExpressionError {
        let name = self.tokens.get(self.at).map_or_else(String::new, |token| short(token.text));
        self.error(ErrorKind::UnknownName { name })
    }

    #[inline(never)]
    pub fn apply(
        &mut self,
        infix: Infix,
        left: Value,
        right: Value,
        at: usize,
    ) -> Result<Value, ExpressionError> {
        let value = match infix {
            Infix::Plus => left.plus(right),
            Infix::Minus => left.minus(right),
            Infix::MinusFrom => right.minus(left),
            Infix::MoreThan => right.plus(left),
            Infix::Times | Infix::Of | Infix::On => left.times(right),
            Infix::Divide => left.divided_by(right),
            Infix::Remainder => left.remainder(right),
            Infix::Off => right.minus(left),
        };
        self.checked(value, at)
    }

    /// The value, or the error at `at`.
    #[inline(never)]
    pub fn checked(
        &self,
        value: Result<Value, ErrorKind>,
        at: usize,
    ) -> Result<Value, ExpressionError> {
        match value {
            Ok(value) => Ok(value),
            Err(_) if self.is_lenient => Ok(Value::integer(1)),
            Err(kind) => Err(ExpressionError { position: at, kind }),
        }
    }

    /// Passes an operator of `len` tokens; its position.
    fn operator(&mut self, len: usize, is_certain: bool) -> usize {
        let at = self.position();
        self.at += len;
        self.count(is_certain);
        at
    }

    pub fn count(&mut self, is_certain: bool) {
        self.operations += 1;
        self.is_certain |= is_certain;
    }

    /// The longest phrase of `table` that comes next, and its meaning.
    #[inline(never)]
    pub fn matched<T: Copy>(&self, table: &[(&str, T)]) -> Option<(usize, T)> {
        let next = self.tokens.get(self.at)?;
        if !matches!(next.kind, TokenKind::Word | TokenKind::Symbol(_)) {
            return None;
        }
        table
            .iter()
            .filter_map(|(phrase, meaning)| Some((self.phrase_len(self.at, phrase)?, *meaning)))
            .max_by_key(|(len, _)| *len)
    }

    /// How many tokens `phrase` has, if it stands at `at`.
    pub fn phrase_len(&self, at: usize, phrase: &str) -> Option<usize> {
        let mut len = 0;
        for word in phrase.split(' ') {
            if !self.tokens.get(at + len)?.is(word) {
                return None;
            }
            len += 1;
        }
        Some(len)
    }

    /// Passes one of `phrases`, if it comes next.
    #[inline(never)]
    pub fn skip(&mut self, phrases: &[&str]) -> bool {
        let len = phrases.iter().filter_map(|phrase| self.phrase_len(self.at, phrase)).max();
        self.at += len.unwrap_or(0);
        len.is_some()
    }

    pub fn take(&mut self, phrase: &str) -> bool {
        self.skip(&[phrase])
    }

    pub fn next_is(&self, word: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.is(word))
    }

    pub fn next_is_number(&self) -> bool {
        self.tokens.get(self.at).is_some_and(Token::is_number)
    }

    /// Position of the next token, one more than there are characters at the end.
    pub fn position(&self) -> usize {
        let end = |token: &Token| token.position + token.text.chars().count();
        match self.tokens.get(self.at) {
            Some(token) => token.position,
            None => self.tokens.last().map_or(1, end),
        }
    }

    #[inline(never)]
    pub fn error(&self, kind: ErrorKind) -> ExpressionError {
        ExpressionError { position: self.position(), kind }
    }
}

fn short(name: &str) -> String {
    name.chars().take(MAX_NAME).collect()
}
