"""Writes tiny random models of every architecture, and what llama.cpp computes with them.

    python3 arch_fixture.py --out tests/fixtures/arch

Each model `NAME.gguf` stands beside `NAME.json`: for language models token ids and the logits of
some positions, for sentence encoders texts, their ids and their vectors. The models are as small as
they can be and still have what is special about them: grouped queries, biases, a window that is
shorter than the text, each kind of rope scaling. Needs gguf, llama-cpp-python, numpy.
"""

import argparse
import json
import pathlib

import gguf
import numpy as np
from llama_cpp import Llama

WIDTH, HIDDEN, HEADS, KV_HEADS, CONTEXT = 32, 48, 4, 2, 64
TOKENS, SHOWN = 40, (0, 17, 39)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
BERT_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [f"w{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]


class Case:
    """One model in the making."""

    def __init__(self, folder, name, architecture, layers=2, head_dim=8, quantised=False):
        self.path = folder / f"{name}.gguf"
        self.random = np.random.default_rng(sum(name.encode()))
        self.quantised = quantised
        self.queries, self.keys = HEADS * head_dim, KV_HEADS * head_dim
        self.layers, self.head_dim = layers, head_dim
        self.writer = gguf.GGUFWriter(self.path, architecture)
        self.writer.add_block_count(layers)
        self.writer.add_context_length(CONTEXT)
        self.writer.add_embedding_length(WIDTH)
        self.writer.add_feed_forward_length(HIDDEN)
        self.writer.add_head_count(HEADS)

    def matrix(self, name, rows, cols, gain=1.0):
        """A matrix `(rows, cols)` that keeps the size of its inputs, times `gain`."""
        values = self.random.standard_normal((rows, cols)) * gain / np.sqrt(cols)
        values = values.astype(np.float32)
        if self.quantised and cols % 32 == 0:
            kind = gguf.GGMLQuantizationType.Q8_0
            self.writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)
        else:
            self.writer.add_tensor(name, values)

    def vector(self, name, width, middle=1.0):
        """A vector scattered around `middle`."""
        values = middle + 0.2 * self.random.standard_normal(width)
        self.writer.add_tensor(name, values.astype(np.float32))

    def linear(self, name, rows, cols, bias=False, gain=1.0):
        """A matrix, and a bias if there is to be one."""
        self.matrix(f"{name}.weight", rows, cols, gain)
        if bias:
            self.vector(f"{name}.bias", rows, 0.0)

    def finish(self):
        """Writes the file."""
        self.writer.write_header_to_file()
        self.writer.write_kv_data_to_file()
        self.writer.write_tensors_to_file()
        self.writer.close()


