"""What a reference costs, beside what it costs to look at the photo itself.

Everything is done as for a person who adds one reference to a photo that was looked at: look at the reference, find what corresponds, paint with the
points that come of it. What painting without a reference costs is taken off, so that the sum is what the reference adds. All take turns in one run,
so that a busy machine slows them alike.
"""

import statistics
import time
from collections import defaultdict
from typing import Any

from toolkit.measure.evaluate import format_table
from toolkit.photo import Photo
from toolkit.pipeline import Session

REPEATS = 5  # the median counts


def measure_reference(photo: Photo, model: str, device: str) -> dict[str, Any]:
    """Seconds of each step of coloring a photo like its own mirror image: {"width", "height", "reference": [...]}. Raises WeightsError."""
    from toolkit.controls.reference import Take, see_reference, take_colors

    mirrored = Photo(photo.rgb.flip(-1), "mirrored", "color")
    took: dict[str, list[float]] = defaultdict(list)
    for _ in range(REPEATS + 1):
        clock = [time.perf_counter()]

        def lap(name: str, clock: list[float] = clock) -> None:
            clock.append(time.perf_counter())
            took[name].append(clock[-1] - clock[-2])

        session = Session(photo, model, device=device)
        session.encode()
        lap("looking at the photo")
        session.colorize()
        lap("painting it without reference")
        reference = see_reference(mirrored, device)
        lap("looking at the reference")
        guidance = take_colors(session, [Take(reference)]).guidance
        lap("finding what corresponds")
        session.colorize(guidance)
        lap("painting with its points")
        parts = ("looking at the reference", "finding what corresponds", "painting with its points")
        took["what the reference adds"].append(sum(took[part][-1] for part in parts) - took["painting it without reference"][-1])
    seconds = {name: statistics.median(times[1:]) for name, times in took.items()}  # the first one warms up
    looking = seconds["looking at the photo"]
    rows = [{"step": name, "seconds": round(s, 4), "times_looking": round(s / looking, 2)} for name, s in seconds.items()]
    return {"width": photo.width, "height": photo.height, "points": len(guidance.hints), "reference": rows}


def reference_text(report: dict[str, Any]) -> str:
    """The record as a table to read."""
    rows = [[row["step"], round(1000 * row["seconds"]), row["times_looking"]] for row in report["reference"]]
    return format_table([f"on {report['width']} x {report['height']} px, {report['points']} points", "ms", "times looking"], rows)
