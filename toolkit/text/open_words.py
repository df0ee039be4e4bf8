"""Words beyond our own table: any phrase, by the text encoder of CLIP ViT-B/32 and the linear map that was learned with
the localizer.

    localizer = open_localizer(("velociraptor", "mail box"))      # downloads 606 MB the first time: ask before

Only CLIP's text encoder ("text tower") is used (Radford et al. 2021, weights by OpenAI, MIT), as `open_clip` builds it;
the photo always goes through our own encoder. Nothing is downloaded unless `fetch` is called; after that it works
offline.
"""

from collections.abc import Callable, Sequence
from copy import copy
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from toolkit.models.weights import WeightsError
from toolkit.text.localizer import Localizer, load_localizer

MODEL = "ViT-B-32-quickgelu"  # OpenAI's weights want their own approximation of GELU
REPOSITORY, FILE = "timm/vit_base_patch32_clip_224.openai", "open_clip_model.safetensors"
MEGABYTES = 606
PROMPT = "a {}"  # as the vectors were made through which the map was learned


class TextTower(nn.Module):
    """CLIP's text encoder: phrases -> unit vectors (n, 512)."""

    def __init__(self) -> None:
        super().__init__()
        import open_clip  # 0.3 s, and only for who wants it
        from open_clip.model import CLIPTextCfg, _build_text_tower  # no public way builds one half alone

        config: dict[str, Any] = open_clip.get_model_config(MODEL)
        self.tokenize: Callable[[list[str]], Tensor] = open_clip.get_tokenizer(MODEL)
        self.tower: nn.Module = _build_text_tower(
            config["embed_dim"], CLIPTextCfg(**config["text_cfg"]), quick_gelu=True
        )
        self.eval().requires_grad_(False)

    @torch.inference_mode()
    def forward(self, phrases: Sequence[str]) -> Tensor:
        """Phrases, each a noun with or without its adjectives -> (n, 512)."""
        vectors: Tensor = self.tower(self.tokenize([PROMPT.format(phrase) for phrase in phrases]))
        return torch.nn.functional.normalize(vectors, dim=1)


def fetched() -> Path | None:
    """The weights' file, if it is on this machine already."""
    from huggingface_hub import try_to_load_from_cache

    path = try_to_load_from_cache(REPOSITORY, FILE)
    return Path(path) if isinstance(path, str) else None


def fetch() -> Path:
    """Download the weights (606 MB, once). Call it only after the person agreed. Raises WeightsError where there is no
    network.
    """
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(REPOSITORY, FILE))
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError):
        raise WeightsError(
            f"The model for open words ({MEGABYTES} MB from huggingface.co/{REPOSITORY}) cannot be reached; go online "
            "once, or use a known word."
        ) from None


def read_tower(path: Path) -> TextTower:
    """The text tower from a safetensors file of the whole model. Raises WeightsError."""
    tower = TextTower()
    wanted = tower.tower.state_dict()
    try:
        with safe_open(path, framework="pt") as file:
            state = {key: file.get_tensor(key).float() for key in wanted if key in file.keys()}  # noqa: SIM118  # the file is no mapping
        tower.tower.load_state_dict(state, strict=True)
    except (OSError, SafetensorError, RuntimeError):
        raise WeightsError(f"{path} does not hold CLIP ViT-B/32; delete the file and fetch it again.") from None
    return tower


@lru_cache(maxsize=1)
def _tower() -> TextTower:
    path = fetched()
    if path is None:
        raise WeightsError(
            f"Open words need a model of {MEGABYTES} MB that is not on this machine; allow the download first, or use "
            "a known word."
        )
    return read_tower(path)


def open_localizer(
    phrases: Sequence[str], localizer: Localizer | None = None, tower: TextTower | None = None
) -> Localizer:
    """A localizer that knows these phrases in addition to its own words. Raises WeightsError where the text tower is
    not on this machine.
    """
    localizer = copy(localizer or load_localizer())
    localizer.add_words(list(phrases), (tower or _tower())(phrases))
    return localizer


def localizer_for(prompt: str) -> Localizer:
    """A localizer for one sentence, with the things in it that our own table does not have. Downloads CLIP's text
    encoder if it is needed and missing.

    Raises PromptError, WeightsError.
    """
    from toolkit.text.grammar.parser import parse

    localizer = load_localizer()
    things = [wish.thing for wish in parse(prompt).wishes if wish.thing is not None]
    things += [thing.part_of for thing in things if thing.part_of is not None]
    new = [
        noun for noun in dict.fromkeys(thing.noun for thing in things) if noun and localizer.resolve(noun)[0] is None
    ]
    if not new:
        return localizer
    if fetched() is None:
        fetch()
    return open_localizer(new, localizer)


def add_held_out(localizer: Localizer, file: str | Path) -> frozenset[str]:
    """Give a localizer the words that its training left out, by their CLIP ViT-B/32 text vectors; these words.

    file: .npz of words (N,) and vectors (N, 512). Raises ValueError where it is none, where no word was left out, or
    where one has no vector.
    """
    try:
        with np.load(file, allow_pickle=False) as table:
            vectors = dict(
                zip(table["words"].tolist(), torch.from_numpy(table["vectors"].astype(np.float32)), strict=True)
            )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(
            f"{file} holds no words with vectors; give an .npz of words (N,) and their CLIP ViT-B/32 text vectors (N, "
            "512)."
        ) from None
    names = localizer.held_out
    if not names:
        raise ValueError("The localizer's weights left no word out of training; measure them without --held-out.")
    missing = [name for name in names if name not in vectors]
    if missing:
        raise ValueError(
            f"{file} has no vector for {', '.join(missing[:5])}; give a table with all {len(names)} words that were "
            "held out."
        )
    localizer.add_words(names, torch.stack([vectors[name] for name in names]))
    return frozenset(names)
