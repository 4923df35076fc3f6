use super::{allows_prefix, matches};
use crate::grammar::{Grammar, GrammarError, Place, Problem};
use alloc::{format, string::String, string::ToString, vec::Vec};
use serde_json::{Value, json};

fn grammar(schema: &Value) -> Grammar {
    match Grammar::from_json_schema(&schema.to_string()) {
        Ok(grammar) => grammar,
        Err(error) => panic!("{error} in {schema}"),
    }
}

fn check(schema: Value, good: &[&str], bad: &[&str]) {
    let grammar = grammar(&schema);
    for good in good {
        assert!(matches(&grammar, good.as_bytes()), "{good} is valid for {schema}");
    }
    for bad in bad {
        assert!(!matches(&grammar, bad.as_bytes()), "{bad} is not for {schema}");
    }
}

fn fails(schema: Value, path: &str, problem: Problem) {
    let place = Place::Schema(String::from(path));
    let error = Grammar::from_json_schema(&schema.to_string()).err();
    assert_eq!(error, Some(GrammarError { place, problem }), "{schema}");
}

#[test]
fn objects_have_their_properties_in_order_and_optional_ones_may_be_missing() {
    let integer = json!({"type": "integer"});
    let properties = json!({"a": integer, "b": integer, "c": integer});
    let schema = json!({"type": "object", "properties": properties, "required": ["b"]});
    check(
        schema,
        &[
            r#"{"a":1,"b":2,"c":3}"#,
            r#"{"b":2}"#,
            "{ \"a\": 1, \"b\": 2 }",
            "{\n  \"b\": 2,\n  \"c\": 3\n}",
        ],
        &[
            r#"{}"#,
            r#"{"a":1}"#,
            r#"{"b":2,"a":1}"#,
            r#"{"b":2,}"#,
            r#"{"b":2,"d":1}"#,
            r#"{,"b":2}"#,
        ],
    );
    let optional = json!({"properties": {"a": integer, "b": integer}});
    check(optional, &["{}", "{ }", r#"{"a":1}"#, r#"{"b":1}"#], &[r#"{"b":1,"a":1}"#]);
}

#[test]
fn other_properties_have_other_names() {
    let schema = json!({
        "type": "object",
        "properties": {"na": {"type": "null"}, "name": {"type": "null"}, "é\"": {"type": "null"}},
        "additionalProperties": {"type": "boolean"},
    });
    check(
        schema,
        &[
            r#"{"na":null,"name":null,"n":true}"#,
            r#"{"nam":true,"names":false,"":true,"x":true}"#,
            r#"{"x":true}"#,
            r#"{"é":true}"#,
        ],
        &[r#"{"name":true}"#, r#"{"n\u0061":true}"#, r#"{"na":true}"#, r#"{"x":null}"#],
    );
    let required =
        json!({"type": "object", "required": ["x"], "additionalProperties": {"type": "null"}});
    check(required, &[r#"{"x":null}"#, r#"{"x":null,"y":null}"#], &["{}", r#"{"y":null}"#]);
    let any = json!({"type": "object"});
    check(any, &["{}", r#"{"x":[1,{"y":null}]}"#], &["[]", r#"{"x"}"#]);
}

#[test]
fn arrays_have_bounds_and_first_items() {
    let integer = json!({"type": "integer"});
    let some = json!({"type": "array", "items": integer, "minItems": 2, "maxItems": 3});
    check(some, &["[1,2]", "[ 1, 2,\n  3\n]"], &["[]", "[1]", "[1,2,3,4]", "[1,2,]"]);
    let none = json!({"type": "array", "items": integer, "maxItems": 0});
    check(none, &["[]", "[ ]"], &["[1]"]);
    let first = json!({
        "type": "array", "prefixItems": [{"type": "null"}, integer], "items": {"type": "string"},
        "minItems": 1, "maxItems": 4,
    });
    check(
        first,
        &["[null]", "[null,1]", r#"[null,1,"a","b"]"#],
        &["[]", "[1]", r#"[null,"a"]"#, r#"[null,1,"a","b","c"]"#],
    );
    let only = json!({"prefixItems": [{"type": "null"}, integer], "items": false});
    check(only, &["[]", "[null]", "[null,1]"], &["[null,1,2]"]);
    let cut = json!({"prefixItems": [{"type": "null"}, integer], "maxItems": 1});
    check(cut, &["[]", "[null]"], &["[null,1]"]);
}

#[test]
fn strings_count_characters_however_they_are_written() {
    let schema = json!({"type": "string", "minLength": 2, "maxLength": 3});
    check(
        schema,
        &[
            r#""ab""#,
            r#""é🦀中""#,
            r#""\n\u00e9""#,
            r#""\ud83e\udd80\uD83E\uDD80x""#,
            r#""\"\\\/""#,
        ],
        &[r#""a""#, r#""abcd""#, r#""\ud83e\udd80""#, "\"a\nb\"", r#""\x41b""#],
    );
    let any = grammar(&json!({"type": "string"}));
    for bad in [r#""\ud83e""#, r#""\ud83ex""#, r#""\udd80"#, r#""\ud83e\u0041"#, "\"\u{1}"] {
        assert!(!allows_prefix(&any, bad.as_bytes()) || !matches(&any, bad.as_bytes()), "{bad}");
    }
    assert!(!allows_prefix(&any, br#""\udd80"#) && !allows_prefix(&any, br#""\ud83e\u0"#));
    assert!(!allows_prefix(&any, b"\"\xFF") && !allows_prefix(&any, b"\"\x1F"));
}

#[test]
fn integers_keep_every_bound() {
    for (low, high) in [(0, 0), (-5, 7), (3, 123), (-120, -7), (99, 101), (0, 255), (-1, 1000)] {
        let grammar = grammar(&json!({"type": "integer", "minimum": low, "maximum": high}));
        for value in -1100..=1100 {
            let expected = (low..=high).contains(&value);
            assert_eq!(matches(&grammar, value.to_string().as_bytes()), expected, "{value}");
        }
        for bad in ["-0", "00", "01", "+1", "1.0", "1e1", "", "-"] {
            assert!(!matches(&grammar, bad.as_bytes()), "{bad}");
        }
    }
    let above = json!({"type": "integer", "exclusiveMinimum": 2.5, "exclusiveMaximum": 11});
    check(above, &["3", "10"], &["2", "11", "100"]);
    let wide = json!({"type": "integer", "minimum": i64::MIN, "maximum": u64::MAX});
    let (least, most) = (i64::MIN.to_string(), u64::MAX.to_string());
    check(wide, &[&least, &most, "0"], &["-9223372036854775809", "18446744073709551616"]);
    check(json!({"type": "integer"}), &["0", "-1", "120"], &["-0", "1.5", "1e3", "01"]);
}

#[test]
fn numbers_keep_every_bound() {
    let bounds = [("-0.5", "0.25"), ("0", "1"), ("1.75", "12.5"), ("-3.125", "-1"), ("0.1", "0.1")];
    for (low, high) in bounds {
        let text = format!(r#"{{"type": "number", "minimum": {low}, "maximum": {high}}}"#);
        let grammar = Grammar::from_json_schema(&text).expect("it is a schema");
        let scaled = |text: &str| (text.parse::<f64>().expect("a number") * 1000.0) as i64;
        for thousandths in -4000..=13_000_i64 {
            let value = thousandths as f64 / 1000.0;
            let expected = (scaled(low)..=scaled(high)).contains(&thousandths);
            assert_eq!(matches(&grammar, value.to_string().as_bytes()), expected, "{value} {text}");
        }
    }
    let open = json!({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1});
    check(open, &["0.5", "0.000001", "0.10", "0.999999"], &["0", "0.0", "1", "1.0", "-0.5", "0."]);
    let free = json!({"type": "number"});
    check(free, &["0", "-1.5", "1e5", "2.5E-07", "-0.0"], &["01", ".5", "1.", "1e", "1e999", "+1"]);
}

#[test]
fn listed_values_are_written_as_they_are() {
    let schema = json!({"enum": ["a", "a\"b", 1, 1.5, null, [true], {"k": 1}]});
    check(
        schema,
        &["\"a\"", r#""a\"b""#, "1", "1.5", "null", "[true]", r#"{"k":1}"#],
        &["a", "2", "1.0", "[]"],
    );
    check(json!({"type": "string", "enum": ["a", 1]}), &["\"a\""], &["1"]);
    check(json!({"type": "integer", "enum": ["a", 1, 1.5]}), &["1"], &["1.5", "\"a\""]);
    check(json!({"const": "x"}), &["\"x\""], &["\"y\""]);
}

#[test]
fn choices_types_and_references() {
    let tree = json!({
        "$ref": "#/$defs/node",
        "$defs": {"node": {
            "type": "object",
            "properties": {"v": {"type": ["integer", "null"]}, "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}},
            "required": ["v", "next"],
        }},
    });
    check(
        tree,
        &[r#"{"v":1,"next":null}"#, r#"{"v":null,"next":{"v":2,"next":null}}"#],
        &[r#"{"v":1}"#, r#"{"v":1,"next":1}"#, r#"{"v":"a","next":null}"#],
    );
    let own = json!({"type": "array", "items": {"$ref": "#"}});
    check(own, &["[]", "[[],[[]]]"], &["[1]"]);
    let escaped = json!({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "null"}}});
    check(escaped, &["null"], &["1"]);
    check(json!({"allOf": [{"type": "null"}]}), &["null"], &["1"]);
    check(json!(true), &["1", "[]", r#"{"a":[true]}"#, "\"x\""], &["", "x", "[1"]);
    check(json!({}), &["1"], &["x"]);
}

#[test]
fn one_of_needs_branches_that_cannot_both_hold() {
    let kinds = json!({"oneOf": [
        {"type": "object", "properties": {"k": {"const": 1}}, "required": ["k"]},
        {"type": "object", "properties": {"k": {"enum": [2, 3]}}, "required": ["k"]},
        {"type": "string"}, {"const": 5}, {"enum": [6, null]},
    ]});
    check(kinds, &[r#"{"k":1}"#, r#"{"k":3}"#, "\"s\"", "5", "null"], &[r#"{"k":4}"#, "7"]);
    let overlap = |first, second| Problem::Overlap { first, second };
    fails(json!({"oneOf": [{"type": "integer"}, {"type": "number"}]}), "#/oneOf", overlap(0, 1));
    fails(json!({"oneOf": [{"const": 1}, {"enum": [2, 1.0]}]}), "#/oneOf", overlap(0, 1));
    fails(json!({"oneOf": [{"type": "null"}, {}]}), "#/oneOf", overlap(0, 1));
    let object =
        |name: &str| json!({"type": "object", "properties": {name: {}}, "required": [name]});
    fails(json!({"oneOf": [object("a"), object("b")]}), "#/oneOf", overlap(0, 1));
    let mut closed = [object("a"), object("b")];
    closed.iter_mut().for_each(|schema| schema["additionalProperties"] = false.into());
    check(json!({"oneOf": closed}), &[r#"{"a":1}"#, r#"{"b":1}"#], &["{}"]);
}

#[test]
fn what_is_not_supported_is_refused_by_name_and_place() {
    let unsupported = |what: &str| Problem::Unsupported(String::from(what));
    let schema = json!({"properties": {"a/b": {"type": "string", "pattern": "^a$"}}});
    fails(schema, "#/properties/a~1b/pattern", unsupported("pattern"));
    fails(
        json!({"type": "array", "uniqueItems": true}),
        "#/uniqueItems",
        unsupported("uniqueItems"),
    );
    fails(json!({"not": {}}), "#/not", unsupported("not"));
    fails(json!({"type": "date"}), "#/type", unsupported("type date"));
    fails(json!({"allOf": [{}, {}]}), "#/allOf", unsupported("allOf of more than one"));
    let combined = Problem::CannotCombine { keyword: String::from("minLength"), with: "enum" };
    fails(json!({"enum": ["a"], "minLength": 1}), "#", combined);
    let bad = Problem::BadReference(String::from("#/$defs/x"));
    fails(json!({"$ref": "#/$defs/x"}), "#", bad);
    let bad = Problem::BadReference(String::from("http://example.com/x"));
    fails(json!({"$ref": "http://example.com/x"}), "#", bad);
    let inexact = Problem::InexactBound(String::from("minimum 0.0000001"));
    let schema = Grammar::from_json_schema(r#"{"type": "number", "minimum": 0.0000001}"#);
    let found = schema.err().map(|error| error.problem);
    assert!(matches!(found, Some(Problem::InexactBound(_))), "{found:?} is like {inexact}");
}

#[test]
fn what_is_wrong_is_refused() {
    let wrong = |keyword: &str, expected| Problem::WrongForm { keyword: keyword.into(), expected };
    let count = "a whole number that is not negative";
    fails(json!({"minLength": -1}), "#", wrong("minLength", count));
    fails(json!({"maxItems": "3"}), "#", wrong("maxItems", count));
    fails(json!({"type": 3}), "#", wrong("type", "a name or a list of names"));
    fails(json!({"anyOf": []}), "#", wrong("anyOf", "a list that is not empty"));
    fails(json!({"exclusiveMinimum": true}), "#", wrong("exclusiveMinimum", "a number"));
    fails(json!({"items": 3}), "#/items", wrong("a schema", "an object or a boolean"));
    let nothing = Problem::Unsatisfiable("the bounds leave nothing");
    fails(json!({"type": "integer", "minimum": 3, "maximum": 2}), "#", nothing.clone());
    fails(json!({"minLength": 3, "maxLength": 2}), "#", nothing.clone());
    fails(json!({"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 4}), "#", nothing);
    let schema = json!({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]});
    fails(schema, "#", Problem::Endless(String::from("#")));
    fails(json!({"$ref": "#"}), "#", Problem::LeftRecursion(String::from("#")));
    let not_json = Grammar::from_json_schema("{\"type\": ").err().map(|error| error.problem);
    assert!(matches!(not_json, Some(Problem::NotJson(_))));
    let deep = format!("{}true{}", r#"{"items":"#.repeat(100), "}".repeat(100));
    let deep = Grammar::from_json_schema(&deep).err().map(|error| error.problem);
    assert_eq!(deep, Some(Problem::TooDeep(64)));
}

#[test]
fn any_value_may_be_nested_as_deep_as_the_stack_and_no_deeper() {
    let any = grammar(&json!(true));
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(matches(&any, nested(100).as_bytes()));
    assert!(!allows_prefix(&any, nested(1000).as_bytes()));
}

#[test]
fn rules_of_a_grammar_may_be_schemas() {
    let schemas = [
        ("arguments", json!({"properties": {"a": {"$ref": "#"}}, "additionalProperties": false})),
        ("count", json!({"type": "integer", "minimum": 0})),
        ("unused", json!({"type": "boolean"})),
    ];
    let schemas: Vec<(&str, &Value)> = schemas.iter().map(|(name, value)| (*name, value)).collect();
    let text = "root ::= count* \"f(\" arguments \")\" count";
    let grammar = Grammar::from_gbnf_with_schemas(text, &schemas).unwrap();
    for good in ["f({})0", "17f({\"a\":{\"a\":{}}})3"] {
        assert!(matches(&grammar, good.as_bytes()), "{good}");
    }
    for bad in ["f({})", "f()1", "f({\"b\":{}})1", "f({}))1", "-1f({})1"] {
        assert!(!matches(&grammar, bad.as_bytes()), "{bad}");
    }
}

#[test]
fn a_schema_in_a_grammar_is_blamed_by_its_name() {
    let not = json!({"not": {}});
    let fails = |text| Grammar::from_gbnf_with_schemas(text, &[("call", &not)]).unwrap_err();
    let error = fails("root ::= call");
    assert_eq!(error.place, Place::Schema(String::from("call#/not")));
    let any = json!(true);
    let twice = Grammar::from_gbnf_with_schemas("root ::= a\na ::= \"x\"", &[("a", &any)]);
    assert_eq!(twice.unwrap_err().problem, Problem::DuplicateRule(String::from("a")));
    let missing = Grammar::from_gbnf_with_schemas("root ::= a b", &[("a", &any)]);
    assert_eq!(missing.unwrap_err().problem, Problem::UndefinedRule(String::from("b")));
}
