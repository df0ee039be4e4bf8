"""README.md's one table: about ten numbers that say what to expect, each beside what it has to beat, with a link to
where all of them stand.
"""

from collections.abc import Callable, Iterable
from typing import Any

from toolkit.cli.pages.tables import NOTHING, bench_reports, compared, measured
from toolkit.measure.tables import markdown_table
from toolkit.models.cards import default_model

Record = dict[str, Any]


def summary() -> str:
    """The table; only rows that were measured."""
    photos, hints = (
        _finder(row for rows, _ in compared(kind).values() for row in rows)
        for kind in ("photos-val", "hints-icolorit-val")
    )
    drawn, lent = (
        _finder(row for found in measured(kind).values() for row in found["rows"])
        for kind in ("samples-val", "reference-val")
    )
    model, gray = default_model(), photos(model="gray")
    near, far = (
        lent(reference=r, method="reference, weight 0.5") for r in ("itself, mirrored and cropped", "unrelated")
    )
    rows = [  # what, the number, what it has to beat, where all of them stand
        (
            "automatic, vividness 0: most careful",
            _db(photos(model=model, vividness=0)),
            ("left gray", _db(gray)),
            "measured.md#results",
        ),
        (
            "automatic, vividness 0.5: as it is set",
            _db(photos(model=model, vividness=0.5)),
            ("left gray", _db(gray)),
            "measured.md#results",
        ),
    ]
    for n in (1, 10, 100):
        classical = ("Levin 2004", _db(hints(model="levin2004", hints=n)))
        rows.append(
            (f"{n} hint{'s' if n > 1 else ''}", _db(hints(model=model, hints=n)), classical, "hints.md#how-good")
        )
    rows.append(("the best of 8 colorings", _db(drawn(what="best of 8")), ("left gray", _db(gray)), "many.md#how-good"))
    for found in measured("text-val").values():
        pointing, centre = (_share(found["rows"][0], key) for key in ("pointing", "centre"))
        rows.append(("words: where the thing is", pointing, ("the photo's middle", centre), "text.md#how-good"))
    rows.append(("a reference that shows the same", _gain(near), ("a stranger", _gain(far)), "reference.md#how-good"))
    lines = [
        [what, found[0], f"{than}: {bar[0]}", found[1], f"[more](docs/{at})"]
        for what, found, (than, bar), at in rows
        if found and bar
    ]
    return (
        markdown_table(["", "how good, how fast", "beside it", "measured on", ""], lines + _times())
        if lines
        else NOTHING
    )


def _finder(rows: Iterable[Record]) -> Callable[..., Record | None]:
    """Finds the first of the rows that has the given values."""
    there = list(rows)
    return lambda **wanted: next((r for r in there if all(r[name] == value for name, value in wanted.items())), None)


def _times() -> list[list[str]]:
    """A click, and photos of two sizes from file to file."""
    rows = []
    for report in measured("speed").values():
        machine = f"{report['machine']['cores']} cores, {report['machine']['device']}"
        for growth in (g for g in report["growth"] if round(g["megapixels"]) in (1, 24)):
            what = f"a photo of {growth['megapixels']:.0f} MP, file to file"
            memory = f"{growth['memory_mb']:,} MB of memory"
            rows.append([what, f"{growth['seconds']:.1f} s", memory, machine, "[more](docs/measured.md#speed)"])
        for click in (c for r in bench_reports("clicks") for c in r["clicks"] if c["way"] == "click, 10 hints"):
            rows.append(
                [
                    "one more click among 10",
                    f"{click['seconds']:.2f} s",
                    "",
                    machine,
                    "[more](docs/hints.md#what-a-click-costs)",
                ]
            )
    return rows


def _db(record: Record | None) -> tuple[str, str] | None:
    """PSNR, and on how much it was measured."""
    return None if record is None else (f"{record['psnr']:.2f} ± {record['psnr_se']:.2f} dB", f"{record['n']} photos")


def _gain(record: Record | None) -> tuple[str, str] | None:
    return (
        None
        if record is None
        else (f"{record['psnr_gain']:+.2f} ± {record['psnr_gain_se']:.2f} dB", f"{record['n']} photos")
    )


def _share(record: Record, name: str) -> tuple[str, str]:
    return f"{100 * record[name]:.0f} ± {100 * record[name + '_se']:.0f} %", f"{record['n']} regions"
