//! Templates as a whole: the language and its limits, and the templates of public models against
//! what Jinja makes of them.

mod calls;

extern crate std;

use super::*;
use crate::model::Role;
use alloc::format;
use proptest::prelude::*;
use serde_json::Value as Json;
use std::{fs, path::PathBuf};

const NOW: DateTime = DateTime { year: 2026, month: 11, day: 23, hour: 8, minute: 5, second: 9 };

/// Renders with all variables given as JSON.
fn render_json(template: &Template, variables: &Json) -> Result<String, TemplateError> {
    let variables = variables.as_object().unwrap().iter();
    let variables =
        variables.map(|(name, value)| (name.as_str(), Value::from_json(value).unwrap()));
    Renderer::new(&template.macros, variables.collect(), Some(NOW)).run(&template.nodes)
}

fn render(source: &str) -> Result<String, TemplateError> {
    Template::parse(source)?.render(&Context::default())
}

fn refused(source: &str) -> TemplateError {
    render(source).expect_err(source)
}

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fixtures/templates")
}

#[test]
fn public_templates_render_as_jinja_does() {
    let mut names = Vec::new();
    for entry in fs::read_dir(fixtures()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "jinja") {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let source = fs::read_to_string(&path).unwrap();
        let template = Template::parse(&source).unwrap_or_else(|error| panic!("{name}: {error}"));
        let cases = fs::read_to_string(path.with_extension("json")).unwrap();
        let cases: Json = serde_json::from_str(&cases).unwrap();
        for case in cases.as_array().unwrap() {
            let rendered = render_json(&template, &case["variables"]);
            match case["text"].as_str() {
                Some(text) => {
                    let rendered = rendered.unwrap_or_else(|error| {
                        panic!("{name}, {}: {error}", case["name"]);
                    });
                    assert_eq!(rendered, text, "{name}, {}", case["name"]);
                }
                None => {
                    let error = rendered.expect_err(&name);
                    let expected = case["error"].as_str().unwrap();
                    // Jinja's own words for its own errors are not ours.
                    if source.contains(expected) {
                        assert_eq!(error.message, expected, "{name}, {}", case["name"]);
                    }
                }
            }
        }
        names.push(name);
    }
    assert!(names.len() >= 14, "only {names:?}");
}

#[test]
fn messages_become_a_rendered_conversation() {
    let messages = [Message::new(Role::System, "Be brief."), Message::new(Role::User, "Hi")];
    let context =
        Context { messages: &messages, add_generation_prompt: true, ..Context::default() };
    let expected = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n\
                    <|im_start|>assistant\n";
    assert_eq!(chatml().render(&context).unwrap(), expected);
    let without = Context { add_generation_prompt: false, ..context };
    assert!(chatml().render(&without).unwrap().ends_with("Hi<|im_end|>\n"));
}

#[test]
fn prompts_of_the_reference_are_rendered_the_same() {
    let source = fs::read_to_string(fixtures().join("smollm2.jinja")).unwrap();
    let (template, warning) = ChatTemplate::from_source(Some(&source));
    assert_eq!(warning, None);
    let path = fixtures().join("../smollm2-135m-instruct-q4_1/greedy.json");
    let cases: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    for case in cases.as_array().unwrap() {
        let messages = [Message::new(Role::User, case["prompt"].as_str().unwrap())];
        let context =
            Context { messages: &messages, add_generation_prompt: true, ..Context::default() };
        assert_eq!(template.render(&context).unwrap(), case["rendered"].as_str().unwrap());
    }
}

#[test]
fn a_template_outside_the_subset_is_replaced_with_a_warning() {
    let (_, warning) = ChatTemplate::from_source(Some("{{ messages }}"));
    assert_eq!(warning, None);
    let (replaced, warning) = ChatTemplate::from_source(Some("a\n{% include 'x' %}"));
    let Some(Warning::Unsupported(error)) = &warning else { panic!("{warning:?}") };
    assert_eq!((error.line, &*error.message), (2, "block include is not supported"));
    let shown = format!("{}", warning.unwrap());
    assert!(shown.contains("line 2") && shown.contains("ChatML"), "{shown}");
    let messages = [Message::new(Role::User, "Hi")];
    let context = Context { messages: &messages, ..Context::default() };
    assert_eq!(replaced.render(&context).unwrap(), "<|im_start|>user\nHi<|im_end|>\n");
    assert_eq!(ChatTemplate::from_source(None).1, Some(Warning::Missing));
}

