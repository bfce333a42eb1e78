"""A tour of pymilvus 3.0.2's MilvusClient, in turn and asynchronous."""

import asyncio
import sys

import numpy as np
from pymilvus import AnnSearchRequest, AsyncMilvusClient, DataType, MilvusClient, MilvusException, RRFRanker, WeightedRanker

uri = f"http://127.0.0.1:{sys.argv[1]}"
client = MilvusClient(uri)


def rows_of(collection, **asked):
    """The rows of a query as plain data: the client's own lists make theirs when they are looked at."""
    return [dict(row) for row in client.query(collection, **asked)]


def refused(call, code):
    """Checks that a call fails with a code of Milvus's."""
    try:
        call()
    except MilvusException as error:
        assert error.code == code, (error.code, str(error))
    else:
        raise AssertionError(f"expected code {code}")


# Server and databases.
assert client.get_server_version().startswith("v")
client.create_database("tour", properties={"database.max.collections": 5})
assert client.list_databases() == ["default", "tour"]
assert client.describe_database("tour")["database.max.collections"] == "5"
client.use_database("tour")

# The quick form, with dynamic keys.
client.create_collection("quick", dimension=4, metric_type="L2")
assert client.has_collection("quick") and not client.has_collection("absent")
rows = [{"id": at, "vector": [at, 0, 0, 0], "color": "red" if at % 2 else "blue", "n": at} for at in range(20)]
assert client.insert("quick", rows)["insert_count"] == 20
hits = client.search("quick", data=[[3, 0, 0, 0]], limit=3, output_fields=["color", "n"])[0]
assert [hit["id"] for hit in hits] == [3, 2, 4] and hits[0]["entity"] == {"color": "red", "n": 3}, hits
hits = client.search("quick", data=[[3, 0, 0, 0], [9, 0, 0, 0]], filter="color == {c}", filter_params={"c": "blue"}, limit=2)
assert [[hit["id"] for hit in of] for of in hits] == [[2, 4], [8, 10]], hits
hits = client.search("quick", ids=[3, 9], limit=2)
assert [[hit["id"] for hit in of] for of in hits] == [[3, 2], [9, 8]], hits
refused(lambda: client.search("quick", ids=[3, 777], limit=2), 1100)
refused(lambda: client.search("quick", data=[[0, 0, 0, 0]], limit=2, group_by_field="color"), 3000)
near = client.search("quick", data=[[0, 0, 0, 0]], limit=10, search_params={"params": {"radius": 26.0, "range_filter": 9.0}})[0]
assert [hit["id"] for hit in near] == [3, 4, 5], near
assert rows_of("quick", filter="n in [5, 7]", output_fields=["id", "color"]) == [{"id": 5, "color": "red"}, {"id": 7, "color": "red"}]
assert rows_of("quick", output_fields=["count(*)"]) == [{"count(*)": 20}]
assert [row["id"] for row in client.get("quick", ids=[4, 1], output_fields=["id"])] == [1, 4]
assert client.upsert("quick", [{"id": 1, "vector": [1, 1, 1, 1], "color": "green"}])["upsert_count"] == 1
client.upsert("quick", [{"id": 2, "color": "grey"}], partial_update=True)
client.upsert("quick", [{"id": 1, "vector": [1, 1, 1, 1], "color": "green", "price": 3.0, "count": 3}])
back = client.get("quick", ids=[1])[0]
assert (type(back["price"]), type(back["count"])) == (float, int), back
assert client.get("quick", ids=[2])[0]["color"] == "grey" and client.get("quick", ids=[2])[0]["n"] == 2
assert client.delete("quick", ids=[19])["delete_count"] == 1
assert client.delete("quick", filter="n >= 18")["delete_count"] == 1
refused(lambda: rows_of("quick", filter="n >"), 1100)

# Iterators.
pages, seen = client.query_iterator("quick", batch_size=7, filter="id >= 0", output_fields=["id"]), []
while page := pages.next():
    seen += [row["id"] for row in page]
