"""llama.cpp for `cargo xtask bench-llm --peer`: measures one request a line, as `llm-cli bench
--serve` does.

Usage: peer.py MODEL THREADS CONTEXT, with llama-cpp-python installed. The first line of the
output tells the version; each line of the input holds `prompt` and `continuation`, token ids, and
is answered with the seconds that each of the two took.

The C interface is called directly, so that nothing of Python's is measured but a call for each
token; settings are llama.cpp's own defaults but for threads and context.
"""

import ctypes
import json
import sys
import time

import llama_cpp


def main():
    path, threads, context = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    model = llama_cpp.Llama(
        path, n_ctx=context, n_threads=threads, n_threads_batch=threads, verbose=False
    )
    ctx = model.ctx

    def decode(tokens):
        array = (llama_cpp.llama_token * len(tokens))(*tokens)
        code = llama_cpp.llama_decode(ctx, llama_cpp.llama_batch_get_one(array, len(tokens)))
        if code != 0:
            sys.exit(f"llama_decode: error {code}")
        # Waits for the result, and is what a sampler would ask for.
        logits = llama_cpp.llama_get_logits_ith(ctx, -1)
        return ctypes.cast(logits, ctypes.POINTER(ctypes.c_float))[0]

    print(json.dumps({"version": llama_cpp.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(ctx), True)
        prompt, batch = request["prompt"], model.n_batch
        start = time.perf_counter()
        for first in range(0, len(prompt), batch):
            decode(prompt[first : first + batch])
        prefilled = time.perf_counter()
        for token in request["continuation"]:
            decode([token])
        done = time.perf_counter()
        print(json.dumps({"prefill_s": prefilled - start, "decode_s": done - prefilled}), flush=True)


if __name__ == "__main__":
    main()