#[test]
fn a_template_that_says_nothing_of_the_user_is_replaced() {
    for source in
        ["", "{{ bos_token }}", "{{ raise_exception('never') }}", "{{ messages[1].role }}"]
    {
        let (_, warning) = ChatTemplate::from_source(Some(source));
        assert!(matches!(warning, Some(Warning::Unsupported(_))), "{source}: {warning:?}");
    }
}

#[test]
fn public_templates_take_an_agents_conversation() {
    let conversation = [
        Message::new(Role::System, "Be brief."),
        Message::new(Role::User, "2^10?"),
        Message::new(Role::Assistant, "calc"),
        Message::new(Role::Tool, "1024"),
        Message::new(Role::Assistant, "So it is."),
        Message::new(Role::User, "Thanks."),
    ];
    for entry in fs::read_dir(fixtures()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "jinja") {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let (template, warning) = ChatTemplate::from_source(Some(&source));
        if path.ends_with("language.jinja") {
            assert!(warning.is_some());
            continue;
        }
        assert_eq!(warning, None, "{path:?}");
        // Mistral says the system message with what the user says last, so there has to be that.
        for len in [2, 4, 6] {
            let messages = &conversation[..len];
            let context = Context { messages, add_generation_prompt: true, ..Context::default() };
            let rendered = template.render(&context).unwrap_or_else(|e| panic!("{path:?}: {e}"));
            let has = |message: &&Message| rendered.contains(&message.content);
            assert_eq!(messages.iter().filter(has).count(), len, "{path:?}: {rendered}");
        }
    }
}

#[test]
fn public_templates_that_describe_tools_are_known() {
    let takes_tools = |name: &str| {
        let source = fs::read_to_string(fixtures().join(format!("{name}.jinja"))).unwrap();
        ChatTemplate::from_source(Some(&source)).0.takes_tools()
    };
    for name in ["qwen2.5", "qwen3", "llama-3.2", "mistral-nemo"] {
        assert!(takes_tools(name), "{name}");
    }
    for name in ["smollm2", "gemma-3", "llama-3", "phi-4-mini", "deepseek-r1-distill", "zephyr"] {
        assert!(!takes_tools(name), "{name}");
    }
}

#[test]
fn with_filter_and_format_do_as_in_jinja() {
    for (source, expected) in [
        ("{% set a = 1 %}{% with a = 2, b = a %}{{ a }}{{ b }}{% endwith %}{{ a }}", "211"),
        ("{% filter upper | trim %} a{{ 'b' }} {% endfilter %}c", "ABc"),
        ("{{ 'a{}b{}{{}}'.format(1, 'x') }}", "a1bx{}"),
        ("{{ '{1}{0}{n}'.format(1, 2, n=3) }}", "213"),
        ("{{ {'a': 1} | attr('a') }}", "1"),
        ("{{ none | selectattr('x') | list }}", "[]"),
    ] {
        assert_eq!(render(source).unwrap(), expected, "{source}");
    }
    for source in ["{{ '{}'.format() }}", "{{ '{'.format() }}", "{{ '}'.format(1) }}"] {
        refused(source);
    }
}

#[test]
fn raised_exceptions_carry_their_message_and_line() {
    let error = refused("x\n{% if true %}\n{{ raise_exception('No ' ~ 'tools') }}{% endif %}");
    assert_eq!(error, TemplateError { message: "No tools".into(), line: 3 });
}

