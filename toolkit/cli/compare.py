"""The command `python -m toolkit compare`; it asks and prints, `toolkit.measure.compare.run` does the work."""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from toolkit.cli.arguments import (
    Count,
    Device,
    ShareOrNone,
    Some,
    SomeOrNone,
    advance,
    check_places,
    read_by,
    several,
    whole,
)

if TYPE_CHECKING:
    from toolkit.measure.compare import Comparison

app = App(
    "compare",
    help_epilogue="""examples:
  python -m toolkit compare val.tar --models unet,vit-hint --limit 24
  python -m toolkit compare kodak.tar --models unet,vit-hint,levin2004 --hints 0,10,100 --html report.html
  python -m toolkit compare photos/ --models unet@0.3,unet@0.8,runs/mine/checkpoint.safetensors --csv table.csv
  python -m toolkit compare photos/ --models unet,theirs.json,siggraph17     # other people's models
  python -m toolkit compare photos/ --models unet --sizes 192,256,384        # do colors change with the working size?
  python -m toolkit compare kodak.tar --models unet,levin2004 --hints 0,1,10,100 --plot curve.png
  python -m toolkit compare val.tar --models unet,diffusion --metrics psnr,ssim,lpips,hue-ciede2000,frechet,kid""",
)
Names = Annotated[tuple[str, ...], read_by(several()), Parameter(metavar="A,B")]


@Parameter("*")
@dataclass(frozen=True)
class Options:
    """Who is compared, how, and what is written."""

    models: Names = ()
    """names, NAME@VIVIDNESS, weights files (default: `models` without the zoo)"""
    hints: Annotated[tuple[int, ...], read_by(several(whole(0))), Parameter(metavar="N,M")] = (0,)
    """with so many points of the true color"""
    limit: SomeOrNone = None
    """only the first N photos"""
    baseline: Annotated[str, Parameter(metavar="NAME")] = "gray"
    """whom differences are to"""
    metrics: Names = ("psnr", "ssim", "lpips", "ciede2000", "colorfulness")
    """also hue-ciede2000, bleeding, colorfulness-absolute, frechet, hue-frechet, kid"""
    out: Annotated[str | None, Parameter(metavar="FOLDER")] = None
    """keep all records and pictures here; the same command goes on where it stopped"""
    html: Annotated[str | None, Parameter(metavar="OUT.html")] = None
    """write a report with pictures, one file"""
    csv: Annotated[str | None, Parameter(metavar="OUT.csv")] = None
    """write the table"""
    markdown: Annotated[str | None, Parameter(metavar="OUT.md")] = None
    """write the table and the differences"""
    json: Annotated[str | None, Parameter(metavar="OUT.json")] = None
    """write everything but the pictures"""
    summary: Annotated[str | None, Parameter(metavar="OUT.json")] = None
    """the same without the numbers of single photos, for weights/measured/"""
    records: Annotated[str | None, Parameter(metavar="OUT.csv.gz")] = None
    """write the numbers of single photos"""
    sheet: Annotated[str | None, Parameter(metavar="OUT.png")] = None
    """write a contact sheet of the first photos"""
    plot: Annotated[str | None, Parameter(metavar="OUT.png")] = None
    """write the curve over the number of hints; of one number, quality over seconds"""
    protocol: Literal["icolorit", "siggraph17"] = "icolorit"
    """which points"""
    vividness: Annotated[ShareOrNone, Parameter(metavar="V")] = None
    """of models whose name says none (default: 0.5; with --hints 0)"""
    size: Annotated[Some, Parameter(metavar="PX")] = 256
    """short side of the photos without hints"""
    sizes: Annotated[tuple[int, ...], read_by(several(whole(1))), Parameter(metavar="PX,PX")] = ()
    """do colors change between these working sizes?"""
    keep: Count = 24
    """pictures of so many photos"""
    seed: Count = 0
    """of models that draw at random"""
    device: Device = "auto"
    """auto, cpu, cuda or mps"""


@app.default
def compare(
    photos: Annotated[tuple[str, ...], Parameter(metavar="PHOTOS", help="color photos: folders, tars or single files")],
    /,
    *,
    options: Options = Options(),
) -> int:
    """Compare models on color photos."""
    from tqdm import tqdm

    from toolkit.measure.compare import CompareSetup
    from toolkit.measure.compare.report import photos as counted
    from toolkit.measure.compare.run import compare as run
    from toolkit.models.cards import list_models

    check_places(
        options.html,
        options.csv,
        options.markdown,
        options.json,
        options.summary,
        options.records,
        options.sheet,
        options.plot,
    )
    setup = CompareSetup(
        hints=options.hints,
        metrics=tuple(dict.fromkeys(("psnr", *options.metrics))),
        baseline=options.baseline,
        size=options.size,
        limit=options.limit,
        protocol=options.protocol,
        vividness=options.vividness,
        seed=options.seed,
        device=options.device,
        keep=options.keep,
        sizes=options.sizes,
    )
    models = options.models or tuple(card.name for card in list_models())
    with tqdm(unit="picture", disable=None) as bar:

        def progress(done: int, of: int, what: str) -> None:
            bar.total = of
            bar.set_postfix_str(what, refresh=False)
            advance(bar, done)

        result = run(models, list(photos), setup=setup, folder=options.out, progress=progress)
    print(result.text())
    _write(result, options)
    if not result.partial:
        return 0
    how = "the same command goes on" if options.out else "with --out FOLDER it could go on"
    print(f"Stopped after {counted(result)}; {how}.", file=sys.stderr)
    return 130


def _write(result: "Comparison", options: Options) -> None:
    if options.html:
        result.to_html(options.html)
    if options.csv:
        result.to_csv(options.csv)
    if options.markdown:
        result.to_markdown(options.markdown)
    if options.json:
        result.to_json(options.json)
    if options.summary:
        result.to_json(options.summary, records=False)
    if options.records:
        result.photos.to_csv(options.records, index=False, float_format="%.5g")
    if options.sheet:
        result.grid().savefig(options.sheet)
    if options.plot:
        (result.curves() if len(result.setup.hints) > 1 else result.speed()).savefig(options.plot)
