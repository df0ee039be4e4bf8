"""Coloring as a conversation: a photo, then sentences, in English or Korean, each answered by a picture and one line of
what was done.

It does not depend on any messenger; a bot for one takes twenty lines. Here `messages()` stands for what the messenger
delivers (who, text, bytes of a picture or None) and `answer(who, text, png)` for what it sends:

    import io
    from toolkit.photo import PhotoError, open_photo
    from toolkit.text.conversation import Conversation

    conversations = {}
    for who, text, picture in messages():
        conversation = conversations.setdefault(who, Conversation(screen=1200))
        try:
            photo = open_photo(picture) if picture else None
        except PhotoError as error:
            answer(who, str(error), None)
            continue
        reply = conversation.send(text, photo)
        png = None
        if reply.result:
            target = io.BytesIO()
            reply.result.to_pil().save(target, "PNG")
            png = target.getvalue()
        answer(who, reply.text, png)

All wishes for a photo are kept in a list, and with each message the whole list is compiled again as one sentence: later
wishes override earlier ones, "everything else" excludes what was named before, and "undo" goes back to the list before.
"""

import re
import unicodedata
from dataclasses import dataclass, field, replace

from torch import tensor

from toolkit.color import hex_to_lab, lab_to_rgb, map_to_gamut, to_hex
from toolkit.guidance import Guidance
from toolkit.models.base import Dials
from toolkit.photo import Photo
from toolkit.pipeline import Progress, Result, Session
from toolkit.text.compiler import CHANGES, Compiled, Row, compile_text
from toolkit.text.grammar.parser import MAX_PROMPT, ColorWords, Parsed, Thing, Wish, parse
from toolkit.text.localizer import Localizer
from toolkit.text.phrases import Language, say

MOST_STEPS = 50  # that can be undone
MOST_WISHES = 30  # about one photo

COMMANDS = {  # what a whole message says, without punctuation
    "undo": "undo|undo that|undo it|take it back|take that back|go back|back|취소|취소해|취소해 줘|실행 취소|되돌려|되돌려 줘|되돌리기|뒤로",
    "redo": "redo|redo that|do it again|again|forward|다시 실행|다시 해|다시 해 줘|다시 적용|앞으로",
    "start over": "start over|start again|begin again|restart|reset|clear|새로 시작|처음부터|처음부터 다시|다시 시작|초기화",
    "help": "help|help me|hi|hello|what can you do|how does this work|도움|도움말|도와줘|도와 줘|안녕|안녕하세요|뭐 할 수 있어|어떻게 해",
    "save": "save|save it|download|full size|send me the full size|저장|저장해|저장해 줘|내려받기|다운로드|원본 크기|원본 크기로",
    "anew": "color it anew|color everything|forget its colors|새로 칠해|새로 칠해 줘|전부 새로 칠해 줘|모두 새로 칠해 줘",
}
_COMMANDS = {re.sub(r"\s", "", phrase): name for name, phrases in COMMANDS.items() for phrase in phrases.split("|")}

_NO = re.compile(r"\s*(no|nope|nah|not quite|rather|아니|아니야|아니요|아뇨)\b", re.IGNORECASE)
RELATIVE = ("darker", "lighter", "more vivid", "less vivid")  # to the color that is there
_ALSO = re.compile(
    r"\b(now|and|also|too|same|what about|how about)\b|이제|이번엔|이번에는|그리고|마찬가지|똑같이|같은|도\b",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"\b(everything|all|whole|entire|picture|photo|image)\b|전체|전부|모두|모든|사진|그림", re.IGNORECASE
)


@dataclass(frozen=True)
class Reply:
    """An answer: one line, and the picture where there is a new one."""

    text: str
    result: Result | None = None


@dataclass(frozen=True)
class Step:
    """All that was asked for up to this message."""

    wishes: tuple[Wish, ...] = ()  # with every "it" replaced by what it means
    last: Wish | None = None  # what "it" means, and what "the wall too" means
    keep: bool = False  # a color photo's own colors where nothing was asked for
    guidance: Guidance = field(default_factory=Guidance)  # of all wishes, in pixels of the photo
    dials: Dials = Dials()


