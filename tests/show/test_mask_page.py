"""The page of `python -m toolkit mask`: its server without a browser, then the page in headless Chromium."""

import http.client
import json
import threading
from urllib.parse import urlsplit

import numpy as np
import pytest
import torch
from PIL import Image

from toolkit.cli import main
from toolkit.guidance import Guidance, GuidanceError, Hint
from toolkit.photo import Photo
from toolkit.show.mask_page import MaskDesk, mask_of

SIZE = (80, 60)
HINT = {"x": 0.5, "y": 0.25, "color": "#ff0000", "size": 7, "lasso": []}


@pytest.fixture
def desk(tmp_path):
    photo = Photo.from_array(np.tile(np.linspace(0, 255, SIZE[0], dtype=np.uint8), (SIZE[1], 1)))
    desk = MaskDesk(photo, tmp_path / "grandma.jpg", tmp_path / "mask.png")
    thread = threading.Thread(target=desk.serve, daemon=True)
    thread.start()
    yield desk
    desk.close()
    thread.join(5)


def ask(desk, name, method="GET", body=None, **headers):
    """(status, answer) of one request, its headers as a browser would send them unless told otherwise."""
    address = urlsplit(desk.address)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    connection.request(method, name if name.startswith("/") else address.path + name, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def save(desk, body, **headers):
    status, answer = ask(desk, "save", "POST", body, **{"Content-Type": "application/json"} | headers)
    return status, json.loads(answer)


def test_a_mask_is_the_squares_of_its_hints_and_colors_as_they_do():
    guidance = Guidance((Hint(10, 20, "#ff0000", 5), Hint(12, 20, "#0000ff", 4), Hint(79, 59, "green", 9)))
    mask = mask_of(guidance, SIZE)
    nothing = torch.full((1, 2, 60, 80), torch.nan)
    by_hints, by_mask = guidance.checked(SIZE).stamp(nothing), Guidance(strokes=mask).stamp(nothing)
    assert torch.equal(by_hints.isnan(), by_mask.isnan())
    assert torch.allclose(by_hints, by_mask, atol=1e-3, equal_nan=True)
    # the second covers two columns of the first; the third is cut off at the corner
    assert int((mask[3] > 0).sum()) == 25 + 2 * 4 + 25
    with pytest.raises(GuidanceError):
        mask_of(Guidance((Hint(1, 1, "ultragreenish"),)), SIZE)


def test_what_the_canvas_sends_becomes_a_png_that_guidance_reads(desk):
    assert not desk.saved
    status, answer = save(desk, json.dumps({"hints": [HINT, {**HINT, "x": 0.1, "color": "#00ff00"}]}))
    assert (status, answer) == (200, {"path": str(desk.out)})
    assert desk.saved
    strokes = Guidance.load(desk.out, SIZE).strokes
    assert strokes[:, 14, 39].tolist() == [255, 0, 0, 255]
    assert strokes[:, 15, 8].tolist() == [0, 255, 0, 255]
    assert int((strokes[3] > 0).sum()) == 2 * 49
    save(desk, json.dumps({"hints": [HINT]}))  # once more: our own file may be replaced
    assert int((Guidance.load(desk.out, SIZE).strokes[3] > 0).sum()) == 49


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no json",
        "[]",
        "[" * 9000,
        '{"hints": []}',
        '{"hints": [3]}',
        json.dumps({"hints": [{**HINT, "color": "blurple-ish"}]}),
    ],
)
def test_nonsense_is_answered_by_one_sentence_and_saves_nothing(desk, body):
    status, answer = save(desk, body)
    assert status == 200
    assert answer["error"]
    assert not desk.out.exists()


