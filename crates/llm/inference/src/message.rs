//! A conversation as data: who said what, which tools were called, and what came of it.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use serde_json::{Value, json};

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The instructions the agent lives by.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// The result of a tool.
    Tool,
}

impl Role {
    /// The name that chat templates use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who said it.
    pub role: Role,
    /// What was said; of a reply all of it, its calls as the model wrote them.
    pub content: String,
    /// Of a reply: the calls in it that are answered by messages behind it.
    pub calls: Option<Calls>,
    /// Of the result of a tool: the call that it answers.
    pub answers: Option<CallReference>,
}

/// The calls of a reply, and what it says besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calls {
    /// The reply without its calls.
    pub text: String,
    /// The calls, in their order.
    pub calls: Vec<ToolCall>,
}

/// A call that was understood; whether the tool exists is for others to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    /// What its result is told by.
    pub id: String,
    /// The tool.
    pub name: String,
    /// Its arguments.
    pub arguments: Value,
}

/// A call, for the message with its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallReference {
    /// The call's id.
    pub id: String,
    /// The tool's name.
    pub name: String,
}

impl Message {
    /// A message.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into(), calls: None, answers: None }
    }

    /// A reply with calls.
    pub fn reply(content: impl Into<String>, calls: Option<Calls>) -> Self {
        Self { calls, ..Self::new(Role::Assistant, content) }
    }

    /// The result of a call.
    pub fn result(call: &ToolCall, content: impl Into<String>) -> Self {
        let answers = Some(CallReference { id: call.id.clone(), name: call.name.clone() });
        Self { answers, ..Self::new(Role::Tool, content) }
    }

    /// The same message with every text in it changed, those in its calls included.
    pub fn map_texts(&self, change: &impl Fn(&str) -> String) -> Self {
        let map_call = |call: &ToolCall| ToolCall {
            id: change(&call.id),
            name: change(&call.name),
            arguments: map_json_texts(&call.arguments, change),
        };
        Self {
            role: self.role,
            content: change(&self.content),
            calls: self.calls.as_ref().map(|made| Calls {
                text: change(&made.text),
                calls: made.calls.iter().map(map_call).collect(),
            }),
            answers: self
                .answers
                .as_ref()
                .map(|call| CallReference { id: change(&call.id), name: change(&call.name) }),
        }
    }

    /// Bytes of the texts in it.
    pub fn len_bytes(&self) -> usize {
        let call =
            |call: &ToolCall| call.id.len() + call.name.len() + call.arguments.to_string().len();
        let calls = self
            .calls
            .as_ref()
            .map_or(0, |made| made.text.len() + made.calls.iter().map(call).sum::<usize>());
        let answers = self.answers.as_ref().map_or(0, |call| call.id.len() + call.name.len());
        self.content.len() + calls + answers
    }
}

impl ToolCall {
    /// The call as chat templates, and programs that read conversations, have it.
    pub fn to_json(&self) -> Value {
        let Self { id, name, arguments } = self;
        let function = json!({"name": name, "arguments": arguments});
        json!({"id": id, "type": "function", "function": function})
    }
}

/// JSON with every text in it changed, names of fields included.
pub fn map_json_texts(json: &Value, change: &impl Fn(&str) -> String) -> Value {
    match json {
        Value::String(text) => Value::from(change(text)),
        Value::Array(items) => items.iter().map(|item| map_json_texts(item, change)).collect(),
        Value::Object(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, value)| (change(key), map_json_texts(value, change)));
            Value::Object(entries.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => json.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, vec};

    #[test]
    fn no_text_of_a_message_is_left_unchanged() {
        let arguments = json!({"a": ["b", {"c": "d"}, 1, null]});
        let call = ToolCall { id: "i".into(), name: "n".into(), arguments };
        let result = Message::result(&call, "r");
        let made = Calls { text: "t".into(), calls: vec![call] };
        let reply = Message::reply("s", Some(made));
        let change = |text: &str| format!("<{text}>");
        let expected = ToolCall {
            id: "<i>".into(),
            name: "<n>".into(),
            arguments: json!({"<a>": ["<b>", {"<c>": "<d>"}, 1, null]}),
        };
        assert_eq!(result.map_texts(&change), Message::result(&expected, "<r>"));
        let made = Calls { text: "<t>".into(), calls: vec![expected] };
        assert_eq!(reply.map_texts(&change), Message::reply("<s>", Some(made)));
    }

    #[test]
    fn every_text_of_a_message_counts() {
        let call = ToolCall { id: "12".into(), name: "345".into(), arguments: json!([6]) };
        assert_eq!(Message::result(&call, "7").len_bytes(), 2 + 3 + 1);
        let made = Calls { text: "89".into(), calls: vec![call] };
        assert_eq!(Message::reply("0", Some(made)).len_bytes(), 1 + 2 + 2 + 3 + "[6]".len());
    }
}
