//! JSON schemas as grammars.
//!
//! The subset: `type` (one or a list), `properties`, `required`, `additionalProperties`, `items`,
//! `prefixItems`, `minItems`, `maxItems`, `minLength`, `maxLength`, `minimum`, `maximum`,
//! `exclusiveMinimum`, `exclusiveMaximum`, `enum`, `const`, `anyOf`, `oneOf` of branches that
//! cannot both hold, `allOf` of one, `$ref` within the document, recursion included. Annotations
//! are passed over; whatever else a schema says is refused by name, for a promise that is not kept
//! would be worse than none.
//!
//! Every output is valid; not every valid text is an output. Properties come in the order of the
//! schema, and others only where the schema speaks of them (`additionalProperties`) or of none at
//! all. After a colon may be one space; after a comma and within braces and brackets may be one, or
//! a line break and up to 20 spaces.

mod array;
mod disjoint;
mod literal;
mod number;
mod object;

use super::{
    charset::CharSet,
    error::{GrammarError, Place, Problem},
    expression::{Expr, RuleId, Rules},
};
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use serde_json::{Map, Value};

/// Steps of a JSON pointer from the document, or a `$ref`, to a schema.
const MAX_NESTING: usize = 64;
/// Bytes of a schema.
const MAX_LEN_BYTES: usize = 1 << 20;

/// Keywords that say nothing of what is valid.
const ANNOTATIONS: &[&str] = &[
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "definitions",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
];
const STRING: &[&str] = &["minLength", "maxLength"];
const NUMBER: &[&str] = &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
const OBJECT: &[&str] = &["properties", "required", "additionalProperties"];
const ARRAY: &[&str] = &["items", "prefixItems", "minItems", "maxItems"];
/// Keywords that stand alone.
const ALONE: &[&str] = &["$ref", "anyOf", "oneOf", "allOf", "enum", "const"];
const TYPES: &[&str] = &["object", "array", "string", "number", "integer", "boolean", "null"];

/// Parses a schema; the first of the rules is where it begins.
pub(super) fn parse(text: &str) -> Result<Rules, GrammarError> {
    let whole = Path::root();
    if text.len() > MAX_LEN_BYTES {
        return whole.fail(Problem::TooLarge(MAX_LEN_BYTES));
    }
    match serde_json::from_str(text) {
        Ok(root) => parse_value(&root),
        Err(error) => whole.fail(Problem::NotJson(error.to_string())),
    }
}

/// As [`parse`], of a schema that is JSON already.
pub(super) fn parse_value(root: &Value) -> Result<Rules, GrammarError> {
    let mut compiler = Compiler {
        root,
        rules: Rules::default(),
        references: BTreeMap::new(),
        pending: Vec::new(),
        shared: BTreeMap::new(),
    };
    compiler.reference("#", &Path::root())?;
    while let Some((rule, schema, path)) = compiler.pending.pop() {
        let body = compiler.schema(schema, &path)?;
        compiler.rules.rules[rule].body = Some(body);
    }
    Ok(compiler.rules)
}

/// Where in the document a schema stands.
#[derive(Clone, Debug)]
struct Path {
    pointer: String,
    depth: usize,
}

impl Path {
    fn root() -> Self {
        Self { pointer: String::from("#"), depth: 0 }
    }

    fn child(&self, key: &str) -> Self {
        let key = key.replace('~', "~0").replace('/', "~1");
        Self { pointer: format!("{}/{key}", self.pointer), depth: self.depth + 1 }
    }

    fn place(&self) -> Place {
        Place::Schema(self.pointer.clone())
    }

    fn fail<T>(&self, problem: Problem) -> Result<T, GrammarError> {
        Err(GrammarError { place: self.place(), problem })
    }

    fn wrong_form<T>(&self, keyword: &str, expected: &'static str) -> Result<T, GrammarError> {
        self.fail(Problem::WrongForm { keyword: String::from(keyword), expected })
    }
}

/// Rules that many schemas use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shared {
    Space,
    Escape,
    String,
    Key,
    Integer,
    Number,
    Value,
}

struct Compiler<'v> {
    root: &'v Value,
    rules: Rules,
    /// The rule of each target of a `$ref`.
    references: BTreeMap<String, RuleId>,
    /// Targets whose rules have no bodies yet.
    pending: Vec<(RuleId, &'v Value, Path)>,
    shared: BTreeMap<Shared, RuleId>,
}

