//! A turn as a record keeps it across a power cut: what was said in it, and where it stood.

use crate::{ArchivedTurn, Turn, TurnId};
use alloc::{string::ToString, vec::Vec};
use llm_inference::model::{CallReference, Calls, Message, Role, ToolCall};
use llm_record::{Node, RecordError, parse};
use serde_json::{Value, json};

/// Who may have said something.
const ROLES: [Role; 4] = [Role::System, Role::User, Role::Assistant, Role::Tool];

/// A turn that is taken up where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptTurn {
    /// What was said in it.
    pub turn: Turn,
    /// How it stood in the archive; `None` for a turn in the window.
    pub archived: Option<PagedOut>,
}

/// How a turn stands in the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PagedOut {
    /// See [`ArchivedTurn::tokens`].
    pub tokens: usize,
    /// See [`ArchivedTurn::came_during`].
    pub came_during: TurnId,
}

impl Turn {
    /// The turn as JSON. Arguments of calls are texts, as they may be as deep as JSON may be.
    pub fn to_json(&self) -> Value {
        turn_to_json(self.id, &self.messages, self.held_outside_data)
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// The first field that is missing or something else, or a turn without messages.
    pub fn from_json(node: &Node<'_>) -> Result<Self, RecordError> {
        let id = node.get("turn")?;
        let list = node.get("messages")?;
        let messages = list.items()?.map(|item| message_from_json(&item));
        let messages = messages.collect::<Result<Vec<_>, _>>()?;
        if messages.is_empty() {
            return Err(list.expected("a list of one message at least"));
        }
        match id.number()? {
            0 => Err(id.expected("a number from 1 on")),
            number => Ok(Self {
                id: TurnId(number),
                messages,
                held_outside_data: node.get("held_outside_data")?.flag()?,
            }),
        }
    }
}

impl KeptTurn {
    /// The turn as JSON.
    pub fn to_json(&self) -> Value {
        with_place(self.turn.to_json(), self.archived)
    }

