"""Commands that have other names now; they answer for one more release, with the options and the JSON keys that they
had.

What was `evaluate` is `compare`, or with --samples `measure sampling`; the others are `measure STUDY`.
"""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from cyclopts import Parameter

from toolkit.cli.arguments import check_places, number, read_by, several, whole, with_options

if TYPE_CHECKING:
    from toolkit.measure.compare import Comparison
    from toolkit.measure.studies import Measured

SHEET_ROWS = 16  # photos on the contact sheet of an evaluation
SHARE, SOME = read_by(number(0, 1)), read_by(whole(1))
OPTIONS: dict[str, Any] = {  # None where they are not given; what is not here is one text
    "models": Annotated[tuple[str, ...], read_by(several())],
    "limit": Annotated[int, SOME],
    "vividness": Annotated[float, SHARE],
    "vividnesses": Annotated[tuple[float, ...], read_by(several(number(0, 1))), Parameter("--vividness")],
    "weight": Annotated[tuple[float, ...], read_by(several(number(0, 1)))],
    "size": Annotated[int, SOME],
    "sizes": Annotated[tuple[int, ...], read_by(several(whole(1)))],
    "seed": Annotated[int, read_by(whole(0))],
    "hints": Annotated[tuple[int, ...], read_by(several(whole(0)))],
    "protocol": Literal["icolorit", "siggraph17"],
    "samples": Annotated[int, SOME],
    "steps": Annotated[int, SOME],
    "strength": Annotated[float, read_by(number(0, 8))],
    "colors": Annotated[int, SOME],
    "frames": Annotated[int, SOME],
    "others": Annotated[int, SOME],
    "hold": Annotated[float, read_by(number(0, 0.99))],
    "lpips": bool,
    "no_color": bool,
    "no_classical": bool,
}


def _taking(options: str) -> Callable[[Callable[[SimpleNamespace], int]], Callable[..., int]]:
    """Makes a command with these options, and photos, a device and a file for JSON, of a function of what was given."""
    names = [*options.split(), "device", "json"]

    def command(run: Callable[[SimpleNamespace], int]) -> Callable[..., int]:
        def called(*sources: str, **given: Any) -> int:
            known = dict.fromkeys(names) | {"device": "auto"} | given
            return run(SimpleNamespace(command=run.__name__.replace("_", "-"), sources=list(sources), **known))

        return with_options(
            called,
            "photos: folders, tars or single files",
            {name: (_or_none(OPTIONS.get(name, str)), None) for name in names},
        )

    return command


def _or_none(kind: Any) -> Any:
    """The kind, or None where nothing is given."""
    plain, *marks = get_args(kind) if get_origin(kind) is Annotated else (kind,)
    return Annotated[(plain | None, *marks)] if marks else plain | None


def _renamed(new: str, args: SimpleNamespace) -> None:
    print(f"{args.command} is called `python -m toolkit {new}` now, and goes with the next release.", file=sys.stderr)


def _measured(
    name: str,
    source: Sequence[str],
    args: SimpleNamespace,
    shape: "Callable[[Measured], Any] | None" = None,
    **setup: Any,
) -> int:
    """Run a study with what an old command was given; None: as by default."""
    from toolkit.cli.measure import Output, run
    from toolkit.measure.studies import study

    given = {key: value for key, value in setup.items() if value is not None}
    output = Output(args.json, getattr(args, "sheet", None), getattr(args, "plot", None))
    code = run(name, source, study(name).Setup(device=args.device, **given), output, shape or plain_json)
    _renamed(f"measure {name}", args)
    return code