impl<'v> Compiler<'v> {
    /// What a schema allows.
    fn schema(&mut self, schema: &'v Value, path: &Path) -> Result<Expr, GrammarError> {
        if path.depth > MAX_NESTING {
            return path.fail(Problem::TooDeep(MAX_NESTING));
        }
        let map = match schema {
            Value::Bool(true) => return Ok(self.shared(Shared::Value)),
            Value::Bool(false) => return path.fail(Problem::Unsatisfiable("false")),
            Value::Object(map) => map,
            _ => return path.wrong_form("a schema", "an object or a boolean"),
        };
        check_keywords(map, path)?;
        if let Some(&keyword) = ALONE.iter().find(|keyword| map.contains_key(**keyword)) {
            return self.alone(keyword, map, path);
        }
        let types = types(map, path)?;
        if types.is_empty() {
            return Ok(self.shared(Shared::Value));
        }
        let mut parts = Vec::with_capacity(types.len());
        for name in types {
            parts.push(match name {
                "object" => self.object(map, path)?,
                "array" => self.array(map, path)?,
                "string" => self.string(map, path)?,
                "integer" => self.integer(map, path)?,
                "number" => self.number(map, path)?,
                "boolean" => Expr::Choice(vec![Expr::text("true"), Expr::text("false")]),
                _ => Expr::text("null"),
            });
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::Choice(parts) })
    }

    /// As [`Self::schema`], as a rule if it is not small: for what is used more than once.
    fn schema_rule(&mut self, schema: &'v Value, path: &Path) -> Result<Expr, GrammarError> {
        let body = self.schema(schema, path)?;
        Ok(match body {
            Expr::Rule(_) => body,
            _ if body.straight_size().is_some_and(|size| size <= 16) => body,
            _ => Expr::Rule(self.rules.add(path.pointer.clone(), path.place(), Some(body))),
        })
    }

    /// A schema of one of the keywords [`ALONE`].
    fn alone(
        &mut self,
        keyword: &'static str,
        map: &'v Map<String, Value>,
        path: &Path,
    ) -> Result<Expr, GrammarError> {
        let is_listed = matches!(keyword, "enum" | "const");
        let other = map.keys().find(|key| {
            let is_type = is_listed && *key == "type";
            *key != keyword && !is_type && !ANNOTATIONS.contains(&key.as_str())
        });
        if let Some(other) = other {
            return path.fail(Problem::CannotCombine { keyword: other.clone(), with: keyword });
        }
        let value = &map[keyword];
        if keyword == "$ref" {
            let Value::String(target) = value else { return path.wrong_form(keyword, "a string") };
            return self.reference(target, path);
        }
        if keyword == "const" {
            return literal::choice(core::slice::from_ref(value), &types(map, path)?, path);
        }
        let list = match value {
            Value::Array(list) if !list.is_empty() => list,
            _ => return path.wrong_form(keyword, "a list that is not empty"),
        };
        let path = path.child(keyword);
        match keyword {
            "enum" => return literal::choice(list, &types(map, &path)?, &path),
            "allOf" if list.len() > 1 => {
                return path.fail(Problem::Unsupported(String::from("allOf of more than one")));
            }
            "oneOf" => disjoint::check(self.root, list, &path)?,
            _ => {}
        }
        let mut parts = Vec::with_capacity(list.len());
        for (index, branch) in list.iter().enumerate() {
            parts.push(self.schema(branch, &path.child(&index.to_string()))?);
        }
        Ok(Expr::Choice(parts))
    }

    /// The rule of a `$ref`.
    fn reference(&mut self, target: &str, path: &Path) -> Result<Expr, GrammarError> {
        if let Some(&rule) = self.references.get(target) {
            return Ok(Expr::Rule(rule));
        }
        let Some(schema) = resolve(self.root, target) else {
            return path.fail(Problem::BadReference(String::from(target)));
        };
        let path = Path { pointer: String::from(target), depth: 0 };
        let rule = self.rules.add(String::from(target), path.place(), None);
        self.references.insert(String::from(target), rule);
        self.pending.push((rule, schema, path));
        Ok(Expr::Rule(rule))
    }

    fn string(&mut self, map: &'v Map<String, Value>, path: &Path) -> Result<Expr, GrammarError> {
        match counts(map, "minLength", "maxLength", path)? {
            (0, None) => Ok(self.shared(Shared::String)),
            (min, max) => {
                let body = self.quoted(min, max);
                Ok(Expr::Rule(self.rules.add(path.pointer.clone(), path.place(), Some(body))))
            }
        }
    }

    /// A string of so many characters, each written as itself or escaped.
    fn quoted(&mut self, min: u32, max: Option<u32>) -> Expr {
        let character = Expr::Choice(vec![Expr::Class(plain()), self.shared(Shared::Escape)]);
        Expr::Sequence(vec![Expr::text("\""), character.repeat(min, max), Expr::text("\"")])
    }

    /// A rule that is made when it is first used.
    fn shared(&mut self, which: Shared) -> Expr {
        if let Some(&rule) = self.shared.get(&which) {
            return Expr::Rule(rule);
        }
        let rule = self.rules.add(format!("{which:?}"), Path::root().place(), None);
        // Before its body, which may use it.
        self.shared.insert(which, rule);
        let body = match which {
            Shared::Space => {
                let indent = Expr::text(" ").repeat(0, Some(20));
                let line = Expr::Sequence(vec![Expr::text("\n"), indent]);
                Expr::Choice(vec![Expr::empty(), Expr::text(" "), line])
            }
            Shared::Escape => escape(),
            Shared::String => self.quoted(0, None),
            Shared::Key => {
                let characters = Expr::Class(plain()).repeat(0, None);
                Expr::Sequence(vec![Expr::text("\""), characters, Expr::text("\"")])
            }
            Shared::Integer => number::any_integer(),
            Shared::Number => number::any_number(),
            Shared::Value => {
                let key = self.shared(Shared::Key);
                let value = Expr::Rule(rule);
                let member = Self::member(key, value.clone());
                let members = self.members(&[], Some(member));
                let elements = self.elements(&[], Some(value), 0, None);
                Expr::Choice(vec![
                    members,
                    elements,
                    self.shared(Shared::String),
                    self.shared(Shared::Number),
                    Expr::text("true"),
                    Expr::text("false"),
                    Expr::text("null"),
                ])
            }
        };
        self.rules.rules[rule].body = Some(body);
        Expr::Rule(rule)
    }
}

