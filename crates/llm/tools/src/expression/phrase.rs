//! Sentences of arithmetic: functions and their lists, verbs and their objects, shares and prices.

use super::{
    ErrorKind, ExpressionError, Number,
    function::Function,
    parser::Parser,
    token::{Token, TokenKind},
    value::Value,
    words::{self, Infix, Verb},
};
use alloc::vec::Vec;

impl Parser<'_, '_> {
    /// A constant, or what begins with a word.
    #[inline(never)]
    pub fn named(&mut self) -> Result<Value, ExpressionError> {
        let pi = Value::plain(Number::Real(core::f64::consts::PI));
        let e = Value::plain(Number::Real(core::f64::consts::E));
        if let Some((len, constant)) = self.matched(&[("pi", pi), ("π", pi), ("e", e)]) {
            self.at += len;
            return Ok(constant);
        }
        if let Some((len, parts)) = self.matched(words::FRACTIONS) {
            return self.fraction(Value::integer(1), len, parts);
        }
        if let Some((len, factor)) = self.matched(words::MULTIPLES) {
            let at = self.position();
            self.at += len;
            let is_certain = self.take("of");
            self.count(is_certain);
            let operand = self.unary()?;
            return self.apply(Infix::Times, Value::integer(factor), operand, at);
        }
        if let Some((len, exponent)) = self.matched(words::POWERS_OF) {
            let at = self.position();
            self.at += len;
            self.count(true);
            let operand = self.unary()?;
            return self.checked(operand.power(Value::integer(exponent)), at);
        }
        if let Some((len, verb)) = self.matched(words::VERBS) {
            return self.verb(len, verb);
        }
        if self.take("log base") || self.take("logarithm base") {
            return self.logarithm();
        }
        let named = self.tokens.get(self.at).and_then(|token| Function::from_name(token.text));
        match self.matched(words::FUNCTIONS).or(named.map(|function| (1, function))) {
            Some((len, function)) => self.function(len, function),
            None => Err(self.unknown_name()),
        }
    }

    /// `count` parts of which a whole has `parts`; of what follows, if something does.
    #[inline(never)]
    pub fn fraction(
        &mut self,
        count: Value,
        len: usize,
        parts: i128,
    ) -> Result<Value, ExpressionError> {
        let at = self.position();
        let is_half = self.next_is("half") || self.next_is("halve");
        self.at += len;
        let is_of = self.take("of");
        let is_direct = is_half && self.tokens.get(self.at).is_some_and(|next| next.is_number());
        let whole = if is_of || is_direct {
            self.count(is_of);
            self.unary()?
        } else {
            Value::integer(1)
        };
        let counted = self.apply(Infix::Times, count, whole, at)?;
        self.apply(Infix::Divide, counted, Value::integer(parts), at)
    }

    /// `4th root of 16`.
    #[inline(never)]
    pub fn nth_root(&mut self) -> Result<Option<Value>, ExpressionError> {
        let at = self.position();
        let is_root = self.phrase_len(self.at + 1, "root").is_some();
        let Some(degree) = self.ordinal(self.at).filter(|_| is_root) else { return Ok(None) };
        self.at += 2;
        self.take("of");
        self.count(true);
        let operand = self.unary()?.number();
        let root = root(operand, degree).map(Value::plain);
        self.checked(root, at).map(Some)
    }

    /// The ordinal that is the token `at`.
    #[inline(never)]
    pub fn ordinal(&self, at: usize) -> Option<Number> {
        let token = self.tokens.get(at)?;
        if let TokenKind::Ordinal(value) = token.kind {
            return Some(value);
        }
        let (_, value) = words::ORDINALS.iter().find(|(word, _)| token.is(word))?;
        Some(Number::Integer(*value))
    }

    /// Behind `log base`.
    #[inline(never)]
    fn logarithm(&mut self) -> Result<Value, ExpressionError> {
        let at = self.position();
        self.count(true);
        let base = self.operand()?;
        if !self.take("of") {
            return Err(self.error(ErrorKind::ExpectedWord { word: "of" }));
        }
        let operand = self.unary()?;
        let (base, x) = (base.number().to_f64(), operand.number().to_f64());
        let value = if base <= 0.0 || base == 1.0 || x <= 0.0 {
            Err(ErrorKind::OutOfDomain { function: "log" })
        } else {
            Ok(Value::plain(logarithm(x, base)))
        };
        self.checked(value, at)
    }

