#!/usr/bin/env python3
"""Writes crates/llm/inference/src/tokenizer/unicode_tables.rs.

The tokenizers' regular expressions speak of \\p{L} and \\p{N}. The reference implementation
(llama.cpp) has its tables from Unicode 15.1, and a character assigned later must still count as
neither letter nor number, so the version is fixed and the script refuses another one.

Run with Python 3.13 (its `unicodedata` is 15.1.0), or with any Python that has the package
`unicodedata2==15.1.0`:

    python3 tests/scripts/unicode_tables.py
"""

import sys
from pathlib import Path

try:
    import unicodedata2 as unicodedata
except ImportError:
    import unicodedata

VERSION = "15.1.0"
TARGET = Path(__file__).resolve().parents[2] / "crates/llm/inference/src/tokenizer/unicode_tables.rs"


def ranges(category: str) -> list[tuple[int, int]]:
    """Inclusive ranges of the code points whose general category starts with `category`."""
    found: list[tuple[int, int]] = []
    for code in range(0x110000):
        if not unicodedata.category(chr(code)).startswith(category):
            continue
        if found and found[-1][1] == code - 1:
            found[-1] = (found[-1][0], code)
        else:
            found.append((code, code))
    return found


def table(name: str, doc: str, rows: list[tuple[int, int]]) -> str:
    """One Rust constant, rows packed into lines of at most 100 columns."""
    lines, line = [], "   "
    for first, last in rows:
        cell = f" (0x{first:X}, 0x{last:X}),"
        if len(line) + len(cell) > 100:
            lines.append(line)
            line = "   "
        line += cell
    lines.append(line)
    body = "\n".join(lines)
    return f"/// {doc}\n#[rustfmt::skip]\npub(super) const {name}: [(u32, u32); {len(rows)}] = [\n{body}\n];\n"


def main() -> None:
    if unicodedata.unidata_version != VERSION:
        sys.exit(f"need Unicode {VERSION}, this Python has {unicodedata.unidata_version}")
    text = (
        f"//! Letters and numbers of Unicode {VERSION}, as sorted inclusive ranges of code points.\n"
        "//!\n"
        "//! Written by `tests/scripts/unicode_tables.py`; do not edit.\n\n"
        + table("LETTERS", "General categories Lu, Ll, Lt, Lm and Lo: `\\p{L}`.", ranges("L"))
        + "\n"
        + table("NUMBERS", "General categories Nd, Nl and No: `\\p{N}`.", ranges("N"))
    )
    TARGET.write_text(text)


if __name__ == "__main__":
    main()
