//! Conversations that a template refuses, or would lose a part of, told in a form that it takes.
//!
//! Many templates know users and assistants only: they raise an exception at a system message or a
//! tool's result, or leave it out in silence. Others want the two to take turns, or write one call of
//! a reply but not two. An agent has all of these, so [`Takes`] asks a template once what it does with
//! them, and what it does not take is said by the user, or stands in a reply as the model wrote it. It
//! asks as well whether the template describes tools.

use super::{Context, Template};
use crate::model::{Calls, Message, Role, TemplateError, ToolCall};
use alloc::{borrow::Cow, format, string::String, vec::Vec};
use serde_json::json;

/// What stands between two texts that become one message.
const BETWEEN: &str = "\n\n";

/// Which messages a template renders besides those of the user and the assistant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Takes {
    /// A system message at the beginning.
    system: bool,
    /// The result of a tool after a reply of text alone, and a reply to it.
    result: bool,
    /// Calls apart from the text of their reply, and their results.
    calls: TakesCalls,
    /// The text beside these calls.
    text_beside_calls: bool,
    /// Descriptions of tools.
    pub(super) tools: bool,
}

/// How many calls of one reply a template writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TakesCalls {
    None,
    One,
    Several,
}

impl Takes {
    /// Tries a template out.
    ///
    /// # Errors
    /// A template that cannot say even what a user says.
    pub(super) fn of(template: &Template) -> Result<Self, TemplateError> {
        let user = Message::new(Role::User, "Is this there?");
        let render = |messages: &[Message]| {
            let rendered = template.render(&Context {
                messages,
                add_generation_prompt: true,
                ..Context::default()
            })?;
            Ok(messages.iter().all(|message| is_in(message, &rendered)))
        };
        if !render(core::slice::from_ref(&user))? {
            let message = String::from("it leaves out what the user says");
            return Err(TemplateError { message, line: 0 });
        }
        let is_taken = |messages: &[Message]| matches!(render(messages), Ok(true));
        let takes_calls = |text: &str, count: usize| {
            let calls: Vec<ToolCall> = (1..=count).map(probe_of_calls).collect();
            let made = Calls { text: text.into(), calls: calls.clone() };
            let mut messages = Vec::from([user.clone(), Message::reply("", Some(made))]);
            let results = (1..).zip(&calls);
            messages.extend(
                results.map(|(number, call)| Message::result(call, format!("result {number}"))),
            );
            messages.push(Message::new(Role::Assistant, "That too."));
            messages.push(Message::new(Role::User, "And then?"));
            is_taken(&messages)
        };
        Ok(Self {
            tools: describes_tools(template, &user),
            system: is_taken(&[Message::new(Role::System, "And this?"), user.clone()]),
            result: is_taken(&[
                user.clone(),
                Message::new(Role::Assistant, "It is."),
                Message::result(&probe_of_calls(1), "What about this?"),
                Message::new(Role::Assistant, "That too."),
                Message::new(Role::User, "And then?"),
            ]),
            calls: match (takes_calls("", 1), takes_calls("", 2)) {
                (true, true) => TakesCalls::Several,
                (true, false) => TakesCalls::One,
                (false, _) => TakesCalls::None,
            },
            text_beside_calls: takes_calls("Let me look.", 1),
        })
    }

    /// Whether the results of tools have a place.
    pub(super) const fn results(self) -> bool {
        self.result || !matches!(self.calls, TakesCalls::None)
    }

    /// A conversation without what the template does not take.
    pub(super) fn adapted<'m>(self, messages: &'m [Message]) -> Cow<'m, [Message]> {
        let mut are_calls_taken = false;
        let is_taken = |message: &Message| match message.role {
            Role::System => self.system,
            Role::User => true,
            Role::Assistant => {
                let takes = message.calls.as_ref().map(|made| self.takes_calls(made));
                are_calls_taken = takes == Some(true);
                takes != Some(false)
            }
            Role::Tool => self.result || are_calls_taken && message.answers.is_some(),
        };
        let taken: Vec<bool> = messages.iter().map(is_taken).collect();
        if taken.iter().all(|is_taken| *is_taken) {
            return Cow::Borrowed(messages);
        }
        Cow::Owned(told(messages.iter().zip(taken)))
    }

    /// Whether the calls of a reply are told apart from its text. Where results have a place behind
    /// text as well, none of the text is lost for it.
    const fn takes_calls(self, made: &Calls) -> bool {
        let has_room = match self.calls {
            TakesCalls::None => false,
            TakesCalls::One => made.calls.len() == 1,
            TakesCalls::Several => true,
        };
        has_room && (self.text_beside_calls || made.text.is_empty() || !self.result)
    }
}