assert seen == list(range(18)), seen
pages, seen = client.search_iterator("quick", data=[[0, 0, 0, 0]], batch_size=5, limit=12, output_fields=["n"]), []
while page := pages.next():
    seen += [hit["id"] for hit in page]
assert len(seen) == 12 and seen[:1] == [0] and len(set(seen)) == 12, seen

# A schema of every kind of field, indexes, partitions, aliases.
schema = client.create_schema(auto_id=False, enable_dynamic_field=True, description="every kind")
schema.add_field("key", DataType.VARCHAR, is_primary=True, max_length=64)
for name, kind in [("flag", DataType.BOOL), ("small", DataType.INT8), ("whole", DataType.INT64), ("real", DataType.DOUBLE)]:
    schema.add_field(name, kind, nullable=True)
schema.add_field("words", DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=8, max_length=16)
schema.add_field("document", DataType.JSON)
schema.add_field("near", DataType.FLOAT_VECTOR, dim=4)
schema.add_field("far", DataType.FLOAT_VECTOR, dim=8)
indexes = client.prepare_index_params()
indexes.add_index("near", index_type="HNSW", metric_type="COSINE", params={"M": 8, "efConstruction": 64})
indexes.add_index("far", index_type="IVF_FLAT", metric_type="IP", params={"nlist": 16})
indexes.add_index("whole", index_type="INVERTED")
client.create_collection("full", schema=schema, index_params=indexes, consistency_level="Strong")
told = client.describe_collection("full")
assert told["description"] == "every kind" and told["enable_dynamic_field"] and len(told["fields"]) == 9, told
assert [field["name"] for field in told["fields"]][:3] == ["key", "flag", "small"]
assert sorted(client.list_indexes("full")) == ["far", "near", "whole"]
index = client.describe_index("full", "near")
assert index["index_type"] == "HNSW" and index["metric_type"] == "COSINE" and index["M"] == "8", index
chance = np.random.default_rng(5)
rows = [
    {
        "key": f"k{at:03}", "flag": at % 3 == 0, "small": at % 100 if at % 5 else None, "whole": at * 10**15, "real": at / 7,
        "words": [f"w{at % 4}", "all"], "document": {"n": at, "deep": {"odd": at % 2 == 1}}, "near": chance.random(4).tolist(),
        "far": chance.random(8, dtype=np.float32).tolist(), "extra": f"x{at}",
    }
    for at in range(100)
]
client.insert("full", rows)
client.flush("full")
assert client.get_collection_stats("full")["row_count"] == 100
back = client.query("full", filter='key == "k007"', output_fields=["*"])[0]
for name in ("flag", "small", "whole", "real", "words", "document", "extra"):
    assert back[name] == rows[7][name], (name, back[name])
assert np.allclose(back["far"], rows[7]["far"]) and client.get("full", ids=["k005"])[0]["small"] is None
assert len(client.query("full", filter='array_contains(words, "w1") and document["deep"]["odd"] == true')) == 25
assert len(client.query("full", filter="small is null")) == 20
hits = client.search("full", data=[rows[3]["near"]], anns_field="near", limit=2, group_by_field="flag", group_size=3, strict_group_size=True, output_fields=["flag"])[0]
assert len(hits) == 6 and [hit["entity"]["flag"] for hit in hits] in ([True] * 3 + [False] * 3, [False] * 3 + [True] * 3), hits
ordered = rows_of("full", filter="whole < 5000000000000000", output_fields=["key"], order_by_fields=["real:desc"], limit=2)
assert ordered == [{"key": "k004"}, {"key": "k003"}], ordered
requests = [
    AnnSearchRequest([rows[3]["near"]], "near", {"metric_type": "COSINE"}, limit=10),
    AnnSearchRequest([rows[3]["far"]], "far", {"metric_type": "IP"}, limit=10),
]
for ranker in (RRFRanker(60), WeightedRanker(0.7, 0.3)):
    fused = client.hybrid_search("full", requests, ranker, limit=5, output_fields=["whole"])[0]
    assert len(fused) == 5 and fused[0]["distance"] >= fused[-1]["distance"], fused

