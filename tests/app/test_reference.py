"""The tab *Reference*: its desk without a browser, then the page in headless Chromium. Network, matcher and localizer
are toys: quick, and known.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from demos.desks import reference_desk
from demos.desks.reference_desk import ABSENT, GRAY, KEPT, UNREAD, ReferenceDesk, lenders
from demos.desks.reference_wish import Change, Lent, ReferenceDials, Wish
from demos.desks.samples import samples
from demos.gate.door import EMPTY
from demos.parts.reference_sheet import SAYS
from demos.tabs.reference import PAIR
from demos.words.translation import translate
from tests.browser import Visitor, until
from tests.toys.localizer import EYES
from tests.toys.network import Network
from tests.toys.photos import ab_at, green_and_orange, opened, photo_of, waves
from toolkit.color import rgb_to_lab, to_hex
from toolkit.controls.reference import Origin, Taken
from toolkit.guidance import Guidance, GuidanceError, Hint
from toolkit.photo import Photo
from toolkit.pipeline import seen

LEFT, RIGHT = ((0.05, 0.1), (0.45, 0.1), (0.45, 0.9), (0.05, 0.9)), ((0.55, 0.1), (0.95, 0.1), (0.95, 0.9), (0.55, 0.9))
GRID = 2, 3  # rows and columns of the toy matcher's places
LOOKS = {"photos": 0, "references": 0, "decodes": 0}


class Painter(Network):
    """Counts."""

    def encode(self, L):
        LOOKS["photos"] += 1
        return super().encode(L)

    def decode(self, encoded, points, dials, seed):
        LOOKS["decodes"] += 1
        return super().decode(encoded, points, dials, seed)


def toy_see(photo: Photo, device: str = "cpu") -> SimpleNamespace:
    """A reference without features, for nobody matches them."""
    LOOKS["references"] += 1
    if photo.tone != "color":
        raise GuidanceError(f"{photo.name} has no colors to take; choose a color photo as the reference.")
    rows, columns = torch.meshgrid(torch.arange(GRID[0]), torch.arange(GRID[1]), indexing="ij")
    cell = torch.tensor([photo.width / GRID[1], photo.height / GRID[0]])
    return SimpleNamespace(
        photo=photo, grid=GRID, centers=(torch.stack([columns, rows], -1).flatten(0, 1) + 0.5) * cell - 0.5
    )


def toy_take(session, takes, *, weight=0.5, vividness=0.5, recolor=False) -> Taken:
    """Each take gives the color at the middle of its source to the middle of its target; a place takes from the one
    that lies alike.
    """
    hints, origins = [], []
    for i, take in enumerate(takes):
        other, (width, height) = take.reference.photo, session.photo.size
        u, v = np.mean(take.source or ((other.width / 2, other.height / 2),), 0)
        x, y = np.mean(take.target or ((width / 2, height / 2),), 0)
        hints.append(Hint(float(x), float(y), to_hex((other.rgb[:, int(v), int(u)] / 255).tolist()), 1, take.target))
        origins.append(Origin(i, float(u), float(v), 2 * weight if weight < 0.5 else 1.0))
    trust, share = torch.full(GRID, min(1.0, 2 * weight)), torch.eye(6).repeat(1, len(takes))
    notes = (
        ()
        if weight
        else (
            "Nothing here looks like the reference, so its colors are hardly used; turn the weight up or mark a "
            "region.",
        )
    )
    cell = session.photo.width / GRID[1], session.photo.height / GRID[0]
    return Taken(
        Guidance(tuple(hints) if weight else ()),
        tuple(origins) if weight else (),
        trust,
        notes,
        share,
        (GRID,) * len(takes),
        cell,
    )


@pytest.fixture(scope="module", autouse=True)
def toys() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen, "load_model", lambda *_: Painter())
        patch.setattr(reference_desk, "see_reference", toy_see)
        patch.setattr(reference_desk, "take_colors", toy_take)
        patch.setattr(reference_desk, "load_localizer", lambda *_: EYES)
        yield


def desk(image: Image.Image | None = None) -> ReferenceDesk:
    return ReferenceDesk(photo_of(image or waves()), "unet", "cpu")


def halves() -> Photo:
    """A reference: red on the left, blue on the right."""
    rgb = np.zeros((120, 180, 3), np.uint8)
    rgb[:, :90], rgb[:, 90:] = (180, 60, 50), (50, 80, 180)
    return Photo.from_array(rgb, "halves.png")


def sent(**more: object) -> dict:
    return {"mode": "reference", "takes": [], "colors": [], "changes": [], "at": None, "reach": False} | more


# ---- what is asked


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("hello", "reload"),
        (sent(mode="magic"), "reload"),
        (sent(takes="all"), "reload"),
        (sent(takes=[{"name": 3}]), "reload"),
        (sent(takes=[{"name": "s3", "source": [[0, 0], [1, 1]]}]), "three corners"),
        (sent(takes=[{"name": "s3", "target": [[0, float("nan")]] * 3}]), "reload"),
        (sent(takes=[{"name": "s3"}] * 5), "at most 4"),
        (sent(colors=["red"] * 9), "8 colors"),
        (sent(colors=["<b>"]), "not a color"),
        (sent(colors=[{"color": "red", "share": "all"}]), "reload"),
        (sent(changes=[{"region": [], "words": "x" * 2001}]), "2,000 characters"),
        (sent(changes=[{"words": "the dress red"}] * 31), "Undo"),
        (sent(at=["1", 2]), "reload"),
    ],
)
def test_what_a_browser_must_not_send_is_one_sentence(value: object, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        Wish.read(value)
    assert str(caught.value).count("\n") == 0
    assert re.search("[가-힣]", translate(str(caught.value), "ko"))


def test_what_was_sent_is_read_and_moved_into_the_photo() -> None:
    line = [[i / 2000, -0.5] for i in range(2000)]
    wish = Wish.read(
        sent(takes=[{"name": "u1", "source": [list(c) for c in LEFT], "target": line}], at=[1.5, 0.25], colors=["navy"])
    )
    assert wish.takes[0].source == LEFT
    assert 3 <= len(wish.takes[0].target) <= 500
    assert all(y == 0 for _, y in wish.takes[0].target)
    assert (wish.at, wish.colors) == ((1.0, 0.25), ("#000080",))
    with pytest.raises(ValueError, match="dial is empty") as caught:
        ReferenceDials.read(0.5, None, 1.0, 0.0)
    assert str(caught.value) == EMPTY


# ---- like this photo


def test_a_region_there_gives_its_color_to_a_region_here_and_a_dial_looks_at_nothing_again() -> None:
    work = desk()
    name = work.lend(halves())
    plain = work.ask(Wish(), ReferenceDials()).result.rgb
    red = work.ask(Wish(takes=(Lent(name, LEFT, RIGHT),)), ReferenceDials()).result.rgb
    assert ab_at(red, 0.75, 0.5)[0] > 25
    assert ab_at(red, 0.2, 0.5) == pytest.approx(ab_at(plain, 0.2, 0.5), abs=1.5), "the region keeps it"
    blue = work.ask(Wish(takes=(Lent(name, RIGHT, RIGHT),)), ReferenceDials()).result.rgb
    assert ab_at(blue, 0.75, 0.5)[1] < -25
    before = dict(LOOKS)
    again = work.ask(Wish(takes=(Lent(name, RIGHT, RIGHT),)), ReferenceDials(vividness=0.9))
    assert (LOOKS["photos"], LOOKS["references"], LOOKS["decodes"]) == (
        before["photos"],
        before["references"],
        before["decodes"] + 1,
    )
    assert work.ask(Wish(takes=again.wish.takes, at=(0.5, 0.5)), ReferenceDials(vividness=0.9)) is again, (
        "to look is not to paint"
    )
    none = work.ask(Wish(takes=again.wish.takes), ReferenceDials(weight=0.0))
    assert (none.result.rgb == plain).all()
    assert "turn the weight up" in none.notes[0]


def test_a_place_and_a_point_know_where_their_color_came_from() -> None:
    work = desk()
    name = work.lend(halves())
    wish = Wish(takes=(Lent(name, LEFT, RIGHT), Lent("s3")))
    assert work.points() == work.where_from((0.5, 0.5)) == []
    work.ask(wish, ReferenceDials())
    first, second = work.points()
    assert (first["take"], second["take"]) == (0, 1)
    assert (first["x"], first["y"], first["u"], first["v"]) == pytest.approx((0.75, 0.5, 0.25, 0.5), abs=0.02)
    layers = [np.asarray(opened(url))[..., 3] for url in work.where_from((0.9, 0.9))]
    for dark in layers:  # the lower right sixth stays bright
        h, w = dark.shape
        assert dark[h * 7 // 8, w * 7 // 8] < 20
        assert dark[h // 4, w // 4] > 120
    work.ask(wish, ReferenceDials(weight=0.05))
    assert work.points() == []
    assert work.where_from((0.9, 0.9)) == ["", ""], "it kept its own color"


def test_a_bad_reference_is_one_sentence_and_costs_nothing() -> None:
    work = desk()
    with pytest.raises(GuidanceError, match="no colors to take"):
        work.lend(photo_of(waves(64, 64), "gray.png"))
    with pytest.raises(ValueError, match="add it again") as caught:
        work.ask(Wish(takes=(Lent("u9"),)), ReferenceDials())
    assert str(caught.value) == ABSENT
    for example in ("s99", f"s{[s.path.name for s in samples()].index('cameraman-gray.jpg')}"):
        with pytest.raises(ValueError, match="add it again"):
            work.reference(example)
    assert work.shown is None


def test_references_are_bounded_and_an_example_comes_back() -> None:
    work = desk()
    first = work.lend(halves())
    for lender in lenders():
        work.reference(lender["name"])
        work.reference(first)  # in use: it stays
    assert len(work.references) == KEPT
    assert first in work.references
    assert work.describe(lenders()[0]["name"])["src"].startswith("data:image/jpeg")


# ---- with these colors


def test_a_palette_and_its_dials_act_and_a_photo_lends_its_own() -> None:
    work = desk()
    wish = Wish("palette", colors=("#b43c32",))
    gray = work.ask(wish, ReferenceDials(saturation=0.0)).result.rgb
    assert max(map(abs, ab_at(gray, 0.5, 0.5))) < 2
    cool, warm = (ab_at(work.ask(wish, ReferenceDials(warmth=warmth)).result.rgb, 0.5, 0.5) for warmth in (-1.0, 1.0))
    assert warm[1] > cool[1] + 15
    palette = work.describe(work.lend(halves()))["palette"]
    assert [swatch["share"] for swatch in palette] == pytest.approx([0.5, 0.5], abs=0.02)
    assert {int(swatch["color"][1:3], 16) > int(swatch["color"][5:7], 16) for swatch in palette} == {True, False}
    lent = Wish.read(sent(mode="palette", colors=[*palette, "teal"]))
    assert [getattr(color, "share", None) for color in lent.colors] == [*(swatch["share"] for swatch in palette), None]
    assert work.ask(lent, ReferenceDials()).result.rgb.shape == work.photo.rgb.shape


# ---- only change this


def test_changes_follow_each_other_and_nothing_else_changes() -> None:
    work = desk(green_and_orange())
    own = work.photo.rgb
    first, second = Change(LEFT, "#3a6ea5"), Change(words="the sky red")
    blue = work.ask(Wish("recolor", changes=(first,)), ReferenceDials()).result.rgb
    assert ab_at(blue, 0.25, 0.5)[1] < ab_at(own, 0.25, 0.5)[1] - 10
    assert torch.equal(own[:, :, 140:], blue[:, :, 140:])
    before = LOOKS["decodes"]
    both = work.ask(Wish("recolor", changes=(first, second)), ReferenceDials())
    assert LOOKS["decodes"] == before + 1, "the first one is not painted again"
    assert torch.equal(both.result.rgb[:, 100:], blue[:, 100:])
    assert ab_at(both.result.rgb, 0.7, 0.08)[0] > ab_at(blue, 0.7, 0.08)[0] + 10
    assert torch.equal(work.ask(Wish("recolor", changes=(first,)), ReferenceDials()).result.rgb, blue), "undone"
    lent = Change(RIGHT, lent=Lent(work.lend(halves()), LEFT, RIGHT))
    red = work.ask(Wish("recolor", changes=(first, lent)), ReferenceDials()).result.rgb
    assert ab_at(red, 0.75, 0.5)[0] > ab_at(blue, 0.75, 0.5)[0] + 10
    assert torch.equal(red[:, :, :140], blue[:, :, :140])
    assert torch.equal(work.ask(Wish("recolor"), ReferenceDials()).result.rgb, own)


def test_what_was_changed_stays_bright() -> None:
    work = desk(green_and_orange())
    work.ask(Wish("recolor"), ReferenceDials())
    assert work.reach() == ""
    work.ask(Wish("recolor", changes=(Change(LEFT, "#3a6ea5"),)), ReferenceDials())
    dark = np.asarray(opened(work.reach()))[..., 3]
    assert dark[100, 75] == 0
    assert (dark[:, 140:] > 120).all()


def test_words_that_say_nothing_and_photos_without_color_are_told() -> None:
    work = desk(green_and_orange())
    assert "blorf" in work.ask(Wish("recolor", changes=(Change(words="blorf"),)), ReferenceDials()).notes[0]
    assert "bicycle" in work.ask(Wish("recolor", changes=(Change(words="the bicycle red"),)), ReferenceDials()).notes[0]
    with pytest.raises(ValueError, match="no colors that could stay") as caught:
        desk().ask(Wish("recolor"), ReferenceDials())
    assert str(caught.value) == GRAY
    with pytest.raises(GuidanceError, match="draw around"):
        work.ask(Wish("recolor", changes=(Change((), "#112233"),)), ReferenceDials())


# ---- what is taken along


@pytest.mark.parametrize("mode", ["reference", "palette", "recolor"])
def test_the_full_size_is_what_the_screen_shows(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference_desk, "SCREEN", 150)
    work = desk(green_and_orange())
    lent = Lent(work.lend(halves()), LEFT, RIGHT)
    wish = Wish(mode, takes=(lent,), colors=("#b43c32",), changes=(Change(LEFT, "#3a6ea5"), Change(RIGHT, lent=lent)))
    small, full = (
        work.ask(wish, ReferenceDials(warmth=0.5)).result.rgb,
        work.finish(wish, ReferenceDials(warmth=0.5)).rgb,
    )
    assert (tuple(small.shape), tuple(full.shape)) == ((3, 100, 150), (3, 200, 300))
    for x in (0.25, 0.75):
        assert ab_at(full, x, 0.5) == pytest.approx(ab_at(small, x, 0.5), abs=5)
    if mode == "recolor":
        outside = work.photo.rgb[:, 185:]
        assert torch.equal(full[:, 185:], outside)


@pytest.mark.parametrize("mode", ["reference", "palette", "recolor"])
def test_colors_become_hints_for_the_hand_on_the_same_photo(mode: str) -> None:
    work = desk(green_and_orange(450, 300))
    lent = Lent(work.lend(halves()), LEFT, RIGHT)
    wish = Wish(mode, takes=(lent,), changes=(Change(LEFT, "#3a6ea5"),))
    there, guidance, look = work.to_hints(wish, ReferenceDials(vividness=0.7))
    assert there.session is work.session
    assert guidance.hints
    assert (look.vividness == 0.7) == (mode == "reference")
    if mode == "reference":
        assert [(round(h.x, -1), round(h.y, -1)) for h in guidance.hints] == [(340, 150)]
    if mode == "recolor":
        inside, beside = (
            [h.ab[1] for h in guidance.hints if low < h.x / 450 < high and 0.2 < h.y / 300 < 0.8]
            for low, high in ((0.1, 0.4), (0.6, 0.9))
        )
        assert max(inside) < min(beside), "blue in the region, its own orange beside it"


def test_everything_is_said_in_korean_too() -> None:
    for text in (*SAYS.values(), ABSENT, GRAY, UNREAD, EMPTY):
        korean = translate(text, "ko")
        assert korean != text
        assert sorted(re.findall(r"{\w+}", korean)) == sorted(re.findall(r"{\w+}", text))


# ---- in the browser


class Borrower(Visitor):
    """Lends colors from another photo."""

    def arrive(self) -> None:
        self.page.wait_for_selector("#samples button")
        self.page.get_by_role("tab", name=re.compile("^(Reference|참고 사진)$")).click()
        self.page.wait_for_selector("#reference-photo button")

    def again(self) -> None:
        """To where photos come in."""
        if not self.page.is_visible("#reference-pair"):
            self.page.click("#reference-another")
            self.page.wait_for_selector("#reference-pair")

    def pair(self) -> None:
        self.again()
        number = self.value().get("photo")
        self.page.click("#reference-pair")
        until(lambda: self.value().get("photo") != number)
        self.ready()

    def open(self, photo: Path) -> None:
        self.again()
        number = self.value().get("photo")
        self.upload("#reference-photo button", photo)
        until(lambda: self.value().get("photo") != number)
        self.ready()

    def lend(self, photo: Path) -> None:
        self.upload("[data-is=reference] .own", photo)

    def value(self) -> dict:
        return self.page.evaluate("document.querySelector('#reference-sheet .lend')?.value ?? {}")

    def ready(self) -> None:
        self.page.wait_for_selector("#reference-sheet .lend[aria-busy=false]")

    def click(self, selector: str) -> None:
        """Something that asks for a new picture: it has been asked for before the wait begins."""
        before = self.value()["revision"]
        self.page.click(selector)
        until(lambda: self.value()["revision"] > before)
        self.ready()

    def draw(self, stage: str, corners: tuple) -> None:
        box = self.page.locator(f"[data-is={stage}] .board").bounding_box()
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (*corners, corners[0])]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=5)
        self.page.mouse.up()

    def ab(self, x: float, y: float) -> list[float]:
        """The color that the picture has at a place."""
        return rgb_to_lab(torch.tensor(self.shown("[data-is=photo] .after", x, y)).view(1, 3, 1, 1) / 255)[
            0, 1:, 0, 0
        ].tolist()


@pytest.fixture(scope="module")
def someone(chromium, url: str) -> Iterator[Borrower]:
    visitor = Borrower(chromium, url)
    yield visitor
    visitor.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("photos")
    Image.fromarray(halves().rgb.permute(1, 2, 0).numpy()).save(folder / "halves.png")
    waves().save(folder / "gray.png")
    green_and_orange().save(folder / "color.png")
    (folder / "junk.jpg").write_text("no photo")
    return {path.stem: path for path in folder.iterdir()}


@pytest.mark.browser
def test_the_example_shows_where_colors_come_from_and_regions_decide(someone: Borrower) -> None:
    someone.pair()
    page = someone.page
    assert PAIR[1] in [sample.path.name for sample in samples()]
    assert page.locator("[data-is=photo] .points i").count() == page.locator("[data-is=lender] .points i").count() == 1
    assert page.is_disabled("[data-mode=recolor]"), "a gray photo has no colors that could stay"
    assert page.is_visible("#reference-weight")
    assert page.is_hidden("#reference-warmth")
    someone.click("[data-is=photo] .board")
    assert page.is_visible("[data-is=lender] .shade")
    assert page.inner_text(".main .help") == SAYS["from"]
    before = someone.value()["revision"]
    page.press("[data-is=photo] .board", "Escape")
    until(lambda: someone.value()["revision"] > before)
    someone.ready()
    assert page.is_hidden("[data-is=lender] .shade")
    for stage, part in (("photo", "target"), ("lender", "source")):
        someone.draw(stage, LEFT)
        until(lambda part=part: len(someone.value()["takes"][0][part]) > 3)
        someone.ready()
    assert page.locator("[data-is=photo] .rim").first.get_attribute("d").startswith("M")
    looks = LOOKS["photos"], LOOKS["references"]
    old = page.get_attribute("[data-is=photo] .after", "src")
    page.fill("#reference-weight input[type=number]", "0")
    page.press("#reference-weight input[type=number]", "Tab")
    until(lambda: page.get_attribute("[data-is=photo] .after", "src") != old)
    someone.ready()
    assert "turn the weight up" in page.inner_text(".lend .message")
    assert (LOOKS["photos"], LOOKS["references"]) == looks
    for part in ("source", "target"):
        someone.click("[data-do=undo]")
        assert someone.value()["takes"][0][part] == []


@pytest.mark.browser
def test_a_reference_of_ones_own_is_looked_at_or_refused_in_a_sentence(
    someone: Borrower, files: dict[str, Path]
) -> None:
    someone.open(files["gray"])
    page = someone.page
    for bad, says in (("gray", "no colors to take"), ("junk", "text file")):
        someone.lend(files[bad])
        page.wait_for_selector(f"#reference-notice [role=alert]:has-text('{says}')")
    someone.lend(files["halves"])
    until(lambda: len(someone.value()["takes"]) == 1)
    someone.ready()
    assert page.is_hidden("#reference-notice")
    assert page.locator("[data-is=lender] .after").get_attribute("src").startswith("data:image/jpeg")


@pytest.mark.browser
def test_a_palette_is_taken_from_a_photo_and_changed_by_hand(someone: Borrower) -> None:
    someone.pair()
    page = someone.page
    someone.click("[data-mode=palette]")
    page.wait_for_selector("#reference-warmth:visible")
    assert page.is_hidden("#reference-weight")
    someone.click("[data-do=take]")
    colors = someone.value()["colors"]
    assert 2 <= len(colors) <= 8
    someone.click("[data-is=colors] .swatch >> nth=0")
    assert someone.value()["colors"] == colors[1:]
    someone.click("[data-do=undo]")
    assert someone.value()["colors"] == colors
    page.focus("[data-mode=palette]")
    before = someone.value()["revision"]
    page.keyboard.press("ArrowLeft")
    until(lambda: someone.value()["revision"] > before)
    someone.ready()
    assert someone.value()["mode"] == "reference"
    page.wait_for_selector("#reference-weight:visible")


@pytest.mark.browser
def test_one_thing_changes_and_the_download_keeps_the_rest(
    someone: Borrower, files: dict[str, Path], tmp_path: Path
) -> None:
    someone.open(files["color"])
    page = someone.page
    someone.click("[data-mode=recolor]")
    own = someone.ab(0.25, 0.5)
    assert page.is_disabled("[data-is=dye] .swatch >> nth=5")
    someone.draw("photo", LEFT)
    page.wait_for_selector("[data-is=dye] .swatch:not([disabled])")
    someone.click("[data-is=dye] .swatch >> nth=0")
    someone.click("[data-is=dye] .swatch >> nth=5")  # the same region again: one step
    assert len(someone.value()["changes"]) == 1
    assert someone.ab(0.25, 0.5)[1] < own[1] - 10
    someone.click("[data-do=reach]")
    assert page.is_visible("[data-is=photo] .shade")
    page.fill("[data-is=words] input", "the sky red")
    someone.click("[data-is=words] button")
    assert someone.ab(0.7, 0.08)[0] > 20
    someone.click("[data-do=undo]")
    with page.expect_download() as coming:
        page.click("#reference-download")
    coming.value.save_as(tmp_path / "taken.png")
    taken, given = (np.asarray(Image.open(path).convert("RGB")) for path in (tmp_path / "taken.png", files["color"]))
    assert coming.value.suggested_filename == "color-color.png"
    assert (taken[:, 140:] == given[:, 140:]).all()
    assert (taken[:, :120] != given[:, :120]).any()


@pytest.mark.browser
def test_colors_are_sent_to_click_hints(someone: Borrower) -> None:
    someone.pair()
    page = someone.page
    page.click("#reference-send")
    page.wait_for_selector("#hint-canvas .work canvas:visible")
    until(lambda: page.evaluate("document.querySelector('#hint-canvas .hue')?.value?.hints?.length ?? 0") == 1)
    page.get_by_role("tab", name="Reference").click()
    page.wait_for_selector("[data-is=photo] .after")


@pytest.mark.browser
def test_a_phone_and_the_keyboard_alone_do_it_in_korean(chromium, url: str) -> None:
    phone = Borrower(
        chromium, url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="ko-KR"
    )
    phone.pair()
    page = phone.page
    assert not phone.sideways()
    assert page.inner_text("[data-mode=palette]") == "이 색들로"
    page.tap(".main [data-do=draw]")
    page.focus("[data-is=photo] .board")
    for key in ["Enter", *["ArrowRight"] * 5, "Enter", *["ArrowDown"] * 5, "Enter", "Enter"]:
        page.keyboard.press(key)
    until(lambda: len(phone.value()["takes"][0]["target"]) == 3)
    phone.ready()
    edge = page.locator("[data-is=photo] .edge")
    edge.press("ArrowRight")
    assert edge.get_attribute("aria-valuenow") == "5"
    phone.close()
