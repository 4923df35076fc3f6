//! Code that stands in a person's request.

use crate::request::{behind, quotations, without_courtesy};

/// Code, and its language if that is not Rhai.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code<'a> {
    /// The program.
    pub text: &'a str,
    /// `wasm`, or nothing.
    pub language: Option<&'static str>,
}

/// The code of a request: in a fence, behind words that introduce it, in quotes, or the request
/// itself; `None` if there is none.
pub fn code(request: &str) -> Option<Code<'_>> {
    if let Some(module) = request.split_whitespace().find_map(module) {
        return Some(Code { text: module, language: Some("wasm") });
    }
    let text = fenced(request)
        .or_else(|| introduced(request))
        .or_else(|| quotations(request).into_iter().map(|it| it.text).find(|it| is_code(it)))
        .or_else(|| Some(without_courtesy(request)).filter(|text| is_statement(text)))?;
    Some(Code { text: text.trim(), language: None })
}

/// A WebAssembly module: base64 of bytes that begin with `\0asm`.
fn module(word: &str) -> Option<&str> {
    let word = word.trim_matches(['"', '\'', '`', '.', ',']);
    word.starts_with("AGFzbQ").then_some(word)
}

/// What stands between ``` and ```, without the language's name.
fn fenced(request: &str) -> Option<&str> {
    let (_, rest) = request.split_once("```")?;
    let inside = rest.split_once("```").map_or(rest, |(inside, _)| inside);
    let code = match inside.split_once('\n') {
        Some((name, code)) if name.trim().chars().all(char::is_alphanumeric) => code,
        _ => inside.trim_start().strip_prefix("rhai ").unwrap_or(inside),
    };
    (!code.trim().is_empty()).then_some(code)
}

/// What stands behind "run this code:" and the like, if it looks like code.
fn introduced(request: &str) -> Option<&str> {
    const INTRODUCTIONS: [&str; 36] = [
        "run",
        "run this",
        "run the code",
        "run this code",
        "run code",
        "run the following",
        "run the following code",
        "run the program",
        "run this program",
        "run the script",
        "run this script",
        "run this snippet",
        "run the expression",
        "run in the sandbox",
        "run this in the sandbox",
        "run the following program",
        "execute",
        "execute this",
        "execute the code",
        "execute this code",
        "execute the program",
        "execute this program",
        "execute the script",
        "execute this script",
        "execute this snippet",
        "try this",
        "try this code",
        "try out",
        "execute the following",
        "execute the following code",
        "evaluate",
        "eval",
        "eval this",
        "evaluate this",
        "what does this code print",
        "what is the output of",
    ];
    let rest = behind(request, &INTRODUCTIONS)?;
    let rest = without_courtesy(rest).trim_start_matches([':', ' ']);
    let rest = behind(rest, &["for me"]).unwrap_or(rest);
    let rest = rest.trim_start_matches(['?', ':', ' ']);
    let text = ['`', '"', '\'']
        .into_iter()
        .find_map(|quote| {
            let inside = rest.strip_prefix(quote)?.trim_end_matches(['.', '?', ' ']);
            let inside = inside.strip_suffix(quote)?;
            (!inside.contains(quote)).then_some(inside)
        })
        .unwrap_or(rest);
    let has_quoted_code = || quotations(rest).iter().any(|it| is_code(it.text) && it.text != text);
    (is_code(text) && (is_statement(text) || !has_quoted_code())).then_some(text)
}

/// Whether a text in a place where code is expected is code.
fn is_code(text: &str) -> bool {
    const MARKS: [&str; 11] =
        ["print(", "let ", "fn ", ";", "{", "=>", "()", "==", ").", "[]", "while "];
    let is_arithmetic = text.contains(|c: char| c.is_ascii_digit())
        && text.contains(['+', '-', '*', '/', '%'])
        && !text.contains(char::is_alphabetic);
    let is_call = text
        .split_once('(')
        .is_some_and(|(name, rest)| rest.contains(')') && !name.is_empty() && !name.contains(' '));
    is_arithmetic || is_call || MARKS.iter().any(|mark| text.contains(mark))
}

/// Whether a text can hardly be anything but code.
fn is_statement(text: &str) -> bool {
    const STARTS: [&str; 7] = ["let ", "print(", "fn ", "for ", "while ", "const ", "loop "];
    let is_start = STARTS.iter().any(|start| text.starts_with(start));
    is_start && (text.contains(['=', '(']) || text.contains('{'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_found_in_requests() {
        for (request, expected) in [
            ("Run this code: let x = 6; x * 7", Some("let x = 6; x * 7")),
            ("Execute `print(\"hi\")`", Some("print(\"hi\")")),
            ("run: 2 * 21", Some("2 * 21")),
            ("run this code: print(\"hello\");", Some("print(\"hello\");")),
            ("Execute this please: print(\"x\")", Some("print(\"x\")")),
            ("run this code for me: let s = 0; s + 1", Some("let s = 0; s + 1")),
            ("for i in 1..4 { print(i); }", Some("for i in 1..4 { print(i); }")),
            (
                "Please execute the following code:\n```rhai\nlet a = 1;\na\n```",
                Some("let a = 1;\na"),
            ),
            ("```\n40 + 2\n```", Some("40 + 2")),
            ("What does `let a = [1]; a.len()` give?", Some("let a = [1]; a.len()")),
            ("let x = 3; x + 1", Some("let x = 3; x + 1")),
            ("for i in 0..3 { print(i) }", Some("for i in 0..3 { print(i) }")),
            ("evaluate max(3, 4)", Some("max(3, 4)")),
            ("Can you run \"1 + 1\"?", Some("1 + 1")),
            ("run a program that reverses a word", None),
            ("Run 3 dice rolls", None),
            ("for my sister, find a gift", None),
            ("let me know the time", None),
            ("What is the time?", None),
        ] {
            assert_eq!(code(request).map(|code| code.text), expected, "{request}");
        }
    }
}
