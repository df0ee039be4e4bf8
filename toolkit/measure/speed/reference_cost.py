"""What a reference costs, beside what it costs to look at the photo itself.

Everything is done as for a person who adds one reference to a photo that was looked at: look at the reference, find
what corresponds, paint with the points that come of it. What painting without a reference costs is taken off, so that
the sum is what the reference adds.
"""

from collections.abc import Callable
from typing import Any

from toolkit.measure.speed.meter import take_turns
from toolkit.photo import Photo
from toolkit.pipeline import Session

REPEATS = 5  # the median counts


def measure_reference(photo: Photo, model: str, device: str) -> dict[str, Any]:
    """Seconds of each step of coloring a photo like its own mirror image: {"width", "height", "reference": [...]}.
    Raises WeightsError.
    """
    from toolkit.controls.reference import Take, see_reference, take_colors

    mirrored = Photo(photo.rgb.flip(-1), "mirrored", "color")
    made: dict[str, Any] = {}  # what one step gives to the next

    def look() -> None:
        made["session"] = Session(photo, model, device=device)
        made["session"].encode()

    steps: dict[str, Callable[[], object]] = {
        "looking at the photo": look,
        "painting it without reference": lambda: made["session"].colorize(),
        "looking at the reference": lambda: made.update(reference=see_reference(mirrored, device)),
        "finding what corresponds": lambda: made.update(taken=take_colors(made["session"], [Take(made["reference"])])),
        "painting with its points": lambda: made["session"].colorize(made["taken"].guidance),
    }
    seconds = take_turns(steps, REPEATS, device)
    _, plain, *added = seconds.values()
    seconds["what the reference adds"] = sum(added) - plain
    looking = seconds["looking at the photo"]
    rows = [
        {"step": name, "seconds": round(s, 4), "times_looking": round(s / looking, 2)} for name, s in seconds.items()
    ]
    return {
        "width": photo.width,
        "height": photo.height,
        "points": len(made["taken"].guidance.hints),
        "reference": rows,
    }
