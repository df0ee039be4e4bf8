"""The page: a header, one tab per file, limits; and the command line that starts it.

A new tab is one file of `demos/tabs/`.
"""

import os
import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
from typing import Annotated, Any, Literal, NoReturn

import demos  # noqa: F401  # its privacy switches come before Gradio

import gradio as gr  # isort: skip
from cyclopts import Parameter
from gradio.tunneling import CURRENT_TUNNELS
from starlette.middleware import Middleware

from demos import tabs
from demos.desks.desk import Shop
from demos.desks.samples import FOLDER
from demos.desks.visits import Room
from demos.gate import temporary
from demos.gate.door import UNREADABLE
from demos.gate.web import Admission, Guard, own_names
from demos.parts.theme import CSS, MARK, THEME
from demos.words.i18n import I18N, SWITCH, SWITCH_SCRIPT, InLanguage, both, t, tr
from toolkit.cli.program import program, run
from toolkit.models.allocator import give_back_freed_memory
from toolkit.models.cards import list_models
from toolkit.models.devices import pick_device
from toolkit.models.weights import WeightsError

CLICKS = "Click hints"  # where all work can be gone on with
SLOGAN = "Believable color for black-and-white photographs"
HEADER = f'<div class="brand">{MARK}<div><h1>Huepoint</h1><p>{both(SLOGAN)}</p></div>{SWITCH}</div>'
FOOTER = (
    "Photos are worked on where this app runs and go nowhere else; their temporary copies are deleted within the "
    "hour, and when the app ends."
)
SHARED = (
    "Photos are worked on where this app runs; on their way they pass through Gradio's servers. Copies here are "
    "deleted within the hour."
)
CLEANING = (300, 1800)  # s: every five minutes, files older than half an hour
LARGEST_FILE = "80mb"  # a 25-megapixel PNG fits
MOST_PAGES = 200  # whose values Gradio keeps, 0.7 MB each
UNITS = {"MB": 10**6, "GB": 10**9, "M": 10**6, "G": 10**9}
IN_SPACE = "SPACE_ID" in os.environ
HUGGING_FACE = "https://huggingface.co https://*.hf.space"  # frames a Space


class Page(gr.Blocks):
    """Gradio's, but where it cannot read what was sent: one sentence in the visitor's language, not "Error", and
    nothing of theirs in the log.
    """

    async def process_api(self, *values: Any, **options: Any) -> dict[str, Any]:
        """Raises gr.Error."""
        try:
            return await super().process_api(*values, **options)
        except gr.Error:
            raise
        except Exception:
            asked = options.get("request")
            raise gr.Error(
                tr(UNREADABLE, asked if isinstance(asked, gr.Request) else None), print_exception=False
            ) from None


def build(device: str = "auto", *, memory: int | None = None, share: bool = False) -> gr.Blocks:
    """The app, not yet started.

    memory: bytes that all visitors' photos together may take, beside the models; None: a quarter of the machine's.
    share: whether a public link will lead here, which changes what it says about photos. Raises WeightsError where no
    models are found, OSError without a folder for temporary files.
    """
    temporary.begin()
    shop = Shop(device, tuple(list_models()), Room(memory))
    with Page(title="Huepoint", analytics_enabled=False, delete_cache=CLEANING) as demo:
        gr.HTML(HEADER, js_on_load=SWITCH_SCRIPT)
        built: dict[str, object] = {}
        with gr.Tabs(overflow_behavior="wrap") as strip:  # all of them in sight, on a phone as well
            for tab in tabs.found():
                with gr.Tab(t(tab.title), id=tab.title):
                    built[tab.title] = tab(demo, shop)
        for there in built.values():
            if isinstance(there, tabs.HandsOver):
                there.connect(built[CLICKS], strip, CLICKS)
        gr.Markdown(t(SHARED if share else FOOTER), elem_classes=["small", "closing"])
    return demo.queue()  # how many may wait is `web.Admission`'s to say, in a sentence


