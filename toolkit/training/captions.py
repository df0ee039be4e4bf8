"""Which words a localizer learns: the class names of labelled photos, and the nouns that captions and labels of other
photos say often enough.
"""

import gzip
import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from toolkit.text.grammar.lexicon import canonical
from toolkit.training.regions import Regions, Words

OFTEN = 8  # photos
LETTERS = re.compile(r"[a-z][a-z-]*")


def collect_words(file: str | Path | None, known: set[str]) -> tuple[Counter[str], dict[str, set[str]]]:
    """What is said about photos, a line of JSON for each: {"name", "words": [...], "captions": [...]}.

    How many photos each word is said of, and the words of each photo; nouns under their known names, singular, with the
    broader words that the lexicon gives them. Raises ValueError for a file that cannot be read.
    """
    if file is None:
        return Counter(), {}
    try:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
    except (OSError, ValueError):
        raise ValueError(f"{file} cannot be read; give gzipped lines of JSON.") from None
    said = {row["name"]: _nouns(row, known) for row in rows}
    return Counter(word for words in said.values() for word in words), said


def _nouns(row: dict[str, list[str]], known: set[str]) -> set[str]:
    found: set[str] = set()
    for text in (*row.get("words", ()), *row.get("captions", ())):
        tokens = LETTERS.findall(text.lower().replace("_", " "))
        for phrase in (*tokens, *(" ".join(pair) for pair in pairwise(tokens))):
            senses = canonical(phrase)
            found |= {sense.word for sense in senses if sense.how != "broader" or sense.word in known}
    return found


def choose_words(regions: Regions, said: Counter[str], clip: str | Path | None, hold_out: int = 0) -> Words:
    """Class names, then words that are said of at least 8 photos and that CLIP's list or the lexicon has as nouns.

    clip: .npz of words (n,) and vectors (n, 512). hold_out: every so many of the class names with a vector are not
    taught. Raises ValueError.
    """
    vectors: dict[str, np.ndarray] = {}
    if clip is not None:
        try:
            with np.load(clip, allow_pickle=False) as file:
                vectors = dict(zip(file["words"].tolist(), file["vectors"].astype(np.float32), strict=True))
        except (OSError, ValueError, KeyError):
            raise ValueError(f"{clip} cannot be read; give an .npz of words and vectors.") from None
    classes = list(regions.classes.values())
    names = classes + sorted(
        w for w, n in said.items() if n >= OFTEN and w not in classes and (w in vectors or canonical(w))
    )
    table = torch.from_numpy(np.stack([vectors.get(name, np.zeros(512, np.float32)) for name in names]))
    held = [name for name in classes if name in vectors][2::hold_out] if hold_out else []
    return Words(tuple(names), F.normalize(table, dim=1), tuple(held))
