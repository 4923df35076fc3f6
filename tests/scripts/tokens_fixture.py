#!/usr/bin/env python3
"""Writes tokens-large.json: many awkward texts and the tokens that llama.cpp makes of them.

    pip install llama-cpp-python==0.3.36
    python3 tests/scripts/tokens_fixture.py SmolLM2-135M-Instruct.Q4_1.gguf

Each text is tokenised twice, with special tokens parsed and as literal text. Some are tokenised
again under the other families of pre-tokenizers: for these the name in the file's metadata is
replaced, and vocabulary and merges stay as they are.

`--random N --seed S --out FILE` makes N random texts instead, to compare more of them than a
repository should hold.
"""

import argparse
import json
import random
import struct
import tempfile
from pathlib import Path

import llama_cpp

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
TARGET = FIXTURES / "smollm2-135m-instruct-q4_1" / "tokens-large.json"
FAMILIES = ["gpt-2", "llama-bpe", "qwen2"]
# Compared on fewer texts: their expressions are the others', put together otherwise.
FURTHER_FAMILIES = ["default", "falcon", "qwen35", "tekken", "gpt-4o"]

SPECIAL = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>", "<reponame>", "<file_sep>",
    "<filename>", "<gh_stars>", "<issue_start>", "<jupyter_code>", "<empty_output>",
]

