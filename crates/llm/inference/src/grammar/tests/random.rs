//! Random schemas, random logits: the output is always valid.

use super::{Random, check_mask, random_answer, trie, validator::is_valid, vocabulary};
use crate::{
    grammar::{Constraint, Grammar, GrammarError, Problem},
    model::TokenId,
};
use alloc::{format, string::String, string::ToString, vec::Vec};
use serde_json::{Map, Value, json};

const NAMES: [&str; 8] = ["name", "age", "a", "ab", "ä\"", "kind", "value", "nam"];
const STRINGS: [&str; 6] = ["one", "two", "", "é\n", "\"q\" \\ 🦀", "中文"];

/// A schema of the subset; `depth` more may be nested in it.
fn schema(random: &mut Random, depth: usize) -> Value {
    let kinds = if depth == 0 { 7 } else { 13 };
    match random.below(kinds) {
        0 => string(random),
        1 => number(random, "integer"),
        2 => number(random, "number"),
        3 => json!({"type": "boolean"}),
        4 => json!({"enum": [scalar(random), scalar(random), [1, {"x": null}]]}),
        5 => json!({"const": scalar(random)}),
        6 => json!({"type": ["null", "string", "integer"], "maxLength": 3, "minimum": 10}),
        7 | 8 => object(random, depth - 1),
        9 | 10 => array(random, depth - 1),
        11 => json!({"anyOf": [schema(random, depth - 1), schema(random, depth - 1)]}),
        _ => {
            let targets = ["#/$defs/tree", "#/$defs/any", "#/$defs/one"];
            json!({"$ref": (targets[random.below(3)])})
        }
    }
}

fn scalar(random: &mut Random) -> Value {
    match random.below(4) {
        0 => json!(random.below(2000) as i64 - 1000),
        1 => json!((random.below(2000) as f64 - 1000.0) / 8.0),
        2 => Value::Null,
        _ => json!(STRINGS[random.below(STRINGS.len())]),
    }
}

fn string(random: &mut Random) -> Value {
    let mut map = Map::new();
    map.insert("type".into(), "string".into());
    let min = random.below(4);
    if random.one_in(2) {
        map.insert("minLength".into(), min.into());
    }
    if random.one_in(2) {
        map.insert("maxLength".into(), (min + random.below(60)).into());
    }
    map.into()
}

fn number(random: &mut Random, name: &str) -> Value {
    let mut map = Map::new();
    map.insert("type".into(), name.into());
    let whole = name == "integer";
    let magnitude = [10, 1000, 1_000_000, 100_000_000][random.below(4)];
    let low = random.below(2 * magnitude) as i64 - magnitude as i64;
    let high = low + 2 + random.below(magnitude) as i64;
    let written = |value: i64, random: &mut Random| match random.below(3) {
        0 => json!(value),
        _ if whole => json!(value),
        1 => json!(value as f64 / 4.0),
        _ => json!(value as f64 / 1000.0),
    };
    // Both of the same form, so that the lower one stays the lower one.
    let form = random.next();
    if random.one_in(2) {
        let keyword = if random.one_in(2) { "minimum" } else { "exclusiveMinimum" };
        map.insert(keyword.into(), written(low, &mut Random(form)));
    }
    if random.one_in(2) {
        let keyword = if random.one_in(2) { "maximum" } else { "exclusiveMaximum" };
        map.insert(keyword.into(), written(high, &mut Random(form)));
    }
    map.into()
}

fn object(random: &mut Random, depth: usize) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for _ in 0..random.below(5) {
        let name = NAMES[random.below(NAMES.len())];
        properties.insert(name.into(), schema(random, depth));
        if random.one_in(2) && !required.contains(&name) {
            required.push(name);
        }
    }
    let mut map = Map::new();
    map.insert("type".into(), "object".into());
    if !random.one_in(5) {
        map.insert("properties".into(), properties.into());
        map.insert("required".into(), required.into());
    }
    match random.below(4) {
        0 => drop(map.insert("additionalProperties".into(), false.into())),
        1 => drop(map.insert("additionalProperties".into(), schema(random, depth))),
        _ => {}
    }
    map.into()
}

fn array(random: &mut Random, depth: usize) -> Value {
    let mut map = Map::new();
    map.insert("type".into(), "array".into());
    let first = random.below(3);
    if first > 0 {
        let schemas: Vec<Value> = (0..first).map(|_| schema(random, depth)).collect();
        map.insert("prefixItems".into(), schemas.into());
    }
    if !random.one_in(3) {
        map.insert("items".into(), schema(random, depth));
    }
    let min = random.below(4);
    if random.one_in(2) {
        map.insert("minItems".into(), min.into());
    }
    if random.one_in(2) {
        map.insert("maxItems".into(), (min + random.below(4)).into());
    }
    map.into()
}

