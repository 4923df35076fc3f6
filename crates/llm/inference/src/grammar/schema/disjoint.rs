//! Whether no value can fulfil two schemas at once: what `oneOf` needs to be a choice.
//!
//! Proven from types, listed values, and properties that both require (a discriminator). Where that
//! proves nothing, the schemas may overlap.

use super::{
    super::error::{GrammarError, Problem},
    Path, literal, resolve, types,
};
use alloc::{string::String, vec::Vec};
use serde_json::{Map, Value};

/// Schemas within schemas that are looked into.
const MAX_DEPTH: usize = 8;
/// Pairs of schemas that are compared for one `oneOf`.
const MAX_PAIRS: usize = 100_000;

/// Checks the branches of a `oneOf`.
pub(super) fn check(root: &Value, list: &[Value], path: &Path) -> Result<(), GrammarError> {
    let mut prover = Prover { root, pairs: 0, path };
    for (second, b) in list.iter().enumerate() {
        for (first, a) in list[..second].iter().enumerate() {
            if !prover.are_disjoint(a, b, 0) {
                return path.fail(Problem::Overlap { first, second });
            }
        }
    }
    Ok(())
}

struct Prover<'p> {
    root: &'p Value,
    pairs: usize,
    path: &'p Path,
}

impl<'p> Prover<'p> {
    fn are_disjoint(&mut self, a: &'p Value, b: &'p Value, depth: usize) -> bool {
        self.pairs += 1;
        if depth > MAX_DEPTH || self.pairs > MAX_PAIRS {
            return false;
        }
        let (Some(a), Some(b)) = (self.target(a), self.target(b)) else { return false };
        for (one, other) in [(a, b), (b, a)] {
            let Value::Object(map) = one else { return *one == Value::Bool(false) };
            if let Some(Value::Array(branches)) = map.get("anyOf").or(map.get("oneOf")) {
                return branches.iter().all(|branch| self.are_disjoint(branch, other, depth + 1));
            }
        }
        let (Value::Object(a), Value::Object(b)) = (a, b) else { return false };
        match (values(a), values(b)) {
            (Some(a), Some(b)) => !a.iter().any(|a| b.iter().any(|b| are_equal(a, b))),
            (Some(values), None) => self.excludes(b, values),
            (None, Some(values)) => self.excludes(a, values),
            (None, None) => self.have_disjoint_types(a, b) || self.have_discriminator(a, b, depth),
        }
    }

    /// The schema itself, behind any `$ref`.
    fn target(&self, mut schema: &'p Value) -> Option<&'p Value> {
        for _ in 0..MAX_DEPTH {
            match schema.get("$ref") {
                None => return Some(schema),
                Some(target) => schema = resolve(self.root, target.as_str()?)?,
            }
        }
        None
    }

    /// Whether a schema's types exclude all of these values.
    fn excludes(&self, map: &Map<String, Value>, values: &[Value]) -> bool {
        let Some(types) = self.types(map) else { return false };
        !values.iter().any(|value| types.iter().any(|name| literal::has_type(value, name)))
    }

    /// The types that a schema is limited to, if it is.
    fn types<'m>(&self, map: &'m Map<String, Value>) -> Option<Vec<&'m str>> {
        if !map.contains_key("type") {
            return None;
        }
        types(map, self.path).ok()
    }

    fn have_disjoint_types(&self, a: &Map<String, Value>, b: &Map<String, Value>) -> bool {
        let (Some(a), Some(b)) = (self.types(a), self.types(b)) else { return false };
        let is_number = |name: &str| name == "integer" || name == "number";
        !a.iter().any(|a| b.iter().any(|b| a == b || is_number(a) && is_number(b)))
    }

    /// Whether objects of both kinds need a property that tells them apart.
    fn have_discriminator(
        &mut self,
        a: &'p Map<String, Value>,
        b: &'p Map<String, Value>,
        depth: usize,
    ) -> bool {
        let is_object = |types: Option<Vec<&str>>| types.is_some_and(|types| types == ["object"]);
        if !is_object(self.types(a)) || !is_object(self.types(b)) {
            return false;
        }
        for (one, other) in [(a, b), (b, a)] {
            for name in required(one) {
                let tells_apart = match (property(one, name), property(other, name)) {
                    (Some(one), Some(its)) => {
                        required(other).any(|other| other == name)
                            && self.are_disjoint(one, its, depth + 1)
                    }
                    (_, None) => other.get("additionalProperties") == Some(&Value::Bool(false)),
                    (None, Some(_)) => false,
                };
                if tells_apart {
                    return true;
                }
            }
        }
        false
    }
}

/// The values that a schema lists.
fn values(map: &Map<String, Value>) -> Option<&[Value]> {
    match (map.get("const"), map.get("enum")) {
        (Some(value), _) => Some(core::slice::from_ref(value)),
        (None, Some(Value::Array(values))) => Some(values),
        _ => None,
    }
}

/// Equality of JSON, to which 1 and 1.0 are the same.
fn are_equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| are_equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let is_same = |(key, a): (&String, &Value)| b.get(key).is_some_and(|b| are_equal(a, b));
            a.len() == b.len() && a.iter().all(is_same)
        }
        _ => a == b,
    }
}

fn required(map: &Map<String, Value>) -> impl Iterator<Item = &str> {
    map.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn property<'m>(map: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
    map.get("properties")?.as_object()?.get(name)
}
