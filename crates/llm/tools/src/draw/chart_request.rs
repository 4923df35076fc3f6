//! Charts out of a person's request: kind, numbers and names.

use super::chart::MOST_VALUES;
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use serde_json::{Value, json};

/// The arguments of the chart that a request asks for; `None` if it asks for none, or has no
/// numbers.
pub fn reading(request: &str) -> Option<Value> {
    let kind = kind(request)?;
    let tokens = tokens(data(request));
    let items = range(&tokens, request).unwrap_or_else(|| items(&tokens));
    if items.is_empty() || items.len() > MOST_VALUES {
        return None;
    }
    let values: Vec<String> = items.iter().map(|item| item.value.to_string()).collect();
    let values = values.join(", ");
    if items.iter().any(|item| item.label.is_empty()) {
        return Some(json!({"kind": kind, "values": values}));
    }
    let labels: Vec<String> = items.iter().map(|item| item.label.join(" ")).collect();
    Some(json!({"kind": kind, "values": values, "labels": labels.join(", ")}))
}

/// Words of a request that name a chart, and the kind it is then.
const KINDS: [(&[&str], &str); 4] = [
    (&["bar", "bars", "barchart", "column", "columns", "histogram"], "bar"),
    (&["pie", "piechart", "donut", "doughnut"], "pie"),
    (&["plot", "graph", "curve", "linechart", "plotting"], "line"),
    (&["chart", "diagram"], "bar"),
];

fn kind(request: &str) -> Option<&'static str> {
    let lower = request.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    let has = |list: &[&str]| list.iter().any(|word| words.contains(word));
    if has(&["line"]) && has(&["chart", "graph", "plot", "diagram"]) {
        return Some("line");
    }
    KINDS.iter().find(|(names, _)| has(names)).map(|(_, kind)| *kind)
}

