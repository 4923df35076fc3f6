"""faiss and hnswlib for `cargo xtask bench-memory --peer`: measures one request a line, as `llm-cli
bench-memory --serve` does, on the same files.

Usage: peer.py DIR, with faiss-cpu and hnswlib installed. The first line of the output tells what the
indexes are and take; each line of the input holds `method`, `ef`, `queries` and `slice`, and is answered
with the seconds that each `slice` of them took and the share of the ten nearest that were found.

One thread, hnswlib's and faiss's own settings but for M, which is as ours (16 links, 32 on the
ground).
"""

import json
import sys
import time
from importlib.metadata import version

import faiss
import hnswlib
import numpy as np

DIMS = 384
NEAREST = 10
EF_CONSTRUCTION = 200


def resident_bytes():
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0


def timed(build):
    before, start = resident_bytes(), time.perf_counter()
    index = build()
    return index, time.perf_counter() - start, max(0, resident_bytes() - before)


def main():
    folder = sys.argv[1]
    vectors = np.fromfile(f"{folder}/vectors.f32", dtype=np.float32).reshape(-1, DIMS)
    queries = np.fromfile(f"{folder}/queries.f32", dtype=np.float32).reshape(-1, DIMS)
    truth = np.fromfile(f"{folder}/truth.u32", dtype=np.uint32).reshape(-1, NEAREST)
    faiss.omp_set_num_threads(1)

    def build_flat():
        index = faiss.IndexFlatIP(DIMS)
        index.add(vectors)
        return index

    def build_sq8():
        index = faiss.IndexScalarQuantizer(
            DIMS, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
        )
        index.train(vectors[:100000])
        index.add(vectors)
        return index

    def build_hnsw():
        index = hnswlib.Index(space="ip", dim=DIMS)
        index.init_index(max_elements=len(vectors), ef_construction=EF_CONSTRUCTION, M=16)
        index.set_num_threads(1)
        index.add_items(vectors, num_threads=1)
        return index

    flat, flat_build_s, flat_bytes = timed(build_flat)
    sq8, sq8_build_s, sq8_bytes = timed(build_sq8)
    hnsw, hnsw_build_s, hnsw_bytes = timed(build_hnsw)
    greeting = {
        "versions": f"faiss-cpu {version('faiss-cpu')}, hnswlib {version('hnswlib')}",
        "flat_build_s": flat_build_s,
        "flat_bytes": flat_bytes,
        "sq8_build_s": sq8_build_s,
        "sq8_bytes": sq8_bytes,
        "hnsw_build_s": hnsw_build_s,
        "hnsw_bytes": hnsw_bytes,
    }
    print(json.dumps(greeting), flush=True)

    for line in sys.stdin:
        request = json.loads(line)
        method, some = request["method"], queries[: request["queries"]]
        if method == "hnsw":
            hnsw.set_ef(request["ef"])
        index = sq8 if method.startswith("sq8") else flat
        results, seconds = [], []
        for first in range(0, len(some), request["slice"]):
            part = some[first : first + request["slice"]]
            start = time.perf_counter()
            if method == "hnsw":
                # In one call, so that little of Python's is measured; it asks them one by one.
                found = hnsw.knn_query(part, k=NEAREST, num_threads=1)[0]
            elif method.endswith("_batch"):
                found = index.search(part, NEAREST)[1]
            else:
                found = np.concatenate(
                    [index.search(part[at : at + 1], NEAREST)[1] for at in range(len(part))]
                )
            seconds.append(time.perf_counter() - start)
            results.extend(found.tolist())
        found = sum(
            len(set(row) & set(right)) for row, right in zip(results, truth.tolist())
        )
        recall = found / (NEAREST * len(some))
        print(json.dumps({"seconds": seconds, "recall": recall}), flush=True)


if __name__ == "__main__":
    main()
