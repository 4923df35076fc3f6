//! Values that templates compute with, printed and compared as Python does.

use alloc::{
    format,
    rc::Rc,
    string::{String, ToString},
    vec::Vec,
};
use core::{cmp::Ordering, fmt::Write};

/// How deep lists and dictionaries may be nested: what walks them is recursive, and so is freeing
/// them.
const MAX_NESTING: usize = 40;

/// The most bytes that a list or dictionary may stand for. Parts may be shared, so without a limit
/// forty lists of two can stand for more than any memory holds.
const MAX_WEIGHT: usize = 16 << 20;

/// Bytes counted for a value besides its text.
const WEIGHT_OF_VALUE: usize = 16;

/// A value. Cheap to copy: what is large is shared, and nothing that is shared ever changes.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// A name that means nothing; prints as nothing.
    Undefined,
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Rc<str>),
    List(Rc<List>),
    Map(Rc<Map>),
    /// The variable `loop`.
    Loop(Rc<Loop>),
    /// `namespace()`: index into the renderer's namespaces, which alone can change.
    Namespace(usize),
    /// A macro: index into the template's macros.
    Macro(usize),
    /// A function of the language.
    Function(Function),
}

/// A list.
#[derive(Debug)]
pub(super) struct List {
    pub(super) items: Vec<Value>,
    size: Size,
}

/// A dictionary in the order of its making.
#[derive(Debug)]
pub(super) struct Map {
    pub(super) entries: Vec<(Rc<str>, Value)>,
    size: Size,
}

/// What walking through a value costs.
#[derive(Clone, Copy, Debug)]
struct Size {
    /// Lists and dictionaries within each other.
    nesting: usize,
    /// Bytes it stands for, shared parts counted each time.
    weight: usize,
}

impl Size {
    const SCALAR: Self = Self { nesting: 0, weight: WEIGHT_OF_VALUE };

    /// Of what holds these, or `None` if that is more than allowed.
    fn around(parts: impl Iterator<Item = Self>) -> Option<Self> {
        let size = parts.fold(Self::SCALAR, |sum, part| Self {
            nesting: sum.nesting.max(part.nesting + 1),
            weight: sum.weight.saturating_add(part.weight),
        });
        (size.nesting <= MAX_NESTING && size.weight <= MAX_WEIGHT).then_some(size)
    }

    fn of_str(text: &str) -> Self {
        Self { nesting: 0, weight: WEIGHT_OF_VALUE + text.len() }
    }
}

/// Where a loop is.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) index0: usize,
    pub(super) length: usize,
    pub(super) previous: Value,
    pub(super) next: Value,
}

/// Functions that every template can call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    RaiseException,
    Range,
    Namespace,
    Dict,
    StrftimeNow,
}

impl Value {
    pub(super) fn str(text: impl AsRef<str>) -> Self {
        Self::Str(Rc::from(text.as_ref()))
    }

    /// A list, or `None` if it would be nested too deeply or be too large.
    pub(super) fn list(items: Vec<Value>) -> Option<Self> {
        let size = Size::around(items.iter().map(Self::size))?;
        Some(Self::List(Rc::new(List { items, size })))
    }

