"""The classic first steps of Milvus on pymilvus 2.2.6, with the answers that Milvus gives, digit for digit."""

import sys

import numpy as np
from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, connections, utility

ROWS, DIM = 3000, 8

connections.connect("default", host="127.0.0.1", port=sys.argv[1])
assert not utility.has_collection("hello_milvus")

fields = [
    FieldSchema(name="pk", dtype=DataType.VARCHAR, is_primary=True, auto_id=False, max_length=100),
    FieldSchema(name="random", dtype=DataType.DOUBLE),
    FieldSchema(name="embeddings", dtype=DataType.FLOAT_VECTOR, dim=DIM),
]
hello = Collection("hello_milvus", CollectionSchema(fields, "first steps"), consistency_level="Strong")
assert utility.has_collection("hello_milvus")

chance = np.random.default_rng(seed=19530)
keys = [str(number) for number in range(ROWS)]
randoms = chance.random(ROWS).tolist()
vectors = chance.random((ROWS, DIM))
inserted = hello.insert([keys, randoms, vectors])
assert inserted.insert_count == ROWS and inserted.primary_keys == keys
hello.flush()
assert hello.num_entities == ROWS

hello.create_index("embeddings", {"index_type": "IVF_FLAT", "metric_type": "L2", "params": {"nlist": 128}})
hello.load()


def search(**more):
    near = {"metric_type": "L2", "params": {"nprobe": 10}}
    found = hello.search(vectors[-2:].tolist(), "embeddings", near, limit=3, output_fields=["random"], **more)
    return [[(hit.id, hit.distance) for hit in hits] for hits in found]


assert search() == [
    [("2998", 0.0), ("1262", 0.08883658051490784), ("1265", 0.09590047597885132)],
    [("2999", 0.0), ("1580", 0.05628091096878052), ("2377", 0.08096685260534286)],
], search()

row = hello.query(expr="random > 0.5", output_fields=["random", "embeddings"])[0]
assert row["pk"] == "0" and row["random"] == 0.6378742006852851
assert np.array_equal(np.float32(row["embeddings"]), np.float32(vectors[0]))
pages = [{"limit": 4}, {"offset": 1, "limit": 3}]
found = [[row["pk"] for row in hello.query(expr="random > 0.5", output_fields=["random"], **page)] for page in pages]
assert found == [["0", "100", "1000", "1001"], ["100", "1000", "1001"]], found

assert search(expr="random > 0.5") == [
    [("2998", 0.0), ("747", 0.14606499671936035), ("2527", 0.1530652642250061)],
    [("2377", 0.08096685260534286), ("2034", 0.20354536175727844), ("958", 0.21908017992973328)],
]

assert hello.delete('pk in ["0" , "1"]').delete_count == 2
assert hello.query(expr='pk in ["0" , "1"]', output_fields=["random", "embeddings"]) == []
assert hello.num_entities in (ROWS, ROWS - 2)
utility.drop_collection("hello_milvus")
assert not utility.has_collection("hello_milvus")
print("all as Milvus has it")
