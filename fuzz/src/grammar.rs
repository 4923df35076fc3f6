//! Grammars and JSON schemas: any text compiled, and a random answer held to it.
//!
//! The first byte chooses between the two notations, and whether the grammar waits for a marker. The
//! rest is the source.

use crate::Target;
use llm_inference::{
    grammar::{AfterEnd, Allowed, Constraint, ConstraintError, Grammar, TokenTrie, Trigger},
    model::TokenId,
};
use llm_tensor::testing::Random;
use std::sync::LazyLock;

/// See [`run`].
pub const TARGET: Target = Target { name: "grammar", run, seeds, words: WORDS, memory_limit };

/// The automaton has a limit, and so has what is kept of it while it runs.
const fn memory_limit(len: usize) -> usize {
    (128 << 20) + 400 * len
}

/// Tokens of an answer, at most.
const ANSWER_TOKENS: u32 = 48;
/// What a lazy grammar waits for.
const MARKER: &str = "<call>";
/// Ends the turn.
const END: TokenId = TokenId(256);

const WORDS: &[&str] = &[
    "root",
    "::=",
    "\nroot ::= ",
    " | ",
    "[^",
    "[a-z]",
    "{2,}",
    "{0,1000000}",
    "*",
    "+",
    "?",
    "(",
    ")",
    "\\u00e9",
    "\\xff",
    "\"type\":",
    "\"object\"",
    "\"properties\":{",
    "\"required\":[\"a\"]",
    "\"additionalProperties\":",
    "\"anyOf\":[",
    "\"oneOf\":[",
    "\"allOf\":[",
    "\"items\":",
    "\"prefixItems\":[",
    "\"minItems\":",
    "\"maxLength\":",
    "\"enum\":[",
    "\"const\":",
    "\"$ref\":\"#\"",
    "\"$ref\":\"#/$defs/a\"",
    "\"minimum\":",
    "\"exclusiveMaximum\":",
    "9223372036854775807",
    "-1e-7",
    "{}",
    "true",
    "false",
];

/// All bytes, an end of the turn, and pieces as tokenizers have them.
static TOKENS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let pieces =
        "{\" \":  \",\" \"} }} ]] [[ true null \\u \\\" 12 -1 .5 e+ name ab é 中 🦀 <call> call>{";
    let pieces = pieces.split(' ').map(|piece| piece.as_bytes().to_vec());
    let bytes = (0..=255).map(|byte| vec![byte]);
    bytes.chain([Vec::new()]).chain(pieces).chain([b"\xF0\x9F".to_vec(), b" ".to_vec()]).collect()
});

static TRIE: LazyLock<TokenTrie> = LazyLock::new(|| {
    let bytes = |token: TokenId| TOKENS[token.0 as usize].as_slice();
    TokenTrie::new(TOKENS.len(), bytes, |token| token == END)
});

fn seeds() -> Vec<Vec<u8>> {
    let grammars = [
        r#"root ::= item ("," item)* # a list
item ::= "a" | [0-9]{1,3} | "(" root ")""#,
        r#"root ::= "x"? [^"\\\n]+ "\u00e9" . value{2,} ws
value ::= "1" value? | "\x41"
ws ::= [ \t]*"#,
        // Without end, or as good as.
        "root ::= root",
        "root ::= a\na ::= b\nb ::= a | \"x\" b",
        "root ::= (((((\"a\"?)*)*)+)*){0,99999}",
        "root ::= ([a-z]{0,60000} [a-z]{0,60000}){0,60000} \"!\"",
        "root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"a\" root | \"\"",
        "root ::= x{1000} \nx ::= y{1000}\ny ::= z{1000}\nz ::= [a]{1000}",
    ];
    let schemas = [
        r#"{"type":"object","properties":{"name":{"type":"string","minLength":1,"maxLength":9},"n":{"type":"integer","minimum":-3,"maximum":1200}},"required":["name"],"additionalProperties":false}"#,
        r##"{"$defs":{"t":{"type":"object","properties":{"c":{"type":"array","items":{"$ref":"#/$defs/t"},"maxItems":3}}}},"$ref":"#/$defs/t"}"##,
        r#"{"anyOf":[{"const":{"a":[1,null]}},{"enum":["x","ü\n"]},{"type":["number","null"],"exclusiveMinimum":0.25}]}"#,
        r#"{"oneOf":[{"properties":{"k":{"const":1}},"required":["k"]},{"type":"array","prefixItems":[{"type":"boolean"}],"items":false}]}"#,
        "true",
        r##"{"$ref":"#"}"##,
        r##"{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}"##,
        r#"{"type":"array","minItems":9007199254740993,"items":{"maxLength":18446744073709551615}}"#,
    ];
    let with = |choice: u8, text: &str| [&[choice], text.as_bytes()].concat();
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    seeds.extend(grammars.iter().flat_map(|text| [with(0, text), with(2, text)]));
    seeds.extend(schemas.iter().flat_map(|text| [with(1, text), with(3, text)]));
    seeds.push(with(0, &format!("root ::= {}", "(".repeat(5000))));
    seeds.push(with(0, &format!("root ::= \"a\"{}", "*".repeat(5000))));
    seeds.push(with(1, &"{\"items\":".repeat(5000)));
    seeds.push(with(1, &format!("{}{}", "{\"items\":".repeat(100), "}".repeat(100))));
    seeds
}