class Conversation:
    """A conversation with one person about one photo; a new photo starts a new list of wishes."""

    def __init__(
        self,
        model: str | None = None,
        *,
        device: str = "auto",
        screen: int | None = None,
        localizer: Localizer | None = None,
        language: Language = "en",
    ) -> None:
        """model, device: as for Session. screen: px, long side of the pictures it replies with; None: the photo's own
        size. localizer: what finds things; None: the bundled one. language: until the first message. Cheap: no model is
        loaded yet.
        """
        self.model, self.device, self.screen, self.localizer = model, device, screen, localizer
        self.language: Language = language
        self.session: Session | None = None
        self._steps = [Step()]
        self._at = 0

    @property
    def step(self) -> Step:
        """The present state of the wishes."""
        return self._steps[self._at]

    def send(self, text: str = "", photo: Photo | None = None, *, progress: Progress | None = None) -> Reply:
        """Answer a message, with or without a photo. Any text is answered by a sentence.

        Raises ValueError for an unknown model or device, WeightsError, and Cancelled where the callback says stop; a
        photo that was sent is kept.
        """
        text = unicodedata.normalize("NFC", text).strip()  # a Mac types Hangul in parts
        if text:
            self.language = "ko" if re.search("[가-힣]", text) else "en"
        if photo is not None:
            self.session = Session(photo, self.model, device=self.device)
            self._steps, self._at = [Step(keep=photo.tone == "color")], 0
            if not text:
                return self._painted("kept colors" if self.step.keep else "automatic", progress)
        command = _COMMANDS.get(re.sub(r"[^\w]", "", text.lower())) if text else "help" if photo is None else None
        if command == "help":
            return Reply(say("help", self.language))
        if self.session is None:
            return Reply(say("send a photo", self.language))
        if command is not None:
            return self._obey(command, progress)
        if len(text) > MAX_PROMPT:
            return Reply(say("too long", self.language, most=MAX_PROMPT))
        return self._wish(text, self.session, progress)

    def finish(self, progress: Progress | None = None) -> Result:
        """The photo at full size with the present wishes. Raises ValueError where there is no photo, Cancelled."""
        if self.session is None:
            raise ValueError(say("send a photo", self.language))
        return self._paint(self.session, self.step.guidance, progress)

    def _obey(self, command: str, progress: Progress | None) -> Reply:
        if command == "save":
            result = self.finish(progress)
            width, height = result.photo.size
            return Reply(say("full size", self.language, width=width, height=height), result)
        if command == "undo" and self._at == 0:
            return Reply(say("nothing to undo", self.language))
        if command == "redo" and self._at == len(self._steps) - 1:
            return Reply(say("nothing to redo", self.language))
        if command in ("undo", "redo"):
            self._at += 1 if command == "redo" else -1
        elif command == "anew":
            self._go(self._compiled(replace(self.step, keep=False))[0])
        else:
            self._go(Step(keep=self._steps[0].keep))
        return self._painted(command, progress)

    def _go(self, step: Step) -> None:
        """A new step; what was undone before it is forgotten."""
        self._steps = [*self._steps[: self._at + 1], step][-MOST_STEPS:]
        self._at = len(self._steps) - 1

    def _wish(self, text: str, session: Session, progress: Progress | None) -> Reply:
        parsed = parse(text)
        self.language = parsed.language
        wishes, last = _resolved(parsed, text, self.step.last)
        asking = [wish for wish in wishes if wish.color is None and wish.change is None]
        wishes = [wish for wish in wishes if wish not in asking]
        unread = [_unread(word.words, word.hint, self.language) for word in parsed.unknown]
        if not wishes:
            self._steps[self._at] = replace(self.step, last=last)
            thing = asking[0].thing if asking else None
            if thing is None:
                return Reply(" ".join([*unread, say("say it", self.language)]))
            return Reply(" ".join([*unread, say("which color", self.language, thing=_name(thing))]))
        step, rows = self._compiled(replace(self.step, wishes=_merged(self.step.wishes, wishes), last=last))
        lines, failed = [], []
        for wish in wishes:
            row = rows.get(wish)
            vain = step.keep and wish.thing is None and wish.color is None  # the photo's own colors stay
            if vain or (row is not None and not row.ok):
                failed.append(wish)
            lines.append(say("only parts", self.language) if vain else _line(wish, row, self.language))
        if failed:  # what is not there is not looked for again
            step, _ = self._compiled(replace(step, wishes=tuple(wish for wish in step.wishes if wish not in failed)))
        if len(failed) == len(wishes):
            return Reply(" ".join([*lines, *unread]))
        self._go(step)
        return Reply(" ".join([*lines, *unread]), self._result(progress))

    def _compiled(self, step: Step) -> tuple[Step, dict[Wish, Row]]:
        """The hints and settings of a step's wishes, and what became of each."""
        assert self.session is not None
        if not step.wishes:
            plain = Step(last=step.last, keep=step.keep)
            return plain, {}
        compiled: Compiled = compile_text(
            Parsed(step.wishes, (), self.language), self.session, localizer=self.localizer, recolor=step.keep
        )
        made = replace(step, guidance=compiled.guidance, dials=compiled.settings.applied(Dials()))
        return made, dict(zip(step.wishes, compiled.rows, strict=False))

    def _painted(self, key: str, progress: Progress | None) -> Reply:
        return Reply(say(key, self.language), self._result(progress))

    def _result(self, progress: Progress | None) -> Result:
        assert self.session is not None
        guidance, session = self.step.guidance, self.session
        if self.screen is not None and max(session.photo.size) > self.screen:
            session = session.preview(self.screen)
            guidance = guidance.scaled(self.session.photo.size, session.photo.size)
        return self._paint(session, guidance, progress)

    def _paint(self, session: Session, guidance: Guidance, progress: Progress | None) -> Result:
        step = self.step
        if step.keep:
            return session.recolor(guidance, progress=progress)
        return session.colorize(guidance, step.dials, progress=progress)


