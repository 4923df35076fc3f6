//! Conversations that a template refuses, or would lose a part of, told in a form that it takes.
//!
//! Many templates know users and assistants only: they raise an exception at a system message or a
//! tool's result, or leave it out in silence. Others want the two to take turns. An agent has all
//! of these, so [`Takes`] asks a template once what it does with them, and what it does not take is
//! said by the user. It asks as well whether the template describes tools.

use super::{Context, Template};
use crate::model::{CallReference, Message, Role, TemplateError};
use alloc::{borrow::Cow, string::String, vec::Vec};
use serde_json::json;

/// What stands between two texts that become one message.
const BETWEEN: &str = "\n\n";

/// Which messages a template renders besides those of the user and the assistant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Takes {
    /// A system message at the beginning.
    system: bool,
    /// The result of a tool after a reply, and a reply to it.
    pub(super) tool: bool,
    /// Descriptions of tools.
    pub(super) tools: bool,
}

impl Takes {
    /// Tries a template out.
    ///
    /// # Errors
    /// A template that cannot say even what a user says.
    pub(super) fn of(template: &Template) -> Result<Self, TemplateError> {
        let user = Message::new(Role::User, "Is this there?");
        let system = Message::new(Role::System, "And this?");
        let reply = Message::new(Role::Assistant, "It is.");
        // Some templates want ids of nine letters and digits.
        let call = CallReference { id: "probe0001".into(), name: "probe".into() };
        let result = Message::result(call, "What about this?");
        let answer = Message::new(Role::Assistant, "That too.");
        let next = Message::new(Role::User, "And then?");
        let render = |messages: &[Message]| {
            let rendered = template.render(&Context {
                messages,
                add_generation_prompt: true,
                ..Context::default()
            })?;
            Ok(messages.iter().all(|message| rendered.contains(&message.content)))
        };
        if !render(core::slice::from_ref(&user))? {
            let message = String::from("it leaves out what the user says");
            return Err(TemplateError { message, line: 0 });
        }
        let is_taken = |messages: &[Message]| matches!(render(messages), Ok(true));
        Ok(Self {
            tools: describes_tools(template, &user),
            system: is_taken(&[system, user.clone()]),
            tool: is_taken(&[user, reply, result, answer, next]),
        })
    }

    /// A conversation without the messages that the template does not take.
    pub(super) fn adapted<'m>(self, messages: &'m [Message]) -> Cow<'m, [Message]> {
        let is_taken = |message: &Message| match message.role {
            Role::System => self.system,
            Role::Tool => self.tool,
            Role::User | Role::Assistant => true,
        };
        if messages.iter().all(is_taken) {
            return Cow::Borrowed(messages);
        }
        Cow::Owned(told(messages, is_taken))
    }
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
    let has_plain_role = |message: &Message| matches!(message.role, Role::User | Role::Assistant);
    let mut simple: Vec<Message> = Vec::with_capacity(messages.len());
    for message in told(messages, has_plain_role) {
        match simple.last_mut() {
            Some(last) if last.role == message.role => append(&mut last.content, &message.content),
            _ => simple.push(message),
        }
    }
    simple
}

/// The messages that are taken, and the others as the user's: what a system message says before
/// what the user says next, a tool's result as a message of its own.
fn told(messages: &[Message], is_taken: impl Fn(&Message) -> bool) -> Vec<Message> {
    let mut made: Vec<Message> = Vec::with_capacity(messages.len());
    let mut instructions = String::new();
    for message in messages {
        match message.role {
            Role::System if !is_taken(message) => append(&mut instructions, &message.content),
            Role::User => {
                let mut content = core::mem::take(&mut instructions);
                append(&mut content, &message.content);
                made.push(Message::new(Role::User, content));
            }
            Role::Tool if !is_taken(message) => {
                made.push(Message::new(Role::User, &*message.content));
            }
            _ => {
                if !instructions.is_empty() {
                    made.push(Message::new(Role::User, core::mem::take(&mut instructions)));
                }
                made.push(message.clone());
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
        let call = CallReference { id: "call00007".into(), name: "calc".into() };
        all.insert(2, Message::result(call, "4"));
        let rendered = template.render(&Context { messages: &all, ..Context::default() });
        assert_eq!(rendered.unwrap(), "<user>2+2?<assistant>calc[calc call00007]4<assistant>Four.");
        assert!(!ChatTemplate::from_source(Some(STRICT)).0.takes_results());
        assert!(!ChatTemplate::from_source(Some(SILENT)).0.takes_results());
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