/// What stands behind the words that name the chart.
fn data(request: &str) -> &str {
    let first_digit = request.find(|c: char| c.is_ascii_digit()).unwrap_or(request.len());
    let head = request[..first_digit].to_ascii_lowercase();
    let names = KINDS.iter().flat_map(|(names, _)| names.iter());
    let start = names
        .filter_map(|name| head.rfind(name).map(|at| at + name.len()))
        .max()
        .filter(|start| request.is_char_boundary(*start))
        .unwrap_or(0);
    let rest = request[start..].trim_start_matches('s');
    // "fruits: apples 3, pears 5": a lone colon in front introduces the data.
    match rest.split_once(':') {
        Some((title, data))
            if !title.contains(|c: char| c.is_ascii_digit()) && !data.contains(':') =>
        {
            data
        }
        _ => rest,
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token<'a> {
    Number(f64, &'a str),
    Word(&'a str),
    /// `:` or `=` behind a name.
    Names,
    Separator,
    /// "to", between the ends of a range.
    To,
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let is_negative = c == '-' && rest[1..].starts_with(|c: char| c.is_ascii_digit());
        if c.is_ascii_digit() || is_negative {
            let end = number_end(rest);
            if let Ok(value) = rest[..end].parse() {
                tokens.push(Token::Number(value, &rest[..end]));
            }
            rest = &rest[end..];
        } else if c.is_alphabetic() {
            let is_part = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '-' | '_');
            let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
            tokens.extend(word(&rest[..end]));
            rest = &rest[end..];
        } else {
            match c {
                ':' | '=' => tokens.push(Token::Names),
                ',' | ';' | '\n' | '&' | '|' => tokens.push(Token::Separator),
                _ => {}
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    // "2021: 5": the first number is a name.
    for at in 1..tokens.len() {
        if let (Token::Number(_, text), Token::Names) = (tokens[at - 1].clone(), &tokens[at]) {
            tokens[at - 1] = Token::Word(text);
        }
    }
    tokens.retain(|token| *token != Token::Names);
    tokens
}

/// Where the number ends that a text begins with: digits, and a point with digits behind it.
fn number_end(text: &str) -> usize {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let sign = usize::from(text.starts_with('-'));
    let whole = sign + digits(&text[sign..]);
    match text[whole..].strip_prefix('.').map(digits) {
        Some(fraction) if fraction > 0 => whole + 1 + fraction,
        _ => whole,
    }
}

/// What a word is for; nothing if it is only grammar.
fn word(word: &str) -> Option<Token<'_>> {
    const GRAMMAR: [&str; 43] = [
        "of",
        "for",
        "with",
        "the",
        "a",
        "an",
        "values",
        "value",
        "numbers",
        "number",
        "data",
        "is",
        "are",
        "was",
        "were",
        "has",
        "have",
        "had",
        "percent",
        "these",
        "those",
        "following",
        "by",
        "showing",
        "in",
        "on",
        "at",
        "from",
        "please",
        "using",
        "out",
        "my",
        "our",
        "this",
        "that",
        "me",
        "where",
        "list",
        "points",
        "as",
        "it",
        "over",
        "between",
    ];
    let is = |list: &[&str]| list.iter().any(|entry| word.eq_ignore_ascii_case(entry));
    if is(&["and", "then", "versus", "vs", "plus"]) {
        return Some(Token::Separator);
    }
    if is(&["to", "through"]) {
        return Some(Token::To);
    }
    (!is(&GRAMMAR)).then_some(Token::Word(word))
}

/// One number, and the words of its name.
#[derive(Clone, Debug, PartialEq)]
struct Item<'a> {
    value: f64,
    label: Vec<&'a str>,
}

/// "from 1 to 10", with the squares or cubes of the numbers if it is those that are asked for.
fn range<'a>(tokens: &[Token<'_>], request: &str) -> Option<Vec<Item<'a>>> {
    let place = tokens.iter().position(|token| *token == Token::To)?;
    let ends = (tokens.get(place.checked_sub(1)?)?, tokens.get(place + 1)?);
    let count = tokens.iter().filter(|token| matches!(token, Token::Number(..))).count();
    let (Token::Number(from, _), Token::Number(to, _)) = ends else { return None };
    let is_whole = |value: f64| libm::trunc(value) == value && value.abs() < 1e6;
    if count != 2 || !is_whole(*from) || !is_whole(*to) {
        return None;
    }
    let (from, to) = (*from as i64, *to as i64);
    if to <= from || to - from >= MOST_VALUES as i64 {
        return None;
    }
    let lower = request.to_lowercase();
    let exponent = match lower {
        lower if lower.contains("square") => 2,
        lower if lower.contains("cube") => 3,
        _ => 1,
    };
    let item = |number: i64| Item {
        value: (0..exponent).map(|_| number as f64).product(),
        label: Vec::new(),
    };
    Some((from..=to).map(item).collect())
}

/// The numbers with their names, which stand before or behind them.
fn items<'a>(tokens: &[Token<'a>]) -> Vec<Item<'a>> {
    let numbers =
        |part: &[Token<'_>]| part.iter().filter(|token| matches!(token, Token::Number(..))).count();
    let parts: Vec<&[Token<'a>]> = tokens.split(|token| *token == Token::Separator).collect();
    let is_listed = parts.iter().all(|part| numbers(part) <= 1);
    let mut items: Vec<Item<'a>> = Vec::new();
    let is_number_first;
    if is_listed {
        let with_number: Vec<_> = parts.into_iter().filter(|part| numbers(part) == 1).collect();
        // The first may have a title in front: the last shows the order.
        is_number_first =
            with_number.last().is_some_and(|part| matches!(part.first(), Some(Token::Number(..))));
        items.extend(with_number.into_iter().filter_map(|part| item(part, is_number_first)));
    } else {
        is_number_first = tokens
            .iter()
            .find(|token| matches!(token, Token::Number(..) | Token::Word(_)))
            .is_some_and(|token| matches!(token, Token::Number(..)));
        let mut part: Vec<Token<'a>> = Vec::new();
        for token in tokens {
            let is_number = matches!(token, Token::Number(..));
            if is_number && is_number_first {
                items.extend(item(&part, true));
                part.clear();
            }
            part.push(token.clone());
            if is_number && !is_number_first {
                items.extend(item(&part, false));
                part.clear();
            }
        }
        items.extend(item(&part, is_number_first));
    }
    trim_labels(&mut items, is_number_first);
    items
}

fn item<'a>(part: &[Token<'a>], is_number_first: bool) -> Option<Item<'a>> {
    let at = part.iter().position(|token| matches!(token, Token::Number(..)))?;
    let Token::Number(value, _) = part[at] else { return None };
    let words = |tokens: &[Token<'a>]| -> Vec<&'a str> {
        tokens
            .iter()
            .filter_map(|token| match token {
                Token::Word(word) => Some(*word),
                _ => None,
            })
            .collect()
    };
    let (before, after) = (words(&part[..at]), words(&part[at + 1..]));
    let label = match is_number_first {
        true => after,
        false if before.is_empty() => after,
        false => before,
    };
    Some(Item { value, label })
}

