//! Filters: what stands after `|`.

use super::{
    checks, json, methods, operators,
    render::{Renderer, Values},
    text,
    value::Value,
};
use crate::model::TemplateError;
use alloc::{format, rc::Rc, string::String, vec::Vec};
use core::cmp::Ordering;

/// All of them.
const NAMES: &[&str] = &[
    "trim",
    "tojson",
    "from_json",
    "attr",
    "join",
    "length",
    "count",
    "upper",
    "lower",
    "title",
    "capitalize",
    "default",
    "d",
    "first",
    "last",
    "replace",
    "items",
    "list",
    "string",
    "int",
    "float",
    "abs",
    "round",
    "reverse",
    "sort",
    "unique",
    "map",
    "select",
    "reject",
    "selectattr",
    "rejectattr",
    "sum",
    "min",
    "max",
    "dictsort",
    "indent",
    "safe",
];

/// Spaces that `indent` puts before a line at most.
const MAX_INDENT: usize = 64;

/// Whether there is a filter of this name.
pub(super) fn exists(name: &str) -> bool {
    NAMES.contains(&name)
}

/// `value | name(arguments)`.
pub(super) fn apply(
    renderer: &mut Renderer<'_>,
    name: &str,
    value: &Value,
    arguments: &Values<'_>,
) -> Result<Value, TemplateError> {
    match name {
        "default" | "d" => {
            let for_false = arguments.get(1, "boolean").is_some_and(Value::is_true);
            let is_missing = matches!(value, Value::Undefined) || (for_false && !value.is_true());
            let default = arguments.get(0, "default_value").cloned();
            Ok(if is_missing { default.unwrap_or_else(|| Value::str("")) } else { value.clone() })
        }
        "tojson" => json::write(renderer, value, arguments),
        "from_json" => json::read(renderer, value),
        "attr" => match arguments.get(0, "name") {
            Some(Value::Str(name)) => Ok(renderer.attribute(value, name)),
            _ => Err(renderer.error("attr needs a name")),
        },
        "length" | "count" => match value.length() {
            Some(length) => Ok(Value::Int(i64::try_from(length).unwrap_or(i64::MAX))),
            None => Err(renderer.error(format!("{} has no length", value.kind()))),
        },
        "safe" => Ok(value.clone()),
        "items" => match value {
            Value::Map(map) => methods::items(renderer, map),
            Value::Undefined => renderer.list(Vec::new()),
            _ => Err(renderer.error(format!("{} has no items", value.kind()))),
        },
        "int" | "float" | "abs" | "round" => number(renderer, name, value, arguments),
        "trim" | "upper" | "lower" | "title" | "capitalize" | "replace" | "string" | "indent" => {
            string(renderer, name, value, arguments)
        }
        _ => sequence(renderer, name, value, arguments),
    }
}

/// An argument that is a number of spaces.
fn width(arguments: &Values<'_>, position: usize, name: &str) -> Option<usize> {
    let width = arguments.get(position, name).and_then(Value::as_int);
    width.map(|width| usize::try_from(width).unwrap_or(0).min(MAX_INDENT))
}

/// Filters that make a number.
fn number(
    renderer: &mut Renderer<'_>,
    name: &str,
    value: &Value,
    arguments: &Values<'_>,
) -> Result<Value, TemplateError> {
    let missing = || renderer.error(format!("{} is no number", value.kind()));
    Ok(match name {
        "int" | "float" => {
            let parsed = match value {
                Value::Str(text) => {
                    let text = text.trim();
                    let integer = text.parse().ok().map(Value::Int);
                    integer.or_else(|| text.parse().ok().map(Value::Float))
                }
                _ => Some(value.clone()),
            };
            let number = parsed.as_ref().and_then(Value::as_float);
            let default = arguments.get(0, "default").cloned();
            match (name, parsed.as_ref().and_then(Value::as_int), number) {
                ("int", Some(integer), _) => Value::Int(integer),
                // A cast of a float saturates.
                ("int", None, Some(number)) if number.is_finite() => Value::Int(number as i64),
                ("int", ..) => default.unwrap_or(Value::Int(0)),
                (_, _, Some(number)) => Value::Float(number),
                _ => default.unwrap_or(Value::Float(0.0)),
            }
        }
        "abs" => match value.as_int() {
            Some(integer) => Value::Int(integer.saturating_abs()),
            None => Value::Float(libm::fabs(value.as_float().ok_or_else(missing)?)),
        },
        _ => {
            let digits = arguments.get(0, "precision").and_then(Value::as_int).unwrap_or(0);
            let scale = libm::pow(10.0, digits.clamp(-300, 300) as f64);
            let scaled = value.as_float().ok_or_else(missing)? * scale;
            let rounded = match arguments.get(1, "method") {
                Some(Value::Str(method)) if **method == *"ceil" => libm::ceil(scaled),
                Some(Value::Str(method)) if **method == *"floor" => libm::floor(scaled),
                // Halves go to the even neighbour, as in Python.
                _ => libm::rint(scaled),
            };
            Value::Float(rounded / scale)
        }
    })
}

