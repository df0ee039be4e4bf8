"""The command `python -m toolkit compare`; it asks and prints, `toolkit.measure.compare.run` does the work."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from toolkit.cli.arguments import DEVICE_HELP, add_command, advance, check_places, count, number, positive, several

if TYPE_CHECKING:
    from toolkit.measure.compare import Comparison

METRICS = ("psnr", "ssim", "lpips", "ciede2000", "colorfulness")


def compare(args: argparse.Namespace) -> int:
    """Compare models on color photos."""
    from tqdm import tqdm

    from toolkit.measure.compare import CompareSetup
    from toolkit.measure.compare.report import photos
    from toolkit.measure.compare.run import compare as run

    check_places(args.html, args.csv, args.markdown, args.json, args.summary, args.records, args.sheet, args.plot)
    setup = CompareSetup(
        hints=args.hints,
        metrics=tuple(dict.fromkeys(("psnr", *args.metrics))),
        baseline=args.baseline,
        size=args.size,
        limit=args.limit,
        protocol=args.protocol,
        vividness=args.vividness,
        seed=args.seed,
        device=args.device,
        keep=args.keep,
        sizes=args.sizes,
    )
    with tqdm(unit="picture", disable=None) as bar:

        def progress(done: int, of: int, what: str) -> None:
            bar.total = of
            bar.set_postfix_str(what, refresh=False)
            advance(bar, done)

        result = run(args.models or _default_models(), args.photos, setup=setup, folder=args.out, progress=progress)
    print(result.text())
    _write(result, args)
    if not result.partial:
        return 0
    how = "the same command goes on" if args.out else "with --out FOLDER it could go on"
    print(f"Stopped after {photos(result)}; {how}.", file=sys.stderr)
    return 130


def _default_models() -> tuple[str, ...]:
    from toolkit.models.cards import list_models

    return tuple(card.name for card in list_models())


def _write(result: "Comparison", args: argparse.Namespace) -> None:
    if args.html:
        result.to_html(args.html)
    if args.csv:
        result.to_csv(args.csv)
    if args.markdown:
        result.to_markdown(args.markdown)
    if args.json:
        result.to_json(args.json)
    if args.summary:
        result.to_json(args.summary, records=False)
    if args.records:
        result.photos.to_csv(args.records, index=False, float_format="%.5g")
    if args.sheet:
        result.grid().savefig(args.sheet)
    if args.plot:
        (result.curves() if len(result.setup.hints) > 1 else result.speed()).savefig(args.plot)


def add_compare(commands: Any) -> None:
    """Add it to the grammar."""
    command = add_command(
        commands,
        compare,
        "Compare models with each other, with classical methods and with the gray photo: one table, paired tests, pictures.",
        "val.tar --models unet,vit-hint --limit 24",
        "kodak.tar --models unet,vit-hint,levin2004 --hints 0,10,100 --baseline levin2004 --out out/kodak --html report.html",
        "photos/ --models unet@0.3,unet@0.8,runs/mine/checkpoint.safetensors --csv table.csv",
        "photos/ --models unet,theirs.json,siggraph17            # other people's models, where they are here",
        "photos/ --models unet --sizes 192,256,384               # do colors change with the working size?",
        "kodak.tar --models unet,levin2004 --hints 0,1,10,100 --plot curve.png",
        "val.tar --models unet,diffusion --metrics psnr,ssim,lpips,hue-ciede2000,frechet,kid",
    )
    command.add_argument("photos", nargs="+", metavar="PHOTOS", help="color photos: folders, tars or single files")
    command.add_argument(
        "--models", type=several(str), metavar="A,B", help="names, NAME@VIVIDNESS, weights files (default: `models` without the zoo)"
    )
    command.add_argument("--hints", type=several(count), default=(0,), metavar="N,M", help="with so many points of the true color (default: 0)")
    command.add_argument("--limit", type=positive, metavar="N", help="only the first N photos")
    command.add_argument("--baseline", default="gray", metavar="NAME", help="whom differences are to (default: %(default)s)")
    command.add_argument(
        "--metrics",
        type=several(str),
        default=METRICS,
        metavar="A,B",
        help="also hue-ciede2000, bleeding, colorfulness-absolute, frechet, hue-frechet, kid (default: " + ",".join(METRICS) + ")",
    )
    command.add_argument("--out", metavar="FOLDER", help="keep all records and pictures here; the same command goes on where it stopped")
    command.add_argument("--html", metavar="OUT.html", help="write a report with pictures, one file")
    command.add_argument("--csv", metavar="OUT.csv", help="write the table")
    command.add_argument("--markdown", metavar="OUT.md", help="write the table and the differences")
    command.add_argument("--json", metavar="OUT.json", help="write everything but the pictures")
    command.add_argument("--summary", metavar="OUT.json", help="the same without the numbers of single photos, for weights/measured/")
    command.add_argument("--records", metavar="OUT.csv.gz", help="write the numbers of single photos")
    command.add_argument("--sheet", metavar="OUT.png", help="write a contact sheet of the first photos")
    command.add_argument("--plot", metavar="OUT.png", help="write the curve over the number of hints; of one number, quality over seconds")
    command.add_argument("--protocol", choices=["icolorit", "siggraph17"], default="icolorit", help="which points (default: %(default)s)")
    command.add_argument("--vividness", type=number(1), metavar="V", help="of models whose name says none (default: 0.5; with --hints 0)")
    command.add_argument("--size", type=positive, default=256, metavar="PX", help="short side of the photos without hints (default: %(default)s)")
    command.add_argument("--sizes", type=several(positive), default=(), metavar="PX,PX", help="do colors change between these working sizes?")
    command.add_argument("--keep", type=count, default=24, metavar="N", help="pictures of so many photos (default: %(default)s)")
    command.add_argument("--seed", type=count, default=0, help="of models that draw at random (default: %(default)s)")
    command.add_argument("--device", default="auto", help=DEVICE_HELP)
