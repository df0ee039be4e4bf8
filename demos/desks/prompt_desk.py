"""What one visitor of *Text prompt* has in front of them: a photo, a prompt, the picture it gives and how it was read.
No Gradio here.
"""

from dataclasses import dataclass
from threading import RLock
from typing import Any, Literal

import numpy as np
from contourpy import contour_generator
from matplotlib import colormaps
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from demos.desks import pictures
from demos.desks.hint_desk import SCREEN, HintDesk
from toolkit.guidance import Guidance
from toolkit.models.base import Dials
from toolkit.photo import Photo
from toolkit.photo.pictures import data_url, to_pil
from toolkit.pipeline import Progress, Result, Session
from toolkit.text.compiler import Compiled, Row, compile_text
from toolkit.text.grammar.lexicon import korean
from toolkit.text.grammar.parser import Parsed, parse
from toolkit.text.localizer import load_localizer

Language = Literal["en", "ko"]

MOST_THINGS = 10  # offered as words to choose
HEAT = colormaps["inferno"]
STRONGEST = 0.65  # how much of the photo the hottest place hides
GRID = 1000  # units of an outline, whatever the photo's shape
USUAL = {  # colors of examples; a thing that is not here takes the next of OTHERS
    "building": ("beige", "베이지색"),
    "cat": ("ginger", "주황색"),
    "cup": ("turquoise", "청록색"),
    "dog": ("light brown", "연한 갈색"),
    "grass": ("green", "초록색"),
    "hair": ("brown", "갈색"),
    "house": ("brick red", "벽돌색"),
    "mountain": ("slate gray", "회색"),
    "sand": ("beige", "베이지색"),
    "sea": ("teal", "청록색"),
    "sky": ("light blue", "연한 파란색"),
    "tree": ("dark green", "진한 초록색"),
    "vegetation": ("green", "초록색"),
    "wall": ("cream", "크림색"),
    "water": ("teal", "청록색"),
}
OTHERS = (("red", "빨간색"), ("navy", "남색"), ("yellow", "노란색"))
# no examples of these
NOBODY = frozenset(
    ("person", "man", "woman", "child", "people", "skin", "face", "head", "arm", "hand", "leg", "animal")
)
ENGLISH = (
    "red, orange, yellow, green, blue, navy, teal, turquoise, purple, pink, brown, beige, cream, white, gray, black, "
    "light, dark, pale, everything else, background, warmer, cooler, more vivid, less vivid, sepia, black and white"
)
KOREAN = (
    "빨간색, 주황색, 노란색, 초록색, 연두색, 파란색, 하늘색, 남색, 청록색, 보라색, 분홍색, 갈색, 베이지색, 하얀색, 회색, 검은색, 연한, 진한, 나머지, 배경, 따뜻하게, 차갑게, 선명하게, "
    "흑백, 세피아"
)
# to complete while one writes, beside names of things
WORDS: dict[Language, list[str]] = {"en": ENGLISH.split(", "), "ko": KOREAN.split(", ")}


@dataclass(frozen=True)
class Answer:
    """A prompt, how it was read, and the picture for the screen."""

    prompt: str
    keep: bool
    compiled: Compiled
    parsed: Parsed
    result: Result


class PromptDesk:
    """One photo, looked at once. The prompt is the whole state: the same words give the same picture, whatever was
    asked before.
    """

    def __init__(self, photo: Photo, model: str, device: str, number: int = 0) -> None:
        """Cheap: no model runs yet. number: to tell photos apart. Raises ValueError for an unknown model."""
        self.photo = photo
        self.number = number
        self.model = model
        self.device = device
        self.session = Session(photo, model, device=device)
        self.screen = self.session.preview(SCREEN)
        self.lock = RLock()  # a prompt may come while the photo is still being looked at
        self.shown: Answer | None = None

    @property
    def colored(self) -> bool:
        """Whether the photo has colors that can be kept."""
        return self.photo.tone == "color"

    def before(self, keep: bool) -> str:
        """What the picture is compared with, a data URL: the photo as it came where its colors are kept, else without
        color.
        """
        photo = self.screen.photo
        return data_url(to_pil(photo.rgb) if keep and self.colored else pictures.before(photo))

    def things(self) -> list[str]:
        """Names of what is in the photo, the surest first. Raises WeightsError."""
        with self.lock:
            return [name for name, _ in load_localizer(self.device).look(self.screen).names()[:MOST_THINGS]]

    def ask(self, prompt: str, keep: bool, progress: Progress | None = None) -> Answer:
        """The picture for a prompt; "" gives the automatic one. keep: of a photo with color, only what the prompt names
        changes.

        Raises ValueError (a prompt that is too long, ...), WeightsError, Cancelled.
        """
        keep = keep and self.colored
        with self.lock:
            if self.shown is None or (prompt, keep) != (self.shown.prompt, self.shown.keep):
                compiled = compile_text(prompt, self.screen, localizer=load_localizer(self.device), recolor=keep)
                result = self._paint(self.screen, compiled, keep, progress)
                self.shown = Answer(prompt, keep, compiled, parse(prompt), result)
            return self.shown

    def finish(self, prompt: str, keep: bool, progress: Progress | None = None) -> Result:
        """The full size. Raises as `ask` does."""
        answer = self.ask(prompt, keep)
        return self._paint(self.session, answer.compiled, answer.keep, progress)

    def to_hints(self, prompt: str, keep: bool) -> tuple[HintDesk, Guidance, Dials]:
        """The photo, which need not be looked at again, and what the words became, for the tab where one clicks. Raises
        as `ask` does.
        """
        compiled = self.ask(prompt, keep).compiled
        desk = HintDesk(self.photo, self.model, self.device, self.session)
        return desk, self._full(compiled), compiled.settings.applied(Dials())

    def _full(self, compiled: Compiled) -> Guidance:
        return compiled.guidance.scaled(self.screen.photo.size, self.photo.size)

    def _paint(self, session: Session, compiled: Compiled, keep: bool, progress: Progress | None) -> Result:
        guidance = compiled.guidance if session is self.screen else self._full(compiled)
        if keep:
            return session.recolor(guidance, progress=progress)
        return session.colorize(guidance, compiled.settings.applied(Dials()), progress=progress)


