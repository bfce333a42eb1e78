"""The far end of the gRPC road: a line of JSON asks for a call, pymilvus's MilvusClient makes it, a line of JSON answers.

A line is {"uri", "call", "with"}, with the call and its body as TypeScript has them; the answer is {"gives"} in TypeScript's
forms, or the {"code", "message"} of the client's exception, or {"broken"} for an exception that is none of Milvus's. What the
client gives in another shape is put into that one here.
"""

import json
import logging
import sys
import traceback

from pymilvus import AnnSearchRequest, DataType, MilvusClient, MilvusException, RRFRanker, WeightedRanker

# Expected errors are not to be read as something gone wrong.
logging.disable(logging.CRITICAL)

TYPES = {
    "Bool": DataType.BOOL, "Int8": DataType.INT8, "Int16": DataType.INT16, "Int32": DataType.INT32, "Int64": DataType.INT64,
    "Float": DataType.FLOAT, "Double": DataType.DOUBLE, "VarChar": DataType.VARCHAR, "JSON": DataType.JSON,
    "Array": DataType.ARRAY, "Geometry": DataType.GEOMETRY,
    "FloatVector": DataType.FLOAT_VECTOR, "SparseFloatVector": DataType.SPARSE_FLOAT_VECTOR,
}
NAMES = {number: name for name, number in TYPES.items()}
STATES = {"NotLoad": "LoadStateNotLoad", "Loading": "LoadStateLoading", "Loaded": "LoadStateLoaded"}
LEVELS = ["Strong", "Session", "Bounded", "Eventually", "Customized"]
INDEX_FACTS = ["field_name", "index_name", "total_rows", "indexed_rows", "pending_index_rows", "state"]

clients = {}


def client_of(uri, database):
    """The client of a server and a database; it holds its connection, as an application does."""
    if (uri, database) not in clients:
        clients[uri, database] = MilvusClient(uri, db_name=database)
    return clients[uri, database]


def given(body, **names):
    """The members of a body under the client's names, those that are there."""
    return {name: body[key] for name, key in names.items() if key in body}


def schema_of(client, schema):
    made = client.create_schema(auto_id=schema.get("autoID", False), enable_dynamic_field=schema.get("enableDynamicField", False))
    for field in schema["fields"]:
        made.add_field(field["fieldName"], TYPES[field["dataType"]], **traits(field))
    return made


def traits(field):
    """What a field's schema says beyond its name and type."""
    element = {"element_type": TYPES[field["elementDataType"]]} if "elementDataType" in field else {}
    flags = given(field, is_primary="isPrimary", is_partition_key="isPartitionKey", nullable="nullable", default_value="defaultValue")
    return {**flags, **element, **field.get("elementTypeParams", {})}


def indexes_of(client, params):
    made = client.prepare_index_params()
    for index in params:
        said = given(index, index_name="indexName", index_type="indexType", metric_type="metricType", params="params")
        made.add_index(index["fieldName"], **said)
    return made


def create_collection(client, body):
    name, params = body["collectionName"], body.get("params", {})
    if "schema" in body:
        more = given(params, num_partitions="partitionsNum")
        indexes = indexes_of(client, body["indexParams"]) if "indexParams" in body else None
        return client.create_collection(name, schema=schema_of(client, body["schema"]), index_params=indexes, **more)
    more = given(body, dimension="dimension", metric_type="metricType", auto_id="autoID") | given(params, max_length="max_length")
    return client.create_collection(name, id_type="string" if body.get("idType") == "VarChar" else "int", **more)


def describe_collection(client, body):
    told = client.describe_collection(body["collectionName"])
    fields = [described_field(field) for field in told["fields"]]
    indexes = [index_of(client, told["collection_name"], name) for name in client.list_indexes(told["collection_name"])]
    return {
        "collectionName": told["collection_name"], "load": load_state(client, body)["loadState"], "aliases": list(told["aliases"]),
        "enableDynamicField": told["enable_dynamic_field"], "fields": fields, "indexes": indexes, "shardsNum": told["num_shards"],
        "partitionsNum": told["num_partitions"], "consistencyLevel": LEVELS[told["consistency_level"]],
        # The client shows the database's time zone among the properties.
        "properties": pairs({key: value for key, value in told["properties"].items() if key != "timezone"}),
    }


def described_field(told):
    """The client leaves out what is false or absent, and gives a default as the message that carries it."""
    field = {
        "name": told["name"], "id": told["field_id"], "type": NAMES[told["type"]], "primaryKey": told.get("is_primary", False),
        "partitionKey": told.get("is_partition_key", False), "autoId": told.get("auto_id", False),
        "nullable": told.get("nullable", False), "params": pairs(told["params"]),
    }
    if "element_type" in told:
        field["elementType"] = NAMES[told["element_type"]]
    if "default_value" in told:
        default = told["default_value"]
        field["defaultValue"] = getattr(default, default.WhichOneof("data"))
    return field