def test_only_the_page_itself_may_save(desk):
    body = json.dumps({"hints": [HINT]})
    address = urlsplit(desk.address)
    assert ask(desk, "/save", "POST", body, **{"Content-Type": "application/json"})[0] == 403  # without the secret
    # with another
    assert ask(desk, "/x" + address.path[2:] + "save", "POST", body, **{"Content-Type": "application/json"})[0] == 403
    assert save(desk, body, **{"Content-Type": "text/plain"})[0] == 403  # what a form of another page can send
    assert save(desk, body, Host=f"evil.example:{address.port}")[0] == 403  # a name that was made to point here
    assert save(desk, body, **{"Content-Length": str(1 << 30)})[0] == 403
    assert ask(desk, "/")[0] == ask(desk, "photo.jpg", Host="evil.example")[0] == ask(desk, "../mask.png")[0] == 404
    assert not desk.out.exists()
    assert address.hostname == "127.0.0.1"
    assert ask(desk, "")[0] == 200


def test_the_page_asks_no_other_host(desk):
    for name in ("", "style.css"):
        text = ask(desk, name)[1].decode()
        assert "//" not in text.replace("/*", "")
    assert b'lang="ko"' in ask(desk, "", **{"Accept-Language": "ko-KR,ko;q=0.9"})[1]


def test_a_file_that_is_there_is_kept(desk, tmp_path):
    desk.out.write_bytes(b"mine")
    assert "--overwrite" in save(desk, json.dumps({"hints": [HINT]}))[1]["error"]
    assert desk.out.read_bytes() == b"mine"
    with pytest.raises(ValueError, match="--overwrite"):
        MaskDesk(desk.photo, tmp_path / "grandma.jpg", desk.out)
    with pytest.raises(ValueError, match="ends in"):
        MaskDesk(desk.photo, tmp_path / "grandma.jpg", tmp_path / "mask.jpg")
    with pytest.raises(ValueError, match="the photo itself"):
        MaskDesk(desk.photo, desk.out, desk.out, overwrite=True)


def test_the_command_opens_the_page_and_ends_with_ctrl_c(tmp_path, monkeypatch, capsys):
    Image.new("L", SIZE, 90).save(tmp_path / "grandma.png")
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)

    def painted(desk):
        desk.save({"hints": [HINT]})
        raise KeyboardInterrupt

    monkeypatch.setattr(MaskDesk, "serve", painted)
    assert main(["mask", str(tmp_path / "grandma.png")]) == 0
    said = capsys.readouterr().out
    assert opened[0] in said
    assert str(tmp_path / "grandma-mask.png") in said
    assert main(["mask", str(tmp_path / "grandma.png"), "--no-browser"]) == 2  # it is there now
    assert "--overwrite" in capsys.readouterr().err
    assert main(["mask", str(tmp_path / "grandma.png"), "--no-browser", "--overwrite"]) == 0
    assert len(opened) == 1
    assert main(["mask", str(tmp_path / "grandma.png"), "-o", str(tmp_path / "nowhere" / "mask.png")]) == 2


@pytest.fixture
def painter(chromium, desk):
    page = chromium.new_page(viewport={"width": 1100, "height": 900})
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.goto(desk.address)
    page.wait_for_selector(".hue:not([hidden])")
    yield page
    page.close()


@pytest.mark.browser
def test_a_stroke_in_the_browser_is_in_the_png(painter, desk):
    page = painter
    assert page.locator("[data-tool=brush]").is_visible()
    for useless in ("[data-tool=lasso]", "[data-do=auto]", "[data-is=palette]"):  # nothing spreads from a mask
        assert not page.locator(useless).is_visible()
    assert page.locator(".hex").input_value() == "#3a6ea5"
    page.get_by_role("button", name="Save mask").click()
    page.get_by_text("nothing to save yet").wait_for()
    page.locator(".hex").fill("#c04020")
    page.keyboard.press("Enter")
    page.locator("[data-tool=brush]").click()
    box = page.locator(".work canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2, steps=10)
    page.mouse.up()
    page.get_by_role("button", name="Save mask").click()
    page.get_by_text(f"Saved: {desk.out}").wait_for()
    strokes = Guidance.load(desk.out, SIZE).strokes
    painted = strokes[3] == 255
    assert strokes[:3, painted].T.unique(dim=0).tolist() == [[0xC0, 0x40, 0x20]]
    assert painted[30, 22:58].all()  # from a quarter to three quarters
    assert not painted[:, :12].any()
    assert not painted[:20].any()
    assert not page.errors