def only_parts(answer: Answer) -> bool:
    """Whether a prompt has wishes for the whole picture that keeping the other colors leaves without effect."""
    settings = answer.compiled.settings
    return answer.keep and (settings.vividness, settings.saturation, settings.tint) != (None, None, None)


def as_table(answer: Answer) -> list[dict[str, Any]]:
    """How a prompt was read, for the browser: rows of plain values, with a picture of the heat and a line around the
    region where there are some, and the word that a misspelt one may be.
    """
    compiled = answer.compiled
    likely = {unknown.words: unknown.hint for unknown in answer.parsed.unknown}
    return [
        {
            "phrase": row.phrase,
            "thing": _named(row, compiled.language),
            "confidence": row.confidence,
            "color": row.color,
            "note": row.note,
            "ok": row.ok,
            "instead": likely.get(row.phrase),
            "heat": "" if row.heat is None else heat_layer(row.heat),
            "outline": "" if row.region is None else outline(row.region),
        }
        for row in compiled.rows
    ]


def _named(row: Row, language: Language) -> str:
    return in_language(row.thing, language) if row.thing else ""


def in_language(name: str, language: Language) -> str:
    """What a known thing is called in a language."""
    return (korean(name) if language == "ko" else None) or name


def heat_layer(heat: Tensor) -> str:
    """heat (1, 1, h, w) in [0, 1] as a data URL to lay over the photo: the hotter, the brighter and the less
    transparent.
    """
    shade = F.interpolate(heat.float(), scale_factor=2, mode="bilinear")[0, 0].clamp(0, 1).cpu().numpy()
    rgba = (HEAT(0.15 + 0.85 * shade) * 255).round().astype(np.uint8)
    rgba[..., 3] = (STRONGEST * 255 * shade).round()
    return data_url(Image.fromarray(rgba))


def outline(region: Tensor) -> str:
    """The border of a region, bool (1, 1, h, w), as an SVG path over a square of
    1000 x 1000 that stands for the photo.
    """
    h, w = region.shape[-2:]
    # (1, 1, h + 2, w + 2): a line around what touches the border as well
    soft = F.avg_pool2d(F.pad(region.float(), (2, 2, 2, 2)), 3, 1)
    parts = []
    for line in contour_generator(z=soft[0, 0].cpu().numpy()).lines(0.5):
        corners = ((np.asarray(line) - 0.5) / (w, h) * GRID).clip(0, GRID).round().astype(int)
        parts.append("M" + "L".join(f"{x} {y}" for x, y in corners.tolist()) + "Z")
    return "".join(parts)


def examples(things: list[str], language: Language) -> list[str]:
    """Prompts to try on a photo that shows these things (English names)."""
    k = 1 if language == "ko" else 0
    others = iter(OTHERS * 2)
    shown = [thing for thing in things if thing not in NOBODY][:3]
    pairs = [(in_language(thing, language), (USUAL[thing] if thing in USUAL else next(others))[k]) for thing in shown]
    first = [_wish(*pair, language) for pair in pairs]
    if language == "ko":
        made = [f"{first[0]}"] if first else []
        made += [f"{first[1]}, 나머지는 흑백으로"] if len(first) > 1 else []
        made += [f"{first[0]}, {first[2]}"] if len(first) > 2 else []
        return [*made, "배경은 진한 초록색으로", "더 따뜻하게"]
    made = [f"make {first[0]}"] if first else []
    made += [f"{first[1]}, everything else black and white"] if len(first) > 1 else []
    made += [f"{first[0]} and {first[2]}"] if len(first) > 2 else []
    return [*made, "the background dark green", "warmer"]


def _wish(thing: str, color: str, language: Language) -> str:
    if language == "en":
        return f"the {thing} {color}"
    ends_in_consonant = (ord(thing[-1]) - 0xAC00) % 28 > 0
    return f"{thing}{'은' if ends_in_consonant else '는'} {color}으로"
