//! Schemas of tools: which are understood, which arguments they accept, and whether the grammar that
//! holds a model to them is of the same mind.
//!
//! A line of JSON is the schema, the rest the arguments.

use crate::Target;
use llm_inference::{
    grammar::{Allowed, Constraint, ConstraintError, Grammar, Problem, TokenTrie},
    model::TokenId,
};
use llm_tensor::testing::Random;
use llm_tools::schema::{self, ArgumentType, Property};
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// See [`run`].
pub const TARGET: Target = Target { name: "schema", run, seeds, words: WORDS, memory_limit };

/// JSON becomes values and these an automaton, which has a limit of its own.
const fn memory_limit(len: usize) -> usize {
    (128 << 20) + 2000 * len
}

/// Bytes of arguments written by chance, at most.
const ANSWER_BYTES: u32 = 200;
/// The longest integer that a grammar writes, and the longest number.
const MAX_INTEGER: u64 = 999_999_999_999_999_999;
/// Ends the turn.
const END: TokenId = TokenId(256);

const WORDS: &[&str] = &[
    "{\"type\":\"object\",\"properties\":{",
    "\"a\":{\"type\":\"string\"}",
    "\"type\":\"number\"",
    "\"type\":\"integer\"",
    "\"type\":\"boolean\"",
    "\"type\":[\"string\",\"null\"]",
    "\"required\":[\"a\"]",
    "\"additionalProperties\":false",
    "\"additionalProperties\":true",
    "\"description\":\"d\"",
    "\"enum\":[1]",
    "\"$ref\":\"#\"",
    "\n",
    "{\"a\":",
    "\"b\":",
    "1.0",
    "-0",
    "1e3",
    "9007199254740993",
    "18446744073709551615",
    "true",
    "null",
    "[]",
    "\"\\u0000\\ud83d\\ude00\"",
    "{}",
];

/// One token for each byte, and an end of the turn.
static TRIE: LazyLock<TokenTrie> = LazyLock::new(|| {
    static BYTES: [[u8; 1]; 256] = {
        let mut bytes = [[0]; 256];
        let mut index = 0;
        while index < 256 {
            bytes[index] = [index as u8];
            index += 1;
        }
        bytes
    };
    let bytes = |token: TokenId| BYTES.get(token.0 as usize).map_or(&[][..], |byte| &byte[..]);
    TokenTrie::new(257, bytes, |token| token == END)
});

fn seeds() -> Vec<Vec<u8>> {
    let tools = llm_tools::Registry::built_in();
    let mut seeds: Vec<Vec<u8>> = tools
        .iter()
        .flat_map(|tool| {
            tool.examples().iter().map(|example| {
                [tool.schema().to_string().as_bytes(), b"\n", example.arguments.as_bytes()].concat()
            })
        })
        .collect();
    let all = r#"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"number","description":"d"},"c":{"type":"integer"},"d":{"type":"boolean"}},"required":["b","a"],"additionalProperties":false}"#;
    for arguments in [
        r#"{"a":"x \" \\ é","b":-2.5e-3,"c":7,"d":false}"#,
        r#"{"d":true,"b":0,"a":""}"#,
        r#"{"a":"x"}"#,
        r#"{"a":"x","b":1,"e":2}"#,
        r#"{"a":1,"b":"x"}"#,
        "[]",
        "",
    ] {
        seeds.push([all.as_bytes(), b"\n", arguments.as_bytes()].concat());
    }
    seeds.extend(
        [
            "true\n{}",
            "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"array\"}}}\n{\"a\":[]}",
            "{\"type\":\"object\",\"properties\":{},\"required\":[\"a\"]}\n{}",
            "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":true}\n{\"a\":1}",
        ]
        .map(|seed| seed.as_bytes().to_vec()),
    );
    seeds.push([&b"["[..]; 3000].concat());
    seeds
}

