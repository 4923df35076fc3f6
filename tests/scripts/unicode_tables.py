#!/usr/bin/env python3
"""Writes crates/llm/inference/src/tokenizer/unicode_tables.rs.

The tokenizers ask of what category a character is, and WordPiece what is left of it without its
accents. The reference implementation (llama.cpp) has its tables from Unicode 15.1, and a character
assigned later must still count as unassigned, so the version is fixed and the script refuses
another one.

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

# The classes of `super::unicode::Class`, in its order, by the first letter of the general category.
CLASSES = {"L": 0, "N": 1, "Z": 2, "M": 3, "P": 4, "S": 5, "C": 6, "Cn": 7}
WHITE_SPACE = {*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029,
               0x202F, 0x205F, 0x3000}
HANGUL_SYLLABLES = range(0xAC00, 0xD7A4)


def class_of(code: int) -> int:
    if code in WHITE_SPACE:
        return CLASSES["Z"]
    category = unicodedata.category(chr(code))
    return CLASSES[category if category == "Cn" else category[0]]


def categories() -> list[str]:
    """Where a class begins: the code point times 8 plus the class."""
    cells, last = [], None
    for code in range(0x110000):
        found = class_of(code)
        if found != last:
            cells.append(f"0x{code << 3 | found:X},")
            last = found
    return cells


def bases() -> list[str]:
    """`(first, last, base)` of runs of code points whose decomposition begins with `base`."""
    runs: list[list[int]] = []
    for code in range(0x110000):
        if code in HANGUL_SYLLABLES or 0xD800 <= code < 0xE000:
            continue
        base = ord(unicodedata.normalize("NFD", chr(code))[0])
        if base == code:
            continue
        if runs and runs[-1][1] == code - 1 and runs[-1][2] == base:
            runs[-1][1] = code
        else:
            runs.append([code, code, base])
    return [f"(0x{first:X}, 0x{last:X}, 0x{base:X})," for first, last, base in runs]


def table(item: str, kind: str, doc: str, cells: list[str]) -> str:
    """One Rust table, cells packed into lines of at most 100 columns."""
    lines, line = [], "   "
    for cell in cells:
        if len(line) + 1 + len(cell) > 100:
            lines.append(line)
            line = "   "
        line += " " + cell
    lines.append(line)
    body = "\n".join(lines)
    return f"{doc}\n#[rustfmt::skip]\npub(super) {item}: [{kind}; {len(cells)}] = [\n{body}\n];\n"


def main() -> None:
    if unicodedata.unidata_version != VERSION:
        sys.exit(f"need Unicode {VERSION}, this Python has {unicodedata.unidata_version}")
    text = (
        f"//! Categories and decompositions of Unicode {VERSION}.\n"
        "//!\n"
        "//! Written by `tests/scripts/unicode_tables.py`; do not edit.\n\n"
        + table(
            "const CATEGORIES",
            "u32",
            "/// Where runs of one class begin, sorted: the first code point times 8, plus the number of the\n"
            "/// class as `super::unicode::Class` lists them.",
            categories(),
        )
        + "\n"
        + table(
            "static BASES",
            "(u32, u32, u32)",
            "/// Runs of code points, sorted and inclusive, and the code point with which the canonical\n"
            "/// decomposition of each begins. Hangul syllables, which follow a rule, are left out.",
            bases(),
        )
    )
    TARGET.write_text(text)


if __name__ == "__main__":
    main()
