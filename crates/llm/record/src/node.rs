//! A place in a record.

use crate::{Problem, RecordError};
use alloc::{
    format,
    string::{String, ToString},
};
use core::fmt;
use serde_json::Value;

/// The JSON of a record called `name`.
///
/// # Errors
/// It is none.
pub fn parse(name: &str, bytes: &[u8]) -> Result<Value, RecordError> {
    serde_json::from_slice(bytes).map_err(|error| RecordError {
        field: name.into(),
        problem: Problem::NotJson { line: error.line(), column: error.column() },
    })
}

/// A value in a record, and where it stands.
#[derive(Clone, Debug)]
pub struct Node<'v> {
    value: &'v Value,
    path: String,
}

impl<'v> Node<'v> {
    /// A whole record called `name`.
    pub fn new(name: &str, value: &'v Value) -> Self {
        Self { value, path: name.into() }
    }

    /// Checks that the record's field `version` is `known` or lower, from 1 on.
    ///
    /// # Errors
    /// A later version, or none.
    pub fn check_version(&self, known: u64) -> Result<(), RecordError> {
        let version: u64 = self.get("version")?.number()?;
        match version {
            0 => Err(self.get("version")?.expected("a version from 1 on")),
            version if version > known => Err(self.error(Problem::Newer { version, known })),
            _ => Ok(()),
        }
    }

    /// A field of an object.
    ///
    /// # Errors
    /// There is no such field, or the value is no object.
    pub fn get(&self, name: &str) -> Result<Self, RecordError> {
        let fields = self.value.as_object().ok_or_else(|| self.expected("an object"))?;
        let path = format!("{}.{name}", self.path);
        match fields.get(name) {
            Some(value) => Ok(Self { value, path }),
            None => Err(RecordError { field: path, problem: Problem::Missing }),
        }
    }

    /// A field that may be missing, or `null`, for nothing.
    ///
    /// # Errors
    /// The value is no object.
    pub fn find(&self, name: &str) -> Result<Option<Self>, RecordError> {
        match self.get(name) {
            Ok(node) if node.value.is_null() => Ok(None),
            Ok(node) => Ok(Some(node)),
            Err(RecordError { problem: Problem::Missing, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The items of a list.
    ///
    /// # Errors
    /// The value is no list.
    pub fn items(&self) -> Result<impl Iterator<Item = Self> + use<'v>, RecordError> {
        let items = self.value.as_array().ok_or_else(|| self.expected("a list"))?;
        let path = self.path.clone();
        let items = items.iter().enumerate();
        Ok(items.map(move |(index, value)| Self { value, path: format!("{path}[{index}]") }))
    }

    /// The fields of an object, in their order.
    ///
    /// # Errors
    /// The value is no object.
    pub fn fields(&self) -> Result<impl Iterator<Item = (&'v str, Self)> + use<'v>, RecordError> {
        let fields = self.value.as_object().ok_or_else(|| self.expected("an object"))?;
        let path = self.path.clone();
        Ok(fields.iter().map(move |(name, value)| {
            (name.as_str(), Self { value, path: format!("{path}.{name}") })
        }))
    }

    /// A text.
    ///
    /// # Errors
    /// The value is none.
    pub fn text(&self) -> Result<&'v str, RecordError> {
        self.value.as_str().ok_or_else(|| self.expected("a text"))
    }

    /// A whole number from 0 on that `T` can hold.
    ///
    /// # Errors
    /// The value is none.
    pub fn number<T: TryFrom<u64>>(&self) -> Result<T, RecordError> {
        let number = self.value.as_u64().and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| self.expected("a whole number in range"))
    }

    /// A whole number of either sign.
    ///
    /// # Errors
    /// The value is none.
    pub fn integer(&self) -> Result<i64, RecordError> {
        self.value.as_i64().ok_or_else(|| self.expected("a whole number in range"))
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// The value is neither.
    pub fn flag(&self) -> Result<bool, RecordError> {
        self.value.as_bool().ok_or_else(|| self.expected("true or false"))
    }

    /// The value as it is.
    pub const fn json(&self) -> &'v Value {
        self.value
    }

    /// The error that the value is not `what` it should be.
    pub fn expected(&self, what: &'static str) -> RecordError {
        self.error(Problem::Expected(what))
    }

    /// The error that the value cannot be used.
    pub fn refused(&self, reason: &impl fmt::Display) -> RecordError {
        self.error(Problem::Refused { reason: reason.to_string() })
    }

    fn error(&self, problem: Problem) -> RecordError {
        RecordError { field: self.path.clone(), problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_read_where_they_stand() {
        let json = json!({"version": 1, "list": [{"name": "a", "n": 7}], "no": null, "is": true});
        let node = Node::new("record", &json);
        node.check_version(1).unwrap();
        let first = node.get("list").unwrap().items().unwrap().next().unwrap();
        assert_eq!(first.get("name").unwrap().text(), Ok("a"));
        assert_eq!(first.get("n").unwrap().number::<u8>(), Ok(7));
        assert_eq!(first.get("n").unwrap().integer(), Ok(7));
        assert_eq!(node.get("is").unwrap().flag(), Ok(true));
        assert!(node.find("no").unwrap().is_none() && node.find("other").unwrap().is_none());
        assert_eq!(first.fields().unwrap().map(|(name, _)| name).collect::<String>(), "namen");
    }

    #[test]
    fn errors_name_the_field() {
        let json = json!({"version": 2, "list": [{"n": 300}], "text": 1});
        let node = Node::new("record", &json);
        let first = node.get("list").unwrap().items().unwrap().next().unwrap();
        for (error, message) in [
            (node.check_version(1).unwrap_err(), "record has version 2, this system knows up to 1"),
            (node.get("other").unwrap_err(), "record.other is missing"),
            (node.get("text").unwrap().text().unwrap_err(), "record.text is not a text"),
            (
                first.get("n").unwrap().number::<u8>().unwrap_err(),
                "record.list[0].n is not a whole number in range",
            ),
            (first.get("m").unwrap_err(), "record.list[0].m is missing"),
            (first.get("n").unwrap().get("m").unwrap_err(), "record.list[0].n is not an object"),
            (node.refused(&"too late"), "record: too late"),
            (parse("record", b"{\n ]").unwrap_err(), "record is no JSON at line 2, column 2"),
        ] {
            assert_eq!(error.to_string(), message);
        }
        let none = json!({"version": 0});
        let error = Node::new("record", &none).check_version(1).unwrap_err();
        assert_eq!(error.to_string(), "record.version is not a version from 1 on");
    }
}