/// Compiles. What compiles leads a model with random logits to an end, and what a schema allows is
/// JSON.
pub fn run(data: &[u8]) {
    let Some((&choice, source)) = data.split_first() else { return };
    let source = String::from_utf8_lossy(source);
    let (is_schema, is_lazy) = (choice & 1 != 0, choice & 2 != 0);
    let compiled =
        if is_schema { Grammar::from_json_schema(&source) } else { Grammar::from_gbnf(&source) };
    let grammar = match compiled {
        Ok(grammar) => grammar,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let mut random = Random::new(data.len() as u64);
    if is_lazy {
        let marker = Trigger::text(MARKER);
        let mut constraint = Constraint::lazy(&grammar, &TRIE, marker, AfterEnd::Rearm);
        answer(&mut constraint, &mut random);
        return;
    }
    let mut constraint = Constraint::new(&grammar, &TRIE);
    let is_short = constraint.shortest_end() < ANSWER_TOKENS;
    let Some(text) = answer(&mut constraint, &mut random) else { return };
    if is_short {
        assert!(constraint.is_complete(), "the end is reached within the limit: {text:?}");
        if is_schema {
            let text = String::from_utf8(text).expect("JSON is text");
            serde_json::from_str::<serde_json::Value>(&text)
                .unwrap_or_else(|error| panic!("{error}: {text}"));
        }
    }
}

/// Tokens chosen by chance among those that are allowed, until the turn or the limit ends them. `None`
/// where the grammar turns out to be more ambiguous than can be followed.
fn answer(constraint: &mut Constraint<'_>, random: &mut Random) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    for left in (1..=ANSWER_TOKENS).rev() {
        let allowed: Vec<TokenId> = match constraint.allowed_within(left) {
            Ok(Allowed::All) => (0..TOKENS.len() as u32).map(TokenId).collect(),
            Ok(Allowed::Only(mask)) => mask.iter().collect(),
            Err(ConstraintError::TooAmbiguous) => return None,
            // With a token for each byte something always leads on.
            Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&text)),
        };
        let other = TokenId(random.below(TOKENS.len()) as u32);
        if allowed.contains(&other) {
            assert!(constraint.allows(other), "the mask and the automaton are of one mind");
        }
        let token = allowed[random.below(allowed.len())];
        constraint.accept(token).expect("it is allowed");
        if token == END {
            break;
        }
        text.extend_from_slice(&TOKENS[token.0 as usize]);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_seeds_compile_and_the_others_are_refused() {
        let is_sound = |seed: &&Vec<u8>| {
            let source = String::from_utf8_lossy(&seed[1..]);
            match seed[0] & 1 {
                0 => Grammar::from_gbnf(&source).is_ok(),
                _ => Grammar::from_json_schema(&source).is_ok(),
            }
        };
        let seeds = seeds();
        let sound = seeds.iter().filter(is_sound).count();
        assert!(sound > 15 && seeds.len() - sound > 5, "{sound} of {}", seeds.len());
    }
}