/// Filters that make a string.
fn string(
    renderer: &mut Renderer<'_>,
    name: &str,
    value: &Value,
    arguments: &Values<'_>,
) -> Result<Value, TemplateError> {
    let text = renderer.print(value)?;
    let made = match name {
        "trim" => match arguments.get(0, "chars") {
            Some(Value::Str(set)) => {
                renderer.pay(set.len().saturating_mul(text.len()))?;
                String::from(text.trim_matches(|c| set.contains(c)))
            }
            _ => String::from(text.trim_matches(text::is_space)),
        },
        "upper" => text.to_uppercase(),
        "lower" => text.to_lowercase(),
        "title" => text::title(&text),
        "capitalize" => text::capitalize(&text),
        "replace" => {
            let mut parts = [String::new(), String::new()];
            for ((part, position), name) in parts.iter_mut().zip(0..).zip(["old", "new"]) {
                let argument = arguments.get(position, name).cloned();
                *part = renderer.print(&argument.unwrap_or(Value::Undefined))?;
            }
            let [from, to] = parts;
            let limit = arguments.get(2, "count").and_then(Value::as_int);
            renderer.pay(text::replaced_len(&text, &from, &to))?;
            text::replace(&text, &from, &to, limit.and_then(|limit| usize::try_from(limit).ok()))
        }
        "indent" => {
            let spaces = " ".repeat(width(arguments, 0, "width").unwrap_or(4));
            let is_first = arguments.get(1, "first").is_some_and(Value::is_true);
            let is_blank = arguments.get(2, "blank").is_some_and(Value::is_true);
            renderer.pay(text.len().saturating_mul(spaces.len()))?;
            let mut made = String::new();
            for (index, line) in text.split('\n').enumerate() {
                made.push_str(if index > 0 { "\n" } else { "" });
                let has_spaces = if index == 0 { is_first } else { is_blank || !line.is_empty() };
                made.push_str(if has_spaces { &spaces } else { "" });
                made.push_str(line);
            }
            made
        }
        _ => text,
    };
    renderer.str(made)
}

/// Filters of lists and other sequences.
fn sequence(
    renderer: &mut Renderer<'_>,
    name: &str,
    value: &Value,
    arguments: &Values<'_>,
) -> Result<Value, TemplateError> {
    if let (Value::Str(text), "first" | "last" | "reverse") = (value, name) {
        renderer.pay(text.len())?;
        let made: String = match name {
            "first" => text.chars().next().into_iter().collect(),
            "last" => text.chars().next_back().into_iter().collect(),
            _ => text.chars().rev().collect(),
        };
        return renderer.str(made);
    }
    // These ask whether there is anything before they go through it.
    let is_lazy = matches!(name, "map" | "select" | "reject" | "selectattr" | "rejectattr");
    if is_lazy && !value.is_true() {
        return renderer.list(Vec::new());
    }
    let mut items = renderer.iterate(value)?;
    match name {
        "list" => renderer.list(items),
        "first" => Ok(items.first().cloned().unwrap_or(Value::Undefined)),
        "last" => Ok(items.last().cloned().unwrap_or(Value::Undefined)),
        "reverse" => {
            items.reverse();
            renderer.list(items)
        }
        "join" => {
            if let Some(attribute) = arguments.get(1, "attribute") {
                for item in &mut items {
                    *item = attribute_of(renderer, item, attribute)?;
                }
            }
            let separator = arguments.get(0, "d").cloned().unwrap_or(Value::Undefined);
            let separator = renderer.print(&separator)?;
            methods::join(renderer, &items, &separator)
        }
        "map" => {
            let mut made = Vec::with_capacity(items.len());
            for item in &items {
                made.push(map_item(renderer, item, arguments)?);
            }
            renderer.list(made)
        }
        "select" | "reject" | "selectattr" | "rejectattr" => {
            let mut kept = Vec::new();
            for item in items {
                if is_selected(renderer, name, &item, arguments)? {
                    kept.push(item);
                }
            }
            renderer.list(kept)
        }
        "sum" => {
            let mut sum = arguments.get(1, "start").cloned().unwrap_or(Value::Int(0));
            for item in &items {
                let item = match arguments.get(0, "attribute") {
                    Some(attribute) => attribute_of(renderer, item, attribute)?,
                    None => item.clone(),
                };
                sum = operators::arithmetic(renderer, super::ast::Arithmetic::Add, &sum, &item)?;
            }
            Ok(sum)
        }
        "unique" => {
            let mut kept: Vec<Value> = Vec::new();
            for item in items {
                renderer.pay(item.weight().saturating_mul(kept.len()))?;
                if !kept.iter().any(|other| other.equals(&item)) {
                    kept.push(item);
                }
            }
            renderer.list(kept)
        }
        "min" | "max" | "sort" | "dictsort" => sorted(renderer, name, value, items, arguments),
        _ => Err(renderer.error(format!("filter {name} is not supported"))),
    }
}

