"""What a sentence costs, beside what it costs to encode a picture once with CLIP's ViT-B/16, as ways do that compare words with pictures.

From the sentence to the finished picture: parse, find the things, make hints, decode, lift to full size, gamut, 8 bits. The photo was encoded before,
and every sentence is the first one about its photo. The transformer is timm's CLIP ViT-B/16 at 224 px with random weights, which take as long as
trained ones. All take turns in one run, so that a busy machine slows them alike.
"""

import statistics
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import torch

from toolkit.measure.evaluate import format_table
from toolkit.photo import Photo
from toolkit.pipeline import Session

if TYPE_CHECKING:
    from toolkit.text.localizer import Localizer

TRANSFORMER = "vit_base_patch16_clip_224"
VECTOR = 512  # numbers that CLIP's ViT-B/16 says about a picture
COLORS = ("red", "sky blue")
REPEATS = 5  # the median counts


def measure_text(photo: Photo, model: str, device: str) -> dict[str, Any]:
    """Seconds from a sentence to the picture, and of its parts, beside an encoding by CLIP: {"width", "height", "text": [...]}.

    The sentences are about the one and the two things that the localizer is surest to see. Raises WeightsError.
    """
    import timm

    from toolkit.text.localizer import load_localizer

    localizer = load_localizer(device)
    transformer: Any = timm.create_model(TRANSFORMER, pretrained=False, num_classes=VECTOR).eval().to(device)
    picture = torch.zeros(1, 3, 224, 224, device=device)
    seen = localizer.look(Session(photo, model, device=device)).names(0.0)
    wishes = [f"the {name} is {color}" for (name, _), color in zip(seen, COLORS, strict=False)]
    prompts = {"one thing": wishes[0], "two things": " and ".join(wishes)}
    took: dict[str, list[float]] = defaultdict(list)
    for _ in range(REPEATS + 1):
        for name, prompt in prompts.items():
            for part, time_taken in _one_sentence(photo, model, device, prompt, localizer).items():
                took[f"{name}, {part}"].append(time_taken)
        start = time.perf_counter()
        with torch.inference_mode():
            transformer(picture)
        took["CLIP ViT-B/16, one picture"].append(time.perf_counter() - start)
    seconds = {name: statistics.median(times[1:]) for name, times in took.items()}  # the first one warms up
    encoding = seconds["CLIP ViT-B/16, one picture"]
    rows = [{"way": name, "seconds": round(s, 4), "times_an_encoding": round(s / encoding, 2)} for name, s in seconds.items()]
    return {"width": photo.width, "height": photo.height, "text": rows}


def _one_sentence(photo: Photo, model: str, device: str, prompt: str, localizer: "Localizer") -> dict[str, float]:
    """Seconds from the sentence to hints, from those to the picture, and together; in a session of its own, so that nothing is remembered."""
    from toolkit.text.compiler import compile_text

    session = Session(photo, model, device=device)
    session.encode()
    start = time.perf_counter()
    guidance = compile_text(prompt, session, localizer=localizer).guidance
    middle = time.perf_counter()
    session.colorize(guidance)
    end = time.perf_counter()
    return {"words to hints": middle - start, "hints to picture": end - middle, "words to picture": end - start}


def text_text(report: dict[str, Any]) -> str:
    """The record as a table to read."""
    rows = [[row["way"], round(1000 * row["seconds"]), row["times_an_encoding"]] for row in report["text"]]
    return format_table([f"on {report['width']} x {report['height']} px", "ms", "times a CLIP encoding"], rows)
