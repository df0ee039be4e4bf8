"""Clips, with a model that changes its mind in every frame."""

import itertools
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from tests import ROOT
from toolkit.cli import main
from toolkit.color import AbBins, rgb_to_lab
from toolkit.controls.temporal import NEW_SCENE, Motion, colorize_frames, open_frames, see_motion
from toolkit.guidance import Guidance, Hint
from toolkit.measure.studies import measure
from toolkit.measure.studies.flicker import Setup, camera, film, protocol
from toolkit.models import registry
from toolkit.models.base import Encoded, Prediction
from toolkit.models.cards import get_card
from toolkit.photo import Photo, PhotoError
from toolkit.pipeline import Session, seen

SIZE = 96  # px, of a frame; the model says colors at half of it
LOOK = partial(Session, device="cpu", size=SIZE)


class Moody:
    """Dark is bluish and light is reddish, but all of it a bit different in every other picture; a hint reaches what is
    about as light.
    """

    def __init__(self):
        self.card, self.bins, self.mood = get_card("unet"), AbBins.make(10), 8.0

    def encode(self, L):
        small = F.avg_pool2d(L, 2)
        mood = self.mood * torch.sin(1e4 * L.mean())
        return Encoded(L, torch.cat([small / 2 - 25 + mood, small / 2 - 25 - mood], 1), torch.ones(1, 1, 2, 2))

    def decode(self, encoded, points, dials, seed):
        small = F.avg_pool2d(encoded.L, 2)
        if not len(points):
            return Prediction(encoded.ab)
        x, y = (points.xy / 2).long().unbind(1)
        light = small[0, 0, y, x].view(-1, 1, 1)
        influence = 0.99 * F.softmax(-(small[0] - light).abs(), 0) * ((small[0] - light).abs() < 6)
        ab = encoded.ab * (1 - influence.sum(0)) + torch.einsum("nhw,nc->chw", influence, points.ab)
        return Prediction(ab, None, influence)


@pytest.fixture
def moody(monkeypatch):
    model = Moody()
    monkeypatch.setattr(seen, "load_model", lambda name, device: model)
    monkeypatch.setattr(registry, "load_model", lambda name, device: model)
    return model