/// `item.a.b`, or `item[0]`.
fn attribute_of(
    renderer: &mut Renderer<'_>,
    item: &Value,
    attribute: &Value,
) -> Result<Value, TemplateError> {
    let Value::Str(path) = attribute else { return operators::item(renderer, item, attribute) };
    let mut value = item.clone();
    for name in path.split('.') {
        value = match name.parse() {
            Ok(index) => operators::item(renderer, &value, &Value::Int(index))?,
            Err(_) => renderer.attribute(&value, name),
        };
    }
    Ok(value)
}

fn map_item(
    renderer: &mut Renderer<'_>,
    item: &Value,
    arguments: &Values<'_>,
) -> Result<Value, TemplateError> {
    let named = |name| arguments.named.iter().find(|(known, _)| *known == name);
    if let Some((_, attribute)) = named("attribute") {
        let value = attribute_of(renderer, item, attribute)?;
        let default = named("default").filter(|_| matches!(value, Value::Undefined));
        return Ok(default.map_or(value, |(_, default)| default.clone()));
    }
    match arguments.positional.split_first() {
        // One filter within another, not all the way down.
        Some((Value::Str(filter), rest)) if **filter != *"map" => {
            let rest = Values { positional: rest.to_vec(), named: Vec::new() };
            apply(renderer, filter, item, &rest)
        }
        _ => Err(renderer.error("map needs an attribute or a filter")),
    }
}

fn is_selected(
    renderer: &mut Renderer<'_>,
    name: &str,
    item: &Value,
    arguments: &Values<'_>,
) -> Result<bool, TemplateError> {
    let (value, test) = if name.ends_with("attr") {
        let Some((attribute, test)) = arguments.positional.split_first() else {
            return Err(renderer.error(format!("{name} needs an attribute")));
        };
        (attribute_of(renderer, item, attribute)?, test)
    } else {
        (item.clone(), &arguments.positional[..])
    };
    let holds = match test.split_first() {
        None => value.is_true(),
        Some((Value::Str(test), rest)) => checks::holds(renderer, test, &value, rest)?,
        Some(_) => return Err(renderer.error(format!("{name} needs the name of a test"))),
    };
    Ok(holds == name.starts_with("select"))
}

/// `sort`, `dictsort`, `min` and `max`.
fn sorted(
    renderer: &mut Renderer<'_>,
    name: &str,
    value: &Value,
    mut items: Vec<Value>,
    arguments: &Values<'_>,
) -> Result<Value, TemplateError> {
    // Each item is compared about log2(n) times.
    let comparisons = items.len().checked_ilog2().unwrap_or(0) as usize + 1;
    renderer.pay(value.weight().saturating_mul(comparisons))?;
    if let (Value::Map(map), "dictsort") = (value, name) {
        let mut entries = map.entries.clone();
        entries.sort_by_cached_key(|(key, _)| key.to_lowercase());
        let mut pairs = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            pairs.push(renderer.list(alloc::vec![Value::Str(key), value])?);
        }
        return renderer.list(pairs);
    }
    let is_case_sensitive = arguments.get(1, "case_sensitive").is_some_and(Value::is_true);
    let attribute =
        arguments.named.iter().find(|(known, _)| *known == "attribute").map(|(_, value)| value);
    let mut keyed = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        let key = match attribute {
            Some(attribute) => attribute_of(renderer, &item, attribute)?,
            None => item.clone(),
        };
        let key = match key {
            Value::Str(text) if !is_case_sensitive => Value::Str(Rc::from(text.to_lowercase())),
            key => key,
        };
        keyed.push((key, item));
    }
    let mut is_ordered = true;
    keyed.sort_by(|(a, _), (b, _)| {
        a.compare(b).unwrap_or_else(|| {
            is_ordered = false;
            Ordering::Equal
        })
    });
    if !is_ordered {
        return Err(renderer.error("the items have no order"));
    }
    let is_reversed = arguments.get(0, "reverse").is_some_and(Value::is_true);
    match name {
        "min" => Ok(keyed.into_iter().next().map_or(Value::Undefined, |(_, item)| item)),
        "max" => Ok(keyed.into_iter().next_back().map_or(Value::Undefined, |(_, item)| item)),
        _ => {
            items.extend(keyed.into_iter().map(|(_, item)| item));
            if is_reversed {
                items.reverse();
            }
            renderer.list(items)
        }
    }
}