@_taking("models limit vividnesses size sizes lpips seed sheet hints protocol plot samples steps strength")
def evaluate(args: SimpleNamespace) -> int:
    """Score models on color photos."""
    check_places(args.json, args.sheet, args.plot)
    if args.hints is not None:
        return _evaluate_hints(args)
    if args.samples is not None:
        if args.sizes or args.protocol:
            raise ValueError("--sizes and --protocol are not about samples; leave them out.")
        options = ("models", "limit", "samples", "steps", "strength", "size", "lpips", "seed")
        same = {name: getattr(args, name) for name in options}
        return _measured("sampling", args.sources, args, sample_json, vividness=args.vividnesses, **same)
    if args.steps or args.strength is not None:
        raise ValueError(
            "--steps and --strength are of models that draw; say how many samples with --samples, as in --samples 8."
        )
    if args.protocol or args.plot:
        raise ValueError(
            "--protocol and --plot are about hints or samples; say how many with --hints, as in --hints 0,1,10,100, or "
            "with --samples."
        )
    if "levin2004" in (args.models or ()):
        raise ValueError(
            "levin2004 spreads hints and colors nothing by itself; say how many with --hints, as in --hints 0,1,10,100."
        )
    ways = _ways(args, 0.5)
    metrics = ("psnr", "ciede2000", "colorfulness", *(["lpips"] if args.lpips else []))
    sizes = args.sizes if len(args.sizes or ()) > 1 else ()
    result = _compared(args, ways, hints=(0,), metrics=metrics, size=args.size or 256, sizes=sizes, seed=args.seed or 0)
    rows = _rows(result, ways, lambda photos: photos["looking"] + photos["painting"])
    for row in rows:
        row |= {"gray_psnr": rows[0]["psnr"], "lpips": row.get("lpips"), "size_change": row.pop("size-change", None)}
        row["seconds"] = row["seconds"] if row["vividness"] is not None else 0.0
    return _written(rows, args)


def _evaluate_hints(args: SimpleNamespace) -> int:
    if args.samples or args.steps or args.strength is not None:
        raise ValueError("--samples, --steps and --strength are not about hints; leave them out, or leave --hints out.")
    if args.size or args.sizes or args.lpips or args.sheet:
        raise ValueError(
            "The protocols of --hints say the size and what is measured; leave --size, --sizes, --lpips and --sheet "
            "out."
        )
    ways = _ways(args, 0.0)
    seed = 1234 if args.seed is None else args.seed
    result = _compared(
        args,
        ways,
        hints=args.hints,
        metrics=("psnr", "colorfulness"),
        protocol=args.protocol or "icolorit",
        hint_seed=seed,
    )
    return _written(_rows(result, ways, lambda photos: photos["painting"]), args)


def _ways(args: SimpleNamespace, vividness: float) -> list[tuple[str, float | None]]:
    """Each model at each vividness; who has none to turn, once."""
    from toolkit.measure.contestants import Model, contestant
    from toolkit.models.cards import default_model

    ways: list[tuple[str, float | None]] = []
    for model in args.models or (default_model(),):
        ways += (
            [(model, v) for v in args.vividnesses or (vividness,)]
            if isinstance(contestant(model), Model)
            else [(model, None)]
        )
    return ways


def _compared(args: SimpleNamespace, ways: Sequence[tuple[str, float | None]], **setup: Any) -> "Comparison":
    from toolkit.measure.compare import CompareSetup
    from toolkit.measure.compare.run import compare

    names = [model if vividness is None else f"{model}@{vividness:g}" for model, vividness in ways]
    whole = CompareSetup(**setup, limit=args.limit, device=args.device, keep=SHEET_ROWS if args.sheet else 0)
    result = compare(names, args.sources, setup=whole)
    print(result.text())
    if args.sheet:
        result.grid(SHEET_ROWS).savefig(args.sheet)
    if args.plot:
        result.curves().savefig(args.plot)
    return result


def _rows(
    result: "Comparison", ways: Sequence[tuple[str, float | None]], seconds: Callable[[Any], Any]
) -> list[dict[str, Any]]:
    """The comparison's table under the old keys."""
    named = dict(zip(result.models, dict.fromkeys([("gray", None), *ways]), strict=True))
    took = result.photos.assign(seconds=seconds).groupby(["model", "hints"])["seconds"].mean()
    rows = []
    for row in result.table.to_dict("records"):
        model, vividness = named[row["model"]]
        kept = ("n", "psnr", "psnr_se", "colorfulness_ratio", "ciede2000", "lpips", "size-change")
        numbers = {key: None if row[key] != row[key] else row[key] for key in kept if key in row} | {
            "seconds": took[row["model"], row["hints"]]
        }
        numbers = {key: round(float(value), 4) if isinstance(value, float) else value for key, value in numbers.items()}
        hints = {"hints": row["hints"]} if result.setup.hinted or len(result.setup.hints) > 1 else {}
        rows.append({"model": model, "vividness": vividness, **hints, **numbers, "protocol": result.protocol})
    return rows