/// A call to try templates with.
fn probe_of_calls(number: usize) -> ToolCall {
    ToolCall {
        // Some want ids of nine letters and digits.
        id: format!("probe{number:04}"),
        name: format!("probe_{number}"),
        arguments: json!({"about": format!("that, {number}")}),
    }
}

/// Whether a rendered text says what a message says.
fn is_in(message: &Message, rendered: &str) -> bool {
    let Some(made) = &message.calls else {
        return rendered.contains(&message.content);
    };
    let is_call_in = |call: &ToolCall| {
        let argument = call.arguments["about"].as_str().unwrap_or_default();
        rendered.contains(&call.name) && rendered.contains(argument)
    };
    rendered.contains(&made.text) && made.calls.iter().all(is_call_in)
}

/// Whether a template says of a tool what it is given.
fn describes_tools(template: &Template, user: &Message) -> bool {
    const NAME: &str = "probe_of_tools";
    const ARGUMENT: &str = "probe_of_arguments";
    let properties = json!({ARGUMENT: {"type": "string"}});
    let parameters = json!({"type": "object", "properties": properties, "required": [ARGUMENT]});
    let function = json!({"name": NAME, "description": "Probes.", "parameters": parameters});
    let tools = json!([{"type": "function", "function": function}]);
    let rendered = template.render(&Context {
        messages: core::slice::from_ref(user),
        add_generation_prompt: true,
        tools: Some(&tools),
        ..Context::default()
    });
    rendered.is_ok_and(|text| {
        text.contains(NAME) && text.contains(ARGUMENT) && text.contains(&user.content)
    })
}

/// A conversation of users and assistants that take turns.
pub(super) fn simplified(messages: &[Message]) -> Vec<Message> {
    let is_plain = |message: &Message| {
        matches!(message.role, Role::User | Role::Assistant) && message.calls.is_none()
    };
    let mut simple: Vec<Message> = Vec::with_capacity(messages.len());
    for message in told(messages.iter().map(|message| (message, is_plain(message)))) {
        match simple.last_mut() {
            Some(last) if last.role == message.role => append(&mut last.content, &message.content),
            _ => simple.push(message),
        }
    }
    simple
}

/// The messages that are taken, and the others as the user's: what a system message says before
/// what the user says next, a tool's result as a message of its own. A reply whose calls are not
/// taken has them in its text.
fn told<'m>(messages: impl Iterator<Item = (&'m Message, bool)>) -> Vec<Message> {
    let mut made: Vec<Message> = Vec::new();
    let mut instructions = String::new();
    for (message, is_taken) in messages {
        match message.role {
            Role::System if !is_taken => append(&mut instructions, &message.content),
            Role::User => {
                let mut content = core::mem::take(&mut instructions);
                append(&mut content, &message.content);
                made.push(Message::new(Role::User, content));
            }
            Role::Tool if !is_taken => {
                made.push(Message::new(Role::User, &*message.content));
            }
            _ => {
                if !instructions.is_empty() {
                    made.push(Message::new(Role::User, core::mem::take(&mut instructions)));
                }
                made.push(match is_taken {
                    true => message.clone(),
                    false => Message::new(message.role, &*message.content),
                });
            }
        }
    }
    if !instructions.is_empty() {
        made.push(Message::new(Role::User, instructions));
    }
    made
}

/// Adds a text to another, with something between them if there are two.
fn append(text: &mut String, more: &str) {
    if !text.is_empty() && !more.is_empty() {
        text.push_str(BETWEEN);
    }
    text.push_str(more);
}

#[cfg(test)]
mod tests {
    use super::{super::ChatTemplate, *};
    use Role::{Assistant, System, Tool, User};

    /// A template in the manner of Gemma and Mistral: users and assistants in turns.
    const STRICT: &str = "{{ bos_token }}{% for m in messages %}\
        {% if m.role not in ['user', 'assistant'] %}{{ raise_exception('no ' + m.role) }}{% endif %}\
        {% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('turns') }}{% endif %}\
        <{{ m.role }}>{{ m.content | trim }}\n{% endfor %}";

