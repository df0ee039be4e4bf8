"""What a comparison has measured, on disk as soon as it is measured: journal.jsonl, and beside it pictures and
features.

The first line says what is compared; each further line is one model on one photo with one number of hints. Whatever
ends the process, the lines that are there count, and a second run makes what is missing.
"""

import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from toolkit.measure.compare.result import CompareSetup, Key, Record
from toolkit.photo import PhotoError, open_photo, save_photo

VERSION = 1
FREE = ("limit", "keep", "baseline")  # of the setup: may change from run to run, as no number depends on them
Found = tuple[Record, Tensor | None, Tensor | None]  # a record, its picture uint8 (3, H, W), its features (2, D)


class Journal:
    """The records of a folder, or of no folder at all."""

    def __init__(self, folder: Path | None, setup: CompareSetup, models: Sequence[str]) -> None:
        """folder: made if it is not there; None: nothing is written or read. models: each with what tells it from
        another of its name.

        Raises ValueError where the folder's journal is of another comparison or cannot be read.
        """
        self.folder = folder
        self.models = list(models)
        self.records: dict[Key, Record] = {}
        if folder is None:
            return
        # sizes came later
        plain = {
            name: value for name, value in asdict(setup).items() if name not in FREE and (name != "sizes" or value)
        }
        head = json.loads(json.dumps({"version": VERSION, "setup": plain, "models": self.models}))
        self.file = folder / "journal.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        if self.file.exists():
            self._read(head)
        else:
            self._write(head)

    def add(self, record: Record, picture: Tensor | None, features: Tensor | None) -> None:
        """Keep a record, the picture and the features first: a line in the journal promises that they are there."""
        self.records[record.key] = record
        if self.folder is None:
            return
        if picture is not None:
            place = self._place("pictures", record.key, "png")
            save_photo(picture, place, model=record.model, overwrite=True)
        if features is not None:
            np.save(self._place("features", record.key, "npy"), features.numpy())
        self._write(asdict(record))

    def find(self, key: Key, digest: str, picture: bool, features: bool) -> Found | None:
        """A record that is complete, with its picture and features where asked for; None where it is to be made, or
        failed and may do better now.

        Raises ValueError where it is about another photo than the one with this digest.
        """
        record = self.records.get(key)
        if record is None or self.folder is None:
            return None
        if record.digest != digest:
            raise ValueError(
                f"In {self.folder} photo {key[0] + 1} is another one ({record.name}); give the same photos, or another "
                "folder."
            )
        if record.error is not None:
            return None
        try:
            seen = open_photo(self._place("pictures", key, "png")).rgb if picture else None
            felt = torch.from_numpy(np.load(self._place("features", key, "npy"))) if features else None
        except (PhotoError, OSError, ValueError):
            return None
        return record, seen, felt

    def _read(self, head: dict[str, Any]) -> None:
        text = self.file.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]  # a last line without its end was being written when the process ended
        try:
            found, *lines = [json.loads(line) for line in whole.splitlines()]
            records = [Record(**line) for line in lines]
        except (ValueError, TypeError):
            raise ValueError(f"{self.file} is not a journal of a comparison; choose another folder.") from None
        if found != head:
            differ = _difference(found, head)
            raise ValueError(
                f"{self.folder} holds another comparison ({differ}); go on with that one's settings, or choose another "
                "folder."
            )
        if whole != text:
            self.file.write_text(whole, encoding="utf-8")
        self.records = {record.key: record for record in records}

    def _write(self, line: dict[str, Any]) -> None:
        with self.file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")

    def _place(self, kind: str, key: Key, suffix: str) -> Path:
        assert self.folder is not None
        folder = self.folder / kind
        folder.mkdir(exist_ok=True)
        photo, model, hints = key
        return folder / f"{photo:04d}-{slug(model)}-{hints}.{suffix}"


def _difference(found: Any, head: dict[str, Any]) -> str:
    """What is not the same, for a person."""
    if not isinstance(found, dict) or not isinstance(found.get("setup"), dict) or found.get("version") != VERSION:
        return "of another version"
    if found.get("models") != head["models"]:
        return "of " + ", ".join(str(model).split("#")[0] for model in found.get("models") or ())
    names = [name for name, value in head["setup"].items() if found["setup"].get(name) != value]
    return "; ".join(f"{name} was {found['setup'].get(name)}" for name in names) or "of other settings"


def slug(model: str) -> str:
    """A model's name as part of a file name; two names never give one."""
    name = re.sub(r"[^A-Za-z0-9.@-]+", "-", model).strip("-.")
    return name if name == model else f"{name}-{zlib.crc32(model.encode()):08x}"
