"""What is said about references, palettes and clips in docs/reference.md, made from what was measured; see toolkit/cli/pages/cards.py.

Measured numbers lie in weights/measured/: reference-NAME.json as `python -m toolkit evaluate-reference ... --json` writes them, palette-NAME.json as
`evaluate-palette --json`, temporal-NAME.json as `evaluate-temporal --json`.
"""

from pathlib import Path

from PIL import Image

from toolkit.cli.pages.tables import EXAMPLES, ROOT, Score, Tables, bench_reports, beside, table, tables_of

PICTURE = ROOT / "assets" / "reference.webp"
LENT = (("historical-portrait-man.jpg", "portrait-grace-hopper.jpg"), ("street-church.jpg", "building-china.jpg"))  # and what they are colored like
LENT_WEIGHT = 0.8


def references() -> Tables:
    """What a reference does for the colors, by kind of reference, and what it costs."""

    def row(s: Score) -> list[str]:
        change = _with_error(s["ciede2000_change"], s["ciede2000_change_se"], "+.2f") if s["method"] != "automatic" else ""
        hue = "" if s["hue_near"] is None else f"{s['hue_near']:.0%} of {s['hue_n']}"
        return [
            s["reference"],
            s["method"],
            str(s["n"]),
            _with_error(s["psnr_gain"], s["psnr_gain_se"], "+.2f"),
            f"{s['ciede2000']:.2f}",
            change,
            hue,
        ]

    header = ["{name}: the reference is", "", "n", "PSNR gain, dB", "CIEDE2000", "change", "hue followed"]
    pages = tables_of("reference", header, row)
    for report in bench_reports("reference"):
        rows = [[r["step"], f"{1000 * r['seconds']:.0f}", f"{r['times_looking']:.2f}"] for r in report["reference"]]
        pages.append((table([f"{report['width']} × {report['height']} px, {report['points']} points", "ms", "times looking"], rows), ""))
    return pages


def palettes() -> Tables:
    """How near a palette is followed, and at what price."""

    def row(s: Score) -> list[str]:
        palette, error = s["palette"] + (", with shares" if s["shares"] else ""), "" if s["ciede2000"] is None else f"{s['ciede2000']:.2f}"
        shape = [f"{s['near']:.1f}", f"{s['used']:.0%}", f"{s['distance']:.1f}", f"{s['torn']:.1%}", f"{s['colorfulness_ratio']:.0%}"]
        return [s["way"], palette, _with_error(s["gain"], s["gain_se"], "+.2f"), error, *shape]

    header = ["{name}, {n} photos", "palette", "PSNR gain, dB", "CIEDE2000", "near", "used", "distance", "torn", "colorfulness"]
    return tables_of("palette", header, row)


def clips() -> Tables:
    """How much clips flicker and drift."""

    def row(s: Score) -> list[str]:
        flicker, drift = (_with_error(s[name], s[f"{name}_se"], ".2f") for name in ("flicker", "drift"))
        rest = [f"{s['drift_worst']:.2f}", f"{s['colorfulness']:.0%}", f"{s['psnr']:.2f}", f"{s['seconds_ratio']:.2f}"]
        return [f"{s['move']}, {s['frames']} frames", s["way"], flicker, f"{s['ratio']:.1f}", drift, *rest]

    header = ["{name}, {n} photos", "", "flicker", "times lower", "drift", "worst", "colorfulness", "PSNR, dB", "time"]
    return tables_of("temporal", header, row)


def _with_error(value: float | None, error: float | None, form: str) -> str:
    """A mean with its standard error; nothing where nothing was measured."""
    if value is None:
        return ""
    return f"{value:{form}}" + ("" if error is None else f" ± {error:{form.lstrip('+')}}")


def reference_picture() -> Path:
    """Color examples like others: the reference, the automatic colors, and those that the reference lends."""
    from toolkit.controls.reference import Take, see_reference, take_colors
    from toolkit.photo import open_photo
    from toolkit.pipeline import Session

    panels = []
    for name, other in LENT:
        reference, session = see_reference(open_photo(EXAMPLES / other)), Session(EXAMPLES / name)
        like = session.colorize(take_colors(session, [Take(reference)], weight=LENT_WEIGHT).guidance)
        panels += [Image.fromarray(reference.photo.rgb.permute(1, 2, 0).numpy()), session.colorize().to_pil(), like.to_pil()]
    beside(panels, PICTURE)
    return PICTURE
