"""Do a palette's colors arrive, and is the picture still one? Three ways to steer automatic colors, measured against
each other.

    print(measure("palettes", ["val.tar"]).text())

With the photo's own true palette the result should come nearer to the truth than the automatic one. With another
photo's it should be in those colors and still look like a photo: sorting alone gets every distribution right, and tears
skies into patches.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import AbBins, annealed_mean, hex_to_lab, rgb_to_lab
from toolkit.color.palette import Swatch
from toolkit.controls.palette import extract_palette
from toolkit.controls.transport import sliced_distance, sliced_transport
from toolkit.guidance import GuidanceError
from toolkit.measure import metrics
from toolkit.measure.photos import find_photos, floats, open_truths
from toolkit.measure.studies import Told, option
from toolkit.measure.tables import Column, Row, ratio
from toolkit.models.base import Dials, Encoded, Prediction
from toolkit.models.cards import default_model
from toolkit.models.registry import load_model
from toolkit.models.unet import TEMPERATURE
from toolkit.photo import Photo
from toolkit.pipeline import Session

if TYPE_CHECKING:
    import pandas as pd

FLAT = 1.0  # units of L below which two neighbors have no edge between them
TORN = 3.0  # units of ab from which they differ nevertheless
USED = 0.25  # of its share from which a color of the palette counts as used
SIZE = 256  # px, short side of the photos
PICTURED = ("automatic", "prior", "sliced", "ours")  # in another's colors, without shares

by = ("way", "palette", "shares")
sheet_rows = 24  # photos
food = "a folder or a tar with two color photos or more"
examples = (
    "val.tar --limit 100 --json palette.json",
    "photos/ --limit 24 --sheet sheet.png      # in another photo's colors: three ways",
    "val.tar --model plain-unet                # a model without a distribution",
)
columns = (
    Column("way", ""),
    Column("palette", "palette", show=lambda row: row["palette"] + (", with shares" if row["shares"] else "")),
    Column("psnr", "PSNR, dB", 2),
    Column("gain", "PSNR gain, dB", 2, sign=True, error=True),
    Column("ciede2000", "CIEDE2000", 2),
    Column("near", "near", 1),
    Column("used", "used", 0, "%"),
    Column("distance", "distance", 1),
    Column("torn", "torn", 1, "%"),
    Column("colorfulness_ratio", "colorfulness", 0, "%"),
)


@dataclass(frozen=True)
class Setup:
    """What is measured, and how."""

    model: str = option(default_model, "a name from `models`")
    limit: int | None = option(None, "only the first N photos")
    colors: int = option(6, "of a palette")
    vividness: float = option(0.5, "0 safe and dull to 1 lively")
    device: str = option("auto", "auto, cpu, cuda or mps")


def protocol(setup: Setup) -> str:
    """How it is measured, in a sentence."""
    return (
        f"{setup.model} at vividness {setup.vividness:g}, photos at a short side of {SIZE} px, L kept; palette: "
        f"{setup.colors} colors taken from the photo itself (own) or from the photo before it (another's), given with "
        "or without their shares; near: mean ab distance of pixels to the nearest color of the palette; used: share of "
        f"its colors that are nearest to at least {USED:g} of their share of the pixels; distance: sliced Wasserstein "
        f"distance to the palette in its shares; torn: of neighbors within {FLAT:g} of L, those at least {TORN:g} "
        "apart in ab; means over photos, gain in PSNR over automatic with its standard error."
    )


def records(source: Sequence[Any], setup: Setup, told: Told) -> Iterator[Row]:
    """A row a photo and way, with the photo's own palette and that of the photo before it."""
    photos = islice(open_truths(find_photos(source), SIZE, told.skipped), setup.limit)
    colored = [(photo, palette) for photo in photos if (palette := _palette(photo, setup.colors))]
    if len(colored) < 2:
        return
    for index, (photo, own) in enumerate(colored):
        session, pictures = Session(photo, setup.model, device=setup.device), {}
        automatic = session.predict(dials=Dials(vividness=setup.vividness))
        plain = session.paint(automatic).rgb
        base = float(metrics.psnr(floats(plain), floats(photo.rgb)))
        for kind, palette in (("own", own), ("another's", colored[index - 1][1])):
            for way, rgb in (("truth", photo.rgb), ("automatic", plain)):
                pictures[way, kind, False] = rgb
                yield _row((way, kind, False), photo, rgb, palette, None if way == "truth" else base)
            for shares in (False, True):
                for way, ab in ways(session, automatic, palette, setup.vividness, shares).items():
                    pictures[way, kind, shares] = rgb = session.paint(replace(automatic, ab=ab)).rgb
                    yield _row((way, kind, shares), photo, rgb, palette, base)
        told.show([(way, pictures[key]) for way in PICTURED if (key := (way, "another's", False)) in pictures])
        told.done(index + 1, len(colored))