def _resolved(parsed: Parsed, text: str, last: Wish | None) -> tuple[list[Wish], Wish | None]:
    """The wishes of a message with "it", "no, darker" and "now the wall" filled in from the last one, and what is the
    last one from here on.
    """
    found = []
    no, also = _NO.match(text) is not None, _ALSO.search(text) is not None
    for wish in parsed.wishes:
        subject = None if last is None else last.thing
        if wish.thing is not None:
            wish = replace(wish, thing=_meant(wish.thing, subject))
        elif (
            subject is not None
            and _WHOLE.search(text) is None
            and (no or wish.color is not None or wish.change in ("darker", "lighter"))
        ):
            wish = replace(wish, thing=subject)
        if wish.color is None and wish.change is None and also and not parsed.unknown and last is not None:
            wish = replace(wish, color=last.color, change=last.change)
        if last is not None and _same(wish.thing, last.thing) and wish.color is None and wish.change in RELATIVE:
            wish = replace(wish, color=_as_seen(last))
        found.append(wish)
        if wish.thing is not None or last is None or last.thing is None:
            last = (
                wish
                if wish.color or wish.change or last is None
                else replace(wish, color=last.color, change=last.change)
            )
    return found, last


def _meant(thing: Thing, subject: Thing | None) -> Thing:
    """A thing with "it" replaced, in it or in what it is a part of."""
    if thing.pronoun and subject is not None:
        return subject
    return thing if thing.part_of is None else replace(thing, part_of=_meant(thing.part_of, subject))


def _same(one: Thing | None, other: Thing | None) -> bool:
    """Whether two things are called the same, in whatever words."""
    return _key(one) == _key(other)


def _key(thing: Thing | None) -> object:
    return None if thing is None else (thing.noun, thing.place, thing.rest, thing.pronoun, _key(thing.part_of))


def _merged(old: tuple[Wish, ...], new: list[Wish]) -> tuple[Wish, ...]:
    """All wishes, those that are overruled left out."""
    return tuple([wish for wish in old if not any(_overrules(later, wish) for later in new)] + new)[-MOST_WISHES:]


def _overrules(later: Wish, wish: Wish) -> bool:
    """Changes of the whole picture add up, as "warmer" twice is warmer still, until it shall be natural."""
    if not _same(later.thing, wish.thing):
        return False
    if later.thing is None and later.color is None:
        return later.change == "natural" and wish.color is None
    return later.thing is not None or wish.color is not None


def _as_seen(wish: Wish) -> ColorWords | None:
    """The color that a wish gave to its thing, with what it did to the color: where "darker" goes on from."""
    words = wish.color
    if words is None or words.color is None or wish.change not in RELATIVE:
        return words
    L, a, b = hex_to_lab(words.color)
    times = CHANGES[wish.change][0]
    return replace(
        words, color=to_hex(lab_to_rgb(map_to_gamut(tensor([L, a * times, b * times]).view(3, 1, 1))).flatten())
    )


def _name(thing: Thing) -> str:
    return thing.said or thing.noun


def _line(wish: Wish, row: Row | None, language: Language) -> str:
    """What became of a wish."""
    thing = say("whole picture", language) if wish.thing is None else _name(wish.thing)
    if row is not None and not row.ok:
        return say("failed", language, thing=thing, note=row.note)
    what = wish.color.said if wish.color is not None else say(wish.change, language) if wish.change is not None else ""
    if wish.color is not None and wish.change is not None:
        what = f"{what}, {say(wish.change, language)}"
    note = row.note if row is not None and (wish.thing is not None or wish.color is not None) else ""
    return (
        say("did with note", language, thing=thing, what=what, note=note)
        if note
        else say("did", language, thing=thing, what=what)
    )


def _unread(words: str, hint: str | None, language: Language) -> str:
    return (
        say("did you mean", language, words=words, hint=hint) if hint else say("not understood", language, words=words)
    )
