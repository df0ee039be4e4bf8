"""The pipeline by itself, with a model that costs nothing: what is asked of real models is in test_contract.py."""

import gc
import weakref

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from toolkit.color import AbBins, hex_to_lab
from toolkit.color.palette import Swatch
from toolkit.guidance import Guidance, Hint
from toolkit.models.base import Dials, Encoded, Prediction
from toolkit.models.cards import get_card
from toolkit.models.devices import pick_device
from toolkit.photo import Photo, PhotoError, open_photo
from toolkit.photo.sizes import shrink
from toolkit.pipeline import Cancelled, Session, painting, seen
from toolkit.pipeline.frame import Frame


class Toy:
    """Colors the left half reddish and the right half bluish, the livelier the more; notes what it was asked."""

    def __init__(self):
        self.card, self.bins = get_card("unet"), AbBins.make(10)
        self.encoded, self.points = [], []

    def encode(self, L):
        assert L.shape[-2] % 16 == 0
        assert L.shape[-1] % 16 == 0
        self.encoded.append(tuple(L.shape[-2:]))
        h, w = L.shape[-2] // 2, L.shape[-1] // 2
        ab = torch.zeros(1, 2, h, w)
        ab[:, 0, :, : w // 2], ab[:, 1, :, w // 2 :] = 20, -20
        logits = torch.zeros(1, len(self.bins.centers), h // 2, w // 2)
        logits[:, 5, :, : w // 4] = 9.0
        return Encoded(L, ab, F.normalize(torch.ones(1, 4, h // 8, w // 8), dim=1), logits)

    def decode(self, encoded, points, dials, seed):
        self.points.append(points)
        uncertainty = torch.zeros(1, 1, *encoded.ab.shape[-2:])
        uncertainty[..., encoded.ab.shape[-1] // 2 :] = 0.9
        return Prediction(encoded.ab * (0.5 + dials.vividness), uncertainty)


@pytest.fixture
def toy(monkeypatch):
    model = Toy()
    monkeypatch.setattr(seen, "load_model", lambda name, device: model)
    return model


def gray(height=48, width=64, value=128):
    return Photo.from_array(np.full((height, width), value, np.uint8))


def out_of_memory(times, then):
    """A function that runs out of memory some times before it works."""
    left = iter(range(times))

    def work(*args):
        if next(left, None) is not None:
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")
        return then(*args)

    return work


def test_a_photo_is_encoded_once_and_colored_many_times(toy):
    session = Session(gray(), device="cpu")
    for vividness in (0.0, 0.5, 1.0):
        session.colorize(Guidance((Hint(3, 3, "red"),)), Dials(vividness=vividness))
    session.suggest_colors(1, 1)
    session.summary()
    assert len(toy.encoded) == 1


@pytest.mark.parametrize("height, width", [(1, 1), (7, 3000), (3000, 7), (480, 640), (641, 479), (16, 16)])
@pytest.mark.parametrize("size", [32, 50, 256])
def test_frame_keeps_the_aspect_as_far_as_pixels_allow(height, width, size):
    frame = Frame.fit(height, width, size)
    assert frame.h % 2 == 0
    assert frame.w % 2 == 0
    assert min(frame.h, frame.w) <= size + 1
    assert max(frame.h, frame.w) <= 4 * size
    scale = max(frame.h, frame.w) / max(height, width)
    assert abs(frame.h - height * scale) <= 2
    assert abs(frame.w - width * scale) <= 2
    padded = frame.pad(torch.zeros(1, 1, frame.h, frame.w))
    assert padded.shape[-2] % 16 == 0
    assert padded.shape[-1] % 16 == 0
    assert frame.crop(padded, 1).shape == (1, 1, frame.h, frame.w)
    assert frame.crop(padded[..., ::2, ::2], 2).shape == (1, 1, frame.h // 2, frame.w // 2)


def test_frame_sends_points_centre_to_centre():
    frame = Frame(height=480, width=640, h=120, w=160)
    corners = torch.tensor([[-0.5, -0.5], [639.5, 479.5], [319.5, 239.5]])  # outer edges of the photo, and its middle
    expected = torch.tensor([[-0.5, -0.5], [159.5, 119.5], [79.5, 59.5]])
    torch.testing.assert_close(frame.to_small(corners), expected)


def test_hints_reach_the_model_where_they_lie_on_its_copy(toy):
    session = Session(gray(480, 640), device="cpu", size=240)
    session.colorize(Guidance((Hint(100.5, 200.5, "red"),)))
    torch.testing.assert_close(toy.points[0].xy, torch.tensor([[50.0, 100.0]]))
    torch.testing.assert_close(toy.points[0].ab[0], torch.tensor(Hint(0, 0, "red").ab))


def test_padding_is_cut_off_again(toy):
    result = Session(gray(100, 37), device="cpu", size=37).colorize()
    assert toy.encoded == [(112, 48)]  # 100 x 36, even, and then padded to multiples of 16
    assert result.ab.shape[-2:] == (50, 18)
    assert result.uncertainty.shape[-2:] == (50, 18)


def test_strips_give_the_picture_that_the_whole_gives(toy, monkeypatch):
    rng = np.random.default_rng(0)
    photo = Photo.from_array(rng.integers(0, 256, (90, 70), np.uint8))
    guidance = Guidance((Hint(20, 44, "green", 30),))
    whole = Session(photo, device="cpu", size=64).colorize(guidance).rgb
    monkeypatch.setattr(painting, "STRIP", 700)
    assert torch.equal(Session(photo, device="cpu", size=64).colorize(guidance).rgb, whole)
    monkeypatch.setattr(painting, "STRIP", 1)  # less than a row
    assert torch.equal(Session(photo, device="cpu", size=64).colorize(guidance).rgb, whole)


def test_vividness_is_passed_on(toy):
    session = Session(gray(), device="cpu")
    dull, lively = session.colorize(dials=Dials(vividness=0)), session.colorize(dials=Dials(vividness=1))
    torch.testing.assert_close(lively.ab, 3 * dull.ab)
    assert (dull.vividness, lively.vividness) == (0, 1)


def test_progress_rises_to_the_end_and_can_stop_it(toy):
    seen = []
    session = Session(gray(), device="cpu", progress=lambda *step: seen.append(step))
    session.colorize()
    done = [d for d, _, _ in seen]
    assert done == sorted(done)
    assert seen[0][0] == 0
    assert seen[-1][0] == seen[-1][1] == 100
    for ask in (session.colorize, session.candidates):
        with pytest.raises(Cancelled):
            ask(progress=lambda *step: False)
    assert session.colorize(progress=lambda *step: None).rgb.shape == (3, 48, 64)  # saying nothing is going on


def test_ladder_goes_on_smaller_and_says_so(toy):
    toy.encode = out_of_memory(1, toy.encode)
    session = Session(gray(), "unet", device="cpu", size=256)
    result = session.colorize()
    assert result.rgb.shape == (3, 48, 64)
    assert session.size == 192
    assert session.notes == list(result.notes) == ["Memory was short: the model looked at the photo at 192 px."]
    session.colorize()
    assert len(session.notes) == 1  # what helped once is kept


def test_ladder_ends_at_the_smallest_copy_with_the_error(toy):
    toy.encode = out_of_memory(100, toy.encode)
    session = Session(gray(), "unet", device="cpu", size=256)
    with pytest.raises(RuntimeError, match="out of memory"):
        session.colorize()
    assert session.size == 128
    assert [note.split()[-2] for note in session.notes] == ["192", "144", "128"]


def test_ladder_on_an_accelerator_halves_precision_first_and_ends_on_the_cpu(toy, monkeypatch):
    steps = []
    session = Session(gray(), "unet", device="cpu", size=256)
    session.seen.device = torch.device("meta")  # stands for any accelerator: only its type is looked at
    preview = session.preview(100)
    while session.seen.step_down():
        steps.append((preview.device.type, session.seen.half, preview.size))
    assert steps[0] == ("meta", True, 256)
    assert ("meta", True, 128) in steps
    assert steps.index(("cpu", False, 256)) == len([s for s in steps if s[0] == "meta"])
    assert len(preview.notes) == len(session.notes) == len(steps), (
        "a preview cannot go on with what its session gave up"
    )


def test_a_session_that_nobody_holds_is_gone_at_once_with_its_photo(toy):
    gc.collect()
    gc.disable()  # nobody but its last holder may be needed
    try:
        gone = []
        for _ in range(3):
            session = Session(gray(), device="cpu")
            session.preview(100).colorize()
            session.colorize(Guidance((Hint(5, 5, "red"),)))
            session.candidates()
            gone += [weakref.ref(session), weakref.ref(session.seen), weakref.ref(session.photo)]
        del session
        assert [ref() for ref in gone] == [None] * len(gone)
    finally:
        gc.enable()


def test_other_errors_climb_no_ladder(toy):
    def broken(L):
        raise RuntimeError("shapes do not fit")

    toy.encode = broken
    session = Session(gray(), device="cpu")
    with pytest.raises(RuntimeError, match="shapes"):
        session.colorize()
    assert session.notes == []


def test_candidates_are_small_different_and_can_be_adopted(toy):
    photo = gray(600, 1000)
    session = Session(photo, device="cpu")
    candidates = session.candidates(Guidance((Hint(500, 300, "red"),)))
    assert len({c.label for c in candidates}) == len(candidates) >= 4
    assert len({c.size for c in candidates}) > 1
    for candidate in candidates:
        assert max(candidate.result.rgb.shape) == 512
        assert candidate.result.photo.size == (512, 307)
    chosen = candidates[-1]
    large = session.at(chosen.size).colorize(dials=Dials(vividness=chosen.vividness))
    assert large.rgb.shape == (3, 600, 1000)


def test_suggestions_follow_the_place(toy):
    session = Session(gray(), device="cpu")
    left, right = session.suggest_colors(2, 20), session.suggest_colors(60, 20)
    assert left[0].share > 0.9 > right[0].share  # sure on the left, even odds on the right
    assert len(session.suggest_colors(60, 20, k=3)) == 3


def test_summary_says_where_it_is_sure_and_where_not(toy):
    text = Session(gray(), device="cpu").summary()
    assert 45 <= int(text.split(" %")[0].split()[-1]) <= 55
    assert "left" in text.partition("least")[0]
    assert "right" in text.partition("least")[2]
    assert text.endswith(".")


def test_uncertainty_of_a_model_that_cannot_tell_is_zero(toy):
    toy.decode = lambda encoded, points, dials, seed: Prediction(encoded.ab)
    session = Session(gray(), device="cpu", size=48)
    assert session.colorize().uncertainty is None
    assert torch.equal(session.uncertainty(), torch.zeros(1, 1, 24, 32))


def test_a_model_without_a_distribution_suggests_nothing(toy):
    encode = toy.encode
    toy.encode = lambda L: Encoded(L, encode(L).ab, encode(L).keys)
    assert Session(gray(), device="cpu").suggest_colors(1, 1) == []


@pytest.mark.parametrize(
    "arguments, says",
    [
        ({"size": 16}, "working size"),
        ({"size": 4096}, "working size"),
        ({"model": "nosuch"}, "known models"),
        ({"device": "tpu"}, "cpu"),
    ],
)
def test_a_session_refuses_what_it_cannot_do(toy, arguments, says):
    with pytest.raises(ValueError, match=says):
        Session(gray(), **arguments)


@pytest.mark.parametrize("vividness", [-0.1, 1.1, float("nan")])
def test_vividness_lies_between_0_and_1(toy, vividness):
    with pytest.raises(ValueError, match="Vividness"):
        Session(gray(), device="cpu").colorize(dials=Dials(vividness=vividness))


def test_devices():
    assert pick_device("cpu").type == "cpu"
    assert pick_device("auto").type in ("cpu", "cuda", "mps")
    for name in ("nosuch", *(["cuda"] if not torch.cuda.is_available() else [])):
        with pytest.raises(ValueError, match="available: cpu"):
            pick_device(name)


def test_photos_can_be_given_by_path_and_results_saved(toy, tmp_path):
    with pytest.raises(PhotoError):
        Session(tmp_path / "none.jpg")
    photo = gray()
    result = Session(photo, device="cpu").colorize()
    path = result.save(tmp_path / "photo.png")
    with pytest.raises(PhotoError):
        result.save(path)
    assert torch.equal(Session(path, device="cpu").photo.rgb, result.rgb)
    assert np.array_equal(np.asarray(result.to_pil()), result.rgb.permute(1, 2, 0).numpy())
    assert open_photo(result.save_layer(tmp_path / "layer.png")).size == photo.size


def test_shrink_gives_the_size_asked_for_and_leaves_small_photos_alone():
    photo = gray(30, 90, value=77)
    assert shrink(photo, 200) is photo
    assert shrink(photo, 45).size == (45, 15)
    assert shrink(photo, (8, 9)).size == (9, 8)
    assert bool((shrink(photo, 45).rgb == 77).all())


def test_a_preview_shares_what_was_seen_and_has_the_same_colors(toy):
    photo = Photo.from_array(np.random.default_rng(0).integers(60, 200, (400, 600), dtype=np.uint8))
    whole = Session(photo, size=64)
    small = whole.preview(150)
    assert small.photo.size == (150, 100)
    first = small.colorize(Guidance((Hint(75, 50, "red"),)))
    assert torch.equal(first.ab, whole.colorize(Guidance((Hint(300, 200, "red"),))).ab)
    assert len(toy.encoded) == 1
    near, far = (points.xy for points in toy.points)
    assert torch.allclose(near, far, atol=0.3)  # centre to centre, at two sizes


def test_a_photo_can_be_looked_at_before_it_is_asked_for(toy):
    session = Session(gray(), size=64)
    seen = session.encode()
    session.colorize()
    assert session.encode() is seen
    assert len(toy.encoded) == 1


def test_the_next_click_goes_where_doubt_is(toy):
    x, y = Session(gray(100, 200), size=64).suggest_click()
    assert 110 < x < 190  # the right half is unsure, and a click in its middle tells more than one at its border
    assert 20 < y < 80


@pytest.mark.parametrize("size", [(300, 200), (1, 1), (7, 4001)])
@pytest.mark.parametrize("grid", [(3, 3), (64, 96), (1, 1), (250, 13)])
def test_a_place_comes_back_from_every_grid(size, grid):
    frame = Frame.fit(size[1], size[0], 64)
    for cell in {(0, 0), (grid[0] - 1, grid[1] - 1), (grid[0] // 2, grid[1] // 3)}:
        x, y = frame.from_cell(cell, grid)
        assert frame.to_cell(x, y, grid) == cell
        assert -0.5 < x < size[0] - 0.5
        assert -0.5 < y < size[1] - 0.5
    assert frame.from_cell((0, 0), (1, 1)) == ((size[0] - 1) / 2, (size[1] - 1) / 2), (
        "pixels are counted at their centres"
    )
    small = Frame(size[1], size[0], *grid).to_small(torch.tensor([frame.from_cell((0, 0), grid)]))
    assert torch.allclose(small, torch.zeros(1, 2), atol=0.01), (
        "the first pixel of the copy lies on the first of the grid"
    )


def test_regions_of_lassos_reach_the_model_on_its_padded_grid(toy):
    lasso = ((0.0, 0.0), (30.0, 0.0), (30.0, 60.0), (0.0, 60.0))
    Session(gray(60, 100), size=50).colorize(Guidance((Hint(10, 10, "red", 3, lasso), Hint(90, 50, "blue", 3))))
    regions = toy.points[-1].regions
    assert regions.shape == (2, 32, 48)  # 50 x 83 px, padded to 64 x 96, by half
    assert regions[0, 10, 3] == 1
    assert regions[0, 10, 30] == 0
    assert bool((regions[1] == 1).all())
    Session(gray(60, 100), size=50).colorize(Guidance((Hint(10, 10, "red"),)))
    assert toy.points[-1].regions is None


@pytest.mark.parametrize(
    "dials",
    [{"saturation": -0.1}, {"saturation": 2.1}, {"palette": ["red"] * 17}, {"palette": "red"},
     {"palette": ["no color"]}, {"tint": (61.0, 0.0)},
     {"vividness": float("nan")}, {"steps": 0}, {"steps": 101}, {"strength": -1.0}, {"strength": 9.0}],
)  # fmt: skip
def test_dials_are_checked_when_they_are_made(dials):
    with pytest.raises(ValueError, match=r"Saturation|palette|not a color|tint|Vividness|choose a number"):
        Dials(**dials)


def test_dials_that_say_the_same_are_the_same_and_know_their_colors():
    assert Dials(palette=["red", Swatch("#00ff00", 0.2, "green")]) == Dials(
        palette=("red", Swatch("#00ff00", 0.2, "green"))
    )
    assert len({Dials(), Dials(0.5), Dials(0.6)}) == 2
    colors, shares = Dials(palette=[Swatch("#ff0000", 1.0, "red"), Swatch("#00ff00", 3.0, "green")]).targets
    assert torch.allclose(shares, torch.tensor([0.25, 0.75]))
    assert torch.allclose(colors[0], torch.tensor(hex_to_lab("#ff0000")))
    assert Dials().targets[0].shape == (0,)
