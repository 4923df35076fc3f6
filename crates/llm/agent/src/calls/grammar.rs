//! What a tool call may be: the name of a tool and arguments that its schema allows.
//!
//! From the marker of a call on, the model may only choose tokens that keep to this, so that every
//! call can be read and passes the check of its arguments; the text around calls is free. The
//! grammar of each form is written here, in GBNF, with the tools' schemas as rules of it.

use super::{
    ARGS, CALL_ID, CALL_METHOD, CallFormat, FENCE, JSON_CODE, MarkerTokens, PYTHON_TAG, TOOL_CALL,
    TOOL_CALLS, TOOL_CODE, code, json::quoted,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use llm_inference::{
    grammar::{AfterEnd, Constraint, Grammar, GrammarError, Place, Problem, TokenTrie, Trigger},
    model::LanguageModel,
};
use llm_tools::Tool;
use serde_json::{Map, Value};

/// White space in JSON where people put it, and anywhere in a text that is no call yet.
const SPACES: &str = "gap ::= \"\" | \" \" | \"\\n\" \" \"{0,20}\nspace ::= [ \\t\\r\\n]*\n";

/// The grammar of the calls of some tools, and the vocabulary of the model that writes them.
#[derive(Debug)]
pub struct CallGrammar {
    grammar: Grammar,
    trie: TokenTrie,
    trigger: Trigger,
    after_end: AfterEnd,
}

impl CallGrammar {
    /// Compiles the schemas of the tools.
    ///
    /// # Errors
    /// A schema is outside the subset of [`Grammar::from_json_schema`], or a name cannot be written in
    /// this form; the error says where.
    pub fn new<'t>(
        model: &impl LanguageModel,
        tools: impl Iterator<Item = &'t dyn Tool>,
        format: CallFormat,
    ) -> Result<Self, GrammarError> {
        let markers = MarkerTokens::of(model, format);
        let trie = TokenTrie::new(
            model.info().vocabulary,
            |token| markers.bytes(model, token),
            |token| model.ends_turn(token),
        );
        let (trigger, after_end) = match format {
            CallFormat::Own | CallFormat::Hermes => (TOOL_CALL.0, AfterEnd::Rearm),
            // The reply as a whole is a call, or is not.
            CallFormat::LlamaJson => ("", AfterEnd::Free),
            CallFormat::LlamaTag => (PYTHON_TAG, AfterEnd::Rearm),
            CallFormat::MistralList | CallFormat::MistralArgs => (TOOL_CALLS, AfterEnd::Rearm),
            CallFormat::GemmaCode => (TOOL_CODE, AfterEnd::Rearm),
            CallFormat::GemmaJson => (JSON_CODE, AfterEnd::Rearm),
        };
        let grammar = grammar(tools, format)?;
        Ok(Self { grammar, trie, trigger: Trigger::text(trigger), after_end })
    }

    /// What holds an output to a grammar of its own from the first token on.
    pub fn constraint_to<'g>(&'g self, grammar: &'g Grammar) -> Constraint<'g> {
        Constraint::new(grammar, &self.trie)
    }

    /// What holds the calls of one reply to the grammar.
    pub fn constraint(&self) -> Constraint<'_> {
        Constraint::lazy(&self.grammar, &self.trie, self.trigger.clone(), self.after_end)
    }
}

