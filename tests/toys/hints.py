"""Hints as the canvas sends them, and as classical models take them."""

import numpy as np
import torch


def hint(x: float = 0.5, y: float = 0.5, **more: object) -> dict:
    return {"x": x, "y": y, "color": "#aa3311", "size": 9, "lasso": [], "stroke": 0} | more


def value(*hints: dict, **more: object) -> dict:
    return {"hints": list(hints), "selected": -1, "ask": None, "palette": [], "revision": 1} | more


def problem(L, hints):
    """L (H, W) and {(x, y): (a, b)} as tensors."""
    L = torch.as_tensor(np.asarray(L), dtype=torch.float32)[None, None]
    ab, hinted = torch.full((1, 2, *L.shape[2:]), torch.nan), torch.zeros_like(L, dtype=torch.bool)
    for (x, y), color in hints.items():
        ab[0, :, y, x] = torch.tensor(color)
        hinted[0, 0, y, x] = True
    return L, ab, hinted
