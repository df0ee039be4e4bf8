"""The command `python -m toolkit bench`; `toolkit.measure.speed` does the work."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from toolkit.cli.arguments import Device, Name, read_by, several

app = App(
    "bench",
    help_epilogue="""examples:
  python -m toolkit bench
  python -m toolkit bench photo1.jpg photo2.jpg --json bench.json   # color photos of 1 to 2 megapixels""",
)


@Parameter("*")
@dataclass(frozen=True)
class Options:
    """What is timed."""

    model: Name = None
    """a name from `models` (default: the first of them)"""
    device: Device = "auto"
    """auto, cpu, cuda or mps"""
    megapixels: Annotated[tuple[float, ...], read_by(several(float)), Parameter(metavar="MP,MP")] = (
        0.25,
        1.0,
        4.0,
        12.0,
        24.0,
    )
    """sizes to time"""
    json: Annotated[str | None, Parameter(metavar="OUT")] = None
    """write the numbers here"""


@app.default
def bench(
    *photos: Annotated[
        str, Parameter(metavar="PHOTO", help="color photos to measure with (default: the demo's examples)")
    ],
    options: Options = Options(),
) -> int:
    """Time the machine's own ratios."""
    from toolkit.measure.speed import bench_report, report_text
    from toolkit.models.cards import default_model

    timed = bench_report(list(photos), options.megapixels, options.model or default_model(), options.device)
    print(report_text(timed))
    if options.json:
        Path(options.json).write_text(json.dumps(timed, indent=2) + "\n", encoding="utf-8")
    return 0
