"""The teaching zoo: seven architectures that courses compare, trained on the same photos for as many steps, each in a
file of its own.

    names()                        # ("autoencoder", "deep-cnn", ...)
    ab = network("plain-unet")(L)  # L (B, 1, H, W) in [0, 100], H and W multiples of 16 -> (B, 2, H/2, W/2), Lab units

All learn from lightness alone, from scratch. What they lack against the models of the parent folder is a frozen ViT
that knows what things are. Each file of this folder is a network: plain_unet.py holds the class PlainUNet and is named
plain-unet.
"""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


def headline(file: Path) -> str:
    """The first paragraph of a file's docstring, in one line; nothing is imported for it."""
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(said.split("\n\n")[0].split())


def names() -> tuple[str, ...]:
    """All of them, in the order of the alphabet; nothing heavy is imported for it."""
    return tuple(module.name.replace("_", "-") for module in iter_modules(__path__))


def network(name: str) -> nn.Module:
    """A fresh network of the zoo. Raises ValueError for an unknown name."""
    if name not in names():
        raise ValueError(f"There is no network {name!r} in the zoo; there are {', '.join(names())}.")
    classes = vars(import_module(f"{__name__}.{name.replace('-', '_')}"))
    built: nn.Module = next(value for key, value in classes.items() if key.lower() == name.replace("-", ""))()
    return built
