"""The app: its parts without a chromium, then the whole of it in headless Chromium as a visitor uses it."""

import io
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from demos import app, tabs
from demos.desks import desk, pictures
from demos.desks.samples import FOLDER, samples
from demos.tabs.batch import Batch, gr  # Gradio as the app has it: after the privacy switches
from tests import ROOT
from tests.browser import Visitor, served
from toolkit.models.cards import list_models
from toolkit.photo import Photo, open_photo


def scene(width: int, height: int) -> Image.Image:
    """A gray picture with sky, ground and a thing in it."""
    y, x = np.mgrid[:height, :width]
    gray = np.where(y < height * 0.6, 210 - 40 * y / height, 90 + 30 * np.sin(x / 5))
    gray[(x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 5) ** 2] = 60
    return Image.fromarray(gray.astype(np.uint8))


def test_importing_the_app_switches_off_gradios_calls_home() -> None:
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert os.environ["HF_HUB_DISABLE_TELEMETRY"] in ("1", "True")  # whoever imported the hub first writes it as a bool


def test_a_new_tab_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "toy_tab.py").write_text(
        "import gradio as gr\n\nclass Toy:\n "
        "   title, place = 'Toy', 15\n\n "
        "   def __init__(self, demo, shop):\n "
        "       gr.Markdown('A toy stands here.')\n\nTAB = Toy\n"
    )
    before = [tab.title for tab in tabs.found()]
    monkeypatch.setattr(tabs, "__path__", [*tabs.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "demos.tabs.toy_tab", raising=False)
    assert [tab.title for tab in tabs.found()] == [before[0], "Toy", *before[1:]], "from left to right by place"
    page = app.build(device="cpu")
    try:
        assert "A toy stands here." in str(page.get_config_file())
    finally:
        sys.modules.pop("demos.tabs.toy_tab", None)


def test_every_example_names_author_and_licence() -> None:
    assert {s.path.name for s in samples()} == {p.name for p in FOLDER.glob("*.jpg")}
    for sample in samples():
        assert sample.author
        assert sample.licence
        assert sample.author in sample.credit
        assert sample.thumbnail.startswith("data:image/png;base64,")


def test_a_large_photo_is_shown_small_and_finished_at_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "PREVIEW", 150)
    work = desk.Desk(Photo.from_array(np.asarray(scene(301, 203))), "unet", "cpu")
    assert work.colorize(1.0).photo.size == (150, 101)
    finished = work.finish()
    assert finished.photo.size == (301, 203)
    assert finished.vividness == 1.0


def test_the_picture_before_a_color_photo_is_gray_and_before_a_print_the_print() -> None:
    before = np.asarray(pictures.before(open_photo(FOLDER / "portrait-astronaut.jpg"))).astype(int)
    assert np.ptp(before, axis=-1).max() <= 1
    gray = np.asarray(scene(40, 40))
    assert (np.asarray(pictures.before(Photo.from_array(gray))) == gray[..., None]).all()


@pytest.mark.slow
def test_a_space_runs_its_own_files_whatever_its_folder_is_called(tmp_path: Path) -> None:
    space = tmp_path / "somewhere"
    shutil.copytree(ROOT / "demos", space, ignore=shutil.ignore_patterns("__pycache__"))
    code = "import runpy; runpy.run_path('space.py'); import demos.tabs.automatic; print(demos.tabs.automatic.__file__)"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}  # there as a Space has it installed
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=space, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == str(space / "tabs" / "automatic.py"), done.stderr
    header = (space / "README.md").read_text(encoding="utf-8").split("---")[1]
    assert "sdk: gradio" in header
    assert "app_file: space.py" in header


def test_a_stopped_batch_ends_at_once_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [str(tmp_path / name) for name in ("a.png", "b.png")]
    for path in paths:
        scene(60, 40).save(path)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    with gr.Blocks() as demo:
        batch = Batch(demo, desk.Shop("cpu", tuple(list_models())), gr.Slider(), gr.Dropdown())
    visitor = SimpleNamespace(session_hash="someone")
    steps = batch.run([{"path": path} for path in paths], 0.5, "unet", visitor, lambda *_, **__: None)
    assert "Photo 1 of 2" in next(steps)[batch.report]
    batch.halt(visitor)
    rest = list(steps)
    assert len(rest) == 1, "the second photo is not begun"
    assert "0 of 2 photos colored. Stopped." in rest[0][batch.report]
    assert rest[0][batch.zip]["visible"] is False


def test_an_impossible_device_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    if __import__("torch").backends.mps.is_available():
        pytest.skip("this machine has every device there is to ask for in vain")
    with pytest.raises(SystemExit, match="no device 'mps'"):
        app.main(["--device", "mps"])


# ---- in the browser


@pytest.fixture(scope="module")
def looked_up() -> Iterator[list[str]]:
    """Names of other hosts that this process looks up from here on."""
    names: list[str] = []
    original = socket.getaddrinfo

    def record(host: object, *rest: object, **more: object) -> object:
        if str(host) not in ("127.0.0.1", "localhost", "0.0.0.0", "::1", "None"):
            names.append(str(host))
        return original(host, *rest, **more)  # type: ignore[call-overload]

    socket.getaddrinfo = record  # type: ignore[assignment]
    yield names
    socket.getaddrinfo = original