def launch(demo: gr.Blocks, *, names: Sequence[str] = (), **options: Any) -> None:
    """Start it. names: hosts that it answers to, beside localhost and addresses; options go to Gradio's launch."""
    temporary.begin()
    proxies = [".gradio.live"] * bool(options.get("share")) + [".hf.space"] * IN_SPACE
    names = [*names, *own_names(options.get("server_name")), *proxies]
    middleware = [
        Middleware(Guard, names=names, framed_by=HUGGING_FACE if IN_SPACE else ""),
        Middleware(Admission, queue=lambda: demo._queue),  # Gradio shows its line to nobody else
        Middleware(InLanguage),
    ]
    demo.launch(
        theme=THEME,
        css=CSS,
        favicon_path=FOLDER.parent / "favicon.svg",
        footer_links=[],
        max_file_size=LARGEST_FILE,
        ssr_mode=False,
        i18n=I18N,
        app_kwargs={"middleware": middleware},
        enable_monitoring=False,
        run_history=False,
        state_session_capacity=MOST_PAGES,
        **options,
    )


def serve(demo: gr.Blocks, **options: Any) -> NoReturn:
    """Start it, and end the process, with all temporary files, on Ctrl-C or when it is told to, however many pages are
    open.
    """
    told = Event()
    status = 0

    def end(number: int, frame: object) -> None:
        nonlocal status
        status = 130 if number == signal.SIGINT else 0
        told.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    try:
        launch(demo, prevent_thread_lock=True, **options)
    except OSError as error:
        if "port" not in str(error):
            raise
        raise OSError(f"Port {options.get('server_port') or 7860} is in use; choose another one with --port.") from None
    while not told.wait(0.5):  # in short pieces: on Windows Ctrl-C does not end a wait
        pass
    for tunnel in CURRENT_TUNNELS:
        tunnel.kill()
    temporary.end()
    os._exit(status)  # Gradio's own way waits for open pages


def amount(text: str) -> int:
    """ "800MB", "2 GB" -> bytes. Raises ValueError."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([MG]B?)\s*", text.upper())
    if not found or float(found[1]) <= 0:
        raise ValueError(f"{text!r} is no amount of memory; write one like 800MB or 2GB.")
    return round(float(found[1]) * UNITS[found[2]])


EXAMPLES = """examples:
  python -m demos                             on this machine only
  python -m demos --port 8000 --memory 4GB    visitors' photos may take 4 GB together, beside the models
  python -m demos --host 0.0.0.0              for everybody in the network
  python -m demos --host 0.0.0.0 --allow-host color.example.org     behind a proxy that has a name"""


app = program("python -m demos", "Color black-and-white photographs in the browser.", EXAMPLES)


@Parameter("*")
@dataclass(frozen=True)
class Options:
    """Where the app listens, and what it may take."""

    port: int | None = None
    """port to listen on (default: the first free one from 7860)"""
    host: str | None = None
    """address to listen on; 0.0.0.0 lets other machines of the network in (default: this machine only)"""
    allow_host: Annotated[tuple[str, ...], Parameter(metavar="NAME")] = ()
    """a name by which others reach it; can be given again"""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """where the model runs"""
    memory: Annotated[str | None, Parameter(metavar="SIZE")] = None
    """what visitors' photos may take together, as 2GB (default: a quarter of the machine's)"""
    share: bool = False
    """also open a public link through Gradio's servers; photos then pass through them"""


def main(arguments: Sequence[str] | None = None) -> None:
    """`python -m demos`."""
    run(app, sys.argv[1:] if arguments is None else arguments)


@app.default
def _start(*, options: Options = Options()) -> None:
    give_back_freed_memory()
    try:
        pick_device(options.device)
        demo = build(options.device, memory=amount(options.memory) if options.memory else None, share=options.share)
        if options.share:
            print("A public link is being opened; photos that come through it pass through Gradio's servers.")
        serve(demo, names=options.allow_host, share=options.share, server_name=options.host, server_port=options.port)
    except (OSError, ValueError, WeightsError) as error:
        sys.exit(" ".join(str(error).split()))
