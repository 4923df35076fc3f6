"""Writes the reference data that `llm-cli parity` compares with, computed by llama.cpp.

    python3 parity_fixture.py --model MODEL.gguf --out FOLDER [--steps N] PROMPTS.txt TEXT.txt

PROMPTS.txt holds one user message a line; each is put into the model's own chat template after a
system message (a model without a template goes on from the message itself). TEXT.txt is prose for the perplexity, at least 256 tokens of it. The folder then
holds `greedy.json`, `perplexity.json` and `tokens.json`. Needs llama-cpp-python, numpy, jinja2.
"""

import argparse
import json
import pathlib

import numpy as np
from jinja2.sandbox import ImmutableSandboxedEnvironment
from llama_cpp import Llama

WINDOW = 256
FIRST_SCORED = 129


def log_probabilities(llm):
    """Log-probabilities of the next token, shape (vocabulary,), in double precision."""
    logits = np.array(llm._ctx.get_logits_ith(-1)[: llm.n_vocab()], dtype=np.float64)
    logits -= logits.max()
    return logits - np.log(np.exp(logits).sum())


def beginning(llm):
    """The token that starts a text, spelled out, where the model wants one."""
    if llm.metadata.get("tokenizer.ggml.add_bos_token") != "true":
        return ""
    return llm.detokenize([llm.token_bos()], special=True).decode()


def greedy_case(llm, template, system, prompt, steps):
    """The greedy continuation of one prompt, with the five best tokens at each step."""
    messages = [{"role": "user", "content": prompt}]
    if system:
        messages.insert(0, {"role": "system", "content": system})
    if template:
        rendered = template.render(messages=messages, add_generation_prompt=True)
    else:
        rendered = beginning(llm) + prompt
    ids = llm.tokenize(rendered.encode(), add_bos=False, special=True)
    llm.reset()
    llm.eval(ids)
    greedy, top5 = [], []
    while len(greedy) < steps:
        likely = log_probabilities(llm)
        best = np.argsort(-likely)[:5]
        greedy.append(int(best[0]))
        top5.append([[int(token), round(float(likely[token]), 4)] for token in best])
        if best[0] == llm.token_eos():
            break
        llm.eval([int(best[0])])
    text = llm.detokenize(greedy).decode(errors="replace")
    return {
        "prompt": prompt, "rendered": rendered, "ids": ids, "greedy": greedy, "text": text,
        "top5": top5,
    }


def perplexity(llm, text):
    """Perplexity over whole windows, each fed token by token from an empty cache."""
    ids = llm.tokenize(text.encode(), add_bos=False, special=False)
    start = llm.tokenize(beginning(llm).encode(), add_bos=False, special=True)
    step = WINDOW - len(start)
    windows = len(ids) // step
    if windows == 0:
        raise SystemExit(f"the text has {len(ids)} tokens, at least {step} are needed")
    chunks = [start + ids[first : first + step] for first in range(0, windows * step, step)]
    ids = [token for chunk in chunks for token in chunk]
    losses = []
    for start in range(0, windows * WINDOW, WINDOW):
        llm.reset()
        llm.eval(ids[start : start + FIRST_SCORED])
        for index in range(start + FIRST_SCORED, start + WINDOW):
            losses.append(-log_probabilities(llm)[ids[index]])
            llm.eval([ids[index]])
    mean = float(np.mean(losses))
    return {
        "note": f"windows of {WINDOW} tokens, each fed from an empty cache; mean negative "
        f"log-likelihood of tokens {FIRST_SCORED}..{WINDOW - 1} of each window",
        "ids": ids, "windows": windows, "mean_nll": mean, "ppl": float(np.exp(mean)),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--context", type=int, default=1024)
    parser.add_argument("--steps", type=int, default=48)
    parser.add_argument(
        "--system",
        default="You are a helpful AI assistant named SmolLM, trained by Hugging Face",
    )
    parser.add_argument("prompts", type=pathlib.Path)
    parser.add_argument("text", type=pathlib.Path)
    arguments = parser.parse_args()
    llm = Llama(arguments.model, n_ctx=arguments.context, flash_attn=False, verbose=False)
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    source = llm.metadata.get("tokenizer.chat_template")
    template = environment.from_string(source) if source else None
    prompts = [line for line in arguments.prompts.read_text().splitlines() if line.strip()]
    text = arguments.text.read_text()
    texts = prompts + [line for line in text.splitlines() if line.strip()]

    def write(name, value):
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / name).write_text(json.dumps(value, ensure_ascii=False))

    write("tokens.json", [
        {"text": line, "ids": llm.tokenize(line.encode(), add_bos=False, special=True)}
        for line in texts
    ])
    write("greedy.json", [
        greedy_case(llm, template, arguments.system, prompt, arguments.steps)
        for prompt in prompts
    ])
    write("perplexity.json", perplexity(llm, text))


if __name__ == "__main__":
    main()