#[test]
fn errors_name_their_line() {
    for (source, line) in [
        ("\n\n{{ x.y }}", 3),
        ("\n{{ 1 + 'a' }}", 2),
        ("{{ 'a' }}\n{% for x in 1 %}{% endfor %}", 2),
        ("\n{% set x = %}", 2),
        ("{#\n\n", 1),
        ("\n{{ 'abc }}", 2),
        ("{{ x | unheard_of }}", 1),
        ("\n\n{{ x is unheard_of }}", 3),
        ("\n{% if x %}\n", 2),
        ("{{ a ? b }}", 1),
        ("{{ 99999999999999999999 }}", 1),
        ("{% raw %}\n{{", 1),
        ("a\n{% endif %}", 2),
        ("{{ namespace().x.y }}", 1),
        ("{{ 1 // 0 }}", 1),
        ("{{ 9223372036854775807 + 1 }}", 1),
        ("{{ unknown_function() }}", 1),
    ] {
        let error = refused(source);
        assert_eq!(error.line, line, "{source:?}: {error}");
    }
}

#[test]
fn endless_and_greedy_templates_are_stopped() {
    let numbers = "range(1000)";
    for source in [
        // Time.
        format!(
            "{{% for a in {numbers} %}}{{% for b in {numbers} %}}{{% for c in {numbers} %}}\
             {{% endfor %}}{{% endfor %}}{{% endfor %}}"
        ),
        "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}".into(),
        "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}".into(),
        // Memory.
        "{{ range(9999999999) }}".into(),
        "{{ range(-9223372036854775807, 9223372036854775807) }}".into(),
        "{{ 'x' * 9999999999 }}".into(),
        "{{ ('x' * 100000).replace('x', 'x' * 100000) }}".into(),
        "{% set n = namespace(s='xx') %}{% for i in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}"
            .into(),
        // Depth, and sharing that stands for more than memory holds.
        "{% set n = namespace(x=[]) %}{% for i in range(9999) %}{% set n.x = [n.x] %}{% endfor %}"
            .into(),
        "{% set n = namespace(x=1) %}{% for i in range(39) %}{% set n.x = [n.x, n.x] %}{% endfor %}\
         {{ n.x == n.x }}{{ n.x }}"
            .into(),
        format!("{{{{ {}1{} }}}}", "(".repeat(999), ")".repeat(999)),
        format!("{{{{ {}1 }}}}", "not ".repeat(999)),
        format!("{{{{ {}1 }}}}", "- ".repeat(999)),
        "{% if 1 %}".repeat(999),
        format!("{{{{ {} }}}}", "1 if 1 else ".repeat(999)),
    ] {
        refused(&source);
    }
}

#[test]
fn long_chains_are_no_deep_trees() {
    let sum = format!("{{{{ {}1 }}}}", "1 + ".repeat(5000));
    assert_eq!(render(&sum).unwrap(), "5001");
    let filters = format!("{{{{ ' a '{} }}}}", " | trim".repeat(5000));
    assert_eq!(render(&filters).unwrap(), "a");
    let arms = format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(5000));
    assert_eq!(render(&arms).unwrap(), "");
}

#[test]
fn namespaces_that_hold_each_other_can_be_printed_and_dropped() {
    let source = "{% set n = namespace() %}{% set n.me = n %}{% set n.list = [n, n] %}\
                  {% for i in range(9999) %}{% set m = namespace(x=n) %}{% endfor %}{{ n.list }}";
    assert_eq!(render(source).unwrap(), "[<a namespace>, <a namespace>]");
}

#[test]
fn a_long_conversation_stays_within_the_budgets() {
    let content = "word ".repeat(2000);
    let messages: Vec<Message> = (0..400)
        .map(|index| if index % 2 == 0 { Role::User } else { Role::Assistant })
        .map(|role| Message::new(role, content.clone()))
        .collect();
    let context = Context { messages: &messages, ..Context::default() };
    for name in ["smollm2", "qwen3", "llama-3.2", "gemma-3"] {
        let source = fs::read_to_string(fixtures().join(name).with_extension("jinja"));
        // Names such as `llama-3.2` look as if they had an extension already.
        let source =
            source.or_else(|_| fs::read_to_string(fixtures().join(format!("{name}.jinja"))));
        let text = Template::parse(&source.unwrap()).unwrap().render(&context);
        assert!(text.unwrap_or_else(|error| panic!("{name}: {error}")).len() > 3_900_000);
    }
}

#[test]
fn without_a_clock_a_template_has_no_strftime_now() {
    assert_eq!(render("{{ strftime_now is defined }}").unwrap(), "False");
    let template = Template::parse("{{ strftime_now('%Y') }}").unwrap();
    let context = Context { now: Some(NOW), ..Context::default() };
    assert_eq!(template.render(&context).unwrap(), "2026");
}

