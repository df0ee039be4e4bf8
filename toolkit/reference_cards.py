"""What is said about references, palettes and clips in README.md, made from what was measured; see toolkit/cards.py.

Measured numbers lie in weights/measured/: reference-NAME.json as `python -m toolkit evaluate-reference ... --json` writes them, palette-NAME.json as
`evaluate-palette --json`, temporal-NAME.json as `evaluate-temporal --json`.
"""

from pathlib import Path

from PIL import Image

from toolkit.cards import EXAMPLES, ROOT, beside, measured, table

PICTURE = ROOT / "assets" / "reference.png"
LENT = (("historical-portrait-man.jpg", "portrait-grace-hopper.jpg"), ("street-church.jpg", "building-china.jpg"))  # and what they are colored like
LENT_WEIGHT = 0.8


def references() -> str:
    """What a reference does for the colors, by kind of reference, and what it costs."""
    pages = []
    for name, scores in measured("reference").items():
        rows = [
            [
                s["reference"],
                s["method"],
                str(s["n"]),
                _with_error(s["psnr_gain"], s["psnr_gain_se"], "+.2f"),
                f"{s['ciede2000']:.2f}",
                _with_error(s["ciede2000_change"], s["ciede2000_change_se"], "+.2f") if s["method"] != "automatic" else "",
                "" if s["hue_near"] is None else f"{s['hue_near']:.0%} of {s['hue_n']}",
            ]
            for s in scores
        ]
        header = [f"{name}: the reference is", "", "n", "PSNR gain, dB", "CIEDE2000", "change", "hue followed"]
        pages.append(f"{table(header, rows)}\n\n{scores[0]['protocol']}")
    for report in (r["reference"] for r in measured("speed").values() if "reference" in r):
        rows = [[r["step"], f"{1000 * r['seconds']:.0f}", f"{r['times_looking']:.2f}"] for r in report["reference"]]
        pages.append(table([f"{report['width']} × {report['height']} px, {report['points']} points", "ms", "times looking"], rows))
    return "\n\n".join(pages) or "Nothing was measured yet."


def palettes() -> str:
    """How near a palette is followed, and at what price."""
    pages = []
    for name, scores in measured("palette").items():
        rows = [
            [
                s["way"],
                s["palette"] + (", with shares" if s["shares"] else ""),
                _with_error(s["gain"], s["gain_se"], "+.2f"),
                "" if s["ciede2000"] is None else f"{s['ciede2000']:.2f}",
                f"{s['near']:.1f}",
                f"{s['used']:.0%}",
                f"{s['distance']:.1f}",
                f"{s['torn']:.1%}",
                f"{s['colorfulness_ratio']:.0%}",
            ]
            for s in scores
        ]
        header = [f"{name}, {scores[0]['n']} photos", "palette", "PSNR gain, dB", "CIEDE2000", "near", "used", "distance", "torn", "colorfulness"]
        pages.append(f"{table(header, rows)}\n\n{scores[0]['protocol']}")
    return "\n\n".join(pages) or "Nothing was measured yet."


def clips() -> str:
    """How much clips flicker and drift."""
    pages = []
    for name, scores in measured("temporal").items():
        rows = [
            [
                f"{s['move']}, {s['frames']} frames",
                s["way"],
                _with_error(s["flicker"], s["flicker_se"], ".2f"),
                f"{s['ratio']:.1f}",
                _with_error(s["drift"], s["drift_se"], ".2f"),
                f"{s['drift_worst']:.2f}",
                f"{s['colorfulness']:.0%}",
                f"{s['psnr']:.2f}",
                f"{s['seconds_ratio']:.2f}",
            ]
            for s in scores
        ]
        header = [f"{name}, {scores[0]['n']} photos", "", "flicker", "times lower", "drift", "worst", "colorfulness", "PSNR, dB", "time"]
        pages.append(f"{table(header, rows)}\n\n{scores[0]['protocol']}")
    return "\n\n".join(pages) or "Nothing was measured yet."


def _with_error(value: float | None, error: float | None, form: str) -> str:
    """A mean with its standard error; nothing where nothing was measured."""
    if value is None:
        return ""
    return f"{value:{form}}" + ("" if error is None else f" ± {error:{form.lstrip('+')}}")


def reference_picture() -> Path:
    """Color examples like others: the reference, the automatic colors, and those that the reference lends."""
    from toolkit.photo import open_photo
    from toolkit.pipeline import Session
    from toolkit.reference import Take, see_reference, take_colors

    panels = []
    for name, other in LENT:
        reference, session = see_reference(open_photo(EXAMPLES / other)), Session(EXAMPLES / name)
        like = session.colorize(take_colors(session, [Take(reference)], weight=LENT_WEIGHT).guidance)
        panels += [Image.fromarray(reference.photo.rgb.permute(1, 2, 0).numpy()), session.colorize().to_pil(), like.to_pil()]
    beside(panels, PICTURE)
    return PICTURE
