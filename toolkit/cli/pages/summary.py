"""README.md's one table: about ten numbers that say what to expect, each beside what it has to beat, with a link to where all of them stand."""

from collections.abc import Callable
from typing import Any

from toolkit.cli.pages.tables import NOTHING, bench_reports, measured, table
from toolkit.models.cards import default_model

Record = dict[str, Any]


def summary() -> str:
    """The table; only rows that were measured."""
    photos, hints, drawn, lent = (_records(kind) for kind in ("photos-val", "hints-icolorit-val", "samples-val", "reference-val"))
    model, gray = default_model(), photos(model="gray")
    rows = [_row("automatic, at its most careful", photos(model=model, vividness=0), _db, "left gray", gray, "measured.md#results")]
    rows += [_row("automatic, as it is set", photos(model=model, vividness=0.5), _db, "left gray", gray, "measured.md#results")]
    for n in (1, 10, 100):
        classical = hints(model="levin2004", hints=n)
        rows += [_row(f"{n} {'hint' if n == 1 else 'hints'}", hints(model=model, hints=n), _db, "Levin 2004", classical, "hints.md#how-good")]
    rows += [_row("the best of 8 colorings", drawn(what="best of 8"), _db, "left gray", gray, "many.md#how-good")]
    for score in measured("text-val").values():
        found = score["pairs"] | {"of": "regions"}
        rows += [_row("words: where the thing is", found, _share("pointing"), "the photo's middle", found, "text.md#how-good", _share("centre"))]
    near = lent(reference="itself, mirrored and cropped", method="reference, weight 0.5")
    far = lent(reference="unrelated", method="reference, weight 0.5")
    rows += [_row("a reference that shows the same", near, _gain, "a stranger", far, "reference.md#how-good")]
    return table(["", "how good, how fast", "beside it", "measured on", ""], [row for row in rows if row] + _times()) if gray else NOTHING


def _records(kind: str) -> Callable[..., Record | None]:
    """Finds the first record of a file in weights/measured/ that has the given values."""
    there = [record for records in measured(kind).values() for record in records]
    return lambda **wanted: next((r for r in there if all(r[name] == value for name, value in wanted.items())), None)


def _row(
    what: str,
    found: Record | None,
    said: Callable[[Record], str],
    than: str,
    bar: Record | None,
    page: str,
    bar_said: Callable[[Record], str] | None = None,
) -> list[str]:
    if found is None:
        return []
    beside = f"{than}: {(bar_said or said)(bar)}" if bar else ""
    return [what, said(found), beside, f"{found['n']} {found.get('of', 'photos')}", f"[more](docs/{page})"]


def _times() -> list[list[str]]:
    """A click, and photos of two sizes from file to file."""
    rows = []
    for report in measured("speed").values():
        machine, link = f"{report['machine']['cores']} cores, {report['machine']['device']}", "[more](docs/measured.md#speed)"
        for growth in (g for g in report["growth"] if round(g["megapixels"]) in (1, 24)):
            memory = f"{growth['memory_mb']:,} MB of memory"
            rows.append([f"a photo of {growth['megapixels']:.0f} MP, file to file", f"{growth['seconds']:.1f} s", memory, machine, link])
        for click in (c for r in bench_reports("clicks") for c in r["clicks"] if c["way"] == "click, 10 hints"):
            rows.append(["one more click among 10", f"{click['seconds']:.2f} s", "", machine, "[more](docs/hints.md#what-a-click-costs)"])
    return rows


def _db(record: Record) -> str:
    return f"{record['psnr']:.2f} ± {record['psnr_se']:.2f} dB"


def _gain(record: Record) -> str:
    return f"{record['psnr_gain']:+.2f} ± {record['psnr_gain_se']:.2f} dB"


def _share(name: str) -> Callable[[Record], str]:
    return lambda record: f"{100 * record[name]['mean']:.0f} ± {100 * record[name]['se']:.0f} %"
