"""The contenders that run under Python: started by runner.mjs with a description as JSON, its answers as node.mjs's."""

import json
import sys
import time
from pathlib import Path

import numpy

K = 10
spec = json.loads(sys.argv[-1])
folder, name = Path(spec["folder"]), spec["set"]
facts = json.loads((folder / f"{name}.json").read_text())


def vectors(file):
    """The vectors of a file, each of length one."""
    values = numpy.fromfile(folder / file, numpy.int8).reshape(-1, facts["dim"]).astype(numpy.float32)
    return values / numpy.linalg.norm(values, axis=1, keepdims=True)


class Faiss:
    def __init__(self, factory, efConstruction=None, isOneByOne=False):
        import faiss

        faiss.omp_set_num_threads(1)
        self.faiss = faiss
        self.is_one_by_one = isOneByOne
        self.index = faiss.index_factory(facts["dim"], factory, faiss.METRIC_INNER_PRODUCT)
        # What exact vectors are looked up for stands inside.
        self.inner = faiss.downcast_index(self.index.base_index) if hasattr(self.index, "base_index") else self.index
        if efConstruction:
            self.inner.hnsw.efConstruction = efConstruction
        if hasattr(self.index, "k_factor"):
            self.index.k_factor = 8

    def build(self, rows):
        if not self.index.is_trained:
            self.index.train(rows)
        self.index.add(rows)

    def bytes_per_row(self):
        size = self.faiss.serialize_index(self.inner).size / facts["n"]
        return size if self.inner is not self.index else size - 4 * facts["dim"]

    def set(self, value):
        if spec["parameter"] == "nprobe":
            self.inner.nprobe = value
        elif spec["parameter"] == "ef":
            self.inner.hnsw.efSearch = value

    def search(self, queries):
        if self.is_one_by_one:
            return numpy.concatenate([self.index.search(queries[at : at + 1], K)[1] for at in range(len(queries))])
        return self.index.search(queries, K)[1]


class Usearch:
    def __init__(self, M, efConstruction):
        from usearch.index import Index

        self.index = Index(
            ndim=facts["dim"], metric="ip", dtype="f32", connectivity=M, expansion_add=efConstruction
        )

    def build(self, rows):
        self.index.add(numpy.arange(len(rows)), rows, threads=1)
        return {"note": f"{self.index.hardware_acceleration} kernels"}

    def bytes_per_row(self):
        return self.index.serialized_length / facts["n"] - 4 * facts["dim"]

    def set(self, value):
        self.index.expansion_search = value

    def search(self, queries):
        return self.index.search(queries, K, threads=1).keys


def say(message):
    print(json.dumps(message), flush=True)


engine = {"faiss": Faiss, "usearch": Usearch}[spec["engine"]](**spec["build"])
rows, queries = vectors(f"{name}.base.i8"), vectors(f"{name}.query.i8")
begun = time.process_time()
described = engine.build(rows) or {}
say({"built": {"cpuSeconds": time.process_time() - begun, "bytesPerRow": engine.bytes_per_row(), **described}})
del rows

for line in sys.stdin:
    asked = json.loads(line)
    engine.set(asked["value"])
    count = asked["queries"]
    cpu, wall = time.process_time(), time.perf_counter()
    ids = engine.search(queries[:count])
    answer = {
        "microseconds": (time.process_time() - cpu) * 1e6 / count,
        "wallMicroseconds": (time.perf_counter() - wall) * 1e6 / count,
    }
    say({**answer, "ids": ids.tolist()} if asked["wantsIds"] else answer)