    #[inline(never)]
    fn function(&mut self, len: usize, function: Function) -> Result<Value, ExpressionError> {
        let at = self.position();
        let is_addition = self.next_is("add");
        self.at += len;
        let open = self.position();
        let arguments = if self.take("(") {
            self.count(true);
            let arguments = self.enclosed(|parser| {
                let mut arguments = Vec::from([parser.sum()?]);
                while parser.take(",") {
                    arguments.push(parser.sum()?);
                }
                Ok(arguments)
            })?;
            self.close(open)?;
            arguments
        } else {
            let is_of = self.take("of");
            self.count(is_of || is_addition || len > 1);
            if function.takes_list() {
                self.list(function, is_addition)?
            } else {
                Vec::from([self.unary()?])
            }
        };
        // `add 7.7% tax to 1200`: of what it is added to.
        if is_addition
            && let [share, whole] = arguments[..]
            && share.is_percent()
        {
            return self.apply(Infix::Plus, whole, share, at);
        }
        let number = function.apply(&arguments).and_then(super::value::finite);
        self.checked(number.map(Value::plain), at)
    }

    /// `3, 4 and 5`.
    #[inline(never)]
    fn list(
        &mut self,
        function: Function,
        is_addition: bool,
    ) -> Result<Vec<Value>, ExpressionError> {
        self.skip(&["the numbers", "numbers"]);
        let mut elements = Vec::from([self.operand()?]);
        loop {
            if self.next_is(",") {
                self.at += 1;
                if self.matched(words::SUMS).is_some_and(|(_, infix)| infix == Infix::Plus)
                    || self.matched(words::PRODUCTS).is_some()
                {
                    break;
                }
                self.take("and");
            } else {
                let links = self.next_is_number()
                    || self.take("and")
                    || (is_addition && self.take("to"))
                    || (function == Function::Sum && (self.take("plus") || self.take("+")));
                if !links {
                    break;
                }
            }
            elements.push(self.operand()?);
        }
        if elements.len() == 1 {
            return Err(self.error(ErrorKind::ExpectedWord { word: "and" }));
        }
        Ok(elements)
    }

    /// `subtract 5 from 20`, `difference between 50 and 18`.
    #[inline(never)]
    fn verb(&mut self, len: usize, verb: Verb) -> Result<Value, ExpressionError> {
        let at = self.position();
        self.at += len;
        self.count(true);
        self.skip(words::SUMS_OF_MONEY);
        // What a remainder is taken of may not swallow the sign of the division.
        let first =
            if verb.operation == Infix::Remainder { self.unary()? } else { self.operand()? };
        if !self.skip(verb.connectors) {
            if verb.stands_alone {
                return Ok(first);
            }
            return Err(self.error(ErrorKind::ExpectedWord { word: verb.connectors[0] }));
        }
        let is_share = matches!(verb.operation, Infix::Plus | Infix::Minus) && self.is_fraction();
        let mut second = self.operand()?;
        // `decrease 90 by a third`: by a third of it.
        if is_share {
            second = self.apply(Infix::Times, first, second, at)?;
        }
        let (left, right) = if verb.is_reversed { (second, first) } else { (first, second) };
        let value = self.apply(verb.operation, left, right, at)?;
        let is_negative = value.number().to_f64() < 0.0;
        Ok(if verb.is_absolute && is_negative { value.negated() } else { value })
    }

    /// Whether a fraction of nothing named comes next: `a third`, `three quarters`.
    #[inline(never)]
    fn is_fraction(&self) -> bool {
        let is_skipped = |token: &Token| token.is("a") || token.is("one") || token.is_number();
        let at = self.at + usize::from(self.tokens.get(self.at).is_some_and(is_skipped));
        let mut fractions = words::FRACTIONS.iter();
        fractions.any(|(word, _)| self.phrase_len(at, word).is_some())
            && self.phrase_len(at + 1, "of").is_none()
    }

    /// An operand of a sentence.
    fn operand(&mut self) -> Result<Value, ExpressionError> {
        let is_in_sentence = core::mem::replace(&mut self.is_in_sentence, true);
        let value = self.product()?;
        self.is_in_sentence = is_in_sentence;
        Ok(value)
    }

