"""Simulated hints: which points a person might give. The two protocols of the literature.

    photos = open_squares(find_photos(["kodak.tar"]), "icolorit", skipped := [])
    hints = hints_for(next(photos), 0, "icolorit", most=100, seed=1234)

The hints are true colors of the photo at random places. All models of a table get the same hints, and so do the
classical methods.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from torch import Tensor

from toolkit.color import lab_to_rgb, rgb_to_lab, to_hex
from toolkit.guidance import Hint
from toolkit.measure.photos import Source, floats, open_truths
from toolkit.photo import Photo

CEILING = 50.0  # dB: iColoriT's floor of 1e-5 under the squared error


class Patch(NamedTuple):
    """A square of a photo whose mean color is revealed, in pixels."""

    left: int
    top: int
    size: int


def icolorit(rng: np.random.Generator, side: int, n: int) -> list[Patch]:
    """Where Yun, Lee, Park and Choo reveal color: "iColoriT: Towards Propagating Local Hints to the Right Region in
    Interactive Colorization by Leveraging Vision Transformer", WACV 2023.

    The photo is 224 x 224 px and laid out in squares of 2 x 2; hints are some of these, all equally likely, none twice.
    Of a photo that is not square, the centre is cut out here, as squeezing would bend what is in it.
    """
    cells = side // 2
    return [Patch(2 * int(i % cells), 2 * int(i // cells), 2) for i in rng.permutation(cells * cells)[:n]]


def siggraph17(rng: np.random.Generator, side: int, n: int) -> list[Patch]:
    """Where Zhang et al. reveal color: "Real-Time User-Guided Image Colorization with Learned Deep Priors", SIGGRAPH
    2017, as users of its local hints network.

    The photo is 256 x 256 px; patches of 1 to 9 px, all sizes equally likely, lie around its middle by a Gaussian whose
    standard deviation is a quarter of the side; those beyond the border are moved inside. In training the paper draws
    how many, and now and then reveals everything; a measurement is asked for counts.
    """
    patches = []
    for _ in range(n):
        size = int(rng.integers(1, 10))
        left, top = (int(v) for v in np.clip(np.rint(rng.normal(side / 2, side / 4, 2) - size / 2), 0, side - size))
        patches.append(Patch(left, top, size))
    return patches


@dataclass(frozen=True)
class Protocol:
    """Photos of one size, and the places where their color is revealed."""

    side: int  # px of the square
    draw: Callable[[np.random.Generator, int, int], list[Patch]]
    places: str


PROTOCOLS = {
    "icolorit": Protocol(224, icolorit, "2 x 2 px at uniform random places of the 2 px grid, none twice"),
    "siggraph17": Protocol(
        256,
        siggraph17,
        "1 to 9 px (uniform) at places Gaussian around the middle (standard deviation a quarter of the side)",
    ),
}


def revealed(protocol: str, seed: int) -> str:
    """Which photos and which hints, as the beginning of a sentence."""
    about = PROTOCOLS[protocol]
    return (
        f"Protocol {protocol}: centre squares of photos at {about.side} x {about.side} px; hints are patches of "
        f"{about.places}, in the patch's mean a and b as the nearest 8-bit color at its mean L, for n hints the first "
        f"n of one draw a photo, from numpy's default_rng(({seed}, the photo's number from 0))"
    )


def reveal(lab: Tensor, patch: Patch) -> Hint:
    """The hint that covers exactly this patch of lab (3, H, W) in its mean a and b.

    A hint's color is 8-bit RGB, and its L is not used: at the patch's own mean L it moves a and b by a quarter of a
    unit on average, which costs levin2004 0.004 dB at 100 hints.
    """
    left, top, size = patch
    rgb = lab_to_rgb(lab[:, top : top + size, left : left + size].mean((1, 2)).view(3, 1, 1))
    # between two pixels, as near as it may be without being rounded up
    centre = (size - 1) // 2 + (0.49 if size % 2 == 0 else 0)
    return Hint(left + centre, top + centre, to_hex(rgb.flatten()), size)


def open_squares(sources: Iterable[Source], protocol: str, skipped: list[str]) -> Iterator[Photo]:
    """The centre squares of the photos in color, at the protocol's size; what is left out is told in `skipped`."""
    side = PROTOCOLS[protocol].side
    for photo in open_truths(sources, side, skipped):
        left, top = (photo.width - side) // 2, (photo.height - side) // 2
        yield replace(photo, rgb=photo.rgb[:, top : top + side, left : left + side].contiguous())


def hints_for(photo: Photo, index: int, protocol: str, most: int, seed: int) -> tuple[Hint, ...]:
    """The `most` hints for the photo of that number, counted from 0; fewer hints are the first of them."""
    about = PROTOCOLS[protocol]
    lab = rgb_to_lab(floats(photo.rgb))[0]
    return tuple(reveal(lab, patch) for patch in about.draw(np.random.default_rng((seed, index)), about.side, most))
