//! Methods of strings, dictionaries and `loop`.

use super::{
    render::{Renderer, Values},
    text,
    value::{Loop, Map, Value},
};
use crate::model::TemplateError;
use alloc::{format, rc::Rc, string::String, vec, vec::Vec};

/// Calls a method; `None` if the value has none of that name.
pub(super) fn call(
    renderer: &mut Renderer<'_>,
    value: &Value,
    name: &str,
    arguments: &Values<'_>,
) -> Result<Option<Value>, TemplateError> {
    match value {
        Value::Str(text) => of_str(renderer, text, name, arguments),
        Value::Map(map) => of_map(renderer, map, name, arguments),
        Value::Loop(state) => of_loop(renderer, state, name, arguments),
        Value::List(list) => match (name, arguments.positional.first()) {
            ("index" | "count", Some(item)) => {
                renderer.pay(value.weight())?;
                if name == "count" {
                    let count = list.items.iter().filter(|other| other.equals(item)).count();
                    return Ok(Some(integer(count)));
                }
                match list.items.iter().position(|other| other.equals(item)) {
                    Some(index) => Ok(Some(integer(index))),
                    None => Err(renderer.error("the list has no such item")),
                }
            }
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

fn integer(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn of_str(
    renderer: &mut Renderer<'_>,
    text: &Rc<str>,
    name: &str,
    arguments: &Values<'_>,
) -> Result<Option<Value>, TemplateError> {
    renderer.pay(text.len())?;
    let first = arguments.positional.first();
    let made = match name {
        "strip" | "lstrip" | "rstrip" => {
            let set = match first {
                Some(Value::Str(set)) => Some(set),
                _ => None,
            };
            // The set is searched for each character.
            renderer.pay(set.map_or(0, |set| set.len().saturating_mul(text.len())))?;
            let is_cut = |c: char| set.map_or_else(|| text::is_space(c), |set| set.contains(c));
            let start = if name == "rstrip" { text } else { text.trim_start_matches(is_cut) };
            if name == "lstrip" { start } else { start.trim_end_matches(is_cut) }.into()
        }
        "upper" => text.to_uppercase(),
        "lower" => text.to_lowercase(),
        "capitalize" => text::capitalize(text),
        "title" => text::title(text),
        "replace" => {
            let [from, to] = [
                str_argument(renderer, arguments, 0, name)?,
                str_argument(renderer, arguments, 1, name)?,
            ];
            renderer.pay(text::replaced_len(text, &from, &to))?;
            text::replace(text, &from, &to, limit(arguments, 2, "count"))
        }
        "removeprefix" | "removesuffix" => {
            let part = str_argument(renderer, arguments, 0, name)?;
            let cut = if name == "removeprefix" {
                text.strip_prefix(&*part)
            } else {
                text.strip_suffix(&*part)
            };
            cut.unwrap_or(text).into()
        }
        "format" => return format_str(renderer, text, arguments).map(Some),
        "join" => {
            let items = first.cloned().unwrap_or(Value::Undefined);
            let items = renderer.iterate(&items)?;
            return join(renderer, &items, text).map(Some);
        }
        "split" | "rsplit" | "splitlines" => {
            return split(renderer, text, name, arguments).map(Some);
        }
        "startswith" | "endswith" => {
            let parts = match first {
                Some(Value::List(list)) => list.items.clone(),
                Some(part) => vec![part.clone()],
                None => Vec::new(),
            };
            let holds = parts.iter().any(|part| match part {
                Value::Str(part) if name == "startswith" => text.starts_with(&**part),
                Value::Str(part) => text.ends_with(&**part),
                _ => false,
            });
            return Ok(Some(Value::Bool(holds)));
        }
        "find" | "rfind" | "count" | "index" => {
            let part = str_argument(renderer, arguments, 0, name)?;
            let at = match name {
                "count" => return Ok(Some(integer(text.matches(&*part).count()))),
                "rfind" => text.rfind(&*part),
                _ => text.find(&*part),
            };
            return match at {
                Some(at) => Ok(Some(integer(text[..at].chars().count()))),
                None if name == "index" => Err(renderer.error("the string has no such part")),
                None => Ok(Some(Value::Int(-1))),
            };
        }
        "isdigit" | "isalpha" | "isalnum" | "isspace" | "isupper" | "islower" => {
            let holds: fn(char) -> bool = match name {
                "isdigit" => |c| c.is_ascii_digit(),
                "isalpha" => char::is_alphabetic,
                "isalnum" => char::is_alphanumeric,
                "isspace" => text::is_space,
                "isupper" => |c| !c.is_lowercase(),
                _ => |c| !c.is_uppercase(),
            };
            let is_cased = match name {
                "isupper" => text.chars().any(char::is_uppercase),
                "islower" => text.chars().any(char::is_lowercase),
                _ => !text.is_empty(),
            };
            return Ok(Some(Value::Bool(is_cased && text.chars().all(holds))));
        }
        _ => return Ok(None),
    };
    renderer.str(made).map(Some)
}

/// `str.format()`: `{}`, `{0}` and `{name}`, without format specifications.
fn format_str(
    renderer: &mut Renderer<'_>,
    text: &str,
    arguments: &Values<'_>,
) -> Result<Value, TemplateError> {
    let mut made = String::new();
    let mut next = 0;
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        made.push_str(&rest[..at]);
        let (brace, after) = rest[at..].split_at(1);
        if let Some(after) = after.strip_prefix(brace) {
            made.push_str(brace);
            rest = after;
            continue;
        }
        let field = after.split_once('}').filter(|_| brace == "{");
        let Some((field, after)) = field else {
            return Err(renderer.error("a brace without its other half"));
        };
        let value = if field.is_empty() {
            next += 1;
            arguments.positional.get(next - 1)
        } else if let Ok(position) = field.parse::<usize>() {
            arguments.positional.get(position)
        } else {
            arguments.named.iter().find(|(name, _)| *name == field).map(|(_, value)| value)
        };
        let Some(value) = value.cloned() else {
            return Err(renderer.error(format!("format has no argument {field:?}")));
        };
        made.push_str(&renderer.print(&value)?);
        rest = after;
    }
    made.push_str(rest);
    renderer.str(made)
}

/// An argument that has to be a string.
fn str_argument(
    renderer: &Renderer<'_>,
    arguments: &Values<'_>,
    position: usize,
    method: &str,
) -> Result<Rc<str>, TemplateError> {
    match arguments.positional.get(position) {
        Some(Value::Str(text)) => Ok(text.clone()),
        _ => Err(renderer.error(format!("{method} needs a string as argument {}", position + 1))),
    }
}

/// An argument that limits how often something is done; none for a negative one.
fn limit(arguments: &Values<'_>, position: usize, name: &str) -> Option<usize> {
    let number = arguments.get(position, name).and_then(Value::as_int);
    number.and_then(|number| usize::try_from(number).ok())
}

fn split(
    renderer: &mut Renderer<'_>,
    text: &str,
    name: &str,
    arguments: &Values<'_>,
) -> Result<Value, TemplateError> {
    let limit = limit(arguments, 1, "maxsplit");
    let pieces: Vec<&str> = match (name, arguments.get(0, "sep")) {
        ("splitlines", _) => text::lines(text),
        (_, None | Some(Value::None)) if name == "split" || limit.is_none() => {
            text::split_spaces(text, limit)
        }
        (_, Some(Value::Str(separator))) if !separator.is_empty() => {
            let cuts = limit.unwrap_or(usize::MAX).saturating_add(1);
            if name == "split" {
                text.splitn(cuts, &**separator).collect()
            } else {
                let mut pieces: Vec<&str> = text.rsplitn(cuts, &**separator).collect();
                pieces.reverse();
                pieces
            }
        }
        _ => return Err(renderer.error(format!("{name} cannot split by this"))),
    };
    let mut items = Vec::with_capacity(pieces.len());
    for piece in pieces {
        items.push(renderer.str(piece)?);
    }
    renderer.list(items)
}

/// The items as text, with a separator between them.
pub(super) fn join(
    renderer: &mut Renderer<'_>,
    items: &[Value],
    separator: &str,
) -> Result<Value, TemplateError> {
    renderer.pay(separator.len().saturating_mul(items.len()))?;
    let mut texts = Vec::with_capacity(items.len());
    for item in items {
        texts.push(renderer.print(item)?);
    }
    renderer.str(texts.join(separator))
}

fn of_map(
    renderer: &mut Renderer<'_>,
    map: &Rc<Map>,
    name: &str,
    arguments: &Values<'_>,
) -> Result<Option<Value>, TemplateError> {
    Ok(Some(match name {
        "get" => {
            let found = match arguments.positional.first() {
                Some(Value::Str(key)) => Value::Map(map.clone()).entry(key).cloned(),
                _ => None,
            };
            let default = || arguments.positional.get(1).cloned();
            found.or_else(default).unwrap_or(Value::None)
        }
        "items" => items(renderer, map)?,
        "keys" => {
            renderer.list(map.entries.iter().map(|(key, _)| Value::Str(key.clone())).collect())?
        }
        "values" => renderer.list(map.entries.iter().map(|(_, value)| value.clone()).collect())?,
        _ => return Ok(None),
    }))
}

/// Pairs of keys and values.
pub(super) fn items(renderer: &mut Renderer<'_>, map: &Map) -> Result<Value, TemplateError> {
    let mut pairs = Vec::with_capacity(map.entries.len());
    for (key, value) in &map.entries {
        pairs.push(renderer.list(vec![Value::Str(key.clone()), value.clone()])?);
    }
    renderer.list(pairs)
}

fn of_loop(
    renderer: &Renderer<'_>,
    state: &Loop,
    name: &str,
    arguments: &Values<'_>,
) -> Result<Option<Value>, TemplateError> {
    if name != "cycle" {
        return Ok(None);
    }
    match state.index0.checked_rem(arguments.positional.len()) {
        Some(index) => Ok(arguments.positional.get(index).cloned()),
        None => Err(renderer.error("cycle needs arguments")),
    }
}