    /// Behind a count: `apples at 1.25 each`. The price.
    #[inline(never)]
    pub fn each(&mut self) -> Option<Value> {
        const AT: [&str; 5] = ["at", "for", "cost", "costs", "costing"];
        let is_at = |at: usize| AT.iter().any(|word| self.phrase_len(at, word).is_some());
        let is_noun = self.tokens.get(self.at)?.is_word() && !is_at(self.at);
        let price = self.at + usize::from(is_noun) + 1;
        if !is_at(price - 1) {
            return None;
        }
        let TokenKind::Number(number) = self.tokens.get(price)?.kind else { return None };
        let mut currencies = words::CURRENCIES.iter();
        let is_named = currencies.any(|word| self.phrase_len(price + 1, word).is_some());
        let unit = price + 1 + usize::from(is_named);
        let each = ["each", "apiece", "a piece", "per piece"];
        let len = each.iter().find_map(|phrase| self.phrase_len(unit, phrase))?;
        self.at = unit + len;
        self.count(true);
        Some(Value::plain(number))
    }

    /// Behind a count: `boxes of 24`. How many are in each.
    #[inline(never)]
    pub fn of_each(&mut self, count: Value) -> Option<Value> {
        let [noun, of, number, ..] = self.tokens.get(self.at..)? else { return None };
        let TokenKind::Number(number) = number.kind else { return None };
        // `3 out of 5` and `25% off of 80` are shares.
        let is_noun = noun.is_word() && !noun.is("out") && !noun.is("off");
        if count.is_percent() || !is_noun || !of.is("of") {
            return None;
        }
        self.at += 3;
        self.count(false);
        Some(Value::plain(number))
    }

    /// Behind a price: `and is 35% off`, `with a 20% tip`. The price with it.
    #[inline(never)]
    pub fn surcharge(&mut self, price: Value) -> Result<Option<Value>, ExpressionError> {
        const MOST_FILLERS: usize = 4;
        let before = self.at;
        let mut is_with = false;
        for _ in 0..MOST_FILLERS {
            is_with |= self.next_is("with");
            if !self.skip(words::BEFORE_DISCOUNT) {
                break;
            }
        }
        let at = self.position();
        if let Some(TokenKind::Number(percent)) = self.tokens.get(self.at).map(|it| &it.kind)
            && !price.is_percent()
        {
            let percent = Value::plain(*percent).in_percent();
            self.at += 1;
            if self.skip(&["%", "percent", "per cent"]) {
                let is_reduced = self.skip(&["off", "discount", "cheaper"]);
                let is_raised = is_with && self.skip(words::PERCENT_OF_WHAT);
                if is_reduced || is_raised {
                    self.count(true);
                    let infix = if is_reduced { Infix::Minus } else { Infix::Plus };
                    return self.apply(infix, price, percent, at).map(Some);
                }
            }
        }
        self.at = before;
        Ok(None)
    }

    /// Whether an operand may begin at token `at`.
    #[inline(never)]
    pub fn starts_operand(&self, at: usize) -> bool {
        let Some(token) = self.tokens.get(at) else { return false };
        let begins = |phrase: &str| self.phrase_len(at, phrase).is_some();
        match token.kind {
            TokenKind::Number(_) | TokenKind::Ordinal(_) => true,
            TokenKind::Symbol(symbol) => matches!(symbol, '(' | '√'),
            TokenKind::Unreadable(_) => false,
            TokenKind::Word => {
                ["pi", "e", "the", "a", "log base", "negative"].iter().any(|word| begins(word))
                    || Function::from_name(token.text).is_some()
                    || words::FUNCTIONS.iter().any(|(phrase, _)| begins(phrase))
                    || words::POWERS_OF.iter().any(|(phrase, _)| begins(phrase))
                    || words::VERBS.iter().any(|(phrase, _)| begins(phrase))
                    || words::FRACTIONS.iter().any(|(phrase, _)| begins(phrase))
                    || words::ORDINALS.iter().any(|(phrase, _)| begins(phrase))
                    || words::MULTIPLES.iter().any(|(phrase, _)| begins(phrase))
            }
        }
    }
}

/// The root that, taken to its degree, is `operand`; whole if one is.
fn root(operand: Number, degree: Number) -> Result<Number, ErrorKind> {
    let x = operand.to_f64();
    if degree.is_zero() || x < 0.0 {
        return Err(ErrorKind::OutOfDomain { function: "root" });
    }
    let root = libm::pow(x, 1.0 / degree.to_f64());
    let near = Number::from_f64(libm::round(root));
    Ok(if near.power(degree) == operand { near } else { Number::from_f64(root) })
}

/// Of `x` to `base`; whole if it is.
fn logarithm(x: f64, base: f64) -> Number {
    let exponent = libm::log2(x) / libm::log2(base);
    let near = libm::round(exponent);
    Number::from_f64(if libm::pow(base, near) == x { near } else { exponent })
}