/// A schema with definitions to refer to, one of them recursive.
fn document(random: &mut Random) -> Value {
    let mut schema = object(random, 3);
    schema["$defs"] = json!({
        "any": true,
        "tree": {
            "type": "object",
            "properties": {
                "value": {"type": "string", "maxLength": 5},
                "children": {"type": "array", "items": {"$ref": "#/$defs/tree"}},
            },
            "required": ["value"],
        },
        "one": {"oneOf": [
            {"type": "object", "properties": {"kind": {"const": "a"}, "x": {"type": "integer"}}, "required": ["kind"]},
            {"type": "object", "properties": {"kind": {"const": "b"}, "next": {"$ref": "#"}}, "required": ["kind"]},
            {"type": "null"},
        ]},
    });
    schema
}

fn compile(schema: &Value) -> Option<Grammar> {
    match Grammar::from_json_schema(&schema.to_string()) {
        Ok(grammar) => Some(grammar),
        // What a random schema may well ask for.
        Err(GrammarError { problem: Problem::Endless(_), .. }) => None,
        Err(error) => panic!("{error} in {schema}"),
    }
}

#[test]
fn outputs_of_random_schemas_are_valid_and_end_within_the_limit() {
    let tokens = vocabulary();
    let trie = trie(&tokens);
    let mut random = Random(1);
    let (mut answers, mut escapes, mut others) = (0, 0, 0);
    for _ in 0..if cfg!(miri) { 2 } else { 250 } {
        let schema = document(&mut random);
        let Some(grammar) = compile(&schema) else { continue };
        let mut constraint = Constraint::new(&grammar, &trie);
        for _ in 0..4 {
            constraint.restart();
            let limit = constraint.shortest_end() + random.below(200) as u32;
            let (answer, used) = random_answer(&mut constraint, &tokens, &mut random, limit)
                .unwrap_or_else(|error| panic!("{error} for {schema}"));
            assert!(constraint.is_complete() && used <= limit);
            let text = String::from_utf8(answer).expect("the output is UTF-8");
            let value: Value = serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{error}: {text} for {schema}"));
            assert!(is_valid(&schema, &value, &schema), "{text} for {schema}");
            answers += 1;
            escapes += usize::from(text.contains("\\u"));
            others += usize::from(!text.is_ascii());
        }
    }
    // The test would prove little if nothing of this ever came.
    if !cfg!(miri) {
        assert!(answers > 800 && escapes > 20 && others > 200, "{answers} {escapes} {others}");
    }
}

#[test]
fn masks_hold_exactly_the_tokens_that_can_be_accepted() {
    let tokens = vocabulary();
    let trie = trie(&tokens);
    let mut random = Random(2);
    for _ in 0..if cfg!(miri) { 1 } else { 60 } {
        let schema = document(&mut random);
        let Some(grammar) = compile(&schema) else { continue };
        let mut constraint = Constraint::new(&grammar, &trie);
        for _ in 0..40 {
            check_mask(&mut constraint, &tokens);
            let allowed: Vec<TokenId> = match constraint.allowed() {
                Ok(crate::grammar::Allowed::Only(mask)) => mask.iter().collect(),
                other => panic!("{other:?} for {schema}"),
            };
            let token = allowed[random.below(allowed.len())];
            constraint.accept(token).expect("it is allowed");
        }
    }
}

#[test]
fn masks_are_the_same_after_everything_was_forgotten() {
    let tokens = vocabulary();
    let trie = trie(&tokens);
    let mut random = Random(3);
    let schema = document(&mut random);
    let grammar = compile(&schema).expect("the seed was chosen for it");
    let mut kept = Constraint::new(&grammar, &trie);
    let mut forgetful = Constraint::new(&grammar, &trie);
    for step in 0..100 {
        forgetful.forget();
        let masks = [&mut kept, &mut forgetful].map(|constraint| match constraint.allowed() {
            Ok(crate::grammar::Allowed::Only(mask)) => mask.clone(),
            other => panic!("{other:?}"),
        });
        assert_eq!(masks[0], masks[1], "step {step}");
        let allowed: Vec<TokenId> = masks[0].iter().collect();
        let token = allowed[random.below(allowed.len())];
        kept.accept(token).expect("it is allowed");
        forgetful.accept(token).expect("it is allowed");
    }
}

#[test]
fn strings_of_any_unicode_are_accepted_as_json_writes_them() {
    let grammar = compile(&json!({"type": "string", "minLength": 3, "maxLength": 3}))
        .expect("it is a schema");
    let mut random = Random(4);
    for _ in 0..if cfg!(miri) { 20 } else { 3000 } {
        let mut text = String::new();
        while text.chars().count() < 3 {
            let point = [0x80, 0x800, 0x1_0000, 0x11_0000][random.below(4)];
            text.extend(char::from_u32(random.below(point) as u32));
        }
        let plain = Value::from(text.as_str()).to_string();
        assert!(super::matches(&grammar, plain.as_bytes()), "{plain}");
        let mut units = [0; 2];
        let escaped: String = text
            .chars()
            .flat_map(|c| c.encode_utf16(&mut units).to_vec())
            .map(|unit| format!("\\u{unit:04x}"))
            .collect();
        assert!(super::matches(&grammar, format!("\"{escaped}\"").as_bytes()), "{escaped}");
        text.pop();
        assert!(!super::matches(&grammar, Value::from(text).to_string().as_bytes()));
    }
}