    /// A dictionary, or `None` if it would be nested too deeply or be too large. Of equal keys the
    /// last value counts.
    pub(super) fn map(pairs: Vec<(Rc<str>, Value)>) -> Option<Self> {
        let mut entries: Vec<(Rc<str>, Value)> = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            match entries.iter_mut().find(|(known, _)| *known == key) {
                Some((_, known)) => *known = value,
                None => entries.push((key, value)),
            }
        }
        let sizes = entries.iter().flat_map(|(key, value)| [Size::of_str(key), value.size()]);
        let size = Size::around(sizes)?;
        Some(Self::Map(Rc::new(Map { entries, size })))
    }

    /// From JSON, or `None` if it is nested too deeply or too large.
    pub(super) fn from_json(json: &serde_json::Value) -> Option<Self> {
        use serde_json::Value as Json;
        Some(match json {
            Json::Null => Self::None,
            Json::Bool(flag) => Self::Bool(*flag),
            Json::Number(number) => match number.as_i64() {
                Some(number) => Self::Int(number),
                None => Self::Float(number.as_f64()?),
            },
            Json::String(text) => Self::str(text),
            Json::Array(items) => {
                Self::list(items.iter().map(Self::from_json).collect::<Option<_>>()?)?
            }
            Json::Object(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| Some((Rc::from(key.as_str()), Self::from_json(value)?)));
                Self::map(entries.collect::<Option<_>>()?)?
            }
        })
    }

    fn size(&self) -> Size {
        match self {
            Self::Str(text) => Size::of_str(text),
            Self::List(list) => list.size,
            Self::Map(map) => map.size,
            // In a list it would keep its neighbours alive, and they theirs; `print` does not
            // follow them, but freeing does.
            Self::Loop(state) => {
                let nesting = state.previous.size().nesting.max(state.next.size().nesting) + 1;
                Size { nesting, weight: WEIGHT_OF_VALUE }
            }
            _ => Size::SCALAR,
        }
    }

    /// Bytes the value stands for, roughly: what printing or comparing it costs.
    pub(super) fn weight(&self) -> usize {
        self.size().weight
    }

    /// What kind of value it is, for error messages.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Undefined => "an undefined value",
            Self::None => "none",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::Str(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "a dictionary",
            Self::Loop(_) => "the loop",
            Self::Namespace(_) => "a namespace",
            Self::Macro(_) => "a macro",
            Self::Function(_) => "a function",
        }
    }

    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Undefined | Self::None => false,
            Self::Bool(flag) => *flag,
            Self::Int(number) => *number != 0,
            Self::Float(number) => *number != 0.0,
            Self::Str(text) => !text.is_empty(),
            Self::List(list) => !list.items.is_empty(),
            Self::Map(map) => !map.entries.is_empty(),
            Self::Loop(_) | Self::Namespace(_) | Self::Macro(_) | Self::Function(_) => true,
        }
    }

    /// The value of a dictionary's key.
    pub(super) fn entry(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Map(map) => {
                map.entries.iter().find(|(known, _)| **known == *key).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// What a loop over it goes through: items, keys or characters. `None` if it is no sequence.
    pub(super) fn iterate(&self) -> Option<Vec<Value>> {
        Some(match self {
            Self::Undefined => Vec::new(),
            Self::List(list) => list.items.clone(),
            Self::Map(map) => map.entries.iter().map(|(key, _)| Self::Str(key.clone())).collect(),
            Self::Str(text) => {
                text.chars().map(|c| Self::str(c.encode_utf8(&mut [0; 4]))).collect()
            }
            _ => return None,
        })
    }

    /// Number of items, keys or characters. `None` if it is no sequence.
    pub(super) fn length(&self) -> Option<usize> {
        Some(match self {
            Self::Undefined => 0,
            Self::List(list) => list.items.len(),
            Self::Map(map) => map.entries.len(),
            Self::Str(text) => text.chars().count(),
            _ => return None,
        })
    }

    /// As an integer, if it is one; booleans are.
    pub(super) const fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Bool(flag) => Some(*flag as i64),
            _ => None,
        }
    }

    /// As a float, if it is a number.
    pub(super) const fn as_float(&self) -> Option<f64> {
        match self {
            Self::Float(number) => Some(*number),
            _ => match self.as_int() {
                Some(number) => Some(number as f64),
                None => None,
            },
        }
    }

    /// Python's `==`.
    pub(super) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Undefined, Self::Undefined) | (Self::None, Self::None) => true,
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::List(a), Self::List(b)) => {
                a.items.len() == b.items.len()
                    && a.items.iter().zip(&b.items).all(|(a, b)| a.equals(b))
            }
            (Self::Map(a), Self::Map(b)) => {
                a.entries.len() == b.entries.len()
                    && a.entries
                        .iter()
                        .all(|(key, value)| other.entry(key).is_some_and(|b| value.equals(b)))
            }
            (Self::Namespace(a), Self::Namespace(b)) | (Self::Macro(a), Self::Macro(b)) => a == b,
            (Self::Function(a), Self::Function(b)) => a == b,
            _ => self.compare(other) == Some(Ordering::Equal),
        }
    }

    /// Python's `<` and `>`; `None` for values that have no order.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Str(a), Self::Str(b)) => Some(a.cmp(b)),
            (Self::List(a), Self::List(b)) => {
                for (a, b) in a.items.iter().zip(&b.items) {
                    if !a.equals(b) {
                        return a.compare(b);
                    }
                }
                Some(a.items.len().cmp(&b.items.len()))
            }
            _ => match (self.as_int(), other.as_int()) {
                (Some(a), Some(b)) => Some(a.cmp(&b)),
                _ => self.as_float()?.partial_cmp(&other.as_float()?),
            },
        }
    }

    /// Python's `str()`.
    pub(super) fn print(&self) -> String {
        match self {
            Self::Str(text) => text.to_string(),
            Self::Undefined => String::new(),
            _ => {
                let mut text = String::new();
                self.represent(&mut text);
                text
            }
        }
    }

    /// Python's `repr()`.
    fn represent(&self, into: &mut String) {
        match self {
            Self::Undefined => into.push_str("Undefined"),
            Self::None => into.push_str("None"),
            Self::Bool(true) => into.push_str("True"),
            Self::Bool(false) => into.push_str("False"),
            Self::Int(number) => into.push_str(&number.to_string()),
            Self::Float(number) => into.push_str(&float(*number)),
            Self::Str(text) => represent_str(text, into),
            Self::List(list) => {
                into.push('[');
                for (index, item) in list.items.iter().enumerate() {
                    into.push_str(if index > 0 { ", " } else { "" });
                    item.represent(into);
                }
                into.push(']');
            }
            Self::Map(map) => {
                into.push('{');
                for (index, (key, value)) in map.entries.iter().enumerate() {
                    into.push_str(if index > 0 { ", " } else { "" });
                    represent_str(key, into);
                    into.push_str(": ");
                    value.represent(into);
                }
                into.push('}');
            }
            Self::Loop(_) | Self::Namespace(_) | Self::Macro(_) | Self::Function(_) => {
                into.push_str(&format!("<{}>", self.kind()));
            }
        }
    }
}

