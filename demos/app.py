"""The page: a header, one tab per file, limits; and the command line that starts it.

A new tab is one file with a class or function that takes (demo, shop), and one line in TABS.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

import demos  # noqa: F401  # its privacy switches come before Gradio

import gradio as gr  # isort: skip
from starlette.middleware import Middleware

from demos.automatic import Automatic
from demos.chat import Chat
from demos.clicks import Clicks
from demos.compare import Compare
from demos.desk import Shop
from demos.i18n import I18N, SWITCH, SWITCH_SCRIPT, InLanguage, both, t
from demos.prompts import Prompts
from demos.reference import References
from demos.samples import FOLDER
from demos.theme import CSS, MARK, THEME
from toolkit.pipeline import pick_device
from toolkit.registry import WeightsError, list_models

TABS: tuple[tuple[str, Callable[[gr.Blocks, Shop], object]], ...] = (
    ("Automatic", Automatic),
    ("Click hints", Clicks),
    ("Text prompt", Prompts),
    ("Reference", References),
    ("Chat", Chat),
    ("Compare", Compare),
)

SLOGAN = "Believable color for black-and-white photographs"
HEADER = f'<div class="brand">{MARK}<div><h1>Huepoint</h1><p>{both(SLOGAN)}</p></div>{SWITCH}</div>'
FOOTER = "Photos are worked on where this app runs and go nowhere else; their temporary copies are deleted within the hour."
CLEANING = (300, 1800)  # s: every five minutes, files older than half an hour
LARGEST_FILE = "80mb"  # a 25-megapixel PNG fits


def build(device: str = "auto") -> gr.Blocks:
    """The app, not yet started. Raises WeightsError where no models are found."""
    shop = Shop(device, tuple(list_models()))
    with gr.Blocks(title="Huepoint", analytics_enabled=False, delete_cache=CLEANING) as demo:
        gr.HTML(HEADER, js_on_load=SWITCH_SCRIPT)
        built: dict[str, object] = {}
        with gr.Tabs() as tabs:
            for title, build_tab in TABS:
                with gr.Tab(t(title), id=title):
                    built[title] = build_tab(demo, shop)
        clicks = built["Click hints"]
        for there in built.values():
            if isinstance(there, Automatic | Prompts | References) and isinstance(clicks, Clicks):
                there.connect(clicks, tabs, "Click hints")
        gr.Markdown(t(FOOTER), elem_classes=["small", "closing"])
    return demo.queue(max_size=40)


def launch(demo: gr.Blocks, **options: Any) -> None:
    """Start it; options go to Gradio's launch."""
    demo.launch(
        theme=THEME, css=CSS, favicon_path=FOLDER.parent / "favicon.svg", footer_links=[], max_file_size=LARGEST_FILE, ssr_mode=False,
        i18n=I18N, app_kwargs={"middleware": [Middleware(InLanguage)]}, **options,
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """`python -m demos`."""
    parser = argparse.ArgumentParser(prog="python -m demos", description="Color black-and-white photographs in the browser.")
    parser.add_argument("--port", type=int, help="port to listen on (default: the first free one from 7860)")
    parser.add_argument("--host", help="address to listen on; 0.0.0.0 lets other machines of the network in (default: this machine only)")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"], help="where the model runs (default: auto)")
    parser.add_argument("--share", action="store_true", help="also open a public link through Gradio's servers; photos then pass through them")
    options = parser.parse_args(arguments)
    try:
        pick_device(options.device)
        demo = build(options.device)
    except (ValueError, WeightsError) as error:
        sys.exit(str(error))
    launch(demo, share=options.share, server_name=options.host, server_port=options.port)