def _written(rows: list[dict[str, Any]], args: SimpleNamespace) -> int:
    if args.json:
        Path(args.json).write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    _renamed("compare", args)
    return 0


def plain_json(found: "Measured") -> list[dict[str, Any]]:
    """Each row had the protocol."""
    return [row | {"protocol": found.protocol} for row in found.as_json()["rows"]]


def sample_json(found: "Measured") -> list[dict[str, Any]]:
    """What differs between samples stood in a dict of its own."""
    keys = (
        "samples",
        "diversity",
        "diversity_se",
        "inside",
        "inside_se",
        "inside_calibrated",
        "spread_skill",
        "deviation",
        "error",
        "ranks",
    )
    rows = []
    for row in plain_json(found):
        spread = {key: row.pop(key) for key in (*keys, "diversity_lpips")}
        rows.append(row | {"spread": spread if spread["samples"] else None})
    return rows


def text_json(found: "Measured") -> dict[str, Any]:
    """Each mean stood in a dict with its standard error."""
    measures = [column.key for column in found.module.columns if column.error]
    pairs, *_ = rows = found.as_json()["rows"]

    def mean(row: dict[str, Any], key: str) -> dict[str, Any] | None:
        return None if row[key] is None else {"mean": row[key], "se": row[f"{key}_se"]}

    lines = [
        {"name": row["name"], "n": row["n"], **{key: mean(row, key) for key in measures if key != "swap"}}
        for row in rows
    ]
    words = found.module.held_out_words(found.setup)
    return {
        "model": found.setup.model,
        "photos": pairs["photos"],
        "pairs": lines[0],
        "classes": lines[1],
        "by_class": lines[2:],
        "swap": mean(pairs, "swap"),
        "swaps": pairs["swaps"],
        "held_out": None if words is None else sorted(words),
        "protocol": found.protocol,
    }


@_taking("models limit vividness seed")
def obedience(args: SimpleNamespace) -> int:
    """Measure whether points do what they say and nothing else."""
    return _measured(
        "obedience", args.sources, args, models=args.models, limit=args.limit, vividness=args.vividness, seed=args.seed
    )


@_taking("limit weights held_out no_color sheet")
def evaluate_text(args: SimpleNamespace) -> int:
    """Measure whether words find and color their things."""
    setup = {"limit": args.limit, "weights": args.weights, "held_out": args.held_out, "no_color": args.no_color}
    return _measured("words", args.sources, args, text_json, **setup)


@_taking("words regions model weights weight no_classical seed vividness limit sheet")
def evaluate_reference(args: SimpleNamespace) -> int:
    """Measure what a reference photo does for the colors of another."""
    same = {name: getattr(args, name) for name in ("words", "regions", "model", "vividness", "limit", "seed")}
    return _measured(
        "borrowing",
        args.sources,
        args,
        matcher=args.weights,
        weights=args.weight,
        no_classical=args.no_classical,
        **same,
    )


@_taking("model colors vividness limit sheet")
def evaluate_palette(args: SimpleNamespace) -> int:
    """Measure whether a palette's colors arrive."""
    return _measured(
        "palettes", args.sources, args, model=args.model, colors=args.colors, vividness=args.vividness, limit=args.limit
    )


@_taking("model vividness limit frames others hold")
def evaluate_temporal(args: SimpleNamespace) -> int:
    """Measure how much a clip's colors flicker and drift."""
    same = {name: getattr(args, name) for name in ("model", "limit", "frames", "others", "hold", "vividness")}
    return _measured("flicker", args.sources, args, **same)