/// A string as Python writes it in a list: in single quotes unless it holds those alone.
fn represent_str(text: &str, into: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    into.push(quote);
    for character in text.chars() {
        match character {
            '\\' => into.push_str("\\\\"),
            '\n' => into.push_str("\\n"),
            '\r' => into.push_str("\\r"),
            '\t' => into.push_str("\\t"),
            _ if character == quote => into.extend(['\\', quote]),
            '\0'..='\x1F' | '\x7F'..='\u{A0}' | '\u{AD}' => {
                into.push_str(&format!("\\x{:02x}", character as u32));
            }
            _ => into.push(character),
        }
    }
    into.push(quote);
}

/// A float as Python prints it: the fewest digits that mean this number, an exponent where it is
/// below 10^-4 or from 10^16.
pub(super) fn float(number: f64) -> String {
    if number.is_nan() {
        return String::from("nan");
    }
    if number.is_infinite() {
        return String::from(if number > 0.0 { "inf" } else { "-inf" });
    }
    let magnitude = if number < 0.0 { -number } else { number };
    if magnitude == 0.0 || (1e-4..1e16).contains(&magnitude) {
        return format!("{number:?}");
    }
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(text, "{digits}e{sign}{exponent:0>2}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn prints_as_python_does() {
        let list = Value::list(vec![
            Value::str("it's"),
            Value::str("a\n'\""),
            Value::None,
            Value::Bool(true),
            Value::Float(1.0),
            Value::Int(-3),
        ]);
        let expected = r#"["it's", 'a\n\'"', None, True, 1.0, -3]"#;
        assert_eq!(list.unwrap().print(), expected);
        assert_eq!(Value::Undefined.print(), "");
    }

    #[test]
    fn floats_have_as_few_digits_as_in_python() {
        let cases = [
            (0.1, "0.1"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e-5, "1.5e-05"),
            (0.0001, "0.0001"),
            (-0.0, "-0.0"),
            (1e300, "1e+300"),
            (f64::INFINITY, "inf"),
        ];
        for (number, text) in cases {
            assert_eq!(float(number), text);
        }
    }

    #[test]
    fn weight_is_limited_however_much_is_shared() {
        let mut value = Value::str("x".repeat(1000));
        let doubled =
            (0..MAX_NESTING).find(|_| match Value::list(vec![value.clone(), value.clone()]) {
                Some(list) => {
                    value = list;
                    false
                }
                None => true,
            });
        // 16 MiB are 1,016 bytes doubled thirteen times, and some.
        assert_eq!(doubled, Some(13));
    }

    #[test]
    fn nesting_is_limited() {
        let mut value = Value::None;
        for _ in 0..MAX_NESTING {
            value = Value::list(vec![value]).unwrap();
        }
        assert!(Value::list(vec![value.clone()]).is_none());
        assert!(Value::map(vec![("k".into(), value)]).is_none());
    }
}