/// The first name may have words of the request in front of it, the last some behind it: none is
/// longer than the longest of the others.
fn trim_labels(items: &mut [Item<'_>], is_number_first: bool) {
    let longest = |items: &[Item<'_>]| items.iter().map(|item| item.label.len()).max();
    match (items, is_number_first) {
        ([first, others @ ..], false) => {
            if let Some(longest) = longest(others) {
                first.label.drain(..first.label.len().saturating_sub(longest));
            }
        }
        ([others @ .., last], true) => {
            if let Some(longest) = longest(others) {
                last.label.truncate(longest);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_are_read_out_of_requests() {
        for (request, kind, values, labels) in [
            ("Draw a bar chart of 3, 5, 2 and 8.", "bar", "3, 5, 2, 8", None),
            ("Plot the numbers 1 4 9 16 25.", "line", "1, 4, 9, 16, 25", None),
            ("pie chart: 40 rent, 30 food, 30 fun", "pie", "40, 30, 30", Some("rent, food, fun")),
            ("line graph of sales Jan 3, Feb 4, Mar 8", "line", "3, 4, 8", Some("Jan, Feb, Mar")),
            (
                "Please make a bar chart with apples: 3, pears: 5 and green plums: 2",
                "bar",
                "3, 5, 2",
                Some("apples, pears, green plums"),
            ),
            ("show a pie of 3 cats and 5 dogs please", "pie", "3, 5", Some("cats, dogs")),
            ("Chart Mon 4 Tue 7 Wed -2.5", "bar", "4, 7, -2.5", Some("Mon, Tue, Wed")),
            ("histogram of [1,2,2,3]", "bar", "1, 2, 2, 3", None),
            ("bar chart of fruits: apples 3, pears 5", "bar", "3, 5", Some("apples, pears")),
            ("graph 2021: 5, 2022: 7, 2023: 6", "line", "5, 7, 6", Some("2021, 2022, 2023")),
            ("Plot the squares of 1 to 5", "line", "1, 4, 9, 16, 25", None),
            ("draw a line chart from 3 to 6", "line", "3, 4, 5, 6", None),
            (
                "Make a pie chart: rent 50%, food 25%, rest 25%",
                "pie",
                "50, 25, 25",
                Some("rent, food, rest"),
            ),
            ("a diagram of Q1=10; Q2=20", "bar", "10, 20", Some("Q1, Q2")),
            ("Can you draw bars for 1.5, 2.5, 3?", "bar", "1.5, 2.5, 3", None),
        ] {
            let mut expected = json!({"kind": kind, "values": values});
            if let Some(labels) = labels {
                expected["labels"] = labels.into();
            }
            assert_eq!(reading(request), Some(expected), "{request}");
        }
    }

    #[test]
    fn what_is_no_chart_is_not_read_as_one() {
        for request in ["draw a red circle", "draw a line from 1 2 to 3 4", "draw a bar chart", ""]
        {
            assert_eq!(reading(request), None, "{request}");
        }
    }
}