    /// One that leaves out what it does not know.
    const SILENT: &str = "{% for m in messages %}{% if m.role == 'user' %}U:{{ m.content }}\n\
        {% elif m.role == 'assistant' %}A:{{ m.content }}\n{% endif %}{% endfor %}";

    fn messages(all: &[(Role, &str)]) -> Vec<Message> {
        all.iter().map(|&(role, content)| Message::new(role, content)).collect()
    }

    fn render(source: &str, all: &[(Role, &str)]) -> Result<String, TemplateError> {
        let (template, warning) = ChatTemplate::from_source(Some(source));
        assert_eq!(warning, None);
        template.render(&Context { messages: &messages(all), ..Context::default() })
    }

    #[test]
    fn a_system_message_that_is_refused_is_said_by_the_user() {
        let rendered = render(STRICT, &[(System, "Be brief."), (User, "Hi")]).unwrap();
        assert_eq!(rendered, "<user>Be brief.\n\nHi\n");
        // The beginning of a conversation can be rendered as well.
        assert_eq!(render(STRICT, &[(System, "Be brief.")]).unwrap(), "<user>Be brief.\n");
    }

    #[test]
    fn what_is_left_out_in_silence_is_said_too() {
        let conversation = [(System, "s"), (User, "u"), (Assistant, "a"), (Tool, "t"), (User, "v")];
        assert_eq!(render(SILENT, &conversation).unwrap(), "U:s\n\nu\nA:a\nU:t\nU:v\n");
    }

    #[test]
    fn messages_of_one_role_are_joined_where_turns_are_wanted() {
        let conversation =
            [(User, "u"), (Assistant, "a"), (Tool, "t"), (User, "v"), (System, ""), (User, "w")];
        assert_eq!(
            render(STRICT, &conversation).unwrap(),
            "<user>u\n<assistant>a\n<user>t\n\nv\n\nw\n"
        );
    }

    #[test]
    fn tools_are_given_to_templates_that_describe_them() {
        let tools = json!([{"name": "calc", "description": "d"}]);
        let render = |source: &str| {
            let (template, warning) = ChatTemplate::from_source(Some(source));
            assert_eq!(warning, None);
            let messages = messages(&[(User, "u")]);
            let context =
                Context { messages: &messages, tools: Some(&tools), ..Context::default() };
            (template.takes_tools(), template.render(&context).unwrap())
        };
        let describing =
            "{% for t in tools or [] %}{{ t | tojson }};{% endfor %}{{ messages[0].content }}";
        let expected = "{\"name\": \"calc\", \"description\": \"d\"};u";
        assert_eq!(render(describing), (true, expected.into()));
        // Some only say that there are tools.
        let hinting = "{% if tools %}Tools!{% endif %}{{ messages[0].content }}";
        assert_eq!(render(hinting), (false, "u".into()));
        assert_eq!(render("{{ messages[0].content }}"), (false, "u".into()));
    }

    #[test]
    fn a_result_names_its_call_where_the_template_asks_for_it() {
        // As Mistral's templates do.
        let source = "{% for m in messages %}{% if m.role == 'tool' %}\
            {% if m.tool_call_id is not defined or m.tool_call_id|length != 9 %}\
            {{ raise_exception('id') }}{% endif %}[{{ m.name }} {{ m.tool_call_id }}]{{ m.content }}\
            {% else %}<{{ m.role }}>{{ m.content }}{% endif %}{% endfor %}";
        let (template, warning) = ChatTemplate::from_source(Some(source));
        assert_eq!((warning, template.takes_results()), (None, true));
        let mut all = messages(&[(User, "2+2?"), (Assistant, "calc"), (Assistant, "Four.")]);
        let arguments = json!({"expr": "2+2"});
        let call = ToolCall { id: "call00007".into(), name: "calc".into(), arguments };
        all.insert(2, Message::result(&call, "4"));
        let rendered = template.render(&Context { messages: &all, ..Context::default() });
        assert_eq!(rendered.unwrap(), "<user>2+2?<assistant>calc[calc call00007]4<assistant>Four.");
        assert!(!ChatTemplate::from_source(Some(STRICT)).0.takes_results());
        assert!(!ChatTemplate::from_source(Some(SILENT)).0.takes_results());
    }

