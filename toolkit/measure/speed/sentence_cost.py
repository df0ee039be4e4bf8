"""What a sentence costs, beside what it costs to encode a picture once with CLIP's ViT-B/16, as ways do that compare
words with pictures.

From the sentence to the finished picture: parse, find the things, make hints, decode, lift to full size, gamut, 8 bits.
The photo was encoded before, and every sentence is the first one about its photo. The transformer is timm's CLIP
ViT-B/16 at 224 px with random weights, which take as long as trained ones.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from toolkit.measure.speed.meter import take_turns
from toolkit.photo import Photo
from toolkit.pipeline import Session

TRANSFORMER = "vit_base_patch16_clip_224"
CLIP = "CLIP ViT-B/16, one picture"
VECTOR = 512  # numbers that CLIP's ViT-B/16 says about a picture
COLORS = ("red", "sky blue")
REPEATS = 5  # the median counts


def measure_text(photo: Photo, model: str, device: str) -> dict[str, Any]:
    """Seconds from a sentence to the picture, and of its parts, beside an encoding by CLIP: {"width", "height", "text":
    [...]}.

    The sentences are about the one and the two things that the localizer is surest to see. Raises WeightsError.
    """
    import timm

    from toolkit.text.compiler import compile_text
    from toolkit.text.localizer import load_localizer

    localizer = load_localizer(device)
    transformer: Any = timm.create_model(TRANSFORMER, pretrained=False, num_classes=VECTOR).eval().to(device)
    picture = torch.zeros(1, 3, 224, 224, device=device)
    seen = localizer.look(Session(photo, model, device=device)).names(0.0)
    wishes = [f"the {name} is {color}" for (name, _), color in zip(seen, COLORS, strict=False)]
    prompts = {"one thing": wishes[0], "two things": " and ".join(wishes)}
    made: dict[str, Any] = {}  # what one step gives to the next

    def look() -> None:
        # one of its own for each sentence, so that nothing is remembered
        made["session"] = Session(photo, model, device=device)
        made["session"].encode()

    def understand(prompt: str) -> None:
        made["said"] = compile_text(prompt, made["session"], localizer=localizer)

    @torch.inference_mode()
    def encode_once() -> None:
        transformer(picture)

    steps: dict[str, Callable[[], object]] = {}
    for name, prompt in prompts.items():
        steps |= {
            f"{name}, look": look,
            f"{name}, words to hints": partial(understand, prompt),
            f"{name}, hints to picture": lambda: made["session"].colorize(made["said"].guidance),
        }
    took = take_turns(steps | {CLIP: encode_once}, REPEATS, device)
    seconds: dict[str, float] = {}
    for name in prompts:
        parts = {part: took[f"{name}, {part}"] for part in ("words to hints", "hints to picture")}
        seconds |= {f"{name}, {part}": s for part, s in (parts | {"words to picture": sum(parts.values())}).items()}
    seconds[CLIP] = took[CLIP]
    encoding = seconds[CLIP]
    rows = [
        {"way": name, "seconds": round(s, 4), "times_an_encoding": round(s / encoding, 2)}
        for name, s in seconds.items()
    ]
    return {"width": photo.width, "height": photo.height, "text": rows}
