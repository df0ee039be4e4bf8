"""What a machine does, in ratios: seconds differ between computers, ratios measured in one run hardly do.

    python -m toolkit bench

Seven tables: where the time of a one-megapixel photo goes, beside the bare network at its working size; what a click, a
sentence and many colorings cost; how time and memory grow from a quarter of a megapixel to 24; how well the lift to
full size keeps color inside its edges; and what the classical models gain by being solved small. Photos of any size are
made by enlarging one.
"""

import os
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from kornia.filters import gaussian_blur2d, sobel
from torch import Tensor
from tqdm import tqdm

from toolkit.color import lab_to_rgb, rgb_to_lab
from toolkit.guidance import Points
from toolkit.measure.speed.classical_cost import measure_classical
from toolkit.measure.speed.click_cost import measure_clicks
from toolkit.measure.speed.meter import Peak, take_turns
from toolkit.measure.speed.reference_cost import measure_reference
from toolkit.measure.speed.sample_cost import measure_samples, sample_text
from toolkit.measure.speed.sentence_cost import measure_text
from toolkit.measure.speed.tables import COSTS, GROWTH, cost_table
from toolkit.measure.tables import grid, text_table
from toolkit.models.base import Dials
from toolkit.models.devices import pick_device
from toolkit.models.registry import load_model
from toolkit.photo import open_photo, save_photo
from toolkit.photo.lift import Lift, lift
from toolkit.photo.sizes import shrink
from toolkit.pipeline import Session

EXAMPLES = Path(__file__).resolve().parents[3] / "demos" / "examples"
# of the examples, those in color with 1 to 2 megapixels
LARGE = ("landscape-mountains.jpg", "animals-two-dogs.jpg", "interior-living-room.jpg")
MEGAPIXEL = 1.0  # size of the photo whose parts are timed
REPEATS = 5  # of each part; the median counts


def bench_report(
    photos: Sequence[str], megapixels: Sequence[float], model: str = "unet", device: str = "auto"
) -> dict[str, Any]:
    """All tables as one record. photos: color photos to measure with (none: the demo's examples), the first of them
    enlarged for times and memory.

    Raises ValueError where there is nothing to measure with, PhotoError, WeightsError.
    """
    chosen = [Path(p) for p in photos] or [EXAMPLES / name for name in LARGE if (EXAMPLES / name).is_file()]
    if not chosen:
        raise ValueError("The demo's examples are not installed here; name a photo to measure with.")
    device = pick_device(device).type
    growth = []
    with (
        tempfile.TemporaryDirectory() as folder,
        tqdm(total=6 + len(megapixels), unit="table or size", disable=None) as bar,
    ):
        parts = measure_parts(enlarge(chosen[0], MEGAPIXEL, Path(folder)), model, device)
        bar.update()
        clicks = measure_clicks(open_photo(enlarge(chosen[0], MEGAPIXEL, Path(folder))), model, device)
        bar.update()
        reference = measure_reference(open_photo(enlarge(chosen[0], MEGAPIXEL, Path(folder))), model, device)
        text = measure_text(open_photo(enlarge(chosen[0], MEGAPIXEL, Path(folder))), model, device)
        bar.update()
        samples = measure_samples(open_photo(enlarge(chosen[0], MEGAPIXEL, Path(folder))), model, device)
        bar.update()
        for mp in megapixels:
            growth.append(_in_fresh_process(enlarge(chosen[0], mp, Path(folder)), model, device))
            bar.update()
        lifts = lift_table(chosen)
        bar.update()
        classical = measure_classical(chosen, MEGAPIXEL)
        bar.update()
    machine = {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "device": device,
    }
    tables = {
        "clicks": clicks,
        "text": text,
        "reference": reference,
        "samples": samples,
        "growth": growth,
        "lift": lifts,
        "classical": classical,
    }
    return {"machine": machine, "model": model, **parts, **tables}


def enlarge(photo: Path, megapixels: float, folder: Path) -> Path:
    """A JPEG of the given size made from a photo, aspect kept."""
    source = open_photo(photo)
    scale = (megapixels * 1e6 / (source.width * source.height)) ** 0.5
    large = shrink(source, (max(1, int(source.height * scale)), max(1, int(source.width * scale))))
    return save_photo(large.rgb, folder / f"{megapixels:g}-megapixels.jpg", overwrite=True)


def measure_parts(path: Path, model: str, device: str) -> dict[str, Any]:
    """Where the time of one photo goes: "parts", and in seconds "network", "whole_png" and "whole_jpg", whose ratios to
    it are "ratio_...".

    The network is timed bare, on lightness that is ready at its working size.
    """
    made: dict[str, Any] = {}  # what one part gives to the next

    def color() -> None:
        made["session"] = Session(made["photo"], model, device=device)
        made["result"] = made["session"].colorize()

    def network() -> None:
        colorizer = load_model(made["session"].card.name, device)
        colorizer.decode(colorizer.encode(made["session"].encode().L), Points(none, none), Dials(), 0)

    def shrunk() -> None:
        made["small"] = shrink(made["photo"], (made["result"].ab.shape[-2], made["result"].ab.shape[-1])).lightness()

    def lifted() -> None:
        made["ab"] = Lift(made["result"].ab, made["small"], (made["photo"].height, made["photo"].width)).rows(
            made["L"], 0
        )

    none = torch.zeros(0, 2, device=device)
    ways: dict[str, Callable[[], object]] = {
        "open": lambda: made.update(photo=open_photo(path)),
        "color": color,
        "save png": lambda: made["result"].save(path.with_name("result.png"), overwrite=True),
        "save jpg": lambda: made["result"].save(path.with_name("result.jpg"), overwrite=True),
        "network": network,
        "lightness at full size": lambda: made.update(L=made["photo"].lightness()),
        "small": shrunk,
        "lift": lifted,
        "gamut and 8 bits": lambda: (lab_to_rgb(torch.cat([made["L"], made["ab"]], 1)) * 255).round().byte(),
    }
    seconds = take_turns(ways, REPEATS, device)
    whole = {kind: seconds["open"] + seconds["color"] + seconds[f"save {kind}"] for kind in ("png", "jpg")}
    listed = ("open", "network", "lightness at full size", "lift", "gamut and 8 bits", "save png")
    rest = max(0.0, whole["png"] - sum(seconds[name] for name in listed))
    parts = {name: seconds[name] for name in listed} | {"the rest": rest}
    return {
        "parts": [
            {"part": name, "seconds": round(s, 4), "share": round(s / whole["png"], 3)} for name, s in parts.items()
        ],
        "network": round(seconds["network"], 4),
        **{f"whole_{kind}": round(s, 4) for kind, s in whole.items()},
        **{f"ratio_{kind}": round(s / seconds["network"], 2) for kind, s in whole.items()},
    }


