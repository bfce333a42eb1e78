"""langchain-milvus 0.4.0: add, search with and without a filter, delete."""

import sys

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_milvus import Milvus


class Letters(Embeddings):
    """Texts as counts of their letters."""

    def embed_query(self, text):
        return [float(text.lower().count(letter)) for letter in "abcdefghijklmnop"]

    def embed_documents(self, texts):
        return [self.embed_query(text) for text in texts]


store = Milvus(
    embedding_function=Letters(), connection_args={"uri": f"http://127.0.0.1:{sys.argv[1]}"}, collection_name="letters",
    auto_id=True, drop_old=True,
)
texts = [("a banana", "fruit"), ("an abacus", "tool"), ("a hidden fig", "fruit"), ("a chisel", "tool")]
keys = store.add_documents([Document(page_content=text, metadata={"kind": kind}) for text, kind in texts])
assert len(keys) == 4
assert store.similarity_search("banana", k=1)[0].page_content == "a banana"
found = store.similarity_search("banana", k=2, expr='kind == "tool"')
assert [document.metadata["kind"] for document in found] == ["tool", "tool"], found
scored = store.similarity_search_with_score("a banana", k=1)
assert scored[0][1] == 0, scored
store.delete(ids=[keys[0]])
assert "a banana" not in [document.page_content for document in store.similarity_search("banana", k=4)]
print("the store answers")