def pairs(members):
    return [{"key": key, "value": str(value)} for key, value in members.items()]


def index_of(client, collection, name):
    index = client.describe_index(collection, name)
    # The client knows of an index that there is not, and answers with nothing.
    if index is None:
        raise MilvusException(700, "index not found")
    return {
        "indexName": index["index_name"], "fieldName": index["field_name"], "indexType": index["index_type"],
        "metricType": index["metric_type"], "totalRows": index["total_rows"], "indexState": index["state"],
        "indexParams": pairs({key: value for key, value in index.items() if key not in INDEX_FACTS}),
        **given(index, **{"mmap.enabled": "mmap.enabled"}),
    }


def load_state(client, body):
    names = body.get("partitionNames", [""])
    assert len(names) == 1, "the client asks about one partition"
    state = STATES[client.get_load_state(body["collectionName"], names[0])["state"].name]
    return {"loadState": state, "loadProgress": 100 if state == "LoadStateLoaded" else 0}


def written(operation, answer):
    return {f"{operation}Count": answer[f"{operation}_count"], f"{operation}Ids": list(answer["ids"])}


def reads(body):
    """What query, get and search have in common."""
    return given(body, output_fields="outputFields", partition_names="partitionNames", limit="limit", offset="offset")


def grouping(body):
    return given(body, group_by_field="groupingField", group_size="groupSize", strict_group_size="strictGroupSize")


def search(client, body):
    wanted = {"data": [body["vector"]]} if "vector" in body else given(body, data="data", ids="ids")
    more = given(body, filter="filter", filter_params="exprParams", anns_field="annsField", round_decimal="roundDecimal") | grouping(body)
    params = given(body.get("searchParams", {}), metric_type="metricType", params="params")
    found = client.search(body["collectionName"], **wanted, search_params=params, **reads(body), **more)
    lists = hits_of(client, body, found)
    return lists[0] if "vector" in body else lists


def hybrid_search(client, body):
    requests = [
        AnnSearchRequest(
            one["data"], one["annsField"], one.get("searchParams", {}) | grouping(one), one.get("limit", 10), **given(one, expr="filter")
        )
        for one in body["search"]
    ]
    # The client has no ranker of its own; the one here is the one of those who name none.
    rerank = body.get("rerank", {"strategy": "rrf"})
    said = rerank.get("params", {})
    if rerank["strategy"] == "rrf":
        ranker = RRFRanker(**given(said, k="k"))
    else:
        ranker = WeightedRanker(*said["weights"], norm_score=said.get("norm_score", False))
    return hits_of(client, body, client.hybrid_search(body["collectionName"], requests, ranker, **reads(body)))[0]


def hits_of(client, body, found):
    """The client keeps a hit's fields apart, and calls the key by its field's name or by `id`."""
    fields = client.describe_collection(body["collectionName"])["fields"]
    key = next(field["name"] for field in fields if field.get("is_primary"))
    return [[{key: hit.id, "distance": hit.distance, **dict(hit["entity"])} for hit in hits] for hits in found]