WRITTEN = [
    # Code.
    "fn main() {\n    println!(\"{}\", 1 + 2);\n}\n",
    "def f(x):\n\treturn [i**2 for i in range(x) if i % 2 == 0]\n\n\nprint(f(10))\n",
    "#include <stdio.h>\r\nint main(void) {\r\n  return 0x7fFF_u32;\r\n}\r\n",
    "SELECT * FROM `users` WHERE id = 42 AND name != 'O''Brien';--comment",
    "<html><body class=\"a b\">&nbsp;&amp;</body></html>",
    "{\"name\": \"calc\", \"arguments\": {\"expression\": \"2^10 + 3.5e-7\"}}",
    "a+=b;c-=d;e<<=1;f>>=2;g&&=h;i||=j;k??=l;m=>n;o->p;q::r;s..=t",
    "https://example.org:8080/a/b.html?c=d&e=%20f#g", "user@example.com", "C:\\Program Files\\x",
    "```rust\nlet x = 'a';\n```", "# Heading\n\n* item\n* **bold** _it_ `code`\n\n> quote\n",
    # Words and contractions.
    "I'm you're he's we've they'll I'd don't", "I'M YOU'RE HE'S WE'VE THEY'LL I'D DON'T",
    "'s 't 're 've 'm 'll 'd", "''s'''t", "rock'n'roll 'tis 'twas o'clock", "don’t it’s",
    "Supercalifragilisticexpialidocious antidisestablishmentarianism", "iPhone XMLHttpRequest",
    # Numbers.
    "0 1 12 123 1234 12345 1234567890", "3.14159 1,000,000 1e10 -273.15 50% $99.99 №5",
    "½ ¼ ² ³ ¹ Ⅷ ⅻ ① ㊿ ٣٤٥ ०१२ 〇 一二三 𝟘𝟙𝟚 ௧௨௩", "x1y2z3", "1st 2nd 3rd", "2026-11-23T08:00:00Z",
    # White space.
    " ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", "\t\t\t", " \n ", "\n \n", "a \n\n b", "a\n\n\nb  ",
    " " * 100, "\n" * 100, " \t" * 50, "x" + " " * 63 + "y", "\u00a0\u2003\u3000", "a\u00a0b\u2028c",
    "\u0085\u1680\u202f\u205f", "a\u200bb\ufeffc", "\v\f\x1c\x1f", "end   ", "   \n", "tab\t end\t\n",
    # Other scripts.
    "Größe Straße ÄÖÜ äöü ẞ", "Ça va? À bientôt, l’été dernier", "mañana ¿qué? ¡olé!",
    "Съешь ещё этих мягких французских булок", "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία",
    "いろはにほへと ちりぬるを", "東京都渋谷区、カタカナ。「引用」", "我能吞下玻璃而不伤身体。", "키스의 고유조건은",
    "ฉันกินกระจกได้ แต่มันไม่ทำให้ฉันเจ็บ", "मैं काँच खा सकता हूँ", "আমি কাঁচ খেতে পারি", "நான் கண்ணாடி",
    "أنا قادر على أكل الزجاج ولا يؤلمني", "אני יכול לאכול זכוכית", "ሰማይ አይታረስ", "Ես կարող եմ", "მინას ვჭამ",
    "ខ្ញុំអាចញុំកញ្ចក់បាន", "ຂອ້ຍກິນແກ້ວໄດ້", "ᚠᛇᚻ᛫ᛒᛦᚦ", "𐌼𐌰𐌲 𐌲𐌻𐌴𐍃", "𠜎𠜱𠝹", "ꙮ Ꞌ ꞌ",
    # Combining marks.
    "e\u0301 a\u0308 n\u0303", "Z\u0351\u036b\u0343a\u0308l\u033dg\u0334o\u0315", "\u0301", " \u0301", "a\u20dd",
    "क\u094dष", "\u0e33\u0e31", "ﷺ", "ﬁ ﬂ ﬃ", "Å Å Å",
    # Emoji.
    "😀 😃😄 👍🏽", "👨‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇺🇸", "❤️ ☺︎ ™ © ®", "1️⃣ #️⃣", "🦀" * 20, "a🦀b 🦀 c",
    # Symbols.
    "∀x∈ℝ: ⌈x⌉ = −⌊−x⌋", "α ≤ β ⇒ ∑∫√∞", "┌─┐│ │└─┘ █▓▒░", "→←↑↓ ✓✗ ★☆", "€£¥₿ ¢", "…—–‘’“”«»", "^_^ (╯°□°)╯︵ ┻━┻",
    "!@#$%^&*()_+-=[]{}|;':\",./<>?`~", "....", "!!!???", "--- *** ___ === ~~~", "a_b_c a-b-c a/b/c",
    # Control characters and what looks invalid.
    "\x00", "a\x00b", "\x01\x02\x03\x04\x05\x06\x07\x08", "\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17",
    "\x18\x19\x1a\x1b[31mred\x1b[0m\x1d\x1e\x7f", "\x80\x9f\xad", "\ufffd\ufffe\uffff", "\ue000\uf8ff", "\U000e0001\U000e007f",
    "\U0010ffff", "\U000f0000", "\u0378\u0379", "\U0002ebf0 \U0002ee5d", "\u1c89\u1c8a", "\U0001123f\U00011f02", "\ufdd0", "a\ufdd0b",
    "ĠthĊ Ã© Ġ", "\\u0041 \\x41 \\n", "%00%0a",
    # Special tokens, parts of them, and their neighbours.
    *SPECIAL, "".join(SPECIAL), " ".join(SPECIAL), "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start", "|>", "<|im_end|", "<|<|im_end|>|>", "<|im_end|><|im_end|>", " <|im_end|> ", "a<|im_end|>b",
    "<|IM_END|>", "< |im_end|>", "<|im_end |>", "<file_sep", "<repo_name>x/y<file_sep>a.py\n", "<|endoftext|>\n\n<|endoftext|>",
    "1<|im_end|>2", "\n<|im_end|>\n\n", "  <|im_start|>  ", "é<|im_end|>é", "<issue_start><issue_comment><issue_closed>",
    # Long.
    "a" * 10_000, "ab" * 1_000, "1" * 500, "The quick brown fox. " * 100, "\n    " * 200, "日本" * 300, "e\u0301" * 200, "<" * 300,
    "", "a", "A", ".", "é", "日", "🦀",
]

PIECES = SPECIAL + [
    " ", "  ", "    ", "\n", "\r\n", "\t", "'s", "'LL", "'", "the", " The", "ing", "un", "0", "12", "2026", "½", "²", "Ⅷ",
    "é", "e\u0301", "ß", "д", "क", "\u093e", "の", "漢字", "한", "ا", "ש", "\u00a0", "\u3000", "\u2028", "\u200d", "\ufe0f",
    "🦀", "👍🏽", "_", "-", ".", "...", "(", ")", "{", "}", "\"", "<", "|", ">", "<|", "|>", "\x00", "\x7f", "\x16",
    "\ufffd", "\ufdd0", "print", "self", "==", "//", "#", "ſ", "K", "İ", "ǅ", "ʰ", "ª", "\u0378",
]


