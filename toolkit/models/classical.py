"""Coloring without learning: Levin, Lischinski and Weiss, "Colorization Using Optimization", SIGGRAPH 2004.

    ab = levin2004(L, hints, hinted)

Their one idea: neighbors that are alike in lightness have the same color. So the color of a pixel is the weighted mean
of its neighbors' colors, the hinted pixels are given, and the rest is a sparse linear system. The measure for
everything that learns: with enough hints it is hard to beat.

Where the paper leaves a number open, it is the one of the authors' published program: windows of 3 x 3, 0.6 for the 2
of eq. 2, and an equation for each pixel without a hint. (Their J also sums over the hinted pixels. Taken literally, it
must make those means of their neighbors too: on a photo with 20 hints of 2 x 2 pixels its minimum swings to ab = 1,600,
where the equations below stay within the range of the hints.)

Letters: N pixels of the photo.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu
from torch import Tensor

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

AROUND = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0)]
SPREAD = 0.6  # times the variance of the window; with the paper's 2, 0.6 dB worse at 100 hints on Kodak
LEAST_WEIGHT = 0.01  # of the neighbor that is most alike, so that no pixel stands alone
FLAT = 2e-6  # variance of lightness 0..1 below which all neighbors count the same
LEAF = 32  # pixels that are eliminated in any order


def levin2004(L: Tensor, ab: Tensor, hinted: Tensor) -> Tensor:
    """The ab of a whole photo from the ab of some of its pixels; without any hint, gray.

    L (1, 1, H, W) in 0..100, ab (1, 2, H, W) in Lab units, read only where hinted, bool (1, 1, H, W), is true -> ab (1,
    2, H, W). Time: 0.3 s at 224 x 224 on one core, and a little more than in proportion to the pixels. Raises
    ValueError where the shapes do not fit.
    """
    check_shapes(L, ab, hinted)
    H, W = L.shape[-2:]
    given = hinted.flatten().cpu().numpy()
    out = np.where(given[:, None], ab[0].flatten(1).T.double().cpu().numpy(), 0.0)  # (N, 2)
    if given.any() and not given.all():
        system = sparse.eye_array(H * W, format="csr") - _weights(L[0, 0].double().cpu().numpy() / 100)
        order = _elimination_order(H, W)
        free, known = order[~given[order]], np.flatnonzero(given)
        rows = system[free]
        # The order is found already, and a diagonal as large as the rest of its row needs no pivoting.
        factors = splu(
            rows[:, free].tocsc(), permc_spec="NATURAL", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
        )
        out[free] = factors.solve(-(rows[:, known] @ out[known]))  # one factorization for a and b
    return torch.from_numpy(out.T.reshape(1, 2, H, W)).to(L)


def check_shapes(L: Tensor, ab: Tensor, hinted: Tensor) -> None:
    """Raises ValueError where L, ab and hinted are not (1, 1, H, W), (1, 2, H, W) and (1, 1, H, W)."""
    H, W = L.shape[-2:]
    if L.shape != (1, 1, H, W) or ab.shape != (1, 2, H, W) or hinted.shape != L.shape:
        shapes = ", ".join(str(tuple(t.shape)) for t in (L, ab, hinted))
        raise ValueError(
            f"L, ab and hinted must be (1, 1, H, W), (1, 2, H, W) and (1, 1, H, W) of one size, not {shapes}."
        )


def _weights(Y: Floats) -> sparse.csr_array:
    """w_rs of eq. 2, (N, N): row r holds the weights of the neighbors of r, which sum to 1. Y: lightness (H, W) in
    0..1.
    """
    H, W = Y.shape
    inside = np.pad(np.ones((H, W), bool), 1)
    padded, number = np.pad(Y, 1), np.pad(np.arange(H * W).reshape(H, W), 1)
    there, near, s = (
        np.stack([plane[1 + dy : 1 + dy + H, 1 + dx : 1 + dx + W] for dy, dx in AROUND])
        for plane in (inside, padded, number)
    )

    difference = np.where(there, near - Y, 0.0)  # (8, H, W)
    count = 1 + there.sum(0)  # the window is the pixel itself and those of its neighbors that exist
    variance = (difference**2).sum(0) / count - (difference.sum(0) / count) ** 2
    nearest = np.where(there, difference**2, np.inf).min(0)
    spread = np.maximum(np.maximum(SPREAD * variance, nearest / -np.log(LEAST_WEIGHT)), FLAT)
    w = np.exp(-(difference**2) / spread) * there
    w /= w.sum(0)
    r = np.broadcast_to(np.arange(H * W).reshape(H, W), w.shape)
    return sparse.csr_array((w[there], (r[there], s[there])), shape=(H * W, H * W))


def _elimination_order(H: int, W: int) -> Indices:
    """The pixels (N,) in an order that keeps the factors sparse: nested dissection (George 1973).

    A line of pixels cuts the photo in two halves that do not touch; both come before it, each in an order found alike.
    Half the time of SuperLU's own minimum degree.
    """
    number = np.arange(H * W).reshape(H, W)
    pieces: list[Indices] = []

    def dissect(part: Indices) -> None:
        if part.shape[0] < part.shape[1]:
            part = part.T
        if part.size > LEAF:
            middle = len(part) // 2
            dissect(part[:middle])
            dissect(part[middle + 1 :])
            part = part[middle : middle + 1]
        pieces.append(part.ravel())

    dissect(number)
    return np.concatenate(pieces)