client.add_collection_field("full", "added", DataType.INT64, nullable=True)
client.insert("full", [{**rows[0], "key": "newer", "added": 7}])
assert rows_of("full", filter='key in ["newer", "k001"]', output_fields=["added"]) == [{"key": "k001", "added": None}, {"key": "newer", "added": 7}]
client.upsert("full", [{"key": "newer", "words": ["more"]}], field_ops={"words": "array_append"})
client.upsert("full", [{"key": "newer", "words": ["all"]}], field_ops={"words": "array_remove"})
assert rows_of("full", filter='key == "newer"', output_fields=["words", "added"]) == [{"key": "newer", "words": ["w0", "more"], "added": 7}]
client.delete("full", ids=["newer"])

client.create_partition("full", "late")
assert client.has_partition("full", "late") and sorted(client.list_partitions("full")) == ["_default", "late"]
client.load_partitions("full", ["late"])
client.insert("full", [{**rows[0], "key": "late"}], partition_name="late")
assert rows_of("full", filter='key != ""', partition_names=["late"], output_fields=["key"]) == [{"key": "late"}]
client.release_partitions("full", ["late"])
client.drop_partition("full", "late")

client.create_alias("full", "nick")
assert client.describe_alias("nick")["collection_name"] == "full" and client.list_aliases("full")["aliases"] == ["nick"]
assert client.query("nick", filter='key == "k001"', output_fields=["whole"])[0]["whole"] == 10**15
client.alter_alias("quick", "nick")
client.drop_alias("nick")

# Load state, properties, names.
client.release_collection("full")
refused(lambda: client.query("full", filter='key == "k001"'), 101)
assert client.get_load_state("full")["state"].name == "NotLoad"
client.load_collection("full")
assert client.get_load_state("full")["state"].name == "Loaded"
client.alter_collection_properties("full", {"owner": "ann"})
assert client.describe_collection("full")["properties"]["owner"] == "ann"
client.drop_collection_properties("full", ["owner"])
client.rename_collection("full", "whole")
assert sorted(client.list_collections()) == ["quick", "whole"]
job = client.compact("whole")
assert client.get_compaction_state(job) in ("Completed", "Executing")
client.truncate_collection("quick")
assert rows_of("quick", output_fields=["count(*)"]) == [{"count(*)": 0}]

# Users.
client.create_user("ann", "secret1")
client.create_role("reader")
client.grant_privilege_v2("reader", "CollectionReadOnly", "*", "*")
client.grant_role("ann", "reader")
assert "ann" in client.list_users() and "reader" in client.list_roles()
assert client.describe_user("ann")["roles"] == ("reader",) or list(client.describe_user("ann")["roles"]) == ["reader"]
assert client.describe_role("reader")["privileges"][0]["privilege"] == "CollectionReadOnly"
client.update_password("ann", "secret1", "secret2")
client.revoke_role("ann", "reader")
client.drop_role("reader", force_drop=True)
client.drop_user("ann")

refused(lambda: client.describe_collection("absent"), 100)
refused(lambda: client.search("whole", data=[[1, 2, 3]], anns_field="near", limit=1), 1100)
client.drop_collection("quick")
client.drop_collection("whole")
client.use_database("default")
client.drop_database("tour")


async def tour():
    other = AsyncMilvusClient(uri)
    await other.create_collection("later", dimension=4)
    await other.insert("later", [{"id": at, "vector": [1, at, 0, 0]} for at in range(50)])
    searches = [other.search("later", data=[[1, at, 0, 0]], limit=1) for at in range(20)]
    found = await asyncio.gather(*searches)
    assert [hits[0][0]["id"] for hits in found] == list(range(20))
    assert len(await other.query("later", filter="id < 10")) == 10
    await other.drop_collection("later")
    await other.close()


asyncio.run(tour())
print("the tour is over")
