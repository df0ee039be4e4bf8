"""English and Korean: nothing the app says is in one language only, and a visitor's choice counts. The page itself in
headless Chromium.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import toolkit
from demos import app
from demos.desks import samples
from demos.tabs.batch import gr
from demos.words.i18n import language, tr
from demos.words.translation import KOREAN, chosen, translate
from tests.browser import Visitor
from tests.toys import nasty
from toolkit.color import names as color_names
from toolkit.color.korean import korean_color
from toolkit.photo import PhotoError, open_photo
from toolkit.show import canvas

TOOLKIT = Path(toolkit.__file__).parent
DEMOS = Path(app.__file__).parent
HANGUL = re.compile("[가-힣]")
SAME = {"PNG"}  # words that are the same in both languages
ERRORS = {
    "PhotoError",
    "GuidanceError",
    "PromptError",
    "WeightsError",
    "ValueError",
    "RuntimeError",
}  # what the app tells people: demos.parts.talk.FAILURES
SPEAKING = (  # modules whose errors a visitor can meet
    "photo/__init__.py",
    "photo/decoding.py",
    "guidance.py",
    "color/palette.py",
    "models/cards.py",
    "models/weights.py",
    "models/devices.py",
    "pipeline/__init__.py",
    "text/grammar/parser.py",
    "text/compiler.py",
    "text/localizer.py",
    "text/which.py",
    "controls/fields.py",
    "controls/reference.py",
    "controls/palette.py",
    "controls/recoloring.py",
)


def request(query: dict[str, str] | None = None, **headers: str) -> gr.Request:
    return gr.Request(
        query_params=query or {}, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


@pytest.mark.parametrize(
    "asked, accepted, language",
    [
        (None, None, "en"),
        (None, "", "en"),
        (None, "ko", "ko"),
        (None, "ko-KR,ko;q=0.9,en-US;q=0.8", "ko"),
        (None, "en-US,en;q=0.9,ko;q=0.8", "en"),
        (None, "fr-FR, ko;q=0.3", "ko"),
        (None, "en;q=0.4, KO;q=0.6", "ko"),
        (None, "ko;q=0, fr", "en"),
        (None, "ko;q=high", "en"),
        (None, "kok", "en"),
        ("ko", "en-US", "ko"),
        ("en", "ko-KR", "en"),
        ("<script>", "ko", "ko"),
    ],
)
def test_the_address_decides_then_the_browser(asked: str | None, accepted: str | None, language: str) -> None:
    assert chosen(asked, accepted) == language


def test_a_handler_answers_in_the_language_of_who_asked() -> None:
    korean, english = request(accept_language="ko-KR,ko"), request({"lang": "en"}, accept_language="ko")
    assert tr("Photo {i} of {n} …", english, i=2, n=7) == tr("Photo {i} of {n} …", None, i=2, n=7) == "Photo 2 of 7 …"
    assert tr("Photo {i} of {n} …", korean, i=2, n=7) == "사진 7장 중 2번째 …"
    assert language(korean) == "ko"


def test_a_finished_sentence_is_recognized_with_its_values() -> None:
    assert translate(
        "my photo {1}.txt is a text file, not a photo: choose a JPEG, PNG, WebP or TIFF.", "ko"
    ).startswith("my photo {1}.txt: 사진이 아니라")
    assert "힌트 파일의 힌트 3" in translate("Hint 3 of the hint file has no usable number for 'x'.", "ko")
    assert translate("what nobody has translated", "ko") == "what nobody has translated"
    assert translate("a sentence with {braces}", "ko") == "a sentence with {braces}"
    assert translate("x" * 100_000 + " is empty: copy or download it again.", "ko").startswith("xxx")


def sentences(path: Path) -> Iterator[str]:
    """Every error sentence of a file, with a word wherever a value comes in."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Raise)
            and isinstance(node.exc, ast.Call)
            and isinstance(node.exc.func, ast.Name)
            and node.exc.func.id in ERRORS
        ):
            for argument in node.exc.args:
                parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
                # others pass on a sentence from elsewhere
                if all(isinstance(part, ast.Constant | ast.FormattedValue) for part in parts):
                    yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts)


@pytest.mark.parametrize("name", SPEAKING)
def test_every_error_has_its_korean(name: str) -> None:
    path = TOOLKIT / name
    said = list(sentences(path))
    unknown = [
        sentence
        for sentence in said
        if re.search("[a-z]{2}", sentence) and not HANGUL.search(translate(sentence, "ko"))
    ]
    assert unknown == [], f"{name}: add these to demos/words/ko.po"


def test_every_error_of_a_real_file_is_said_in_korean(tmp_path: Path) -> None:
    said = 0
    for case in nasty.cases():
        path = tmp_path / "photo.jpg"
        path.write_bytes(case.data)
        if case.picture is None:
            with pytest.raises(PhotoError) as caught:
                open_photo(path)
            said += 1
            korean = translate(str(caught.value), "ko")
            assert HANGUL.search(korean)
            assert "photo.jpg" in korean
    assert said > 10