def _in_fresh_process(path: Path, model: str, device: str) -> dict[str, Any]:
    """A row of the growth table, from a process that has done nothing else: memory
    once touched is rarely given back.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure_growth, path, model, device).result()


def measure_growth(path: Path, model: str, device: str) -> dict[str, Any]:
    """Time from file to file, and the peak of memory above that of a process with the weights loaded that has not seen
    a photo yet.
    """
    load_model(model, device)
    with Peak() as peak:
        start = time.perf_counter()
        photo = open_photo(path)
        Session(photo, model, device=device).colorize().save(path.with_suffix(".png"), overwrite=True)
        seconds = time.perf_counter() - start
    megapixels = photo.width * photo.height / 1e6
    return {
        "megapixels": round(megapixels, 2),
        "width": photo.width,
        "height": photo.height,
        "seconds": round(seconds, 3),
        "seconds_per_megapixel": round(seconds / megapixels, 3),
        "memory_mb": round(peak.above / 1e6),
    }


def lift_table(paths: Sequence[str | Path], sizes: Sequence[int] = (64, 128, 256)) -> list[dict[str, Any]]:
    """How far four ways of enlarging a small ab miss the truth: a row for every way and short side of the small ab,
    means over the color photos.

    The small ab is the photo's own, averaged. Errors are Euclidean distances in ab, averaged over the pixels within 8
    px of edges of L ("edges") and over the others ("elsewhere"); "worst" is the largest ratio of the two to bilinear's
    on any of the photos. Raises PhotoError.
    """
    errors: dict[tuple[int, str], list[tuple[float, float]]] = {}
    for path in paths:
        L, ab = rgb_to_lab(open_photo(path).rgb[None].float() / 255).split([1, 2], 1)
        near = _near_edges(L)
        for size in sizes:
            scale = size / min(L.shape[-2:])
            small = F.interpolate(ab, [max(1, round(side * scale)) for side in L.shape[-2:]], mode="area")
            ways = {
                mode: F.interpolate(small, L.shape[-2:], mode=mode) for mode in ("nearest-exact", "bilinear", "bicubic")
            }
            ways["ours"] = lift(small, L)
            for way, big in ways.items():
                miss = (big - ab).norm(dim=1, keepdim=True)
                both = (float(miss[near].mean()), float(miss[~near].mean()))  # nan where there are no such pixels
                errors.setdefault((size, way), []).append(both)
    rows = []
    for (size, way), found in errors.items():
        mine, bilinear = torch.tensor(found), torch.tensor(errors[size, "bilinear"])
        edges, elsewhere = mine.nanmean(0).tolist()
        worst = (mine / bilinear).nan_to_num(0).max().item()
        rows.append(
            {
                "size": size,
                "way": way,
                "edges": round(edges, 3),
                "elsewhere": round(elsewhere, 3),
                "worst": round(worst, 3),
            }
        )
    return rows


def _near_edges(L: Tensor, reach: int = 8, steepness: float = 3.0) -> Tensor:
    """bool (1, 1, H, W): within `reach` px (a square) of an edge: `steepness` units of L per pixel by Sobel, after a
    blur of 1 px against grain.
    """
    edges = sobel(gaussian_blur2d(L, (7, 7), (1.0, 1.0))) > steepness
    return F.max_pool2d(edges.float(), 2 * reach + 1, 1, reach) > 0


def report_text(report: dict[str, Any]) -> str:
    """The record as tables to read."""
    machine = report["machine"]
    rows = [[p["part"], round(1000 * p["seconds"]), f"{p['share']:.0%}"] for p in report["parts"]]
    parts = text_table(["part of a 1-megapixel photo", "ms", "share"], rows)
    lifts = text_table(
        ["small ab (px)", "lift by", "ab error at edges", "elsewhere", "worst photo, times bilinear"],
        [[r["size"], r["way"], r["edges"], r["elsewhere"], r["worst"]] for r in report["lift"]],
    )
    whole = (
        f"Start to finish: {report['ratio_png']:.2f} times the bare network's {1000 * report['network']:.0f} ms with "
        f"PNG, {report['ratio_jpg']:.2f} times with JPEG."
    )
    where = (
        f"{report['model']} on {machine['device']}, {machine['cores']} cores, {machine['threads']} threads "
        f"({machine['processor']})"
    )
    encoded = f"Before the first click the photo is encoded once: {1000 * report['clicks']['encode']:.0f} ms."
    costs = [text_table(*cost_table(part, report[part])) for part in COSTS]
    return "\n\n".join(
        [
            where,
            parts,
            whole,
            encoded,
            *costs,
            sample_text(report["samples"]),
            text_table(*grid(report["growth"], GROWTH)),
            lifts,
        ]
    )
