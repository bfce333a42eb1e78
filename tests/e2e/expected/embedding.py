"""Makes embedding.json: the vectors that the page must find for some texts, computed with numpy from the data files.

    python3 embedding.py > embedding.json
"""

import json
import pathlib
import re
import sys

import numpy

DATA = pathlib.Path(__file__).parents[3] / "www" / "public" / "data"
TEXTS = [
    "instrument for measuring temperature",
    "The DOG'S bark, the dog's bark: 42 Café zzyzzx!",
    "of of of the the water",
    "a political system in which the supreme power lies in a body of citizens who can elect people to represent them",
]

words = {word: row for row, word in enumerate((DATA / "words.txt").read_text().split())}
vectors = numpy.fromfile(DATA / "words.i8", numpy.int8).reshape(len(words), 128).astype(numpy.float64)
vectors *= numpy.fromfile(DATA / "words.scale.f32", "<f4").astype(numpy.float64)[:, None]
idf = numpy.fromfile(DATA / "words.idf.f32", "<f4").astype(numpy.float64)
basis = numpy.fromfile(DATA / "words.basis.f32", "<f4").reshape(128, 384).astype(numpy.float64)

answers = []
for text in TEXTS:
    found = re.findall(r"[a-z]+(?:'[a-z]+)?", text.lower())
    rows = [words[word] for word in found if word in words]
    weights = idf[rows] / numpy.sqrt(numpy.sum(idf[rows] ** 2))
    vector = (weights @ vectors[rows]) @ basis
    vector /= numpy.linalg.norm(vector)
    unknown = sorted({word for word in found if word not in words}, key=found.index)
    answers.append({"text": text, "unknown": unknown, "vector": [round(float(value), 6) for value in vector]})

json.dump(answers, sys.stdout, ensure_ascii=False)
print()