    /// Reads what [`Self::to_json`] and [`ArchivedTurn::to_json`] wrote.
    ///
    /// # Errors
    /// As [`Turn::from_json`].
    pub fn from_json(node: &Node<'_>) -> Result<Self, RecordError> {
        let turn = Turn::from_json(node)?;
        let archived = match node.find("paged_out")? {
            None => None,
            Some(place) => Some(PagedOut {
                // An archive adds them up.
                tokens: place.get("tokens")?.number::<u32>()? as usize,
                came_during: TurnId(place.get("came_during")?.number()?),
            }),
        };
        Ok(Self { turn, archived })
    }
}

impl ArchivedTurn {
    /// The turn as JSON, as that of a [`KeptTurn`].
    pub fn to_json(&self) -> Value {
        let place = PagedOut { tokens: self.tokens, came_during: self.came_during };
        with_place(turn_to_json(self.turn, &self.messages, self.held_outside_data), Some(place))
    }
}

fn turn_to_json(id: TurnId, messages: &[Message], held_outside_data: bool) -> Value {
    let messages: Vec<Value> = messages.iter().map(message_to_json).collect();
    json!({"turn": id.0, "held_outside_data": held_outside_data, "messages": messages})
}

fn with_place(mut turn: Value, place: Option<PagedOut>) -> Value {
    if let Some(PagedOut { tokens, came_during }) = place {
        turn["paged_out"] = json!({"tokens": tokens, "came_during": came_during.0});
    }
    turn
}

fn message_to_json(message: &Message) -> Value {
    let mut json = json!({"role": message.role.as_str(), "content": message.content});
    if let Some(made) = &message.calls {
        let call = |call: &ToolCall| json!({"id": call.id, "name": call.name, "arguments": call.arguments.to_string()});
        let calls: Vec<Value> = made.calls.iter().map(call).collect();
        json["made"] = json!({"text": made.text, "calls": calls});
    }
    if let Some(call) = &message.answers {
        json["answers"] = json!({"id": call.id, "name": call.name});
    }
    json
}

fn message_from_json(node: &Node<'_>) -> Result<Message, RecordError> {
    let role = node.get("role")?;
    let name = role.text()?;
    let known = ROLES.into_iter().find(|known| known.as_str() == name);
    let calls = match node.find("made")? {
        None => None,
        Some(made) => Some(Calls {
            text: made.get("text")?.text()?.to_string(),
            calls: made
                .get("calls")?
                .items()?
                .map(|item| call_from_json(&item))
                .collect::<Result<_, _>>()?,
        }),
    };
    let answers = match node.find("answers")? {
        None => None,
        Some(call) => Some(CallReference {
            id: call.get("id")?.text()?.to_string(),
            name: call.get("name")?.text()?.to_string(),
        }),
    };
    Ok(Message {
        role: known.ok_or_else(|| role.expected("system, user, assistant or tool"))?,
        content: node.get("content")?.text()?.to_string(),
        calls,
        answers,
    })
}

fn call_from_json(node: &Node<'_>) -> Result<ToolCall, RecordError> {
    let arguments = node.get("arguments")?;
    let json = parse("arguments", arguments.text()?.as_bytes());
    Ok(ToolCall {
        id: node.get("id")?.text()?.to_string(),
        name: node.get("name")?.text()?.to_string(),
        arguments: json.map_err(|error| arguments.refused(&error))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn turn() -> Turn {
        // As deep as JSON may be, so that it could not stand within a record.
        let deep = alloc::format!("{}1{}", "[".repeat(126), "]".repeat(126));
        let call = ToolCall {
            id: "call00001".into(),
            name: "calc".into(),
            arguments: parse("deep", deep.as_bytes()).unwrap(),
        };
        let result = Message::result(&call, "42");
        let made = Calls { text: "Let me see.".into(), calls: vec![call] };
        let messages = vec![
            Message::new(Role::User, "What is\n\"6*7\"?"),
            Message::reply("Let me see.<call>", Some(made)),
            result,
            Message::new(Role::Assistant, "42 \u{1f600}"),
        ];
        Turn { id: TurnId(7), messages, held_outside_data: true }
    }

    #[test]
    fn every_part_of_a_turn_comes_back() {
        let place = PagedOut { tokens: 12, came_during: TurnId(9) };
        for archived in [None, Some(place)] {
            let kept = KeptTurn { turn: turn(), archived };
            let text = kept.to_json().to_string();
            let json = parse("turn", text.as_bytes()).unwrap();
            assert_eq!(KeptTurn::from_json(&Node::new("turn", &json)), Ok(kept));
        }
    }

    #[test]
    fn a_turn_in_the_archive_is_kept_as_any_other() {
        let Turn { id, messages, held_outside_data } = turn();
        let came_during = TurnId(8);
        let archived =
            ArchivedTurn { turn: id, messages, tokens: 5, came_during, held_outside_data };
        let kept = KeptTurn { turn: turn(), archived: Some(PagedOut { tokens: 5, came_during }) };
        assert_eq!(archived.to_json(), kept.to_json());
    }

    #[test]
    fn what_is_no_turn_is_refused_with_the_field() {
        let json = turn().to_json();
        for (pointer, value, message) in [
            ("/turn", json!(0), "turn.turn is not a number from 1 on"),
            ("/messages", json!([]), "turn.messages is not a list of one message at least"),
            (
                "/messages/0/role",
                json!("boss"),
                "turn.messages[0].role is not system, user, assistant or tool",
            ),
            (
                "/messages/1/made/calls/0/arguments",
                json!("{"),
                "turn.messages[1].made.calls[0].arguments: arguments is no JSON at line 1, column 1",
            ),
            ("/held_outside_data", json!("no"), "turn.held_outside_data is not true or false"),
        ] {
            let mut json = json.clone();
            *json.pointer_mut(pointer).unwrap() = value;
            let error = Turn::from_json(&Node::new("turn", &json)).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }
}
