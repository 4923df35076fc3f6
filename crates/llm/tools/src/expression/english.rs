//! Arithmetic as people say it, translated into the symbols of the calculator.
//!
//! ```text
//! phrase  = operand { infix operand }            infix: plus, minus, times, divided by, to the power of ...
//! operand = prefix | number { postfix }          postfix: squared, percent, factorial ...
//! prefix  = "square root of" operand | "sum of" list | "half of" operand | "divide" a "by" b ...
//! ```
//! Symbols are understood among the words; they bind as the symbols they become. Courtesies and
//! questions around a phrase are not part of it: [`super::reading`] finds the phrase in a request.

use super::{token::Token, units};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

/// How deep phrases may nest: every level costs kernel stack.
const MAX_DEPTH: usize = 12;
/// The most words and symbols of a phrase.
const MAX_TOKENS: usize = 64;

/// A phrase in the calculator's symbols.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translation {
    /// The expression.
    pub symbols: String,
    /// The unit of its value.
    pub unit: Option<&'static str>,
    /// Operations in it.
    pub operations: usize,
}

/// Translates a phrase; `None` if it is not arithmetic from its first word to its last.
pub fn translate(text: &str) -> Option<Translation> {
    let tokens = super::token::tokens(text);
    if tokens.is_empty() || tokens.len() > MAX_TOKENS {
        return None;
    }
    if let Some(conversion) = units::conversion(&tokens) {
        return Some(conversion);
    }
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0, operations: 0 };
    let symbols = parser.phrase()?;
    parser.skip_units();
    let is_whole = parser.at == tokens.len() && parser.operations > 0;
    is_whole.then_some(Translation { symbols, unit: None, operations: parser.operations })
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
    operations: usize,
}

/// Words between two operands, longest first, and what they become: left, right and all around.
const INFIXES: [(&str, &str); 35] = [
    ("and add", "+"),
    ("and subtract", "-"),
    ("then add", "+"),
    ("then subtract", "-"),
    ("multiplied by", "*"),
    ("multiplied with", "*"),
    ("divided by", "/"),
    ("divided into", "/"),
    ("added to", "+"),
    ("to the power of", "^"),
    ("to the power", "^"),
    ("raised to the power of", "^"),
    ("raised to", "^"),
    ("to the", "^"),
    ("modulo", "%"),
    ("mod", "%"),
    ("plus", "+"),
    ("minus", "-"),
    ("less", "-"),
    ("times", "*"),
    ("time", "*"),
    ("over", "/"),
    ("x", "*"),
    ("of", "*"),
    ("at", "*"),
    ("per", "/"),
    ("by", "*"),
    ("+", "+"),
    ("-", "-"),
    ("*", "*"),
    ("/", "/"),
    ("^", "^"),
    ("%", "%"),
    ("percent of", "/100*"),
    ("per cent of", "/100*"),
];

/// Shares of what follows; number words are numbers by then.
const SHARES: [(&str, &str); 17] = [
    ("half of", "1/2"),
    ("half", "1/2"),
    ("a half of", "1/2"),
    ("1 half of", "1/2"),
    ("a third of", "1/3"),
    ("1 third of", "1/3"),
    ("2 thirds of", "2/3"),
    ("a quarter of", "1/4"),
    ("1 quarter of", "1/4"),
    ("3 quarters of", "3/4"),
    ("a fifth of", "1/5"),
    ("a tenth of", "1/10"),
    ("halve", "1/2"),
    ("double", "2"),
    ("twice", "2"),
    ("triple", "3"),
    ("3 times", "3"),
];

/// Functions of what follows.
const FUNCTIONS: [(&str, &str); 25] = [
    ("square of", "square"),
    ("cube of", "cube"),
    ("factorial of", "factorial"),
    ("square root of", "sqrt"),
    ("root of", "sqrt"),
    ("sqrt of", "sqrt"),
    ("sqrt", "sqrt"),
    ("cube root of", "cbrt"),
    ("cbrt", "cbrt"),
    ("absolute value of", "abs"),
    ("abs", "abs"),
    ("natural log of", "ln"),
    ("natural logarithm of", "ln"),
    ("ln of", "ln"),
    ("ln", "ln"),
    ("log of", "log"),
    ("log", "log"),
    ("sine of", "sin"),
    ("sin of", "sin"),
    ("sin", "sin"),
    ("cosine of", "cos"),
    ("cos of", "cos"),
    ("cos", "cos"),
    ("tan of", "tan"),
    ("tan", "tan"),
];