def scene(seed=0, height=130, width=260):
    """A landscape of soft spots, uint8 (height, width)."""
    rough = torch.rand(1, 1, height // 10, width // 10, generator=torch.Generator().manual_seed(seed))
    return (
        (40 + 170 * F.interpolate(rough, (height, width), mode="bicubic", align_corners=False)[0, 0].clamp(0, 1))
        .round()
        .byte()
        .numpy()
    )


def frame(picture, x=0, y=0, name="frame"):
    return Photo.from_array(picture[y : y + SIZE, x : x + SIZE], name)


def pan(picture, steps, by=3):
    return [frame(picture, by * i, i) for i in range(steps)]


def flicker(results, by=3):
    """Mean change of color where the camera's way says that places are the same."""
    changes = []
    for old, new in itertools.pairwise(results):
        gone, here = (rgb_to_lab(r.rgb.float()[None] / 255)[0, 1:] for r in (old, new))
        changes.append(float((gone[:, 1:, by:] - here[:, :-1, :-by]).abs().mean()))
    return sum(changes) / len(changes)


def test_a_still_picture_stays_as_it_is(moody):
    first, *others = colorize_frames([frame(scene())] * 4, look=LOOK)
    assert first.rgb.float().std(0).mean() > 2, "the toy colors"
    for other in others:
        assert (other.rgb.int() - first.rgb.int()).abs().max() <= 1
        assert not other.notes


def test_a_moving_picture_flickers_less(moody):
    frames = pan(scene(), 12)
    alone, held = (list(colorize_frames(frames, hold=hold, look=LOOK)) for hold in (0.0, 0.9))
    assert flicker(held) < flicker(alone) / 3


def test_many_steps_do_not_wash_color_out(moody):
    moody.mood = 0.0
    *_, alone = colorize_frames(pan(scene(), 20), hold=0.0, look=LOOK)
    *_, held = colorize_frames(pan(scene(), 20), hold=0.99, look=LOOK)
    assert float(held.ab.std() / alone.ab.std()) == pytest.approx(1, abs=0.05)
    assert (held.ab - alone.ab).abs().mean() < 1


def test_grain_and_a_flickering_lamp_are_no_motion():
    L = torch.from_numpy(scene()).float()[None, None, :60, :60] / 2.55
    grainy = (0.8 * L + 10 + torch.randn(L.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 100)
    assert see_motion(L, grainy).trust.mean() > 0.9


def test_motion_is_seen_by_parts_of_a_cell_and_what_comes_in_is_not_believed():
    whole = F.interpolate(torch.from_numpy(scene()).float()[None, None] / 2.55, scale_factor=0.5, mode="area")
    fine = torch.from_numpy(scene()).float()[None, None, :, 5:259] / 2.55  # 5 of its pixels are 2.5 cells
    before, now = whole[..., :48, :48], F.interpolate(fine, size=(65, 127), mode="area")[..., :48, :48]
    motion = see_motion(before, now)
    x = (motion.source[0, ..., 0] + 1) * 24 - 0.5 - torch.arange(48)
    assert abs(float(x[:, 4:40].median()) - 2.5) < 0.2
    assert motion.trust[..., 4:40].mean() > 0.9
    assert motion.trust[..., -2:].max() == 0


def test_places_are_followed_and_lost_where_they_leave():
    x = (torch.arange(40) + 0.5 + 10) / 20 - 1  # everything goes 10 cells to the left
    y = (torch.arange(40) + 0.5) / 20 - 1
    source = torch.stack([x.expand(40, 40), y[:, None].expand(40, 40)], -1)[None]
    motion = Motion(source, (source.abs() < 1).all(-1)[:, None].float())
    places, found = motion.follow(torch.tensor([[0.31, -0.2], [-0.9, 0.5]]))
    assert found.tolist() == [True, False]
    torch.testing.assert_close(places[0], torch.tensor([-0.19, -0.2]), atol=1e-4, rtol=0)


def test_a_cut_begins_anew(moody):
    old, new = scene(1), scene(2)
    results = list(
        colorize_frames([frame(old), frame(old), frame(new)], guidance=Guidance((Hint(40, 40, "#00ff00"),)), look=LOOK)
    )
    (fresh,) = colorize_frames([frame(new)], look=LOOK)
    assert torch.equal(results[2].rgb, fresh.rgb)
    assert [NEW_SCENE in r.notes for r in results] == [False, False, True]


@pytest.mark.parametrize("given", ["hint", "strokes"])
def test_a_hint_lives_on_where_its_thing_goes_even_out_of_sight(moody, given):
    moody.mood = 0.0
    picture = scene(3)
    picture[40:80, 30:110] = 250  # a lamp: nothing else is as light
    guidance = Guidance((Hint(50, 60, "#00d060"),))
    if given == "strokes":
        mask = torch.zeros(4, SIZE, SIZE, dtype=torch.uint8)
        mask[:, 56:64, 46:54] = torch.tensor([0, 208, 96, 255], dtype=torch.uint8).view(4, 1, 1)
        guidance = Guidance(strokes=mask)
    results = list(colorize_frames(pan(picture, 22), guidance=guidance, look=LOOK))
    plain = list(colorize_frames(pan(picture, 22), look=LOOK))
    for i in (1, 12, 21):  # at the 20th, the hinted pixel is beyond the border
        row, column = (60 - i) // 2, (90 - 3 * i) // 2
        assert results[i].ab[0, 0, row, column] < -20
        assert plain[i].ab[0, 0, row, column] > 10


def test_frames_are_asked_for_one_at_a_time(moody):
    asked = []

    def endless():
        for i in itertools.count():
            asked.append(i)
            yield frame(scene(), i % 2)

    next(results := colorize_frames(endless(), look=LOOK))
    assert asked == [0]
    next(results)
    assert asked == [0, 1]


def test_frames_of_another_size_and_a_wrong_hold_are_told_in_a_sentence(moody):
    frames = [frame(scene()), Photo.from_array(scene()[:50, :70], "odd.png")]
    with pytest.raises(
        ValueError, match=r"^odd\.png is 70 x 50 pixels and the first frame is 96 x 96; give frames of one size\.$"
    ):
        list(colorize_frames(frames, look=LOOK))
    for hold in (-0.1, 1.0):
        with pytest.raises(ValueError, match="choose a number from 0"):
            next(colorize_frames(frames, hold=hold, look=LOOK))


def test_a_clip_goes_on_where_memory_gets_short(moody, monkeypatch):
    looks, plain = itertools.count(), moody.encode

    def encode(L):
        if next(looks) and L.shape[-1] > 128:
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")
        return plain(L)

    monkeypatch.setattr(moody, "encode", encode)
    first, second, third = colorize_frames([frame(scene())] * 3, partial(Session, device="cpu", size=160))
    assert first.ab.shape[-1] == 80
    assert second.ab.shape == third.ab.shape == (1, 2, 64, 64)
    assert (third.rgb.int() - first.rgb.int()).abs().float().mean() < 8
    assert NEW_SCENE not in second.notes


def test_a_broken_frame_is_named(tmp_path):
    (tmp_path / "frame7.png").write_bytes(b"no picture")
    with pytest.raises(PhotoError, match=r"frame7\.png"):
        list(open_frames([tmp_path / "frame7.png"]))


@pytest.mark.parametrize("shape", [(1, 1), (5, 40), (16, 16), (48, 48)])
def test_tiny_and_empty_pictures_have_a_motion_too(shape):
    for before, now in (
        (torch.full((1, 1, *shape), 50.0), torch.full((1, 1, *shape), 50.0)),
        (torch.zeros(1, 1, *shape), torch.rand(1, 1, *shape)),
    ):
        motion = see_motion(before, now)
        assert motion.source.isfinite().all()
        assert motion.trust.isfinite().all()
        assert motion.trust.shape == (1, 1, *shape)


@pytest.fixture
def clip(tmp_path, monkeypatch):
    """Frames 1, 2, ... 11 of a pan, in the folder clip."""
    monkeypatch.chdir(tmp_path)
    Path("clip").mkdir()
    for i in range(1, 12):
        Image.fromarray(scene()[i : i + SIZE, 3 * i : 3 * i + SIZE]).save(f"clip/frame{i}.png")
    return tmp_path


def temporal(*more):
    return main(["colorize", "clip", "--temporal", "-o", "out", "--device", "cpu", "--size", str(SIZE), *more])


def test_the_command_colors_frames_in_their_natural_order(moody, clip, capsys):
    assert temporal() == 0
    assert capsys.readouterr().out.split() == [f"out/frame{i}-color.png" for i in range(1, 12)]
    direct = list(
        colorize_frames([Photo.from_array(np.array(Image.open(f"clip/frame{i}.png"))) for i in range(1, 12)], look=LOOK)
    )
    last = torch.from_numpy(np.array(Image.open("out/frame11-color.png"))).permute(2, 0, 1)
    assert torch.equal(last, direct[-1].rgb)


def test_the_command_replaces_nothing_unasked(moody, clip, capsys):
    Path("out").mkdir()
    Path("out/frame5-color.png").write_text("mine")
    assert temporal() == 1
    assert "out/frame5-color.png is there already" in capsys.readouterr().err
    assert Path("out/frame5-color.png").read_text() == "mine"
    assert not Path("out/frame1-color.png").exists(), "said before any work"
    assert temporal("--overwrite", "--quiet") == 0
    assert Image.open("out/frame5-color.png").size == (SIZE, SIZE)


def test_the_command_names_the_frame_that_does_not_fit(moody, clip, capsys):
    Image.fromarray(scene()[:40, :40]).save("clip/frame3.png")
    assert temporal("--quiet") == 1
    error = capsys.readouterr().err
    assert "clip: frame3.png is 40 x 40 pixels and the first frame is 96 x 96" in error
    assert "Traceback" not in error


def test_the_command_takes_hints_for_the_first_frame(moody, clip):
    Guidance((Hint(50, 60, "#00d060"),)).save("hints.json")
    assert temporal("--hints", "hints.json") == 0
    green = np.array(Image.open("out/frame1-color.png"))[60, 50].astype(int)
    assert green[1] > green[0] + 20


@pytest.mark.parametrize("option", [("--samples", "2"), ("--recolor", "--text", "the car is red")])
def test_options_that_make_no_clip_are_refused(moody, clip, option, capsys):
    assert temporal(*option) == 2
    assert f"leave {option[0]} out" in capsys.readouterr().err


def colorful():
    """A photo in color, larger than a clip's frames."""
    y, x = np.mgrid[:600, :640]
    waves = [128 + 90 * np.sin(x / a + y / b) for a, b in ((40, 70), (90, 50), (60, -80))]
    return Photo.from_array(np.stack(waves, -1).astype(np.uint8))


def test_the_camera_comes_back_and_knows_its_way():
    setup = Setup(frames=20, others=5)
    photo = colorful()
    for move in ("pan", "grain", "zoom"):
        first, *_, last = camera(photo, move, setup)
        assert (first.x, first.y, first.side) == pytest.approx((last.x, last.y, last.side))
    before, now = itertools.islice(camera(photo, "pan", setup), 3, 5)
    (old, _), (new, _) = film(photo, before), film(photo, now)
    there = F.grid_sample(old.rgb[None].float(), before.within(now.places(192)), align_corners=False)[0]
    assert (there - new.rgb.float())[..., 20:-20, 20:-20].abs().mean() < 1


@pytest.mark.slow
def test_measuring_tells_a_steady_clip_from_a_moody_one(moody, tmp_path, capsys):
    answer = measure("flicker", [colorful()], Setup(frames=12, others=3, hold=0.9, device="cpu"))
    rows = {(row["move"], row["way"]): row for row in answer.rows}
    alone, held = rows["pan", "frame by frame"], rows["pan", "temporal"]
    assert alone["drift"] == 0, "the same view, the same colors"
    assert alone["ratio"] == 1
    assert held["ratio"] > 2
    assert held["flicker"] > held["floor"] / 2
    assert 0 < held["drift"] == held["apart"]
    assert len(answer.text().splitlines()) == 2 + 6 + 1
    assert main(["measure", "flicker", str(tmp_path), "--frames", "2"]) == 2
    assert "3 frames" in capsys.readouterr().err


def test_the_numbers_that_ship_hold_what_is_promised():
    file = ROOT / "weights/measured/temporal-val.json"
    shipped = json.loads(file.read_text())
    scores = {(s["move"], s["way"]): s for s in shipped["rows"]}
    pan = scores["pan", "temporal"]
    assert pan["n"] == 10
    assert pan["frames"] == 100
    assert pan["ratio"] >= 3
    assert pan["drift"] <= 2
    assert shipped["protocol"] == protocol(Setup(model="vit-hint"))