def more(frame: "pd.DataFrame") -> Row:
    """Colorfulness to the truth's, of all photos together."""
    return {"colorfulness_ratio": ratio(frame["colorfulness"], frame["true_colorfulness"])}


def _palette(photo: Photo, k: int) -> list[Swatch]:
    try:
        return extract_palette(photo, k)
    except GuidanceError:
        return []


def ways(
    session: Session, automatic: Prediction, palette: Sequence[Swatch], vividness: float, shares: bool
) -> dict[str, Tensor]:
    """ab (1, 2, h, w) by each way to steer automatic colors with a palette; the prior knows no shares and is left out
    with them.
    """
    lab = torch.tensor([hex_to_lab(swatch.color) for swatch in palette])
    given = torch.tensor([swatch.share for swatch in palette]) if shares else None
    found = {}
    bins = load_model(session.card.name, session.device.type).bins
    if not shares and bins is not None:
        h, w = automatic.ab.shape[-2:]
        found["prior"] = by_prior(session.encode(), bins, lab[:, 1:], vividness)[..., :h, :w].cpu()
    points = automatic.ab[0].flatten(1).T.cpu()
    found["sliced"] = sliced_transport(points[::4], lab[:, 1:], given)(points).T.reshape(automatic.ab.shape)
    wanted: Sequence[Swatch | str] = palette if shares else [swatch.color for swatch in palette]
    found["ours"] = session.predict(dials=Dials(vividness=vividness, palette=wanted)).ab
    return found


def by_prior(encoded: Encoded, bins: AbBins, palette: Tensor, vividness: float) -> Tensor:
    """The distribution times a prior over its bins: Gaussians of 15 Lab units around the palette (K, 2) and, at 0.3,
    gray, over a floor of 0.01.
    """
    assert encoded.logits is not None
    colors = torch.cat([palette, torch.zeros(1, 2)])
    near = torch.exp(-torch.cdist(bins.centers, colors).square() / (2 * 15.0**2))  # (Q, K + 1)
    near[:, -1] *= 0.3
    preferred = encoded.logits + torch.log(near.amax(1) + 0.01).to(encoded.logits).view(1, -1, 1, 1)
    size = encoded.ab.shape[-2:]

    def mean(logits: Tensor, temperature: float) -> Tensor:
        return F.interpolate(annealed_mean(logits, bins, temperature), size, mode="bilinear", align_corners=False)

    return torch.lerp(
        encoded.ab + mean(preferred, 1.0) - mean(encoded.logits, 1.0), mean(preferred, TEMPERATURE), vividness
    )


def _row(key: tuple[str, str, bool], photo: Photo, rgb: Tensor, palette: Sequence[Swatch], base: float | None) -> Row:
    """base: PSNR of the automatic picture; None: nothing is compared with the truth."""
    picture, truth = floats(rgb), floats(photo.rgb)
    lab = rgb_to_lab(picture)
    points = lab[0, 1:, ::3, ::3].flatten(1).T
    colors, shares = torch.tensor([hex_to_lab(s.color)[1:] for s in palette]), torch.tensor([s.share for s in palette])
    apart, nearest = torch.cdist(points, colors).min(1)
    used = torch.bincount(nearest, minlength=len(colors)) / len(points) >= USED * shares
    row = dict(zip(by, key, strict=True)) | {
        "near": float(apart.mean()),
        "used": float(used.float().mean()),
        "distance": sliced_distance(points, colors, shares),
        "torn": torn(lab),
        "colorfulness": float(metrics.colorfulness(picture)),
        "true_colorfulness": float(metrics.colorfulness(truth)),
    }
    if key[1] == "own" and base is not None:  # with another's palette there is no truth
        psnr = float(metrics.psnr(picture, truth))
        row |= {"psnr": psnr, "gain": psnr - base, "ciede2000": float(metrics.ciede2000(picture, truth))}
    return row


def torn(lab: Tensor) -> float:
    """Of all neighbors in Lab (1, 3, H, W) without an edge of L between them, the share whose ab jumps all the same."""
    jumps, flats = 0, 0
    for step in (lab[..., 1:] - lab[..., :-1], lab[..., 1:, :] - lab[..., :-1, :]):
        flat = step[:, 0].abs() < FLAT
        jumps += int((flat & (step[:, 1].square() + step[:, 2].square() > TORN**2)).sum())
        flats += int(flat.sum())
    return jumps / max(flats, 1)