@pytest.fixture(scope="module")
def url(chromium, looked_up: list[str]) -> Iterator[str]:
    with served(app.build("cpu")) as url:
        yield url


@pytest.fixture
def page(chromium, url: str, looked_up: list[str]) -> Iterator:
    """The page, ready; what it asked of other hosts is checked at the end of each test."""
    visitor = Visitor(chromium, url, viewport={"width": 1280, "height": 1800})
    yield visitor.page
    visitor.close()
    assert looked_up == []


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "grandma's house (1931).jpg"
    scene(301, 203).save(path, quality=95)
    return path


def colorize(page, path: Path) -> None:
    page.set_input_files("#photo input[type=file]", path)
    page.wait_for_selector("#about p")


def shown(page, which: int) -> Image.Image:
    """A picture of the before/after slider as the browser has it."""
    sources = page.eval_on_selector_all("#slider img", "images => images.map(image => image.src)")
    assert len(sources) == 2
    return Image.open(io.BytesIO(page.request.get(sources[which]).body()))


def after_url(page) -> str:
    return page.eval_on_selector_all("#slider img", "images => images.map(image => image.src).join(' ')")


@pytest.mark.browser
def test_upload_compare_download(page, photo: Path) -> None:
    colorize(page, photo)
    assert all(shown(page, i).size == (301, 203) and shown(page, i).format == "PNG" for i in (0, 1))
    with page.expect_download() as waiting:
        page.click("#download")
    assert waiting.value.suggested_filename.endswith("-color.png")
    colored = Image.open(waiting.value.path())
    assert colored.size == (301, 203)
    on_screen = [np.asarray(shown(page, i).convert("RGB")) for i in (0, 1)]
    assert any((np.asarray(colored) == pixels).all() for pixels in on_screen), (
        "what is downloaded is exactly what was shown"
    )
    assert (np.ptp(np.asarray(colored).astype(int), axis=-1) > 4).mean() > 0.1, "it has color"
    with page.expect_download() as waiting:
        page.click("#layer")
    assert Image.open(waiting.value.path()).size == (301, 203)


@pytest.mark.browser
def test_vividness_and_proposals_change_the_picture(page, photo: Path) -> None:
    colorize(page, photo)
    first = after_url(page)
    dial = page.locator("#vividness input[type=range]")
    dial.click(position={"x": dial.bounding_box()["width"] - 3, "y": 4})
    page.wait_for_function(
        "first => [...document.querySelectorAll('#slider img')].map(i => i.src).join(' ') !== first", arg=first
    )
    vivid = after_url(page)
    page.locator("#candidates button").nth(1).click()  # the calm one
    page.wait_for_function("document.querySelector('#vividness input[type=range]').value === '0'")
    calm = after_url(page)
    assert calm not in (first, vivid)
    page.check("#unsure input")
    page.wait_for_function(
        "calm => [...document.querySelectorAll('#slider img')].map(i => i.src).join(' ') !== calm", arg=calm
    )


@pytest.mark.browser
def test_junk_gives_a_sentence_and_a_good_photo_works_after_it(page, photo: Path, tmp_path: Path) -> None:
    junk = tmp_path / "<img src=x onerror=alert(1)> ${1+1}.jpg"
    junk.write_text("this is not a photo")
    page.set_input_files("#photo input[type=file]", junk)
    notice = page.wait_for_selector("#notice [role=alert]")
    assert "not a photo" in notice.inner_text()
    assert page.locator("#notice img").count() == 0
    colorize(page, photo)
    assert shown(page, 1).size == (301, 203)
    assert page.locator("#notice [role=alert]:visible").count() == 0


@pytest.mark.browser
def test_a_phone_scrolls_in_one_direction_only(page, photo: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    sideways = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(sideways)
    colorize(page, photo)
    page.wait_for_selector("#candidates button")
    assert not page.evaluate(sideways)
    boxes = [page.locator(place).bounding_box() for place in ("#photo", "#slider", "#vividness", "#candidates")]
    assert [box["y"] for box in boxes] == sorted(box["y"] for box in boxes), (
        "the result comes right after the photo, then the dial"
    )
    assert all(box["width"] > 300 for box in boxes)


@pytest.mark.browser
def test_a_batch_survives_a_bad_file(page, photo: Path, tmp_path: Path) -> None:
    bad = tmp_path / "broken.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n")
    namesake = tmp_path / "again" / photo.name
    namesake.parent.mkdir()
    scene(64, 90).save(namesake)
    page.get_by_text("Several photos at once").click()
    page.locator("input[type=file]").nth(1).set_input_files([photo, bad, namesake])
    page.get_by_role("button", name="Color all").click()
    with page.expect_download() as waiting:
        page.click("#batch-zip")
    report = page.locator("#batch-report").inner_text()
    assert "2 of 3" in report
    assert "broken.png" in report
    with zipfile.ZipFile(waiting.value.path()) as archive:
        sizes = {Image.open(io.BytesIO(archive.read(name))).size for name in archive.namelist()}
    assert sizes == {(301, 203), (64, 90)}


@pytest.mark.browser
def test_an_example_is_credited(page) -> None:
    page.click("#samples button[title='Head of a ginger tabby cat']")
    page.wait_for_selector("#about p")
    assert "Stefan van der Walt" in page.locator("#credit").inner_text()
