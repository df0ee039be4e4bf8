"""What the app costs, in memory and in answers, when many come: a table. Minutes long, so run by hand.

python -m tests.app.load [--port 7999] [--memory ...]    what is not an option of this script goes to the app
python -m tests.app.load --command-line                  the most memory `python -m toolkit colorize FOLDER` takes
"""

import argparse
import io
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
from PIL import Image

from tests.app.raw import ROOT, Answer, App, Page, find, handlers, pattern, png, running, shows

EXAMPLES = ROOT / "demos" / "examples"
GONE = "not here any more"
VISITORS = 50


class Visitor(Page):
    """A page that starts photos in the first tab and turns its dial."""

    def __init__(self, app: App) -> None:
        super().__init__(app.url)
        those = handlers(self.config())
        self.starter = find(those, "photo", "upload", "start")
        self.proposer = find(those, "photo", "upload", "propose")
        self.dialer = find(those, "vividness", "release")

    def start(self, content: bytes) -> Answer:
        return self.call(self.starter, self.upload(content), "vit-hint", 0.5, timeout=1200)

    def dial(self, vividness: float) -> Answer:
        return self.call(self.dialer, vividness, timeout=1200)


def example(width: int, height: int, number: int = 0) -> bytes:
    """One of the examples at a size, as a PNG."""
    paths = sorted(EXAMPLES.glob("*.jpg"))
    target = io.BytesIO()
    with Image.open(paths[number % len(paths)]) as image:
        image.convert("RGB").resize((width, height)).save(target, "PNG", compress_level=1)
    return target.getvalue()


def told(what: str, app: App) -> None:
    """One line of the table."""
    time.sleep(1)
    print(f"| {what} | {app.memory():,.0f} |", flush=True)


def memory(app: App) -> None:
    """How it grows with jobs, sizes and pages."""
    print("| after | MB |\n|---|---|")
    told("start", app)
    photo = example(900, 700)
    with Visitor(app) as page:
        for i in range(1, 11):
            page.start(photo)
            page.call(page.proposer, timeout=1200)
            page.dial(0.9)
            if i in (1, 5, 10):
                told(f"{i} jobs of one size", app)
        for i in range(30):
            page.start(example(500 + 23 * i, 900 - 13 * i, i))
        told("30 jobs of as many sizes", app)
    for i in range(30):
        with Visitor(app) as page:
            page.start(example(640, 480, i))
            page.dial(0.9)
    told("30 pages opened, used and closed", app)


def crowd(app: App) -> None:
    """Many at once, each with a pattern of its own; later each turns a dial."""
    pages = [Visitor(app) for _ in range(VISITORS)]
    patterns = [pattern(1000 + i) for i in range(VISITORS)]

    def start(i: int) -> str:
        answer = pages[i].start(png(patterns[i]))
        pictures = answer.pictures()
        if pictures:
            return "done" if all(shows(picture, patterns[i]) for picture in pictures) else "a foreign picture"
        ours = answer.status == 429 or (answer.success and answer.sentences())
        return "refused by our sentence" if ours else f"refused otherwise ({answer.status})"

    def dial(i: int) -> str:
        answer = pages[i].dial(0.8)
        pictures = answer.pictures()
        if pictures:
            return "picture" if all(shows(picture, patterns[i]) for picture in pictures) else "a foreign picture"
        if any(GONE in sentence for sentence in answer.sentences()):
            return "gone"
        if answer.status != 200:
            return "refused by our sentence" if answer.status == 429 else f"refused otherwise ({answer.status})"
        return "nothing" if answer.success else "Gradio's failure"

    print(f"\n| {VISITORS} visitors at once | how often |\n|---|---|")
    for what, work in (("start", start), ("dial, all at once", dial), ("dial, one after the other", dial)):
        with ThreadPoolExecutor(1 if "after" in what else VISITORS) as pool:
            for outcome, count in sorted(Counter(pool.map(work, range(VISITORS))).items()):
                print(f"| {what}: {outcome} | {count} |", flush=True)
    print("\n| after | MB |\n|---|---|")
    told("all of them started", app)
    for page in pages:
        page.close()
    told("all of them left", app)


def command_line(count: int = 27) -> None:
    """The most memory a folder of small photos takes, every one of another size."""
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder) / "photos"
        photos.mkdir()
        for i in range(count):
            (photos / f"{i:02}.png").write_bytes(example(300 + 17 * i, 420 - 7 * i, i))
        most, marks = 0.0, []
        command = [sys.executable, "-m", "toolkit", "colorize", str(photos), "-o", str(Path(folder) / "out")]
        started = psutil.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        while started.poll() is None:
            try:
                now = started.memory_info().rss / 2**20
            except psutil.Error:
                break
            most = max(most, now)
            marks.append((len(list((Path(folder) / "out").glob("*.png"))), now))
            time.sleep(0.1)
        status = started.wait()
        done = len(list((Path(folder) / "out").glob("*.png")))
        first = max((now for there, now in marks if there <= 1), default=0)
        print(f"| `colorize` over {done} of {count} photos (exit status {status}) | MB |\n|---|---|")
        print(f"| until the first is there | {first:,.0f} |\n| the most | {most:,.0f} |")


def main(arguments: Sequence[str] | None = None) -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--port", type=int, help="port of the app that is started (default: a free one)")
    parser.add_argument("--command-line", action="store_true", help="measure the command line instead of the app")
    options, others = parser.parse_known_args(arguments)
    if options.command_line:
        command_line()
        return
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), *others, port=options.port) as app:
        memory(app)
        crowd(app)


if __name__ == "__main__":
    main()