/// Functions of a list.
const LISTS: [(&str, List); 20] = [
    ("sum of", List::Sum),
    ("total of", List::Sum),
    ("add up", List::Sum),
    ("add", List::Sum),
    ("sum up", List::Sum),
    ("sum", List::Sum),
    ("product of", List::Product),
    ("average of", List::Mean),
    ("mean of", List::Mean),
    ("average", List::Mean),
    ("maximum of", List::Max),
    ("max of", List::Max),
    ("largest of", List::Max),
    ("minimum of", List::Min),
    ("min of", List::Min),
    ("smallest of", List::Min),
    ("gcd of", List::Gcd),
    ("greatest common divisor of", List::Gcd),
    ("lcm of", List::Lcm),
    ("least common multiple of", List::Lcm),
];

/// Whether an operand is a number of hundredths.
fn is_share(symbols: &str) -> bool {
    symbols
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix("/100)"))
        .is_some_and(|share| share.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

/// Words that may stand behind a number and say what is counted.
const COUNTED: [&str; 22] = [
    "euros", "euro", "dollars", "dollar", "pounds", "pound", "bucks", "cents", "people", "persons",
    "friends", "ways", "each", "apiece", "items", "pieces", "days", "together", "evenly",
    "equally", "parts", "apples",
];

#[derive(Clone, Copy)]
enum List {
    Sum,
    Product,
    Mean,
    Max,
    Min,
    Gcd,
    Lcm,
}

impl Parser<'_> {
    fn phrase(&mut self) -> Option<String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let mut symbols = self.operand()?;
        loop {
            self.skip_units();
            if let Some(rest) = self.discount(&symbols) {
                symbols = rest;
                continue;
            }
            let before = self.at;
            let Some(infix) = self.infix() else { break };
            match self.operand() {
                // As pocket calculators have it: 15 percent of what stands before.
                Some(right) if matches!(infix, "+" | "-") && is_share(&right) => {
                    symbols = format!("({symbols})*(1{infix}{right})");
                }
                Some(right) => symbols = format!("{symbols}{infix}{right}"),
                None => {
                    self.at = before;
                    break;
                }
            }
            self.operations += 1;
        }
        self.depth -= 1;
        Some(symbols)
    }

    /// `... and is 35% off`, `... with a 20% discount`, behind a price.
    fn discount(&mut self, price: &str) -> Option<String> {
        const FILLERS: [&str; 12] =
            ["and", "is", "with", "a", "at", "now", "are", "it", "it's", ",", "but", "after"];
        let before = self.at;
        while self.peek_word().is_some_and(|word| FILLERS.contains(&word)) {
            self.at += 1;
        }
        let share = self.number();
        if let Some(share) = share
            && (self.take("%") || self.take("percent") || self.take("per cent"))
            && (self.take("off") || self.take("discount") || self.take("cheaper"))
        {
            self.operations += 1;
            return Some(format!("({price})*(1-{share}/100)"));
        }
        self.at = before;
        None
    }

    fn infix(&mut self) -> Option<&'static str> {
        let mut known: Vec<&(&str, &str)> = INFIXES.iter().collect();
        known.sort_by_key(|(words, _)| core::cmp::Reverse(words.len()));
        known.into_iter().find(|(words, _)| self.take(words)).map(|(_, symbol)| *symbol)
    }

    fn operand(&mut self) -> Option<String> {
        self.take("the");
        if let Some(symbols) = self.prefix() {
            return Some(symbols);
        }
        if self.take("a") {
            return self.operand_behind_article();
        }
        if self.take("-") || self.take("minus") || self.take("negative") {
            return Some(format!("(-{})", self.operand()?));
        }
        if self.take("(") {
            let inside = self.phrase()?;
            return self.take(")").then(|| self.postfix(format!("({inside})")))?;
        }
        let number = self.number()?;
        if !self.is_percent()
            && let Some(symbols) = self.of_each(&number)
        {
            return Some(symbols);
        }
        self.postfix(number)
    }

    /// `a dozen`, `a 20% tip on 45`.
    fn operand_behind_article(&mut self) -> Option<String> {
        let number = self.number()?;
        self.postfix(number)
    }

    fn number(&mut self) -> Option<String> {
        match self.tokens.get(self.at)? {
            Token::Number(number) => {
                self.at += 1;
                Some(number.clone())
            }
            Token::Word(word) if word == "pi" => {
                self.at += 1;
                Some("pi".into())
            }
            _ => None,
        }
    }

    /// `14 boxes of 24`: a number of things, each a number of others.
    fn of_each(&mut self, count: &str) -> Option<String> {
        let before = self.at;
        if let (Some(Token::Word(_)), Some(Token::Word(of)), Some(Token::Number(_))) =
            (self.tokens.get(self.at), self.tokens.get(self.at + 1), self.tokens.get(self.at + 2))
            && of == "of"
        {
            self.at += 2;
            if let Some(each) = self.number() {
                self.operations += 1;
                return Some(format!("{count}*{each}"));
            }
        }
        self.at = before;
        None
    }

    /// What stands behind an operand and changes it.
    fn postfix(&mut self, operand: String) -> Option<String> {
        let mut symbols = operand;
        loop {
            let changed = if self.take("squared") || self.take("square") {
                format!("({symbols})^2")
            } else if self.take("cubed") {
                format!("({symbols})^3")
            } else if self.take("!") || self.take("factorial") {
                format!("({symbols})!")
            } else if self.take("degrees") {
                format!("({symbols}*pi/180)")
            } else if self.is_percent() {
                return self.of_percent(&symbols);
            } else {
                return Some(symbols);
            };
            self.operations += 1;
            symbols = changed;
        }
    }

    /// Whether `%` or its word comes next and means hundredths: not a remainder.
    fn is_percent(&self) -> bool {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) if word == "percent" => true,
            Some(Token::Word(word)) if word == "per" => {
                matches!(self.tokens.get(self.at + 1), Some(Token::Word(next)) if next == "cent")
            }
            Some(Token::Symbol('%')) => {
                !matches!(self.tokens.get(self.at + 1), Some(Token::Number(_) | Token::Symbol('(')))
            }
            _ => false,
        }
    }

    /// `15% of 80`, `25% off 80`, `20% tip on 64.50`, or 15 hundredths.
    fn of_percent(&mut self, share: &str) -> Option<String> {
        if !(self.take("%") || self.take("percent")) {
            self.take("per cent");
        }
        self.operations += 1;
        if self.take("off of") || self.take("off") || self.take("discount on") {
            return Some(format!("({})*(1-{share}/100)", self.operand()?));
        }
        // 20% tip on 45, 19% VAT on 350
        let is_kind = matches!(self.tokens.get(self.at), Some(Token::Word(_)))
            && matches!(self.tokens.get(self.at + 1), Some(Token::Word(on)) if on == "on");
        if is_kind {
            self.at += 1;
        }
        if self.take("of") || self.take("on") {
            return Some(format!("{share}/100*({})", self.operand()?));
        }
        // Hundredths alone are nothing to compute.
        self.operations -= 1;
        Some(format!("({share}/100)"))
    }

    /// A phrase that begins with what is done.
    fn prefix(&mut self) -> Option<String> {
        let before = (self.at, self.operations);
        let symbols = self.try_prefix();
        if symbols.is_none() {
            (self.at, self.operations) = before;
        }
        symbols
    }

    fn try_prefix(&mut self) -> Option<String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let symbols =
            self.binary_prefix().or_else(|| self.share()).or_else(|| self.list()).or_else(|| {
                let (_, function) = FUNCTIONS.iter().find(|(words, _)| self.take(words))?;
                self.operations += 1;
                if *function == "log" && self.take("base") {
                    let base = self.number()?;
                    return self.take("of").then(|| {
                        let of = self.operand()?;
                        Some(format!("(ln({of})/ln({base}))"))
                    })?;
                }
                let of = self.operand()?;
                Some(match *function {
                    "square" => format!("({of})^2"),
                    "cube" => format!("({of})^3"),
                    "factorial" => format!("({of})!"),
                    function => format!("{function}({of})"),
                })
            });
        self.depth -= 1;
        symbols
    }

    /// `divide 100 by 8`, `the difference between 50 and 18` and the like.
    fn binary_prefix(&mut self) -> Option<String> {
        const FORMS: [(&str, &[&str], &str); 19] = [
            ("subtract", &["from"], "({1}-{0})"),
            ("take", &["from", "away from"], "({1}-{0})"),
            ("multiply", &["by", "with", "and", "times"], "({0}*{1})"),
            ("divide", &["by", "among", "between", "into"], "({0}/{1})"),
            ("split", &["among", "between", "by", "into", "with"], "({0}/{1})"),
            ("share", &["among", "between", "by", "with"], "({0}/{1})"),
            ("difference between", &["and"], "({0}-{1})"),
            ("difference of", &["and"], "({0}-{1})"),
            ("quotient of", &["and"], "({0}/{1})"),
            ("remainder of", &["divided by", "by", "and", "over"], "({0}%{1})"),
            ("remainder when", &["is divided by", "divided by"], "({0}%{1})"),
            ("increase", &["by"], "({0}*(1+{1}))"),
            ("decrease", &["by"], "({0}*(1-{1}))"),
            ("reduce", &["by"], "({0}*(1-{1}))"),
            ("what percentage of", &["is"], "({1}/{0}*100)"),
            ("what percent of", &["is"], "({1}/{0}*100)"),
            ("percentage of", &["that is", "is"], "({1}/{0}*100)"),
            ("add", &["to"], "({0}+{1})"),
            ("tip of", &["on"], "({0}*{1})"),
        ];
        let start = (self.at, self.operations);
        for (verb, words, form) in FORMS {
            (self.at, self.operations) = start;
            if !self.take(verb) {
                continue;
            }
            let Some(left) = self.bare_operand() else { continue };
            self.skip_units();
            let mut longest: Vec<&&str> = words.iter().collect();
            longest.sort_by_key(|words| core::cmp::Reverse(words.len()));
            if !longest.into_iter().any(|word| self.take(word)) {
                continue;
            }
            let Some(right) = self.operand() else { continue };
            self.skip_units();
            self.operations += 1;
            return Some(form.replace("{0}", &left).replace("{1}", &right));
        }
        (self.at, self.operations) = start;
        self.what_percent()
    }

    /// `20 is what percent of 80`.
    fn what_percent(&mut self) -> Option<String> {
        let start = self.at;
        if let Some(part) = self.number()
            && [
                "is what percent of",
                "is what percentage of",
                "is how many percent of",
                "is what % of",
            ]
            .iter()
            .any(|words| self.take(words))
            && let Some(whole) = self.number()
        {
            self.operations += 1;
            return Some(format!("({part}/{whole}*100)"));
        }
        self.at = start;
        None
    }

    /// An operand that does not take a percentage of what follows; what it is a number of may stand
    /// before it (`a bill of 90`).
    fn bare_operand(&mut self) -> Option<String> {
        self.take("the");
        if let (Some(Token::Word(article)), Some(Token::Word(_)), Some(Token::Word(of))) =
            (self.tokens.get(self.at), self.tokens.get(self.at + 1), self.tokens.get(self.at + 2))
            && ["a", "my", "our"].contains(&article.as_str())
            && of == "of"
        {
            self.at += 3;
        }
        if matches!(self.tokens.get(self.at + 1), Some(Token::Symbol('%'))) {
            let number = self.number()?;
            self.take("%");
            return Some(format!("({number}/100)"));
        }
        self.operand()
    }

    fn share(&mut self) -> Option<String> {
        let mut known: Vec<&(&str, &str)> = SHARES.iter().collect();
        known.sort_by_key(|(words, _)| core::cmp::Reverse(words.len()));
        let (_, factor) = known.into_iter().find(|(words, _)| self.take(words))?;
        self.operations += 1;
        Some(format!("({factor}*{})", self.operand()?))
    }

    fn list(&mut self) -> Option<String> {
        let (_, list) = LISTS.iter().find(|(words, _)| self.take(words))?;
        let mut operands = Vec::from([self.operand()?]);
        loop {
            self.skip_units();
            let before = self.at;
            let _ = self.take(",") | self.take("and") | self.take("to");
            match self.operand() {
                Some(operand) => operands.push(operand),
                None => {
                    self.at = before;
                    break;
                }
            }
        }
        if operands.len() < 2 {
            return None;
        }
        self.operations += operands.len() - 1;
        let call = |function: &str| format!("{function}({})", operands.join(","));
        Some(match list {
            List::Sum => format!("({})", operands.join("+")),
            List::Product => format!("({})", operands.join("*")),
            List::Mean => format!("(({})/{})", operands.join("+"), operands.len()),
            List::Max => call("max"),
            List::Min => call("min"),
            List::Gcd => call("gcd"),
            List::Lcm => call("lcm"),
        })
    }

    /// Words that say what is counted.
    fn skip_units(&mut self) {
        while self.peek_word().is_some_and(|word| COUNTED.contains(&word)) {
            self.at += 1;
        }
    }

    fn peek_word(&self) -> Option<&str> {
        match self.tokens.get(self.at)? {
            Token::Word(word) => Some(word),
            Token::Symbol(',') => Some(","),
            _ => None,
        }
    }

    /// Takes words or symbols if they come next, separated by spaces in `wanted`.
    fn take(&mut self, wanted: &str) -> bool {
        let mut at = self.at;
        for part in wanted.split(' ') {
            let is_next = self.tokens.get(at).is_some_and(|token| match token {
                Token::Word(word) => word == part,
                Token::Symbol(symbol) => symbol.to_string() == part,
                Token::Number(number) => number == part,
            });
            if !is_next {
                return false;
            }
            at += 1;
        }
        self.at = at;
        true
    }
}