/// Pieces of templates, put together at random.
fn template_like() -> impl Strategy<Value = String> {
    let pieces = [
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "#}",
        "-%}",
        "{%-",
        " if ",
        " else ",
        " elif ",
        " endif ",
        " for ",
        " in ",
        " endfor ",
        " set ",
        " endset ",
        " macro ",
        " endmacro ",
        " raw ",
        " endraw ",
        " not ",
        " and ",
        " or ",
        " is ",
        "messages",
        "x",
        "loop",
        ".role",
        "[0]",
        "[1:",
        "::-1]",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "|",
        "trim",
        "tojson",
        "join",
        "length",
        "defined",
        "1",
        "2.5",
        "'a'",
        "\"",
        "'",
        "\\",
        "+",
        "-",
        "*",
        "/",
        "//",
        "%",
        "**",
        "~",
        "==",
        "!=",
        "<",
        "=",
        "range(3)",
        "namespace(x=1)",
        "\n",
        " ",
        "é",
        "text",
        "raise_exception('no')",
        "{% for m in messages %}",
        "{{ m.content }}",
        "{% endfor %}",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..30)
        .prop_map(|pieces| pieces.concat())
}

/// Expressions that parse, so that evaluation is reached.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "messages",
        "messages[0].content",
        "'é a,b'",
        "''",
        "3",
        "-1",
        "0",
        "2.5",
        "none",
        "true",
        "[1, 'a', none]",
        "{'k': [1]}",
        "missing",
        "range(5)",
        "9223372036854775807",
        "namespace(a=1)",
    ])
    .prop_map(String::from);
    leaf.prop_recursive(4, 40, 3, |inner| {
        let operators =
            vec!["+", "-", "*", "/", "//", "%", "**", "~", "==", "<", "in", "and", "or"];
        let suffixes = vec![
            "[0]",
            "[-1]",
            "['k']",
            "[1:]",
            "[::-2]",
            "[-3:9:2]",
            ".items()",
            ".strip()",
            ".x",
            ".split()",
            ".split(',')",
            ".get('k')",
            ".upper()",
            ".replace('a', 'bb')",
            "|trim",
            "|tojson",
            "|tojson(indent=2)",
            "|length",
            "|first",
            "|last",
            "|list",
            "|sort",
            "|join('-')",
            "|map('string')",
            "|select('defined')",
            "|sum",
            "|int",
            "|float",
            "|round(2)",
            "|abs",
            "|default(1)",
            "|reverse",
            "|unique",
            "|min",
            "|max",
            "|items",
            "|dictsort",
            "|indent",
            "|string",
            "|title",
            "|capitalize",
            " is defined",
            " is string",
            " is odd",
            " is divisibleby 0",
            "()",
        ];
        prop_oneof![
            (inner.clone(), prop::sample::select(operators), inner.clone())
                .prop_map(|(a, operator, b)| format!("({a} {operator} {b})")),
            (inner.clone(), prop::sample::select(suffixes))
                .prop_map(|(a, suffix)| format!("({a}){suffix}")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("({a} if {b} else {c})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_source_makes_it_panic(source in prop_oneof![template_like(), "\\PC*"]) {
        let messages = [Message::new(Role::User, "Hi"), Message::new(Role::Assistant, "é")];
        let context = Context { messages: &messages, ..Context::default() };
        if let Ok(template) = Template::parse(&source) {
            let _ = template.render(&context);
        }
    }

    #[test]
    fn no_expression_makes_it_panic(expression in expression()) {
        let messages = [Message::new(Role::User, "Hi"), Message::new(Role::Assistant, "é")];
        let context = Context { messages: &messages, ..Context::default() };
        let template = Template::parse(&format!("{{{{ {expression} }}}}")).unwrap();
        let _ = template.render(&context);
    }

    #[test]
    fn text_without_tags_is_left_as_it_is(text in "[a-z \n%#}]*") {
        let expected = text.strip_suffix('\n').unwrap_or(&text);
        prop_assert_eq!(render(&text).unwrap(), expected);
    }
}