def byte_tokens():
    """GPT-2's spelling of the 256 bytes."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spelling = {byte: chr(byte) for byte in printable}
    others = [byte for byte in range(256) if byte not in spelling]
    spelling.update({byte: chr(256 + rank) for rank, byte in enumerate(others)})
    return [spelling[byte] for byte in range(256)]


def decoder(
    folder, name, architecture, *, tied=True, biases=(), head_norms=False, sandwich=False,
    explicit_head=False, factors=None, keys=None, **shape,
):
    """A language model and its logits."""
    case = Case(folder, name, architecture, **shape)
    writer = case.writer
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    if explicit_head:
        writer.add_key_length(case.head_dim)
        writer.add_value_length(case.head_dim)
    else:
        writer.add_rope_dimension_count(case.head_dim)
    if keys:
        keys(writer)
    tokens = SPECIAL + byte_tokens() + ["ab"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3] * len(SPECIAL) + [1] * 257)
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)

    # Gemma multiplies embeddings by the root of the width itself.
    gain = 1.0 if sandwich else np.sqrt(WIDTH)
    case.matrix("token_embd.weight", len(tokens), WIDTH, gain)
    if not tied:
        case.matrix("output.weight", len(tokens), WIDTH, 2.0)
    case.vector("output_norm.weight", WIDTH)
    if factors is not None:
        writer.add_tensor("rope_freqs.weight", np.array(factors, dtype=np.float32))
    for layer in range(case.layers):
        block = f"blk.{layer}."
        case.vector(block + "attn_norm.weight", WIDTH)
        case.vector(block + "ffn_norm.weight", WIDTH)
        if sandwich:
            case.vector(block + "post_attention_norm.weight", WIDTH)
            case.vector(block + "post_ffw_norm.weight", WIDTH)
        if head_norms:
            case.vector(block + "attn_q_norm.weight", case.head_dim, 1.5)
            case.vector(block + "attn_k_norm.weight", case.head_dim, 1.5)
        for part, rows, cols in (
            ("attn_q", case.queries, WIDTH), ("attn_k", case.keys, WIDTH),
            ("attn_v", case.keys, WIDTH), ("attn_output", WIDTH, case.queries),
            ("ffn_gate", HIDDEN, WIDTH), ("ffn_up", HIDDEN, WIDTH), ("ffn_down", WIDTH, HIDDEN),
        ):
            case.linear(block + part, rows, cols, part in biases, 1.5)
    case.finish()

    ids = [int(token) for token in case.random.integers(3, len(tokens), TOKENS)]
    llm = Llama(
        str(case.path), n_ctx=CONTEXT, n_threads=1, logits_all=True, flash_attn=False, verbose=False
    )
    llm.eval(ids)
    logits = {position: llm.scores[position].astype(float) for position in SHOWN}
    case.path.with_suffix(".json").write_text(json.dumps({
        "ids": ids,
        "logits": [
            {"position": position, "values": [float(f"{value:.6g}") for value in values]}
            for position, values in logits.items()
        ],
    }))


def encoder(folder, name, pooling):
    """A sentence encoder and its vectors."""
    case = Case(folder, name, "bert", head_dim=WIDTH // HEADS)
    writer = case.writer
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    writer.add_pooling_type(pooling)
    tokens = BERT_SPECIAL + ["\u2581" + word for word in WORDS]
    writer.add_tokenizer_model("bert")
    writer.add_token_list(tokens)
    writer.add_token_types([3] * len(BERT_SPECIAL) + [1] * len(WORDS))
    writer.add_token_type_count(2)
    for key, token in (
        ("bos", 2), ("eos", 3), ("unknown", 1), ("seperator", 3), ("padding", 0), ("cls", 2),
        ("mask", 4),
    ):
        writer.add_uint32(f"tokenizer.ggml.{key}_token_id", token)

    case.matrix("token_embd.weight", len(tokens), WIDTH, np.sqrt(WIDTH))
    case.matrix("position_embd.weight", CONTEXT, WIDTH, np.sqrt(WIDTH))
    case.matrix("token_types.weight", 2, WIDTH, np.sqrt(WIDTH))
    case.vector("token_embd_norm.weight", WIDTH)
    case.vector("token_embd_norm.bias", WIDTH, 0.0)
    for layer in range(case.layers):
        block = f"blk.{layer}."
        for part, rows, cols in (
            ("attn_q", WIDTH, WIDTH), ("attn_k", WIDTH, WIDTH), ("attn_v", WIDTH, WIDTH),
            ("attn_output", WIDTH, WIDTH), ("ffn_up", HIDDEN, WIDTH), ("ffn_down", WIDTH, HIDDEN),
        ):
            case.linear(block + part, rows, cols, True, 1.5)
        for part in ("attn_output_norm", "layer_output_norm"):
            case.vector(block + part + ".weight", WIDTH)
            case.vector(block + part + ".bias", WIDTH, 0.0)
    case.finish()

    llm = Llama(
        str(case.path), n_ctx=CONTEXT, n_threads=1, embedding=True, flash_attn=False, verbose=False
    )
    texts = [" ".join(case.random.choice(WORDS, length)) for length in (1, 5, 40)]
    case.path.with_suffix(".json").write_text(json.dumps([
        {
            "text": text,
            "ids": llm.tokenize(text.encode(), add_bos=True, special=False),
            "vector": [float(f"{value:.6g}") for value in llm.embed(text, normalize=True)],
        }
        for text in texts
    ]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, type=pathlib.Path)
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    everywhere = (
        "attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down",
    )

    def linear_scaling(writer):
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(4.0)

    def yarn_scaling(writer):
        writer.add_rope_freq_base(100.0)
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(4.0)
        writer.add_rope_scaling_orig_ctx_len(16)

    def windows(writer):
        writer.add_sliding_window(8)
        writer.add_rope_freq_base(1e6)

    decoder(folder, "llama-linear", "llama", tied=False, biases=everywhere, keys=linear_scaling)
    decoder(folder, "llama-factors", "llama", factors=[1.0, 1.5, 4.0, 8.0])
    decoder(folder, "llama-q8_0", "llama", quantised=True)
    decoder(folder, "qwen2-yarn", "qwen2", keys=yarn_scaling,
            biases=("attn_q", "attn_k", "attn_v"))
    decoder(folder, "qwen3", "qwen3", head_norms=True, explicit_head=True, head_dim=16)
    decoder(folder, "gemma3", "gemma3", layers=7, head_dim=12, head_norms=True,
            explicit_head=True, sandwich=True, keys=windows)
    encoder(folder, "bert-mean", gguf.PoolingType.MEAN)
    encoder(folder, "bert-cls", gguf.PoolingType.CLS)


if __name__ == "__main__":
    main()
