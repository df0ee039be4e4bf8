"""What a click costs, beside what it would cost to run a whole ViT again, as models do that take hints as tokens.

A click is all that happens between the browser's message and its picture: read the points, decode, lift to the screen's
size, gamut, 8 bits, JPEG. The transformers have iColoriT's shape (Yun et al. 2023): 224 x 224 px, patches of 16, twelve
blocks, four channels in (gray, ab, mask), 512 numbers out for each patch; random weights take as long as trained ones.
Their ab is lifted and encoded in the same way.
"""

import io
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.color import lab_to_rgb
from toolkit.guidance import Guidance, Hint
from toolkit.measure.speed.meter import take_turns
from toolkit.photo import Photo
from toolkit.photo.lift import Lift
from toolkit.photo.sizes import shrink
from toolkit.pipeline import Session

COUNTS = (1, 10, 100)  # hints
WHOLE = {"ViT-Ti/16": "vit_tiny_patch16_224", "ViT-S/16": "vit_small_patch16_224", "ViT-B/16": "vit_base_patch16_224"}
REPEATS = 7  # the median counts
QUALITY = {"quality": 92, "subsampling": 0}  # as the app's live picture


def measure_clicks(photo: Photo, model: str, device: str) -> dict[str, Any]:
    """Seconds to encode the photo once and for a click with several numbers of hints, beside whole transformers:
    {"encode", "clicks": [...]}.
    """
    session = Session(photo, model, device=device)
    start = time.perf_counter()
    session.encode()
    encode = time.perf_counter() - start
    ways: dict[str, Callable[[], object]] = {f"click, {n} hints": partial(_click, session, n) for n in COUNTS}
    ways |= {
        f"{name} again": partial(_again, photo, _transformer(kind, device), device) for name, kind in WHOLE.items()
    }
    seconds = take_turns(ways, REPEATS, device)
    click = seconds["click, 10 hints"]
    rows = [{"way": name, "seconds": round(s, 4), "times_a_click": round(s / click, 2)} for name, s in seconds.items()]
    return {"encode": round(encode, 4), "width": photo.width, "height": photo.height, "clicks": rows}


def _click(session: Session, n: int) -> None:
    generator = torch.Generator().manual_seed(n)
    width, height = session.photo.size
    places = torch.rand(n, 2, generator=generator).tolist()
    hints = tuple(Hint(x * width, y * height, "#8a5a44" if i % 2 else "#3a6ea5") for i, (x, y) in enumerate(places))
    session.colorize(Guidance(hints)).to_pil().save(io.BytesIO(), "JPEG", **QUALITY)


def _transformer(kind: str, device: str) -> nn.Module:
    import timm

    vit: Any = timm.create_model(kind, pretrained=False, in_chans=4, num_classes=0, global_pool="")
    return nn.Sequential(vit, nn.Linear(vit.embed_dim, 512)).eval().to(device)


@torch.inference_mode()
def _again(photo: Photo, vit: nn.Module, device: str) -> None:
    patches: Tensor = vit(torch.zeros(1, 4, 224, 224, device=device))[:, 1:]  # (1, 196, 512), without the class token
    # (1, 2, 224, 224)
    ab = F.pixel_shuffle(patches.transpose(1, 2).unflatten(2, (14, 14)), 16).float().cpu().tanh() * 10
    lift = Lift(ab, shrink(photo, (224, 224), averaged=True).lightness(), (photo.height, photo.width))
    L = photo.lightness()
    rgb = (lab_to_rgb(torch.cat([L, lift.rows(L, 0)], 1))[0] * 255).round().byte()
    Image.fromarray(rgb.permute(1, 2, 0).contiguous().numpy()).save(io.BytesIO(), "JPEG", **QUALITY)