def texts(tree: ast.AST) -> Iterator[str]:
    """What a file hands to t(), tr() and both() as it stands."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("t", "tr", "both")
            and isinstance(node.args[0], ast.Constant)
        ):
            yield node.args[0].value


@pytest.mark.parametrize("path", sorted(DEMOS.rglob("*.py")), ids=lambda path: path.name)
def test_every_text_in_a_tab_has_its_korean(path: Path) -> None:
    assert [text for text in texts(ast.parse(path.read_text(encoding="utf-8"))) if text not in KOREAN] == []


def test_every_text_of_the_built_page_has_its_korean() -> None:
    config = json.dumps(
        app.build("cpu").get_config_file(),
        default=lambda data: data.to_dict() if hasattr(data, "to_dict") else str(data),
    )
    keys = set(re.findall(r'\\?"key\\?": \\?"(.*?[^\\])\\*"\}', config))
    assert len(keys) > 30
    known = {json.dumps(text).strip('"') for text in KOREAN} | {
        json.dumps(json.dumps(text).strip('"')).strip('"') for text in KOREAN
    }
    assert keys - known == set()


def test_colors_and_example_photos_have_korean_names() -> None:
    assert [name for name in color_names.spoken() if not HANGUL.search(korean_color(name))] == []
    assert korean_color("no such color") == "no such color"
    for sample in samples.samples():
        assert HANGUL.search(sample.choice["title_ko"])
        assert sample.author in translate(sample.credit, "ko")


def test_values_are_the_same_on_both_sides() -> None:
    for english, korean in KOREAN.items():
        assert set(re.findall(r"{(\w+)}", english)) == set(re.findall(r"{(\w+)}", korean)), english


def test_the_canvas_says_nothing_in_english_only() -> None:
    script = canvas.script()
    words = script[script.index("const KOREAN") : script.index("const SPOKEN")]
    english = set(re.findall(r"say\('((?:[^'\\]|\\.)+)'", script))
    assert len(english) > 30
    assert [text for text in english if f"'{text}':" not in words and f"{text}:" not in words] == []


# ---- in the browser


@pytest.mark.browser
def test_a_korean_browser_is_spoken_to_in_korean_errors_included(chromium, url: str, tmp_path: Path) -> None:
    visitor = Visitor(chromium, url, locale="ko-KR")
    page = visitor.page
    assert page.evaluate("document.documentElement.lang") == "ko"
    assert page.get_by_role("tab", name="자동").is_visible()
    assert "당신의 사진에 색을" in page.inner_text("body")
    assert page.locator("#samples button[title='주황색 얼룩 고양이의 얼굴']").count() == 1
    junk = tmp_path / "메모.jpg"
    junk.write_text("this is not a photo")
    page.set_input_files("#photo input[type=file]", junk)
    assert "사진이 아니라 텍스트 파일" in page.wait_for_selector("#notice [role=alert]").inner_text()
    page.get_by_role("tab", name="클릭 힌트").click()
    page.click("#hint-samples button[title='주황색 얼룩 고양이의 얼굴']")
    page.wait_for_function("document.querySelector('#hint-canvas .status')?.textContent.includes('사진 속의 물건을')")
    assert page.locator("#hint-canvas [data-tool=brush]").inner_text() == "붓"
    shown = page.inner_text("body")
    left = [
        line
        for line in shown.splitlines()
        if re.search("[A-Za-z]{3}", line) and not HANGUL.search(line) and line.strip() not in SAME
    ]
    assert set(left) <= {"Huepoint", "English"}, "nothing is left in English"
    visitor.close()


@pytest.mark.browser
def test_the_switch_switches_and_keeps_the_rest_of_the_address(chromium, url: str) -> None:
    visitor = Visitor(chromium, f"{url}?__theme=light")
    page = visitor.page
    assert page.get_by_role("tab", name="Automatic").is_visible()
    assert page.get_attribute(".languages a[lang=en]", "aria-current") == "true"
    page.click(".languages a[lang=ko]")
    page.wait_for_function("document.documentElement.lang === 'ko'")
    page.get_by_role("tab", name="자동").wait_for()
    assert "__theme=light" in page.url
    assert page.get_attribute(".languages a[lang=ko]", "aria-current") == "true"
    page.click(".languages a[lang=en]")
    page.get_by_role("tab", name="Automatic").wait_for()
    visitor.close()


@pytest.mark.browser
def test_only_the_page_is_touched_on_its_way(chromium, url: str) -> None:
    visitor = Visitor(chromium, url)
    page = visitor.page
    answer = page.request.get(url, headers={"accept-language": "ko"})
    assert answer.ok
    assert int(answer.headers["content-length"]) == len(answer.body())
    assert page.request.get(f"{url}config").ok
    assert page.request.get(f"{url}theme.css").ok
    assert page.request.get(f"{url}nowhere").status == 404
    assert page.request.head(url).ok
    visitor.close()