/// A schema that is understood compiles; arguments that it accepts are allowed by its grammar, and
/// what the grammar allows it accepts.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (schema, arguments) = text.split_once('\n').unwrap_or((&text, ""));
    let Ok(schema) = serde_json::from_str::<Value>(schema) else { return };
    let arguments = serde_json::from_str::<Value>(arguments).unwrap_or(Value::Null);
    let checked = schema::check(&schema, &arguments);
    let properties = match schema::properties(&schema) {
        Ok(properties) => properties,
        Err(fault) => {
            assert!(!fault.to_string().is_empty());
            assert!(checked.is_err(), "what is not understood accepts nothing");
            return;
        }
    };
    let grammar = match Grammar::from_json_schema(&schema.to_string()) {
        Ok(grammar) => grammar,
        Err(error) if matches!(error.problem, Problem::TooLarge(_)) => return,
        Err(error) => panic!("{error} in {schema}"),
    };
    if checked.is_ok()
        && let Some(text) = as_grammars_write(&properties, &arguments)
    {
        let mut constraint = Constraint::new(&grammar, &TRIE);
        for (at, &byte) in text.as_bytes().iter().enumerate() {
            constraint.accept(TokenId(byte.into())).unwrap_or_else(|error| {
                panic!("{error} at {at} of {text}, which {schema} accepts")
            });
        }
        assert!(constraint.is_complete(), "{text} is whole");
    }
    if let Some(text) = answer(&grammar, &mut Random::new(data.len() as u64)) {
        let arguments: Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(schema::check(&schema, &arguments), Ok(()), "{text}, which the grammar allows");
    }
}

/// Arguments in the order of the schema, unless they have numbers longer than grammars write.
fn as_grammars_write(properties: &[Property], arguments: &Value) -> Option<String> {
    let mut ordered = Map::new();
    for property in properties {
        let Some(value) = arguments.get(&property.name) else { continue };
        let is_short = match (property.argument_type, value) {
            (ArgumentType::Integer, Value::Number(number)) => {
                let size = number.as_i64().map(i64::unsigned_abs).or(number.as_u64());
                size.is_some_and(|size| size <= MAX_INTEGER)
            }
            // 15 digits before the point and behind it.
            (_, Value::Number(number)) => {
                let text = number.to_string();
                let mantissa = text.trim_start_matches('-').split('e').next().unwrap_or("");
                let exponent = text.split('e').nth(1).map_or(0, |text| text.len());
                mantissa.split('.').all(|digits| digits.len() <= 15) && exponent <= 3
            }
            _ => true,
        };
        if !is_short {
            return None;
        }
        ordered.insert(property.name.clone(), value.clone());
    }
    Some(Value::Object(ordered).to_string())
}

/// What a model with random logits writes. `None` where the least that the grammar allows is too long.
fn answer(grammar: &Grammar, random: &mut Random) -> Option<String> {
    let mut constraint = Constraint::new(grammar, &TRIE);
    if constraint.shortest_end() >= ANSWER_BYTES {
        return None;
    }
    let mut text = Vec::new();
    for left in (1..=ANSWER_BYTES).rev() {
        let allowed: Vec<TokenId> = match constraint.allowed_within(left) {
            Ok(Allowed::Only(mask)) => mask.iter().collect(),
            Ok(Allowed::All) => panic!("the grammar holds to the end"),
            Err(ConstraintError::TooAmbiguous) => return None,
            Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&text)),
        };
        let token = allowed[random.below(allowed.len())];
        if token == END {
            break;
        }
        constraint.accept(token).expect("it is allowed");
        text.push(token.0 as u8);
    }
    assert!(constraint.is_complete(), "{:?}", String::from_utf8_lossy(&text));
    Some(String::from_utf8(text).expect("JSON is text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_seeds_are_understood_and_some_arguments_accepted() {
        let parse = |seed: &Vec<u8>| {
            let text = String::from_utf8_lossy(seed).into_owned();
            let (schema, arguments) = text.split_once('\n')?;
            Some((serde_json::from_str(schema).ok()?, serde_json::from_str(arguments).ok()?))
        };
        let seeds: Vec<(Value, Value)> = seeds().iter().filter_map(parse).collect();
        let understood = seeds.iter().filter(|(schema, _)| schema::properties(schema).is_ok());
        let accepted =
            seeds.iter().filter(|(schema, arguments)| schema::check(schema, arguments).is_ok());
        assert!(understood.count() > 10 && accepted.count() > 8);
    }
}
