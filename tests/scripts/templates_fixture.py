#!/usr/bin/env python3
"""Writes tests/fixtures/templates/*.json: each chat template there, as Jinja itself renders it.

    pip install jinja2==3.1.6
    python3 tests/scripts/templates_fixture.py

The environment is that of Hugging Face's transformers (`trim_blocks`, `lstrip_blocks`, loop
controls, a `tojson` that escapes no HTML). `NAME.jinja` is the template as the public models of
that family carry it; `NAME.json` holds the variables of each case and the text or the error it
gives.
"""

import datetime
import json
from pathlib import Path

from jinja2.exceptions import TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "templates"
NOW = datetime.datetime(2026, 11, 23, 8, 5, 9)

TOKENS = {
    "llama": ("<|begin_of_text|>", "<|eot_id|>"),
    "gemma": ("<bos>", "<eos>"),
    "mistral": ("<s>", "</s>"),
    "phi": ("<s>", "<|endoftext|>"),
    "deepseek": ("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"),
    "zephyr": ("<s>", "</s>"),
}

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "calc",
            "description": "Computes an expression: \"2 + 3\", <, & and ü.",
            "parameters": {
                "type": "object",
                "properties": {"expression": {"type": "string"}, "digits": {"type": "number", "default": 2.5}},
                "required": ["expression"],
            },
        },
    },
    {"type": "function", "function": {"name": "time", "description": "The time.", "parameters": {}}},
]


def says(role: str, content: str) -> dict:
    return {"role": role, "content": content}


SYSTEM = says("system", "You are terse.\nAnswer in one line.")
HELLO = says("user", "Hello!")
CALL = {
    "role": "assistant",
    "content": "",
    "tool_calls": [
        {"id": "abcdefghi", "type": "function", "function": {"name": "calc", "arguments": {"expression": "2^10"}}}
    ],
}
RESULT = {"role": "tool", "content": "1024", "tool_call_id": "abcdefghi"}

CONVERSATIONS = {
    "one message": [HELLO],
    "system and user": [SYSTEM, HELLO],
    "several turns": [SYSTEM, HELLO, says("assistant", "Hi."), says("user", "  How are you?  \n"), says("assistant", "Well.")],
    "without system": [HELLO, says("assistant", "Hi.\n"), says("user", "Ünïcödé 🦀 {{ braces }} {% tag %} 'quotes' \"double\" \\")],
    "thinking": [HELLO, says("assistant", "<think>\nhm\n</think>\n\nHi."), says("user", "Go on.")],
    "two of a role": [HELLO, HELLO],
    "late system": [HELLO, SYSTEM, HELLO],
    "tool result": [SYSTEM, says("user", "2^10?"), says("assistant", "calc"), says("tool", "1024")],
    "tool call": [says("user", "2^10?"), CALL, RESULT, says("assistant", "It is 1024."), says("user", "Thanks.")],
    "two tool results": [SYSTEM, says("user", "2^10?"), CALL, RESULT, RESULT],
    "empty content": [says("system", ""), says("user", "")],
    "none": [],
}


def environment() -> ImmutableSandboxedEnvironment:
    def raise_exception(message: str) -> None:
        raise TemplateError(message)

    def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False) -> str:
        return json.dumps(
            value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
        )

    jinja = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    jinja.filters["tojson"] = tojson
    jinja.globals["raise_exception"] = raise_exception
    jinja.globals["strftime_now"] = NOW.strftime
    return jinja


def main() -> None:
    jinja = environment()
    for path in sorted(FOLDER.glob("*.jinja")):
        template = jinja.from_string(path.read_text())
        family = path.stem.split("-")[0]
        bos, eos = TOKENS.get(family, ("<|im_start|>", "<|im_end|>"))
        cases = []
        for name, messages in CONVERSATIONS.items():
            for tools in [None, TOOLS]:
                for add_generation_prompt in [False, True]:
                    variables = {
                        "messages": messages,
                        "tools": tools,
                        "add_generation_prompt": add_generation_prompt,
                        "bos_token": bos,
                        "eos_token": eos,
                    }
                    case = {"name": name, "variables": variables}
                    try:
                        case["text"] = template.render(**variables)
                    except (TemplateError, TypeError) as error:
                        case["error"] = str(error)
                    cases.append(case)
        rows = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
        path.with_suffix(".json").write_text(f"[\n{rows}\n]\n")
        failed = sum("error" in case for case in cases)
        print(f"{path.stem}: {len(cases)} cases, {failed} of them errors")


if __name__ == "__main__":
    main()