    /// A conversation with `count` calls in a reply that says `text` besides.
    fn with_calls(text: &str, count: usize) -> Vec<Message> {
        let calls: Vec<ToolCall> = (1..=count).map(probe_of_calls).collect();
        let mut all = messages(&[(User, "u")]);
        let made = Calls { text: text.into(), calls: calls.clone() };
        all.push(Message::reply(format!("{text}<{count} calls>"), Some(made)));
        all.extend(calls.iter().map(|call| Message::result(call, "r")));
        all.push(Message::new(Assistant, "a"));
        all
    }

    fn render_calls(source: &str, text: &str, count: usize) -> String {
        let (template, warning) = ChatTemplate::from_source(Some(source));
        assert_eq!(warning, None);
        let messages = with_calls(text, count);
        template.render(&Context { messages: &messages, ..Context::default() }).unwrap()
    }

    #[test]
    fn calls_are_told_apart_from_their_reply_where_the_template_writes_them() {
        let both = "{% for m in messages %}[{{ m.content }}]{% for c in m.tool_calls or [] %}\
            {{ c.id }}:{{ c.function.name }}{{ c.function.arguments.about }};{% endfor %}\
            {{ m.tool_call_id }}{% endfor %}";
        assert_eq!(
            render_calls(both, "t", 2),
            "[u][t]probe0001:probe_1that, 1;probe0002:probe_2that, 2;[r]probe0001[r]probe0002[a]"
        );
        // One that does not: the reply is what the model wrote.
        let none = "{% for m in messages %}[{{ m.content }}]{% endfor %}";
        assert_eq!(render_calls(none, "t", 2), "[u][t<2 calls>][r][r][a]");
    }

    #[test]
    fn calls_that_a_template_has_no_room_for_stay_in_the_text_of_their_reply() {
        // As Llama's does: one call, and nothing besides.
        let one = "{% for m in messages %}{% if 'tool_calls' in m %}\
            {% if m.tool_calls|length != 1 %}{{ raise_exception('one') }}{% endif %}\
            ({{ m.tool_calls[0].function | tojson }}){% else %}[{{ m.content }}]{% endif %}{% endfor %}";
        let call = r#"{"name": "probe_1", "arguments": {"about": "that, 1"}}"#;
        assert_eq!(render_calls(one, "", 1), format!("[u]({call})[r][a]"));
        assert_eq!(render_calls(one, "t", 1), "[u][t<1 calls>][r][a]");
        assert_eq!(render_calls(one, "", 2), "[u][<2 calls>][r][r][a]");
        // Nobody but the user and the assistant: results are the user's.
        assert_eq!(
            render_calls(STRICT, "", 1),
            "<user>u\n<assistant><1 calls>\n<user>r\n<assistant>a\n"
        );
    }

    #[test]
    fn results_that_a_template_takes_behind_calls_only_are_the_users_behind_text() {
        // As Mistral's does: who is not calling or being answered takes turns.
        let source = "{% set ns = namespace(i=0) %}{% for m in messages %}\
            {% if m.tool_calls is defined %}({{ m.tool_calls | tojson }}){% elif m.role == 'tool' %}\
            <{{ m.tool_call_id }} {{ m.content }}>{% else %}\
            {% if (m.role == 'user') != (ns.i % 2 == 0) %}{{ raise_exception('turns') }}{% endif %}\
            {% set ns.i = ns.i + 1 %}[{{ m.content }}]{% endif %}{% endfor %}";
        let rendered = render_calls(source, "t", 1);
        assert!(rendered.contains(r#""id": "probe0001""#), "{rendered}");
        assert!(rendered.ends_with(")<probe0001 r>[a]"), "{rendered}");
        // A call that could not be read.
        let conversation = [(User, "u"), (Assistant, "<call"), (Tool, "error"), (Assistant, "a")];
        assert_eq!(render(source, &conversation).unwrap(), "[u][<call][error][a]");
        assert!(ChatTemplate::from_source(Some(source)).0.takes_results());
    }

    #[test]
    fn a_conversation_that_cannot_be_told_otherwise_is_an_error_of_the_template() {
        let error = render(STRICT, &[(Assistant, "a")]).unwrap_err();
        assert_eq!(error.message, "turns");
    }

    #[test]
    fn what_the_template_takes_is_not_touched() {
        let source = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}";
        let conversation = [(System, "s"), (User, "u"), (User, "v"), (Tool, "t"), (System, "w")];
        let rendered = render(source, &conversation).unwrap();
        assert_eq!(rendered, "[system]s[user]u[user]v[tool]t[system]w");
    }
}