def random_text(rng: random.Random) -> str:
    """A text of pieces, letters and code points from all of Unicode, most of them short."""
    text = []
    for _ in range(rng.choice([1, 2, 3, 5, 8, 13, 30])):
        kind = rng.random()
        if kind < 0.5:
            text.append(rng.choice(PIECES) * rng.choice([1, 1, 1, 2, 3, 17]))
        elif kind < 0.7:
            text.append("".join(rng.choices("abcdefghijklmnopqrstuvwxyzABC     ", k=rng.randint(1, 20))))
        elif kind < 0.85:
            text.append(chr(rng.choice([rng.randrange(0x80), rng.randrange(0x3000), rng.randrange(0xD800)])))
        else:
            text.append(chr(rng.randrange(0xE000, 0x110000)))
    return "".join(text)


def with_pre_tokenizer(model: Path, name: str, folder: Path) -> Path:
    """A copy of a GGUF file that names another pre-tokenizer, with zeros for weights."""
    data = model.read_bytes()
    position = 24
    sizes = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

    def number(form: str) -> int:
        nonlocal position
        (value,) = struct.unpack_from("<" + form, data, position)
        position += struct.calcsize("<" + form)
        return value

    def skip(kind: int) -> None:
        nonlocal position
        if kind == 8:
            length = number("Q")
            position += length
        elif kind == 9:
            inner, count = number("I"), number("Q")
            for _ in range(count):
                skip(inner)
        else:
            position += sizes[kind]

    tensors, keys = struct.unpack_from("<QQ", data, 8)
    value_start = value_end = 0
    for _ in range(keys):
        length = number("Q")
        key = data[position : position + length]
        position += length
        kind = number("I")
        start = position
        skip(kind)
        if key == b"tokenizer.ggml.pre":
            value_start, value_end = start, position
    for _ in range(tensors):
        length = number("Q")
        position += length
        dimensions = number("I")
        position += 8 * dimensions + 4 + 8

    encoded = struct.pack("<Q", len(name)) + name.encode()
    header = data[:value_start] + encoded + data[value_end:position]
    copy = folder / f"{name}.gguf"
    with copy.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + len(data) - position + 64)
    return copy


def tokens(vocabulary: llama_cpp.Llama, text: str, special: bool) -> list[int]:
    return vocabulary.tokenize(text.encode(), add_bos=False, special=special)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("model", type=Path)
    arguments.add_argument("--random", type=int, metavar="N")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--out", type=Path, default=TARGET)
    options = arguments.parse_args()

    rng = random.Random(options.seed)
    if options.random is None:
        texts = WRITTEN + [random_text(rng) for _ in range(300)]
    else:
        texts = [random_text(rng) for _ in range(options.random)]

    vocabulary = llama_cpp.Llama(str(options.model), vocab_only=True, verbose=False)
    cases = [
        {
            "text": text,
            "parsed": tokens(vocabulary, text, special=True),
            "literal": tokens(vocabulary, text, special=False),
        }
        for text in texts
    ]
    families = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in FAMILIES + FURTHER_FAMILIES:
            copy = with_pre_tokenizer(options.model, name, Path(folder))
            vocabulary = llama_cpp.Llama(str(copy), vocab_only=True, verbose=False)
            short = [text for text in texts if len(text) < 400]
            most = 220 if name in FAMILIES else 130
            families[name] = [
                {"text": text, "parsed": tokens(vocabulary, text, special=True)}
                for text in (short if options.random else short[:most])
            ]

    note = f"llama-cpp-python {llama_cpp.__version__}; written by tests/scripts/tokens_fixture.py"
    parts = [f'{{"note": {json.dumps(note)},', '"cases": [']
    parts.append(",\n".join(json.dumps(case, separators=(",", ":")) for case in cases))
    parts.append('],\n"families": {')
    parts.append(
        ",\n".join(
            f'"{name}": [\n' + ",\n".join(json.dumps(case, separators=(",", ":")) for case in rows) + "]"
            for name, rows in families.items()
        )
    )
    parts.append("}}\n")
    options.out.write_text("\n".join(parts))
    print(f"{options.out}: {len(cases)} texts, {sum(map(len, families.values()))} of other families")


if __name__ == "__main__":
    main()
