#!/usr/bin/env python3
"""Writes tests/fixtures/quant: blocks of every quantised tensor type, and what they mean.

    pip install gguf==0.19.0
    python3 tests/scripts/quant_fixture.py

For each type, `TYPE.blocks` has the bytes as they stand in a GGUF file and `TYPE.values` the
elements that `gguf.quants.dequantize` makes of them, as little-endian singles. Where the package
can quantise a type, the blocks are random weights that it quantised; where it can only
dequantise (the K and IQ4 types), they are random bytes with scales of a sensible size, so that
every bit pattern of quants and sub-scales occurs.
"""

from pathlib import Path

import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType as Type
from gguf.quants import dequantize, quantize

TARGET = Path(__file__).resolve().parents[1] / "fixtures" / "quant"
ELEMENTS = 1024

QUANTISED = [Type.F16, Type.BF16, Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.Q8_0]

# Where the halves with the scales of a block are.
SCALES = {
    Type.Q2_K: [80, 82],
    Type.Q3_K: [108],
    Type.Q4_K: [0, 2],
    Type.Q5_K: [0, 2],
    Type.Q6_K: [208],
    Type.IQ4_NL: [0],
    Type.IQ4_XS: [0],
}


def quantised(rng: np.random.Generator, kind: Type) -> np.ndarray:
    """Random weights, some blocks much larger than others, as the package stores them."""
    weights = rng.normal(size=(ELEMENTS // 32, 32)) * np.exp(rng.normal(size=(ELEMENTS // 32, 1)))
    weights[0] = 0
    return quantize(weights.astype(np.float32).reshape(1, ELEMENTS), kind).view(np.uint8).ravel()


def random_blocks(rng: np.random.Generator, kind: Type) -> np.ndarray:
    """Random bytes with scales of either sign."""
    block_len, block_bytes = GGML_QUANT_SIZES[kind]
    blocks = rng.integers(0, 256, size=(ELEMENTS // block_len, block_bytes), dtype=np.uint8)
    for offset in SCALES[kind]:
        scales = (rng.normal(size=(len(blocks), 1)) / 64).astype(np.float16)
        blocks[:, offset : offset + 2] = scales.view(np.uint8)
    return blocks.ravel()


def main() -> None:
    rng = np.random.default_rng(20240601)
    TARGET.mkdir(parents=True, exist_ok=True)
    for kind in [*QUANTISED, *SCALES]:
        blocks = quantised(rng, kind) if kind in QUANTISED else random_blocks(rng, kind)
        values = dequantize(blocks.reshape(1, -1), kind).astype("<f4").ravel()
        assert values.size == ELEMENTS and np.isfinite(values).all(), kind
        (TARGET / f"{kind.name}.blocks").write_bytes(blocks.tobytes())
        (TARGET / f"{kind.name}.values").write_bytes(values.tobytes())


if __name__ == "__main__":
    main()
