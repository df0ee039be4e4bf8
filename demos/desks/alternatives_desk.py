"""Many colorings of one visitor's photo, drawn one after the other. No Gradio here."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from queue import SimpleQueue
from threading import Event
from typing import Any

from torch import Tensor

from demos.desks import pictures
from toolkit.controls.alternatives import as_hints, disagreement
from toolkit.guidance import Guidance
from toolkit.models.base import Dials
from toolkit.photo import Photo
from toolkit.photo.pictures import data_url
from toolkit.pipeline import Progress, Result, Session

GALLERY = 320  # px, long side of the small pictures
FAR = 60.0  # Lab units of disagreement that are shown as red as can be: an orange suit against a blue one


@dataclass(frozen=True)
class Draw:
    """What a sample is made from: on the same photo, the same colors at every size."""

    dials: Dials = Dials()
    guidance: Guidance = field(default_factory=Guidance)  # in pixels of the full photo
    seed: int = 0


@dataclass(frozen=True)
class Drawn:
    """A sample in the gallery."""

    draw: Draw
    result: Result

    @property
    def number(self) -> int:
        """What a person calls it by."""
        return self.draw.seed + 1

    @cached_property
    def picture(self) -> str:
        """A data URL."""
        return data_url(self.result.to_pil())


class Alternatives:
    """A session of their own, the small pictures drawn last, and what each was made from."""

    def __init__(self, photo: Photo, model: str, device: str) -> None:
        """Cheap: no model runs yet. Raises ValueError for an unknown model."""
        self.photo = photo
        self.session = Session(photo, model, device=device)
        self.small = self.session.preview(GALLERY)
        self.drawn: list[Drawn] = []
        self.chosen = -1
        self.waits = self.busy = False  # asked for, not begun; begun
        self._turn = self._begun = 0
        self._seed = 0  # the next one

    def ask(self) -> None:
        """New ones are wanted; what is being drawn is not, any more."""
        self._turn += 1
        self.waits = True

    def stop(self) -> None:
        """Nothing is wanted any more."""
        self._turn += 1
        self.waits = False

    def begin(self) -> bool:
        """True once after each `ask`."""
        begun, self.waits = self.waits, False
        if begun:
            self._begun, self.busy = self._turn, True
        return begun

    def draw(self, n: int, draw: Draw, wanted: Callable[[], bool]) -> Iterator[tuple[int, Tensor] | Drawn]:
        """Draw n samples, with the seeds after the last ones: (place in the row, what it looks like so far), again and
        again, then the sample.

        wanted: asked at every step. The work is done in a thread, for the toolkit reports its steps to a callback, and
        a page has them handed out. Raises GuidanceError, ValueError, Cancelled.
        """
        self.drawn, self.chosen = [], -1
        left = Event()
        news: SimpleQueue[tuple[int, Tensor] | Result | None] = SimpleQueue()

        def go_on(done: int, of: int, what: str) -> bool:
            return self._turn == self._begun and not left.is_set() and wanted()

        def work() -> None:
            guidance = draw.guidance.scaled(self.photo.size, self.small.photo.size)
            seen: dict[str, Any] = {"progress": go_on, "forming": lambda i, rgb: news.put((i, rgb))}
            for result in self.small.samples(n, guidance, draw.dials, seed=self._seed, **seen):
                news.put(result)

        with ThreadPoolExecutor(1) as thread:
            working = thread.submit(work)
            working.add_done_callback(lambda _: news.put(None))
            try:
                while (item := news.get()) is not None:
                    if isinstance(item, Result):
                        self.drawn.append(Drawn(replace(draw, seed=item.seed), item))
                        self._seed = item.seed + 1
                        yield self.drawn[-1]
                    elif news.empty():  # else it is out of date already
                        yield item
            finally:
                left.set()
        working.result()

    def pick(self, index: Any) -> Drawn:
        """One of those drawn last. Raises ValueError."""
        if not isinstance(index, int) or not 0 <= index < len(self.drawn):
            raise ValueError("This alternative is not here any more; draw others.")
        self.chosen = index
        return self.drawn[index]

    def paint(self, draw: Draw, copy: Photo | None = None, progress: Progress | None = None) -> Result:
        """The photo, or a smaller copy, as a sample was. Raises Cancelled."""
        session = self.session if copy is None else self.session.preview(copy)
        return session.colorize(
            draw.guidance.scaled(self.photo.size, session.photo.size), draw.dials, seed=draw.seed, progress=progress
        )

    def doubt(self) -> str:
        """Where the samples disagree, red over the photo: a data URL; "" where there is nothing to compare."""
        results = [drawn.result for drawn in self.drawn if drawn.result.ab.shape == self.drawn[-1].result.ab.shape]
        if len(results) < 2:
            return ""
        return data_url(pictures.doubt(self.small.photo, (disagreement(results) / FAR).clamp(0, 1)))


def hints_of(result: Result, photo: Photo) -> Guidance:
    """The colors of a smaller copy as hints in the photo."""
    return as_hints(result).scaled(result.photo.size, photo.size)
