"""Do a palette's colors arrive, and is the picture still one? Three ways to steer automatic colors, measured against each other.

    scores, rows = evaluate_palettes(photos, PaletteSetup())
    print(palette_table(scores))

With the photo's own true palette the result should come nearer to the truth than the automatic one. With another photo's it should be in those colors
and still look like a photo: sorting alone gets every distribution right, and tears skies into patches.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import AbBins, annealed_mean, hex_to_lab, rgb_to_lab
from toolkit.color.palette import Swatch
from toolkit.controls.palette import extract_palette
from toolkit.controls.transport import sliced_distance, sliced_transport
from toolkit.guidance import GuidanceError
from toolkit.measure import metrics
from toolkit.measure.evaluate import format_table
from toolkit.models.base import Dials, Encoded, Prediction
from toolkit.models.registry import load_model
from toolkit.models.unet import TEMPERATURE
from toolkit.photo import Photo
from toolkit.pipeline import Session

FLAT = 1.0  # units of L below which two neighbors have no edge between them
TORN = 3.0  # units of ab from which they differ nevertheless
USED = 0.25  # of its share from which a color of the palette counts as used
COLUMNS = ("way", "palette", "shares", "psnr", "gain", "gain_se", "ciede2000", "near", "used", "distance", "torn", "colorfulness_ratio", "n")


@dataclass(frozen=True)
class PaletteSetup:
    """What is measured, and how."""

    model: str = "vit-hint"
    vividness: float = 0.5
    colors: int = 6
    size: int = 256  # px, short side
    device: str = "auto"

    def protocol(self) -> str:
        """The protocol in one sentence."""
        return (
            f"{self.model} at vividness {self.vividness:g}, photos at a short side of {self.size} px, L kept; palette: {self.colors} colors taken "
            f"from the photo itself (own) or from the photo before it (another's), given with or without their shares; near: mean ab distance of "
            f"pixels to the nearest color of the palette; used: share of its colors that are nearest to at least {USED:g} of their share of the "
            f"pixels; distance: sliced Wasserstein distance to the palette in its shares; torn: of neighbors within {FLAT:g} of L, those at least "
            f"{TORN:g} apart in ab; means over photos, gain in PSNR over automatic with its standard error."
        )


@dataclass(frozen=True)
class PaletteScore:
    """One way with one kind of palette; means over photos."""

    way: str  # "automatic", "prior", "sliced", "ours" (what ships) or "truth"
    palette: str  # "own" or "another's"
    shares: bool
    n: int
    psnr: float | None  # dB; with another's palette there is no truth
    gain: float | None  # dB above automatic
    gain_se: float | None
    ciede2000: float | None
    near: float  # Lab units
    used: float  # 0 to 1
    distance: float  # Lab units
    torn: float  # 0 to 1
    colorfulness_ratio: float  # to the truth's
    protocol: str


@dataclass
class _Numbers:
    """Of one row, one a photo."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, **numbers: float) -> None:
        for name, value in numbers.items():
            self.values.setdefault(name, []).append(value)

    def mean(self, name: str) -> float | None:
        return round(statistics.fmean(self.values[name]), 4) if name in self.values else None


Row = tuple[str, str, bool]


def evaluate_palettes(
    photos: Sequence[Photo], setup: PaletteSetup, *, keep: int = 0, progress: Callable[[int], None] | None = None
) -> tuple[list[PaletteScore], list[list[Tensor]]]:
    """Scores, and for the first `keep` photos the pictures of another's palette without shares: automatic, prior, sliced, ours.

    Raises ValueError where there are fewer than two photos with colors.
    """
    numbers: dict[Row, _Numbers] = {}
    pictures: list[list[Tensor]] = []
    colored = [(photo, palette) for photo in photos if (palette := _palette(photo, setup.colors))]
    if len(colored) < 2:
        raise ValueError("There are no two photos in color to measure palettes on; give a folder or a tar of color photos.")
    for index, (photo, own) in enumerate(colored):
        row = _try(Session(photo, setup.model, device=setup.device), own, colored[index - 1][1], setup, numbers)
        if index < keep:
            pictures.append(row)
        if progress:
            progress(index + 1)
    return [_score(row, found, setup) for row, found in numbers.items()], pictures


def _palette(photo: Photo, k: int) -> list[Swatch]:
    try:
        return extract_palette(photo, k)
    except GuidanceError:
        return []


def _try(session: Session, own: list[Swatch], other: list[Swatch], setup: PaletteSetup, numbers: dict[Row, _Numbers]) -> list[Tensor]:
    automatic = session.predict(dials=Dials(vividness=setup.vividness))
    plain = session.paint(automatic).rgb
    base = _psnr(plain, session.photo.rgb)
    pictures = [plain]
    for kind, palette in (("own", own), ("another's", other)):
        _measure(numbers, ("truth", kind, False), session.photo, session.photo.rgb, palette, None)
        _measure(numbers, ("automatic", kind, False), session.photo, plain, palette, base)
        for shares in (False, True):
            for way, ab in ways(session, automatic, palette, setup.vividness, shares).items():
                rgb = session.paint(replace(automatic, ab=ab)).rgb
                _measure(numbers, (way, kind, shares), session.photo, rgb, palette, base)
                if kind != "own" and not shares:
                    pictures.append(rgb)
    return pictures


