//! GBNF, the notation of llama.cpp's grammars.
//!
//! `name ::= alternatives`, with literals `"a\n"`, sets `[^a-z]`, any character `.`, groups `( )`,
//! counts `* + ? {2} {2,} {,3} {2,3}` and comments `# ...`. A rule ends with its line, but not
//! within parentheses, after `|` or before it. Names are letters, digits, `-` and `_`.

use super::{
    charset::CharSet,
    error::{GrammarError, Place, Problem},
    expression::{Expr, RuleId, Rules},
};
use alloc::{collections::BTreeMap, string::String, vec::Vec};

/// Parentheses within parentheses.
const MAX_NESTING: usize = 50;
/// Counts after one another.
const MAX_COUNTS: usize = 3;
/// Bytes of a grammar.
const MAX_LEN_BYTES: usize = 1 << 20;

/// Parses a grammar; the first of the rules is `root`.
pub(super) fn parse(text: &str) -> Result<Rules, GrammarError> {
    let mut parser = Parser {
        rest: text,
        line: 1,
        column: 1,
        rules: Rules::default(),
        names: BTreeMap::new(),
        nesting: 0,
    };
    if text.len() > MAX_LEN_BYTES {
        return parser.fail(Problem::TooLarge(MAX_LEN_BYTES));
    }
    // The root is the first, wherever it is defined.
    parser.rule("root", parser.place());
    parser.skip_space(true);
    while parser.peek().is_some() {
        parser.definition()?;
        parser.skip_space(true);
    }
    if parser.rules.rules[0].body.is_none() {
        return parser.fail(Problem::NoRoot);
    }
    Ok(parser.rules)
}

/// Whether a character may be part of a name.
fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
}

