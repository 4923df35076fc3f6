"""Checks that llama.cpp loads a converted embedding model and agrees with its reference vectors.

`llm-cli parity --embedding` asks our engine; this asks llama.cpp, so that a mistake of the converter
cannot hide behind the same mistake in our reader. With `--source`, the F32 file the model was
converted from, quantised bytes are also compared with those of the `gguf` package's own quantiser.

    pip install llama-cpp-python gguf numpy
    python3 tests/scripts/check_embedding_model.py MODEL.gguf \\
        tests/fixtures/all-minilm-l6-v2/embeddings.json --cosine 0.995 [--source MODEL.f32.gguf]
"""

import argparse
import json
import sys

import gguf
import numpy as np
from llama_cpp import Llama


def unit(vector):
    vector = np.asarray(vector)
    return vector / np.linalg.norm(vector)


def check_vectors(path, fixture, bound):
    model = Llama(path, embedding=True, n_ctx=512, verbose=False)
    worst, vectors, failures = 1.0, {"facts": [], "queries": []}, 0
    for kind, found in vectors.items():
        for case in fixture[kind]:
            ids = model.tokenize(case["text"].encode(), add_bos=True, special=False)
            if ids != case["ids"]:
                failures += 1
                print(f"other tokens: {case['text']!r}")
            found.append(unit(model.create_embedding(case["text"])["data"][0]["embedding"]))
            worst = min(worst, float(found[-1] @ unit(case["embedding"])))
    facts = np.array(vectors["facts"])
    for query, case in zip(vectors["queries"], fixture["queries"]):
        if int(np.argmax(facts @ query)) != case["top5"][0]:
            failures += 1
            print(f"another best fact: {case['text']!r}")
    print(f"worst cosine {worst:.6f}, at least {bound} needed; {failures} other differences")
    return failures == 0 and worst >= bound


def check_quants(path, source):
    quantised = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
    different = 0
    for tensor in gguf.GGUFReader(source).tensors:
        ours = quantised[tensor.name]
        theirs = gguf.quants.quantize(np.array(tensor.data, dtype=np.float32), ours.tensor_type)
        different += int((theirs.view(np.uint8).ravel() != ours.data.view(np.uint8).ravel()).sum())
    print(f"{different} bytes differ from those of the gguf package's quantiser")
    return different == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("model")
    parser.add_argument("fixture")
    parser.add_argument("--cosine", type=float, required=True)
    parser.add_argument("--source")
    options = parser.parse_args()
    with open(options.fixture, encoding="utf-8") as file:
        fixture = json.load(file)
    agrees = check_vectors(options.model, fixture, options.cosine)
    if options.source:
        agrees = check_quants(options.model, options.source) and agrees
    sys.exit(0 if agrees else 1)


if __name__ == "__main__":
    main()
