//! Tool calls as the model writes them.
//!
//! ```text
//! <tool_call>{"name": "calc", "arguments": {"expr": "2+2"}}</tool_call>
//! ```

use alloc::string::{String, ToString};
use core::fmt;
use serde_json::Value;

/// Where a call begins.
pub const OPEN: &str = "<tool_call>";
/// Where it ends.
pub const CLOSE: &str = "</tool_call>";

/// A call that was understood; whether the tool exists is for the registry to say.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    /// The tool.
    pub name: String,
    /// Its arguments.
    pub arguments: Value,
}

/// A call that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The reply ended inside it.
    Unclosed,
    /// Not JSON.
    NotJson {
        /// What the JSON parser says.
        message: String,
    },
    /// JSON, but no object.
    NotAnObject,
    /// The name is missing or no string.
    NoName,
    /// The arguments are missing.
    NoArguments,
    /// Something beside name and arguments.
    UnknownField {
        /// Its name.
        name: String,
    },
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the tool call cannot be read: ")?;
        match self {
            Self::Unclosed => write!(f, "the reply ended before {CLOSE}"),
            Self::NotJson { message } => write!(f, "not JSON: {message}"),
            Self::NotAnObject => f.write_str("not a JSON object"),
            Self::NoName => f.write_str("\"name\" is missing or not a string"),
            Self::NoArguments => f.write_str("\"arguments\" is missing"),
            Self::UnknownField { name } => write!(f, "unknown field \"{name}\""),
        }
    }
}

/// Reads what stands between [`OPEN`] and [`CLOSE`].
///
/// # Errors
/// Anything but one object with exactly a `name` and `arguments`.
pub fn parse(text: &str) -> Result<ToolCall, CallError> {
    let value: Value = serde_json::from_str(text.trim())
        .map_err(|error| CallError::NotJson { message: error.to_string() })?;
    let Value::Object(mut fields) = value else {
        return Err(CallError::NotAnObject);
    };
    let Some(Value::String(name)) = fields.remove("name") else {
        return Err(CallError::NoName);
    };
    let arguments = fields.remove("arguments").ok_or(CallError::NoArguments)?;
    match fields.keys().next() {
        Some(name) => Err(CallError::UnknownField { name: name.clone() }),
        None => Ok(ToolCall { name, arguments }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_exactly_a_name_and_arguments() {
        let call = parse(" {\"name\": \"calc\", \"arguments\": {\"expr\": \"2+2\"}}\n").unwrap();
        assert_eq!(call, ToolCall { name: "calc".into(), arguments: json!({"expr": "2+2"}) });
    }

    #[test]
    fn says_why_a_call_cannot_be_read() {
        for (text, reason) in [
            ("", "not JSON: EOF while parsing a value at line 1 column 0"),
            (
                "{\"name\": \"calc\", \"arguments\": {\"expr\": 2+2}}",
                "not JSON: expected `,` or `}` at line 1 column 41",
            ),
            ("[1]", "not a JSON object"),
            ("{\"arguments\": {}}", "\"name\" is missing or not a string"),
            ("{\"name\": 7, \"arguments\": {}}", "\"name\" is missing or not a string"),
            ("{\"name\": \"calc\"}", "\"arguments\" is missing"),
            ("{\"name\": \"calc\", \"arguments\": {}, \"id\": 1}", "unknown field \"id\""),
        ] {
            let message = parse(text).unwrap_err().to_string();
            assert_eq!(message.strip_prefix("the tool call cannot be read: "), Some(reason));
        }
    }
}