CALLS = {
    "createDatabase": lambda client, body: client.create_database(body["dbName"], **given(body, properties="properties")),
    "dropDatabase": lambda client, body: client.drop_database(body["dbName"]),
    "listDatabases": lambda client, body: client.list_databases(),
    "describeDatabase": lambda client, body: described_database(client.describe_database(body["dbName"])),
    "alterDatabaseProperties": lambda client, body: client.alter_database_properties(body["dbName"], texts(body["properties"])),
    "dropDatabaseProperties": lambda client, body: client.drop_database_properties(body["dbName"], body["propertyKeys"]),
    "createCollection": create_collection,
    "describeCollection": describe_collection,
    "dropCollection": lambda client, body: client.drop_collection(body["collectionName"]),
    "hasCollection": lambda client, body: {"has": client.has_collection(body["collectionName"])},
    "listCollections": lambda client, body: client.list_collections(),
    "renameCollection": lambda client, body: client.rename_collection(body["collectionName"], body["newCollectionName"]),
    "loadCollection": lambda client, body: client.load_collection(body["collectionName"]),
    "releaseCollection": lambda client, body: client.release_collection(body["collectionName"]),
    "getLoadState": load_state,
    "getCollectionStats": lambda client, body: {"rowCount": client.get_collection_stats(body["collectionName"])["row_count"]},
    "alterCollectionProperties": lambda client, body: client.alter_collection_properties(body["collectionName"], body["properties"]),
    "dropCollectionProperties": lambda client, body: client.drop_collection_properties(body["collectionName"], body["propertyKeys"]),
    "truncateCollection": lambda client, body: client.truncate_collection(body["collectionName"]),
    "addCollectionField": lambda client, body: client.add_collection_field(
        body["collectionName"], body["schema"]["fieldName"], TYPES[body["schema"]["dataType"]], **traits(body["schema"])
    ),
    "alterFieldProperties": lambda client, body: client.alter_collection_field(body["collectionName"], body["fieldName"], body["fieldParams"]),
    "flush": lambda client, body: client.flush(body["collectionName"]),
    "compact": lambda client, body: client.compact(body["collectionName"]),
    "createPartition": lambda client, body: client.create_partition(body["collectionName"], body["partitionName"]),
    "dropPartition": lambda client, body: client.drop_partition(body["collectionName"], body["partitionName"]),
    "hasPartition": lambda client, body: {"has": client.has_partition(body["collectionName"], body["partitionName"])},
    "listPartitions": lambda client, body: client.list_partitions(body["collectionName"]),
    "loadPartitions": lambda client, body: client.load_partitions(body["collectionName"], body["partitionNames"]),
    "releasePartitions": lambda client, body: client.release_partitions(body["collectionName"], body["partitionNames"]),
    "getPartitionStats": lambda client, body: {"rowCount": client.get_partition_stats(body["collectionName"], body["partitionName"])["row_count"]},
    "createIndex": lambda client, body: client.create_index(body["collectionName"], indexes_of(client, body["indexParams"])),
    "dropIndex": lambda client, body: client.drop_index(body["collectionName"], body["indexName"]),
    "listIndexes": lambda client, body: client.list_indexes(body["collectionName"]),
    "describeIndex": lambda client, body: [index_of(client, body["collectionName"], body["indexName"])],
    "alterIndexProperties": lambda client, body: client.alter_index_properties(
        body["collectionName"], body["indexName"], texts(body["properties"])
    ),
    "dropIndexProperties": lambda client, body: client.drop_index_properties(body["collectionName"], body["indexName"], body["propertyKeys"]),
    "createAlias": lambda client, body: client.create_alias(body["collectionName"], body["aliasName"]),
    "alterAlias": lambda client, body: client.alter_alias(body["collectionName"], body["aliasName"]),
    "dropAlias": lambda client, body: client.drop_alias(body["aliasName"]),
    "describeAlias": lambda client, body: described_alias(client.describe_alias(body["aliasName"])),
    "listAliases": lambda client, body: list(client.list_aliases(**given(body, collection_name="collectionName"))["aliases"]),
    "insert": lambda client, body: written("insert", client.insert(body["collectionName"], body["data"], **partition(body))),
    "upsert": lambda client, body: written("upsert", client.upsert(body["collectionName"], body["data"], **updates(body))),
    "delete": lambda client, body: {
        "deleteCount": client.delete(body["collectionName"], **given(body, ids="ids", filter="filter"), **partition(body))["delete_count"]
    },
    "get": lambda client, body: rows(client.get(body["collectionName"], body["id"], **reads(body))),
    "query": lambda client, body: rows(
        client.query(body["collectionName"], **reads(body), **given(
            body, filter="filter", filter_params="exprParams", order_by_fields="orderByFields"
        ))
    ),
    "search": search,
    "hybridSearch": hybrid_search,
    "runAnalyzer": lambda client, body: client.run_analyzer("a text"),
}


def texts(properties):
    """Python's own words for truth are not Milvus's."""
    return {key: str(value).lower() if isinstance(value, bool) else value for key, value in properties.items()}


def partition(body):
    return given(body, partition_name="partitionName")


def updates(body):
    """What an upsert is given beside its rows."""
    ops = {"field_ops": {op["fieldName"]: op["op"] for op in body["fieldOps"]}} if "fieldOps" in body else {}
    return {**partition(body), **given(body, partial_update="partialUpdate"), **ops}


def rows(found):
    return [dict(row) for row in found]


def described_database(told):
    return {"dbName": told["name"], "properties": pairs({key: value for key, value in told.items() if key not in ("name", "timezone")})}


def described_alias(told):
    return {"aliasName": told["alias"], "collectionName": told["collection_name"], "dbName": told["db_name"]}


def answer(asked):
    if asked["call"] == "close":
        for place in [place for place in clients if place[0] == asked["uri"]]:
            clients.pop(place).close()
        return {"gives": None}
    body = asked["with"]
    # Calls on databases go through the client of the default one.
    database = "" if asked["call"].endswith(("Database", "DatabaseProperties")) else body.get("dbName", "")
    try:
        return {"gives": CALLS[asked["call"]](client_of(asked["uri"], database), body)}
    except MilvusException as error:
        return {"code": error.code, "message": error.message}
    except Exception:
        return {"broken": traceback.format_exc()}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line)), default=lambda value: value.tolist() if hasattr(value, "tolist") else list(value)), flush=True)
