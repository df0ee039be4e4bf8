"""Names to models with their weights.

A model is one file of this folder with a function `build(card, device)`, or a network in a file of `zoo`, and a card in
weights/manifest.json, whose architecture is the file's name.
"""

from functools import lru_cache
from importlib import import_module

from toolkit.models.base import Colorizer
from toolkit.models.cards import get_card


@lru_cache(maxsize=16)  # a comparison of the whole zoo loads each once
def load_model(name: str, device: str = "cpu") -> Colorizer:
    """A model with its weights on a device; loaded once. Raises ValueError for an unknown name, WeightsError for bad
    files.
    """
    card = get_card(name)
    home = "zoo_colorizer" if card.zoo else card.architecture.replace("-", "_")
    model: Colorizer = import_module(f"toolkit.models.{home}").build(card, device)
    return model
