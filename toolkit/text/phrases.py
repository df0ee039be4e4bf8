"""One table of all that the compiler of sentences and the conversation say, in English and Korean.

    say("not in photo", "en", thing="bicycle")     # No bicycle found in this photo.
    say("not in photo", "ko", thing="자전거")        # 사진에서 자전거를 찾지 못했습니다.

A Korean particle depends on the end of the word before it: `{thing:을}` writes the word followed by 을 or 를. Values are
inserted unchanged and never read as a format; code that shows a sentence on a page has to escape it.
"""

from typing import Literal

Language = Literal["en", "ko"]

# name: (English, Korean)
SENTENCES: dict[str, tuple[str, str]] = {
    # what was looked for
    "taken as": ("{said}: taken as {thing}", "{said}: {thing:으로} 보았습니다"),
    "not in photo": ("no {thing} found in this photo", "사진에서 {thing:을} 찾지 못했습니다"),
    "unknown thing": ('"{said}" is no thing I know', "'{said}': 모르는 사물입니다"),
    "not clear what it is": (
        'what "{said}" means is not clear; name the thing',
        "'{said}': 무엇을 가리키는지 알 수 없습니다. 사물의 이름을 써 주세요",
    ),
    "whole not found": (
        "no {whole} found, so {said} was taken wherever it is",
        "{whole:을} 찾지 못해 {said:을} 사진 전체에서 찾았습니다",
    ),
    "only so many": ("there are only {count} here", "여기에는 {count}개뿐입니다"),
    "only one": ("only one was found, so it is the one", "하나만 찾아서 그것을 골랐습니다"),
    "one side": ("it is all one, so only this side of it", "하나로 이어져 있어 그쪽 부분만 칠합니다"),
    "nothing left": ("nothing is left of it beside the other wishes", "다른 요청이 차지해서 남은 부분이 없습니다"),
    "overruled": ("a later wish for the same thing overrules this one", "같은 사물에 대한 뒤의 요청을 따릅니다"),
    "very small": ("it is too small to color", "너무 작아서 칠할 수 없습니다"),
    # its color
    "no color said": ("found; no color was said", "찾았습니다. 색을 말해 주세요"),
    "unknown color": ('"{said}" is no color I know', "'{said}': 모르는 색입니다"),
    "instead": ("instead: {color}", "대신 {color}"),
    "nothing instead": ("there is no likely color that differs from {said}", "{said:과} 다른 그럴듯한 색이 없습니다"),
    "light stays": (
        "the photo keeps its own light, so it looks {color}",
        "밝기는 사진 그대로라서 {color:으로} 보입니다",
    ),
    "deeper": (
        "the photo keeps its own light; the color is deeper instead",
        "밝기는 사진 그대로 두고, 대신 색을 더 짙게 했습니다",
    ),
    "paler": (
        "the photo keeps its own light; the color is paler instead",
        "밝기는 사진 그대로 두고, 대신 색을 더 옅게 했습니다",
    ),
    "natural": ("left to the automatic colors", "자동으로 고른 색을 씁니다"),
    "click wins": ("a click says otherwise and wins around it", "다른 색을 찍은 점이 있어 그 둘레는 점을 따릅니다"),
    # the whole picture
    "light of the photo": (
        "the light and dark of the picture are the photo's own and stay",
        "사진의 밝고 어두움은 바꾸지 않습니다",
    ),
    "whole picture": ("the whole picture", "사진 전체"),
    # the conversation
    "send a photo": ("Send me a photo first.", "먼저 사진을 보내 주세요."),
    "help": (
        "Send a photo, then say what should have which color: “make the jacket navy”, “no, darker”, “now the wall”, "
        "“everything else gray”. “undo”, “redo”, “start over” and “save” (for the full size) are understood too.",
        "사진을 보낸 다음 무엇을 어떤 색으로 할지 말해 주세요: ‘재킷을 남색으로’, ‘아니, 더 어둡게’, ‘이제 벽’, ‘나머지는 회색’, ‘더 따뜻하게’. "
        "‘취소’, ‘다시 실행’, ‘처음부터’, ‘저장’(원본 크기)도 알아듣습니다.",
    ),
    "automatic": (
        "These are the automatic colors. Say what should look different, for example “the sky light blue”.",
        "자동으로 고른 색입니다. 바꿀 것을 말해 주세요. 예: ‘하늘은 연한 파란색’.",
    ),
    "kept colors": (
        "This photo has colors of its own; only what you name changes. To color all of it, say “color it anew”.",
        "이미 색이 있는 사진이라 말한 것만 바꿉니다. 전부 새로 칠하려면 ‘새로 칠해 줘’라고 하세요.",
    ),
    "only parts": (
        "The photo’s other colors are kept; say “color it anew” to change the whole picture.",
        "다른 색은 그대로 둡니다. 그림 전체를 바꾸려면 ‘새로 칠해 줘’라고 하세요.",
    ),
    "did": ("{thing}: {what}.", "{thing}: {what}."),
    "did with note": ("{thing}: {what} ({note}).", "{thing}: {what} ({note})."),
    "failed": ("{thing}: left as it is ({note}).", "{thing}: 그대로 두었습니다 ({note})."),
    "which color": ("{thing}: which color?", "{thing}: 어떤 색으로 할까요?"),
    "say it": (
        "Name a thing and a color, like “the sky light blue”.",
        "‘하늘은 연한 파란색’처럼 사물과 색을 말해 주세요.",
    ),
    "undo": ("Undone.", "취소했습니다."),
    "redo": ("Done again.", "다시 했습니다."),
    "start over": (
        "All wishes are forgotten; “undo” brings them back.",
        "요청을 모두 지웠습니다. ‘취소’로 되돌릴 수 있습니다.",
    ),
    "anew": ("All of it is colored anew now.", "이제 전체를 새로 칠했습니다."),
    "nothing to undo": ("There is nothing to undo.", "취소할 것이 없습니다."),
    "nothing to redo": ("There is nothing to do again.", "다시 할 것이 없습니다."),
    "full size": ("The full size: {width} × {height} px.", "원본 크기입니다: {width} × {height} px."),
    "too long": ("That is too long; say it in at most {most} characters.", "너무 깁니다. {most}자 안으로 말해 주세요."),
    "darker": ("darker", "더 어둡게"),
    "lighter": ("lighter", "더 밝게"),
    "warmer": ("warmer", "더 따뜻하게"),
    "cooler": ("cooler", "더 차갑게"),
    "more vivid": ("more vivid", "더 선명하게"),
    "less vivid": ("less vivid", "덜 선명하게"),
    "sepia": ("sepia", "세피아"),
    "black and white": ("black and white", "흑백"),
    # what was not understood
    "not understood": ('not understood: "{words}"', "이해하지 못했습니다: '{words}'"),
    "did you mean": (
        'not understood: "{words}"; did you mean "{hint}"?',
        "이해하지 못했습니다: '{words}'. 혹시 '{hint}'인가요?",
    ),
}

# the particle after a consonant, and after a vowel
_PARTICLES = {"을": ("을", "를"), "은": ("은", "는"), "이": ("이", "가"), "과": ("과", "와"), "으로": ("으로", "로")}
# Latin letters and digits whose Korean reading ends in a consonant; near enough for a name in passing
_SPOKEN_ENDS = "bcdgklmnpqrtL136780"


class _Word(str):
    """A value that knows its particle: format(word, "을")."""

    def __format__(self, particle: str) -> str:
        if particle not in _PARTICLES:
            return super().__format__(particle)
        closed, open_ = _PARTICLES[particle]
        last = self[-1:]
        if "가" <= last <= "힣":
            final = (ord(last) - ord("가")) % 28  # 0: no final consonant; 8: ㄹ
            ends = final != 0 and not (particle == "으로" and final == 8)
        else:
            ends = bool(last) and last in _SPOKEN_ENDS and not (particle == "으로" and last in "l178")
        return self + (closed if ends else open_)


def say(key: str, language: Language, **values: object) -> str:
    """The sentence of that name in one language, with the values inserted. Raises KeyError for an unknown name or a
    missing value.
    """
    sentence = SENTENCES[key][language == "ko"]
    return sentence.format(**{name: _Word(value) for name, value in values.items()})
