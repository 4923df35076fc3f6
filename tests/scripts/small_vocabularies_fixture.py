#!/usr/bin/env python3
"""Writes tests/fixtures/small-vocabularies: small vocabularies and the tokens llama.cpp makes.

    pip install llama-cpp-python==0.3.36 gguf numpy
    python3 tests/scripts/small_vocabularies_fixture.py

The vocabularies are made here, from the parts of a few sentences, so that many ways of cutting a
text compete: SentencePiece with and without the space before a text, and as Phi-3 uses it, and
WordPiece with and without regard for case. Each is written as a GGUF file without weights, which
llama.cpp reads; the fixture holds what is in the file and the tokens of many texts.
"""

import collections
import json
import random
import tempfile
from pathlib import Path

import gguf
import llama_cpp
from tokens_fixture import WRITTEN, random_text

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "small-vocabularies"
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6

SENTENCES = (
    "the quick brown fox jumps over the lazy dog and there they sit the whole day  "
    "aaaa abab internationalisation naïve café größer über der straße 東京都 の 日本 한국 "
    "don't can't it's 12345 2026 <tag> a > b </tag> x = y + z; e\u0301 🦀 \n"
)


def parts(longest: int) -> list[str]:
    """Parts of the sentences, frequent and long ones first; in an order of their own."""
    text = SENTENCES.replace(" ", "\u2581")
    counts = collections.Counter(
        text[start : start + length] for length in range(1, longest + 1) for start in range(len(text) - length + 1)
    )
    rng = random.Random(3)
    kept = [part for part, count in counts.items() if len(part) == 1 or count > 1 or rng.random() < 0.25]
    return sorted(kept, key=lambda part: (-counts[part] * len(part), part))


def sentencepiece() -> dict:
    tokens = ["<unk>", "<s>", "</s>", "<|user|>", "<|end|>", "<|endoftext|>"]
    types = [UNKNOWN, CONTROL, CONTROL, CONTROL, CONTROL, CONTROL]
    tokens += [f"<0x{byte:02X}>" for byte in range(256)]
    types += [BYTE] * 256
    scores = [0.0] * len(tokens)
    for rank, part in enumerate(parts(6)):
        # Some are equally good, so that the place decides.
        tokens.append(part)
        types.append(NORMAL)
        scores.append(-float(rank // 3))
    for spelling in ["<tag>", "\n\n", "\n\n\n", "aba"]:
        if spelling in tokens:
            types[tokens.index(spelling)] = USER_DEFINED
        else:
            tokens.append(spelling)
            types.append(USER_DEFINED)
            scores.append(-1000.0)
    return {"model": "llama", "tokens": tokens, "token_types": types, "scores": scores, "bos": 1, "eos": 2, "unknown": 0}


def wordpiece() -> dict:
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    types = [CONTROL] * 5
    rng = random.Random(5)
    for part in parts(5):
        part = part.replace("\n", "").strip("\u2581")
        if not part or "\u2581" in part:
            continue
        for token in (["\u2581" + part, part] if rng.random() < 0.8 else ["\u2581" + part]):
            for form in {token, token.lower(), token.capitalize()}:
                if form not in tokens:
                    tokens.append(form)
                    types.append(NORMAL)
    return {"model": "bert", "tokens": tokens, "token_types": types, "scores": [], "bos": 2, "separator": 3,
            "padding": 0, "unknown": 1}


def write(spec: dict, path: Path) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(spec.get("name", "small"))
    writer.add_tokenizer_model(spec["model"])
    writer.add_tokenizer_pre("default")
    writer.add_token_list(spec["tokens"])
    writer.add_token_types(spec["token_types"])
    if spec["scores"]:
        writer.add_token_scores(spec["scores"])
    ids = {"bos": "bos", "eos": "eos", "unknown": "unknown", "separator": "seperator", "padding": "padding"}
    for key, name in ids.items():
        if key in spec:
            writer.add_uint32(f"tokenizer.ggml.{name}_token_id", spec[key])
    for key in ["add_bos_token", "add_eos_token", "add_space_prefix", "normalizer.lowercase", "normalizer.strip_accents"]:
        if key in spec:
            writer.add_bool(f"tokenizer.ggml.{key}", spec[key])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    # llama.cpp refuses a file that ends with its metadata.
    with path.open("ab") as file:
        file.write(bytes(64))


def texts() -> list[str]:
    rng = random.Random(9)
    alphabet = sorted({*SENTENCES, *"ABXYZÉĲ\t▁İ"})
    made = []
    for _ in range(100):
        words = SENTENCES.split(" ")
        made.append("".join(rng.choice([*words, " ", " ", "  ", "<s>", "<|end|>", "\n\n"]) for _ in range(rng.randint(1, 10))))
        made.append("".join(rng.choices(alphabet, k=rng.randint(1, 24))))
    short = [text for text in WRITTEN if len(text) < 60 and "\0" not in text and "\ufdd0" not in text]
    more = [text for text in (random_text(rng) for _ in range(120)) if "\0" not in text and "\ufdd0" not in text]
    return made + short + [text for text in more if len(text) < 80]


def main() -> None:
    spm, wpm = sentencepiece(), wordpiece()
    vocabularies = {
        "sentencepiece": spm,
        "sentencepiece-no-space": {**spm, "add_space_prefix": False, "add_bos_token": False, "add_eos_token": True},
        "sentencepiece-phi-3": {**spm, "name": "Phi-3 mini"},
        "wordpiece": wpm,
        "wordpiece-cased": {**wpm, "normalizer.lowercase": False},
        "wordpiece-accents": {**wpm, "normalizer.strip_accents": False},
    }
    FOLDER.mkdir(exist_ok=True)
    for name, spec in vocabularies.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "vocabulary.gguf"
            write(spec, path)
            vocabulary = llama_cpp.Llama(str(path), vocab_only=True, verbose=False)
            cases = [
                {
                    "text": text,
                    "parsed": vocabulary.tokenize(text.encode(), add_bos=False, special=True),
                    "literal": vocabulary.tokenize(text.encode(), add_bos=False, special=False),
                }
                for text in texts()
            ]
            for case in cases[:20]:
                case["sequence"] = vocabulary.tokenize(case["text"].encode(), add_bos=True, special=False)
        note = f"llama-cpp-python {llama_cpp.__version__}; written by tests/scripts/{Path(__file__).name}"
        rows = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
        head = json.dumps({"note": note, "spec": spec}, ensure_ascii=False, separators=(",", ":"))
        (FOLDER / f"{name}.json").write_text(f'{head[:-1]},"cases":[\n{rows}\n]}}\n')
        print(f"{name}: {len(spec['tokens'])} tokens, {len(cases)} texts")


if __name__ == "__main__":
    main()
