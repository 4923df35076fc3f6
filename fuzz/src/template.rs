//! Chat templates: any text as source, rendered over conversations.

use crate::Target;
use llm_inference::{
    model::{Calls, Message, Role, ToolCall},
    template::{ChatTemplate, Context, Template},
};
use std::sync::LazyLock;

/// See [`run`].
pub const TARGET: Target = Target { name: "template", run, seeds, words: WORDS, memory_limit };

/// The language has limits of its own for text and values, whatever the source.
const fn memory_limit(len: usize) -> usize {
    (96 << 20) + 400 * len
}

const WORDS: &[&str] = &[
    "{%",
    "%}",
    "{%-",
    "-%}",
    "{{",
    "}}",
    "{#",
    "#}",
    "for",
    "in",
    "endfor",
    "if",
    "elif",
    "else",
    "endif",
    "set",
    "endset",
    "macro",
    "endmacro",
    "namespace",
    "loop.index0",
    "loop.previtem",
    "messages",
    "message.content",
    "tools",
    "range(99999999)",
    "raise_exception('x')",
    "tojson",
    "| join(',')",
    "| list",
    "| replace('a', 'aaaa')",
    "*99999999",
    "[::-1]",
    "[1:]",
    ".split(' ')",
    "is defined",
    "not",
    "~",
    "**",
    "//",
    "9223372036854775807",
    "((((((((((((((((",
    "[[[[[[[[[[[[[[[[",
    "1e308",
];

/// Public templates, and what templates have been seen to do.
fn seeds() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/templates");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{folder}: {error}"))
        .map(|entry| entry.unwrap_or_else(|error| panic!("{folder}: {error}")).path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jinja"))
        .collect();
    // The order of a folder is the file system's own.
    paths.sort();
    assert!(!paths.is_empty(), "{folder} has templates");
    let read = |path: &std::path::PathBuf| {
        std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let mut seeds: Vec<Vec<u8>> = paths.iter().map(read).collect();
    let written = [
        // Without end, or as good as.
        "{% for a in range(99999) %}{% for b in range(99999) %}{{ a * b }}{% endfor %}{% endfor %}",
        "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
        "{% macro f(x) %}{{ g(x) }}{% endmacro %}{% macro g(x) %}{{ f(x) }}{% endmacro %}{{ g(1) }}",
        "{% set ns = namespace(s='a') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
        "{{ 'a' * 99999999 }}{{ [1] * 99999999 }}",
        "{{ 'aaaa' | replace('a', 'aaaaaaaaaaaaaaaaaaaa') | replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaa') }}",
        "{{ 9223372036854775807 + 1 }}{{ -9223372036854775807 - 2 }}{{ 1 // 0 }}{{ 1 % 0 }}{{ 2 ** 99 }}",
        "{{ ''.join(messages) }}{{ messages[-1].content[::0] }}{{ messages[99] }}",
    ];
    seeds.extend(written.map(|text| text.as_bytes().to_vec()));
    let deep = |start: &str, part: &str, count, end: &str| {
        format!("{start}{}{end}", part.repeat(count)).into_bytes()
    };
    seeds.extend([
        deep("{{ ", "(", 5000, " }}"),
        deep("", "{% if 1 %}", 5000, ""),
        deep("{{ ", "not ", 5000, "1 }}"),
        deep("{{ 1", " if 1 else 1", 3000, " }}"),
        deep("{{ x", ".a[0]|list", 3000, " }}"),
    ]);
    seeds
}

struct Fixtures {
    messages: Vec<Message>,
    tools: serde_json::Value,
}

fn calls() -> Calls {
    let arguments = serde_json::json!({"e": ["6*7", null, {"\u{1f600}": 0.5}]});
    let call = ToolCall { id: "call00001".into(), name: "calc".into(), arguments };
    Calls { text: "<think>\nhm\n</think>\n\n".into(), calls: vec![call] }
}

static FIXTURES: LazyLock<Fixtures> = LazyLock::new(|| Fixtures {
    messages: vec![
        Message::new(Role::System, "You are helpful."),
        Message::new(Role::User, "What is 6*7?\n {{ evil }} <|im_end|>"),
        Message::reply("<think>\nhm\n</think>\n\n42 \u{1f600}", Some(calls())),
        Message::result(&calls().calls[0], "{\"result\": 42}"),
    ],
    tools: serde_json::json!([{
        "type": "function",
        "function": {
            "name": "calc",
            "description": "Computes.",
            "parameters": {"type": "object", "properties": {"e": {"type": "string"}}},
        },
    }]),
});

/// Parses and renders. Whatever the source, that ends, with text or with an error that says where.
pub fn run(data: &[u8]) {
    let source = String::from_utf8_lossy(data);
    // With a warning, there is always a template.
    let (template, warning) = ChatTemplate::from_source(Some(&source));
    let Fixtures { messages, tools } = &*FIXTURES;
    for (count, tools) in [(0, None), (2, Some(tools)), (4, None)] {
        let context = Context {
            messages: &messages[..count],
            add_generation_prompt: count != 4,
            bos_token: "<s>",
            eos_token: "</s>",
            tools,
            now: None,
        };
        if let Err(error) = template.render(&context) {
            assert!(!error.to_string().is_empty());
        }
        // Also what no model is allowed to use: the probes above may have refused it.
        if warning.is_some()
            && let Ok(template) = Template::parse(&source)
            && let Err(error) = template.render(&context)
        {
            assert!(!error.to_string().is_empty());
        }
    }
}