def ways(session: Session, automatic: Prediction, palette: Sequence[Swatch], vividness: float, shares: bool) -> dict[str, Tensor]:
    """ab (1, 2, h, w) by each way to steer automatic colors with a palette; the prior knows no shares and is left out with them."""
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
    """The distribution times a prior over its bins: Gaussians of 15 Lab units around the palette (K, 2) and, at 0.3, gray, over a floor of 0.01."""
    assert encoded.logits is not None
    colors = torch.cat([palette, torch.zeros(1, 2)])
    near = torch.exp(-torch.cdist(bins.centers, colors).square() / (2 * 15.0**2))  # (Q, K + 1)
    near[:, -1] *= 0.3
    preferred = encoded.logits + torch.log(near.amax(1) + 0.01).to(encoded.logits).view(1, -1, 1, 1)
    size = encoded.ab.shape[-2:]

    def mean(logits: Tensor, temperature: float) -> Tensor:
        return F.interpolate(annealed_mean(logits, bins, temperature), size, mode="bilinear", align_corners=False)

    return torch.lerp(encoded.ab + mean(preferred, 1.0) - mean(encoded.logits, 1.0), mean(preferred, TEMPERATURE), vividness)


def _measure(numbers: dict[Row, _Numbers], row: Row, photo: Photo, rgb: Tensor, palette: Sequence[Swatch], base: float | None) -> None:
    found = numbers.setdefault(row, _Numbers())
    lab = rgb_to_lab(rgb[None].float() / 255)
    points = lab[0, 1:, ::3, ::3].flatten(1).T
    colors, shares = torch.tensor([hex_to_lab(s.color)[1:] for s in palette]), torch.tensor([s.share for s in palette])
    apart, nearest = torch.cdist(points, colors).min(1)
    used = torch.bincount(nearest, minlength=len(colors)) / len(points) >= USED * shares
    found.add(near=float(apart.mean()), used=float(used.float().mean()), distance=sliced_distance(points, colors, shares), torn=torn(lab))
    found.add(colorfulness=float(metrics.colorfulness(_float(rgb))), true_colorfulness=float(metrics.colorfulness(_float(photo.rgb))))
    if row[1] == "own" and base is not None:
        psnr = _psnr(rgb, photo.rgb)
        found.add(psnr=psnr, gain=psnr - base, ciede2000=float(metrics.ciede2000(_float(rgb), _float(photo.rgb))))


def torn(lab: Tensor) -> float:
    """Of all neighbors in Lab (1, 3, H, W) without an edge of L between them, the share whose ab jumps all the same."""
    jumps, flats = 0, 0
    for step in (lab[..., 1:] - lab[..., :-1], lab[..., 1:, :] - lab[..., :-1, :]):
        flat = step[:, 0].abs() < FLAT
        jumps += int((flat & (step[:, 1].square() + step[:, 2].square() > TORN**2)).sum())
        flats += int(flat.sum())
    return jumps / max(flats, 1)


def _psnr(rgb: Tensor, truth: Tensor) -> float:
    return float(metrics.psnr(_float(rgb), _float(truth)))


def _float(rgb: Tensor) -> Tensor:
    return rgb[None].float() / 255


def _score(row: Row, found: _Numbers, setup: PaletteSetup) -> PaletteScore:
    gains = found.values.get("gain", [])
    n = len(found.values["near"])

    def there(name: str) -> float:
        return found.mean(name) or 0.0

    return PaletteScore(
        way=row[0],
        palette=row[1],
        shares=row[2],
        n=n,
        psnr=found.mean("psnr"),
        gain=found.mean("gain"),
        gain_se=round(statistics.stdev(gains) / n**0.5, 4) if len(gains) > 1 else None,
        ciede2000=found.mean("ciede2000"),
        near=there("near"),
        used=there("used"),
        distance=there("distance"),
        torn=there("torn"),
        colorfulness_ratio=round(there("colorfulness") / max(there("true_colorfulness"), 1e-3), 4),
        protocol=setup.protocol(),
    )


def palette_table(scores: Sequence[PaletteScore]) -> str:
    """The scores as text, own palettes first, and the protocol below."""
    ordered = sorted(scores, key=lambda s: (s.palette != "own", s.shares))
    rows = [[{True: "yes", False: "no"}.get(r[c], r[c]) if c == "shares" else r[c] for c in COLUMNS] for r in map(asdict, ordered)]
    return format_table(COLUMNS, rows) + "\n" + scores[0].protocol