/// What may follow the marker of a form.
pub(super) fn grammar<'t>(
    tools: impl Iterator<Item = &'t dyn Tool>,
    format: CallFormat,
) -> Result<Grammar, GrammarError> {
    let root = match format {
        CallFormat::Own | CallFormat::Hermes => {
            format!("\"\\n\"? call \"\\n\"? {}", literal(TOOL_CALL.1))
        }
        CallFormat::LlamaJson => {
            let tag = literal(PYTHON_TAG);
            let others = others(&[&["{", "\"name\""], &[PYTHON_TAG]]);
            format!("space ({tag} space)? call (\";\" space call)* | space ({others})")
        }
        CallFormat::LlamaTag => "space call (\";\" space call)*".into(),
        CallFormat::MistralList => "\" \"? \"[\" gap call (\",\" gap call)* gap \"]\"".into(),
        CallFormat::MistralArgs => "\" \"? call".into(),
        CallFormat::GemmaCode => format!("\"\\n\" (call \"\\n\")+ {}", literal(FENCE)),
        CallFormat::GemmaJson => {
            let others = others(&[&["{", "\"name\""]]);
            format!("space call space {} | space ({others})", literal(FENCE))
        }
    };
    let mut rules = Rules { text: format!("root ::= {root}\n{SPACES}"), schemas: Vec::new() };
    let mut calls = Vec::new();
    for tool in tools {
        calls.push(match format {
            CallFormat::Own
            | CallFormat::Hermes
            | CallFormat::LlamaJson
            | CallFormat::MistralList
            | CallFormat::GemmaJson => rules.object_call(tool, format),
            CallFormat::MistralArgs => rules.named_call(tool),
            CallFormat::LlamaTag => rules.code_call(tool, CALL_METHOD)?,
            CallFormat::GemmaCode => rules.code_call(tool, "")?,
        });
    }
    if calls.is_empty() {
        let problem = Problem::Unsatisfiable("there are no tools");
        return Err(GrammarError { place: Place::Schema("#".into()), problem });
    }
    rules.add("call", &calls.join(" | "));
    let schemas: Vec<(&str, &Value)> =
        rules.schemas.iter().map(|(name, schema)| (name.as_str(), schema)).collect();
    Grammar::from_gbnf_with_schemas(&rules.text, &schemas)
}

/// A grammar in the making.
struct Rules {
    text: String,
    /// The rules that are schemas, by name.
    schemas: Vec<(String, Value)>,
}

impl Rules {
    fn add(&mut self, name: &str, body: &str) {
        self.text.push_str(&format!("{name} ::= {body}\n"));
    }

    /// The name of a rule that is a schema.
    fn schema(&mut self, tool: &dyn Tool, part: &str, schema: Value) -> String {
        let words = format!("{}-{part}", tool.name());
        let words: String = words
            .chars()
            .map(|next| if next.is_ascii_alphanumeric() { next } else { '-' })
            .collect();
        // With a number, since different names may have become the same.
        let name = format!("{words}-{}", self.schemas.len());
        self.schemas.push((name.clone(), schema));
        name
    }

    /// `{"name": "f", "arguments": {...}}`, with an id where calls have one.
    fn object_call(&mut self, tool: &dyn Tool, format: CallFormat) -> String {
        let name = literal(&quoted(tool.name()));
        let key = literal(&quoted(format.arguments_key()));
        let arguments = self.schema(tool, "arguments", tool.schema().clone());
        let id = match format {
            CallFormat::MistralList => {
                "(\",\" gap \"\\\"id\\\":\" \" \"? \"\\\"\" [a-zA-Z0-9]{9} \"\\\"\")? "
            }
            _ => "",
        };
        format!(
            "\"{{\" gap \"\\\"name\\\":\" \" \"? {name} \",\" gap {key} \":\" \" \"? {arguments} {id}gap \"}}\""
        )
    }

    /// `f[ARGS]{...}`
    fn named_call(&mut self, tool: &dyn Tool) -> String {
        let (name, id, args) = (literal(tool.name()), literal(CALL_ID), literal(ARGS));
        let arguments = self.schema(tool, "arguments", tool.schema().clone());
        format!("{name} ({id} [a-zA-Z0-9]{{9}})? {args} {arguments}")
    }