struct Parser<'t> {
    rest: &'t str,
    line: usize,
    column: usize,
    rules: Rules,
    names: BTreeMap<String, RuleId>,
    nesting: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let character = characters.next()?;
        self.rest = characters.as_str();
        if character == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(character)
    }

    /// Takes `text` if it is next.
    fn take(&mut self, text: &str) -> bool {
        let is_next = self.rest.starts_with(text);
        if is_next {
            text.chars().for_each(|_| {
                self.next();
            });
        }
        is_next
    }

    fn place(&self) -> Place {
        Place::Text { line: self.line, column: self.column }
    }

    fn fail<T>(&self, problem: Problem) -> Result<T, GrammarError> {
        Err(GrammarError { place: self.place(), problem })
    }

    /// Skips spaces and comments, and ends of lines if they mean nothing here.
    fn skip_space(&mut self, over_lines: bool) {
        while let Some(character) = self.peek() {
            match character {
                ' ' | '\t' => {
                    self.next();
                }
                '\r' | '\n' if over_lines => {
                    self.next();
                }
                '#' => {
                    while self.peek().is_some_and(|character| character != '\n') {
                        self.next();
                    }
                }
                _ => break,
            }
        }
    }

    fn name(&mut self) -> &'t str {
        let end = self.rest.find(|character| !is_name(character)).unwrap_or(self.rest.len());
        let name = &self.rest[..end];
        self.take(name);
        name
    }

    /// The rule of a name, defined or not.
    fn rule(&mut self, name: &str, place: Place) -> RuleId {
        match self.names.get(name) {
            Some(&id) => id,
            None => {
                let id = self.rules.add(String::from(name), place, None);
                self.names.insert(String::from(name), id);
                id
            }
        }
    }

    fn definition(&mut self) -> Result<(), GrammarError> {
        let place = self.place();
        let name = self.name();
        if name.is_empty() {
            return self.fail(Problem::Expected("the name of a rule"));
        }
        let id = self.rule(name, place.clone());
        if self.rules.rules[id].body.is_some() {
            return Err(GrammarError {
                place,
                problem: Problem::DuplicateRule(String::from(name)),
            });
        }
        self.skip_space(false);
        if !self.take("::=") {
            return self.fail(Problem::Expected("::="));
        }
        self.skip_space(true);
        let body = self.choice()?;
        match self.peek() {
            None | Some('\r' | '\n') => {}
            Some(_) => return self.fail(Problem::Expected("the end of the rule")),
        }
        let rule = &mut self.rules.rules[id];
        (rule.body, rule.place) = (Some(body), place);
        Ok(())
    }

    /// Whether the next line goes on with `|`: then it is gone to.
    fn continues(&mut self) -> bool {
        let (rest, line, column) = (self.rest, self.line, self.column);
        self.skip_space(true);
        if self.peek() != Some('|') {
            (self.rest, self.line, self.column) = (rest, line, column);
        }
        self.take("|")
    }

    fn choice(&mut self) -> Result<Expr, GrammarError> {
        let mut parts = alloc::vec![self.sequence()?];
        while self.continues() {
            self.skip_space(true);
            parts.push(self.sequence()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::Choice(parts) })
    }

    fn sequence(&mut self) -> Result<Expr, GrammarError> {
        let mut parts = Vec::new();
        while let Some(character) = self.peek() {
            let expr = match character {
                '"' => self.literal()?,
                '[' => self.set()?,
                '(' => self.group()?,
                '.' => {
                    self.next();
                    Expr::Class(CharSet::any())
                }
                _ if is_name(character) => {
                    // A name after the end of a line defines the next rule.
                    let (rest, line, column) = (self.rest, self.line, self.column);
                    let place = self.place();
                    let name = self.name();
                    self.skip_space(false);
                    if self.rest.starts_with("::=") {
                        (self.rest, self.line, self.column) = (rest, line, column);
                        if self.nesting > 0 || !parts.is_empty() {
                            return self.fail(Problem::Expected("an end of line before a rule"));
                        }
                        break;
                    }
                    Expr::Rule(self.rule(name, place))
                }
                _ => break,
            };
            parts.push(self.counted(expr)?);
            self.skip_space(self.nesting > 0);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::Sequence(parts) })
    }

    fn group(&mut self) -> Result<Expr, GrammarError> {
        if self.nesting == MAX_NESTING {
            return self.fail(Problem::TooDeep(MAX_NESTING));
        }
        self.next();
        self.nesting += 1;
        self.skip_space(true);
        let inner = self.choice()?;
        self.skip_space(true);
        if !self.take(")") {
            return self.fail(Problem::Expected("a closing parenthesis"));
        }
        self.nesting -= 1;
        Ok(inner)
    }

    /// The counts after an expression. Several are counts of counts.
    fn counted(&mut self, mut expr: Expr) -> Result<Expr, GrammarError> {
        for _ in 0..=MAX_COUNTS {
            self.skip_space(false);
            expr = match self.peek() {
                Some('*') => expr.repeat(0, None),
                Some('+') => expr.repeat(1, None),
                Some('?') => expr.repeat(0, Some(1)),
                Some('{') => {
                    let (min, max) = self.counts()?;
                    expr = expr.repeat(min, max);
                    continue;
                }
                _ => return Ok(expr),
            };
            self.next();
        }
        self.fail(Problem::TooDeep(MAX_COUNTS))
    }

    /// `{m}`, `{m,}`, `{,n}` or `{m,n}`.
    fn counts(&mut self) -> Result<(u32, Option<u32>), GrammarError> {
        let place = self.place();
        self.next();
        self.skip_space(false);
        let min = self.number()?;
        self.skip_space(false);
        let max = if self.take(",") {
            self.skip_space(false);
            self.number()?
        } else if min.is_some() {
            min
        } else {
            return self.fail(Problem::Expected("a count"));
        };
        self.skip_space(false);
        if !self.take("}") {
            return self.fail(Problem::Expected("a closing brace"));
        }
        let min = min.unwrap_or(0);
        if max.is_some_and(|max| max < min) {
            return Err(GrammarError { place, problem: Problem::EmptyRange });
        }
        Ok((min, max))
    }

    /// A number below 2^31, if there is one.
    fn number(&mut self) -> Result<Option<u32>, GrammarError> {
        let mut number: Option<u32> = None;
        while let Some(digit) = self.peek().and_then(|character| character.to_digit(10)) {
            let value = number.unwrap_or(0).checked_mul(10).and_then(|n| n.checked_add(digit));
            match value.filter(|&value| value < 1 << 31) {
                Some(value) => number = Some(value),
                None => return self.fail(Problem::Expected("a count below 2147483648")),
            }
            self.next();
        }
        Ok(number)
    }

    fn literal(&mut self) -> Result<Expr, GrammarError> {
        let place = self.place();
        self.next();
        let mut text = String::new();
        loop {
            match self.peek() {
                Some('"') => break,
                None | Some('\n') => {
                    return Err(GrammarError {
                        place,
                        problem: Problem::Expected("a closing quote"),
                    });
                }
                Some(_) => text.push(self.character()?),
            }
        }
        self.next();
        Ok(Expr::Bytes(text.into_bytes()))
    }

    fn set(&mut self) -> Result<Expr, GrammarError> {
        let place = self.place();
        self.next();
        let is_negated = self.take("^");
        let mut ranges = Vec::new();
        loop {
            match self.peek() {
                Some(']') => break,
                None | Some('\n') => {
                    let problem = Problem::Expected("a closing bracket");
                    return Err(GrammarError { place, problem });
                }
                Some(_) => {}
            }
            let start = self.place();
            let first = u32::from(self.character()?);
            let mut last = first;
            if self.rest.starts_with('-') && !self.rest.starts_with("-]") {
                self.next();
                match self.peek() {
                    None | Some('\n') => {
                        let problem = Problem::Expected("a closing bracket");
                        return Err(GrammarError { place, problem });
                    }
                    Some(_) => last = u32::from(self.character()?),
                }
            }
            if last < first {
                return Err(GrammarError { place: start, problem: Problem::EmptyRange });
            }
            ranges.push((first, last));
        }
        self.next();
        let set = CharSet::new(&ranges);
        let set = if is_negated { set.negated() } else { set };
        if set.is_empty() {
            return Err(GrammarError { place, problem: Problem::EmptySet });
        }
        Ok(Expr::Class(set))
    }

    /// A character of a literal or a set, which there is.
    fn character(&mut self) -> Result<char, GrammarError> {
        let place = self.place();
        let bad = || GrammarError { place: place.clone(), problem: Problem::BadEscape };
        let character = self.next().ok_or_else(bad)?;
        if character != '\\' {
            return Ok(character);
        }
        let digits = match self.next().ok_or_else(bad)? {
            'n' => return Ok('\n'),
            'r' => return Ok('\r'),
            't' => return Ok('\t'),
            same @ ('"' | '\\' | '[' | ']' | '-' | '^') => return Ok(same),
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => return Err(bad()),
        };
        let mut point = 0_u32;
        for _ in 0..digits {
            let digit = self.peek().and_then(|character| character.to_digit(16)).ok_or_else(bad)?;
            point = point << 4 | digit;
            self.next();
        }
        char::from_u32(point).ok_or_else(bad)
    }
}
