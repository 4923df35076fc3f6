//! Calls and their results as messages, against what Jinja makes of the same conversations.

use super::*;
use crate::model::{Calls, ToolCall};
use alloc::string::ToString;
use serde_json::json;

/// A message of a fixture.
fn message(json: &Json) -> Message {
    let text = |json: &Json| json.as_str().unwrap_or_default().to_string();
    let content = text(&json["content"]);
    let call = |json: &Json| ToolCall {
        id: text(&json["id"]),
        name: text(&json["function"]["name"]),
        arguments: json["function"]["arguments"].clone(),
    };
    match json["role"].as_str().unwrap() {
        "system" => Message::new(Role::System, content),
        "user" => Message::new(Role::User, content),
        "assistant" => {
            let calls = json["tool_calls"].as_array().map(|calls| Calls {
                text: content.clone(),
                calls: calls.iter().map(call).collect(),
            });
            let raw = if calls.is_some() { "<raw>" } else { &content };
            Message::reply(raw, calls)
        }
        "tool" => {
            let call = ToolCall { id: text(&json["tool_call_id"]), ..call(&json!({})) };
            Message::result(&call, content)
        }
        role => panic!("{role}"),
    }
}

#[test]
fn calls_and_results_are_told_as_jinja_does_by_templates_that_write_them() {
    for name in ["qwen2.5", "qwen3", "llama-3.2", "mistral-nemo"] {
        let source = fs::read_to_string(fixtures().join(format!("{name}.jinja"))).unwrap();
        let (template, _) = ChatTemplate::from_source(Some(&source));
        let cases = fs::read_to_string(fixtures().join(format!("{name}.json"))).unwrap();
        let cases: Json = serde_json::from_str(&cases).unwrap();
        let mut compared = 0;
        for case in cases.as_array().unwrap() {
            let variables = &case["variables"];
            let messages = variables["messages"].as_array().unwrap();
            let has_calls = messages.iter().any(|message| !message["tool_calls"].is_null());
            let (Some(text), true) = (case["text"].as_str(), has_calls) else { continue };
            let messages: Vec<Message> = messages.iter().map(message).collect();
            let context = Context {
                messages: &messages,
                add_generation_prompt: variables["add_generation_prompt"] == true,
                bos_token: variables["bos_token"].as_str().unwrap(),
                eos_token: variables["eos_token"].as_str().unwrap(),
                tools: variables.get("tools").filter(|tools| !tools.is_null()),
                now: Some(NOW),
            };
            assert_eq!(template.render(&context).unwrap(), text, "{name}, {}", case["name"]);
            compared += 1;
        }
        assert!(compared >= 4, "{name}: only {compared}");
    }
}

#[test]
fn calls_and_results_of_newer_mistrals_have_their_ids() {
    let source = "{% for m in messages %}{% if m.get('tool_calls') %}{% for c in m.tool_calls %}\
        {% if c.id is not string or c.id|length != 9 %}{{ raise_exception('id') }}{% endif %}\
        [TOOL_CALLS]{{ c.function.name }}[CALL_ID]{{ c.id }}\
        [ARGS]{{ c['function']['arguments']|tojson|safe }}{% endfor %}</s>\
        {% elif m['role'] == 'tool' %}\
        [TOOL_RESULTS]{{ m.tool_call_id }}[TOOL_CONTENT]{{ m.content|string }}[/TOOL_RESULTS]\
        {% elif m['role'] == 'user' %}[INST]{{ m['content'] }}[/INST]\
        {% else %}{{ m['content'] }}</s>{% endif %}{% endfor %}";
    let (template, warning) = ChatTemplate::from_source(Some(source));
    assert_eq!(warning, None);
    let call = |id: &str, expr: &str| ToolCall {
        id: id.into(),
        name: "calc".into(),
        arguments: json!({"expr": expr}),
    };
    let calls = vec![call("call00001", "6*7"), call("a1b2c3d4e", "6/7")];
    let results: Vec<Message> =
        calls.iter().zip(["42", "0.86"]).map(|(call, text)| Message::result(call, text)).collect();
    let reply = Message::reply("<raw>", Some(Calls { text: String::new(), calls }));
    let messages = [&[Message::new(Role::User, "?"), reply][..], &results].concat();
    let context = Context { messages: &messages, ..Context::default() };
    assert_eq!(
        template.render(&context).unwrap(),
        "[INST]?[/INST][TOOL_CALLS]calc[CALL_ID]call00001[ARGS]{\"expr\": \"6*7\"}\
         [TOOL_CALLS]calc[CALL_ID]a1b2c3d4e[ARGS]{\"expr\": \"6/7\"}</s>\
         [TOOL_RESULTS]call00001[TOOL_CONTENT]42[/TOOL_RESULTS]\
         [TOOL_RESULTS]a1b2c3d4e[TOOL_CONTENT]0.86[/TOOL_RESULTS]"
    );
}