    /// `f(a=1, b="c")`: properties in the order of the schema.
    fn code_call(&mut self, tool: &dyn Tool, method: &str) -> Result<String, GrammarError> {
        check_name(tool, tool.name())?;
        let schema = tool.schema();
        let none = Map::new();
        let properties = schema["properties"].as_object().unwrap_or(&none);
        let is_required = |name: &str| {
            schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name))
        };
        let mut arguments = Vec::with_capacity(properties.len());
        for (key, property) in properties {
            check_name(tool, key)?;
            let value = self.value(tool, key, property);
            arguments.push((format!("{} {value}", literal(&format!("{key}="))), is_required(key)));
        }
        // What may follow once an argument is there, as a rule for each, from the last on.
        let stem = self.schemas.len();
        let rest = |index: usize| format!("rest-{stem}-{index}");
        for (index, (argument, is_required)) in arguments.iter().enumerate().rev() {
            let optional = if *is_required { "" } else { "?" };
            let more = if index + 1 < arguments.len() { rest(index + 1) } else { String::new() };
            self.add(&rest(index), &format!("(\",\" \" \"? {argument}){optional} {more}"));
        }
        // The first is any of those before which none is required.
        let mut firsts = Vec::new();
        let mut may_be_empty = true;
        for (index, (argument, is_required)) in arguments.iter().enumerate() {
            let more = if index + 1 < arguments.len() { rest(index + 1) } else { String::new() };
            firsts.push(format!("{argument} {more}"));
            if *is_required {
                may_be_empty = false;
                break;
            }
        }
        let optional = if may_be_empty { "?" } else { "" };
        let name = literal(&format!("{}{method}(", tool.name()));
        Ok(match firsts.is_empty() {
            true => format!("{name} \")\""),
            false => format!("{name} ({}){optional} \")\"", firsts.join(" | ")),
        })
    }

    /// The value of an argument in code. JSON is read there as well; only truth has words of its own.
    fn value(&mut self, tool: &dyn Tool, key: &str, property: &Value) -> String {
        if property["type"] == "boolean" && property.get("enum").is_none() {
            return "(\"True\" | \"False\")".into();
        }
        let mut schema = property.clone();
        if let Value::Object(fields) = &mut schema {
            // References lead to the document that they came from.
            for definitions in ["$defs", "definitions"] {
                if let Some(all) = tool.schema().get(definitions) {
                    fields.insert(definitions.into(), all.clone());
                }
            }
        }
        self.schema(tool, key, schema)
    }
}

/// A name that stands in code.
fn check_name(tool: &dyn Tool, name: &str) -> Result<(), GrammarError> {
    if code::is_name(name) {
        return Ok(());
    }
    let problem = Problem::Unsupported(format!("the name {name:?} in code"));
    Err(GrammarError { place: Place::Schema(format!("{}#", tool.name())), problem })
}

/// A text in GBNF.
fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            ' '..='~' => literal.push(character),
            _ => literal.push_str(&format!("\\U{:08x}", character as u32)),
        }
    }
    literal.push('"');
    literal
}

/// What begins with none of some patterns: up to the first character that makes the difference. Each
/// pattern is texts with white space between them; no two begin with the same character.
fn others(patterns: &[&[&str]]) -> String {
    // The first character, if any, is none of theirs.
    let firsts: String = patterns.iter().map(|pattern| escaped(pattern[0])).collect();
    let mut choices = alloc::vec![format!("[^ \\t\\r\\n{firsts}]?")];
    for pattern in patterns {
        let mut before = String::new();
        for (place, text) in pattern.iter().enumerate() {
            for (at, character) in text.char_indices() {
                // A difference at the very first character was said above.
                if place > 0 || at > 0 {
                    let set = set_without(character, at == 0);
                    choices.push(format!("{before} {} {set}?", literal(&text[..at])));
                }
            }
            before.push_str(&format!("{} space ", literal(text)));
        }
    }
    choices.join(" | ")
}

/// All characters but one and, where white space may stand, white space.
fn set_without(character: char, may_be_space: bool) -> String {
    let space = if may_be_space { " \\t\\r\\n" } else { "" };
    format!("[^{space}{}]", escaped(&character.to_string()))
}

/// The first character of a text as GBNF has it in a set.
fn escaped(text: &str) -> String {
    match text.chars().next() {
        Some(special @ ('"' | '\\' | '[' | ']' | '-' | '^')) => format!("\\{special}"),
        Some(character) => character.to_string(),
        None => String::new(),
    }
}