/// Follows a `$ref` within the document.
fn resolve<'v>(root: &'v Value, target: &str) -> Option<&'v Value> {
    root.pointer(target.strip_prefix('#')?)
}

/// Refuses keywords that are not supported.
fn check_keywords(map: &Map<String, Value>, path: &Path) -> Result<(), GrammarError> {
    let known = [ANNOTATIONS, STRING, NUMBER, OBJECT, ARRAY, ALONE, &["type"]];
    for keyword in map.keys() {
        if !known.iter().any(|list| list.contains(&keyword.as_str())) {
            return path.child(keyword).fail(Problem::Unsupported(keyword.clone()));
        }
    }
    Ok(())
}

/// The types that a schema names or, if it names none, that its keywords are for. None: any.
fn types<'m>(map: &'m Map<String, Value>, path: &Path) -> Result<Vec<&'m str>, GrammarError> {
    let name = |value: &'m Value| match value {
        Value::String(name) if TYPES.contains(&name.as_str()) => Ok(name.as_str()),
        Value::String(name) => {
            path.child("type").fail(Problem::Unsupported(format!("type {name}")))
        }
        _ => path.wrong_form("type", "a name or a list of names"),
    };
    match map.get("type") {
        Some(Value::Array(names)) if !names.is_empty() => names.iter().map(name).collect(),
        Some(value) => Ok(vec![name(value)?]),
        None => {
            let groups =
                [("object", OBJECT), ("array", ARRAY), ("string", STRING), ("number", NUMBER)];
            let is_used = |keywords: &[&str]| keywords.iter().any(|key| map.contains_key(*key));
            Ok(groups.iter().filter(|(_, keys)| is_used(keys)).map(|(name, _)| *name).collect())
        }
    }
}

/// A pair of keywords that bound a count.
fn counts(
    map: &Map<String, Value>,
    min: &'static str,
    max: &'static str,
    path: &Path,
) -> Result<(u32, Option<u32>), GrammarError> {
    let count = |keyword| match map.get(keyword) {
        None => Ok(None),
        Some(value) => {
            let whole = value.as_f64().filter(|&value| value >= 0.0 && libm::trunc(value) == value);
            match value.as_u64().or(whole.map(|value| value as u64)) {
                Some(count) => Ok(Some(count)),
                None => path.wrong_form(keyword, "a whole number that is not negative"),
            }
        }
    };
    let (least, most) = (count(min)?.unwrap_or(0), count(max)?);
    if most.is_some_and(|most| most < least) {
        return path.fail(Problem::Unsatisfiable("the bounds leave nothing"));
    }
    match u32::try_from(least) {
        // Nobody comes to the end of as many as this.
        Ok(least) => Ok((least, most.map(|most| most.min(u64::from(u32::MAX) - 1) as u32))),
        Err(_) => path.fail(Problem::Unsupported(format!("{min} {least}"))),
    }
}

/// Characters that stand for themselves in a JSON string (RFC 8259, section 7).
fn plain() -> CharSet {
    CharSet::new(&[(0, 0x1F), (0x22, 0x22), (0x5C, 0x5C)]).negated()
}

/// A character that is escaped; those beyond U+FFFF are a pair of surrogates.
fn escape() -> Expr {
    let set = |characters: &str| {
        let points: Vec<(u32, u32)> =
            characters.chars().map(|character| (character.into(), character.into())).collect();
        Expr::Class(CharSet::new(&points))
    };
    let hex = |count| set("0123456789abcdefABCDEF").repeat(count, Some(count));
    let code =
        |first: Expr, second: Expr| Expr::Sequence(vec![Expr::text("u"), first, second, hex(2)]);
    let basic = Expr::Choice(vec![
        code(set("0123456789abcefABCEF"), hex(1)),
        code(set("dD"), set("01234567")),
    ]);
    let pair = Expr::Sequence(vec![
        code(set("dD"), set("89abAB")),
        Expr::text("\\"),
        code(set("dD"), set("cdefCDEF")),
    ]);
    Expr::Sequence(vec![Expr::text("\\"), Expr::Choice(vec![set("\"\\/bfnrt"), basic, pair])])
}
