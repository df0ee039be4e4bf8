"""Colors from other photos."""

import numpy as np
import pytest
import torch

from tests import EXAMPLES
from toolkit.color import rgb_to_lab
from toolkit.controls.reference import POINTS, Take, see_reference, take_colors
from toolkit.guidance import Guidance, GuidanceError, Hint
from toolkit.measure import metrics
from toolkit.models.matcher import Matcher, Places, read_matcher
from toolkit.models.weights import WeightsError
from toolkit.photo import Photo, open_photo
from toolkit.pipeline import Session

SIZE = 192  # px, working size: the same at a quarter of the cost


def mirrored(photo, part=0.8):
    h, w = round(part * photo.height), round(part * photo.width)
    return Photo(photo.rgb[:, -h:, :w].flip(-1).contiguous(), "mirrored.jpg", photo.tone)


@pytest.fixture(scope="module")
def coffee():
    return open_photo(EXAMPLES / "still-coffee.jpg")


@pytest.fixture(scope="module")
def session(coffee):
    return Session(coffee, size=SIZE)


@pytest.fixture(scope="module")
def itself(coffee):
    return see_reference(mirrored(coffee))


@pytest.fixture(scope="module")
def mountains():
    return see_reference(open_photo(EXAMPLES / "landscape-mountains.jpg"))


def psnr(result, photo):
    return float(metrics.psnr(result.rgb[None].float() / 255, photo.rgb[None].float() / 255))


def box(left, top, right, bottom):
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def test_a_photo_of_the_same_things_lends_their_colors(session, itself, coffee):
    taken = take_colors(session, [Take(itself)])
    assert psnr(session.colorize(taken.guidance), coffee) > psnr(session.colorize(), coffee) + 2


def test_a_photo_of_other_things_changes_little(session, mountains):
    automatic = session.colorize()
    stranger = session.colorize(take_colors(session, [Take(mountains)]).guidance)
    assert float(metrics.ciede2000(stranger.rgb[None] / 255, automatic.rgb[None] / 255)) < 4


def test_every_point_says_where_its_color_came_from(session, itself, coffee):
    taken = take_colors(session, [Take(itself)], weight=1.0)
    assert 0 < len(taken.guidance.hints) <= POINTS
    assert len(taken.origins) == len(taken.guidance.hints)
    assert {origin.take for origin in taken.origins} == {0}
    offsets = []
    for hint, origin in zip(taken.guidance.hints, taken.origins, strict=True):
        assert 0 <= origin.x < itself.photo.width
        assert 0 <= origin.y < itself.photo.height
        offsets.append(abs(hint.y - (origin.y + coffee.height - itself.photo.height)))
    assert np.median(offsets) < 0.1 * coffee.height, "a mirror moves nothing up or down"


def test_where_from_points_to_the_place_in_the_mirror(session, itself, coffee):
    taken = take_colors(session, [Take(itself)], weight=1.0)
    x, y = 0.62 * coffee.width, 0.5 * coffee.height  # on the cup
    (heat,) = taken.where_from(x, y)
    assert heat.shape == itself.grid
    assert 0 <= float(heat.min()) <= float(heat.max()) <= 1
    row, column = divmod(int(heat.argmax()), heat.shape[1])
    found = (column + 0.5) / heat.shape[1] * itself.photo.width, (row + 0.5) / heat.shape[0] * itself.photo.height
    wanted = itself.photo.width - x, y - (coffee.height - itself.photo.height)
    assert np.hypot(found[0] - wanted[0], found[1] - wanted[1]) < 0.2 * coffee.width


def test_without_weight_nothing_is_taken(session, itself):
    taken = take_colors(session, [Take(itself)], weight=0.0)
    assert taken.guidance == Guidance()
    assert not taken.trust.any()


def test_more_weight_takes_more(session, mountains):
    trust = [float(take_colors(session, [Take(mountains)], weight=w).trust.mean()) for w in (0.2, 0.5, 1.0)]
    assert trust == sorted(trust)
    assert trust[0] < trust[2]


def test_the_same_again(session, itself):
    first, second = (take_colors(session, [Take(itself)]).guidance for _ in range(2))
    assert first == second


def test_marked_regions_take_from_there_and_only_there(session, coffee):
    """A cup as blue as the marked half of a reference that is orange elsewhere."""
    pixels = np.zeros((200, 300, 3), np.uint8)
    pixels[:, :150], pixels[:, 150:] = (40, 80, 220), (230, 120, 20)
    reference = see_reference(Photo.from_array(pixels, "halves.png"))
    cup = box(250, 90, 430, 260)
    taken = take_colors(session, [Take(reference, box(5, 5, 140, 195), cup)], weight=1.0)
    assert {origin.x < 150 for origin in taken.origins} == {True}
    assert all(hint.lasso for hint in taken.guidance.hints)
    plain, blue = (rgb_to_lab(session.colorize(g).rgb[None].float() / 255)[0] for g in (Guidance(), taken.guidance))
    assert float((blue - plain)[2, 110:240, 270:410].mean()) < -20
    assert float((blue - plain)[1:, 300:, :200].abs().mean()) < 1, "outside all is as before"


def test_several_references_share_the_photo(session, itself, mountains):
    taken = take_colors(session, [Take(mountains), Take(itself)], weight=1.0)
    numbers = [origin.take for origin in taken.origins]
    assert numbers.count(1) > numbers.count(0), "the cup is in the second"
    assert [heat.shape for heat in taken.where_from(10, 10)] == [mountains.grid, itself.grid]


def test_clicks_count_more_than_references(session, itself, coffee):
    click = Guidance((Hint(350, 170, "#2040d0"),))
    taken = take_colors(session, [Take(itself)], clicks=click)
    both = session.colorize(click + taken.guidance)
    alone = session.colorize(click)
    at = slice(160, 180), slice(340, 360)
    assert float((both.rgb[:, *at].float() - alone.rgb[:, *at].float()).abs().mean()) < 12


def test_recoloring_takes_only_inside_the_region(coffee, mountains):
    session = Session(coffee, size=SIZE)
    cup = box(250.3, 90.7, 430.2, 260.1)
    taken = take_colors(session, [Take(mountains, target=cup)], weight=1.0, recolor=True)
    rgb = session.recolor(taken.guidance).rgb
    changed = (rgb != coffee.rgb).any(0)
    assert changed.any()
    outside = torch.ones_like(changed)
    outside[91:261, 251:431] = False
    assert not (changed & outside).any()


def test_a_freehand_line_holds_to_the_pixel(coffee):
    session = Session(coffee, size=SIZE)
    line = tuple((340 + 90 * np.cos(t), 170 + 60 * np.sin(t)) for t in np.linspace(0, 6.2, 60))
    rgb = session.recolor(Guidance((Hint(340, 170, "#3050d0", lasso=line),))).rgb
    y, x = np.mgrid[: coffee.height, : coffee.width]
    outside = torch.from_numpy(((x - 340) / 91) ** 2 + ((y - 170) / 61) ** 2 > 1)
    assert torch.equal(rgb[:, outside], coffee.rgb[:, outside])
    assert not torch.equal(rgb, coffee.rgb)


@pytest.mark.parametrize(
    ("pixels", "says"),
    [
        (np.full((90, 120), 128, np.uint8), "no colors to take"),
        (np.random.default_rng(0).integers(0, 255, (20, 300, 3), dtype=np.uint8), "at least 32"),
    ],
    ids=["gray", "tiny"],
)
def test_references_that_cannot_help_say_why(pixels, says):
    with pytest.raises(GuidanceError, match=says):
        see_reference(Photo.from_array(pixels, "odd.png"))


def test_a_sepia_reference_is_told(session):
    tones = np.linspace(30, 230, 120, dtype=np.float32)[None, :, None] * np.array([1, 0.85, 0.65], np.float32)
    reference = see_reference(Photo.from_array(np.repeat(tones, 90, 0).astype(np.uint8), "aunt.png"))
    assert any("sepia" in note for note in take_colors(session, [Take(reference)]).notes)


def test_the_photo_itself_is_no_reference(session, coffee):
    with pytest.raises(GuidanceError, match="is the photo itself"):
        take_colors(session, [Take(see_reference(coffee))])


@pytest.mark.parametrize("region", ["source", "target"])
def test_odd_regions_and_numbers_say_why(session, itself, region):
    with pytest.raises(GuidanceError, match="three or more"):
        take_colors(session, [Take(itself, **{region: ((1, 1), (2, 2))})])
    with pytest.raises(GuidanceError, match="give 1 to 8"):
        take_colors(session, [])
    with pytest.raises(ValueError, match="from 0"):
        take_colors(session, [Take(itself)], weight=1.5)


def test_a_model_without_the_vit_says_so(coffee, itself):
    with pytest.raises(ValueError, match="choose vit-hint"):
        take_colors(Session(coffee, "plain-unet"), [Take(itself)])


@pytest.mark.parametrize("model", ["unet", "diffusion"])
def test_other_models_take_colors_too(coffee, itself, model):
    session = Session(coffee, model, size=SIZE)
    taken = take_colors(session, [Take(itself)])
    assert psnr(session.colorize(taken.guidance), coffee) > psnr(session.colorize(), coffee)


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3)])
def test_any_photo_will_do(itself, size):
    photo = Photo.from_array(np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8))
    session = Session(photo, size=64)
    assert session.colorize(take_colors(session, [Take(itself)]).guidance).rgb.shape == photo.rgb.shape


def test_matching_takes_the_color_of_the_likest_place():
    torch.manual_seed(0)
    keys = torch.nn.functional.normalize(torch.randn(6, 128), dim=1)
    xy = torch.stack([torch.arange(6.0) * 9, torch.zeros(6)], 1)
    colors = torch.tensor([[60.0, 0], [-60, 0], [0, 60], [0, -60], [40, 40], [-40, 40]])
    order = torch.tensor([3, 1, 5, 0, 2, 4])
    match = Matcher().match(
        Places(keys, torch.zeros(6, 2), torch.ones(6), xy), Places(keys[order], colors[order], torch.ones(6), xy)
    )
    assert torch.equal(match.share.argmax(1), order.argsort())
    assert torch.allclose(match.share.sum(1), torch.ones(6))
    assert (match.ab - colors).norm(dim=1).max() < 5


def test_other_weights_are_refused():
    with pytest.raises(WeightsError, match="not what the manifest promises"):
        read_matcher("matcher.safetensors", "0" * 64)


def test_who_marks_both_regions_gets_the_color_in_the_dials_middle(session, mountains, coffee):
    cup, sky = box(250, 90, 430, 260), box(200, 20, 900, 300)
    plain = take_colors(session, [Take(mountains)])
    marked = take_colors(session, [Take(mountains, sky, cup)])
    row, column = int(170 / marked.cell[1]), int(340 / marked.cell[0])
    assert marked.trust[row, column] > 0.9
    assert marked.trust[row, column] > plain.trust[row, column]


def test_regions_smaller_than_a_place_still_count(session, mountains):
    speck = box(340.2, 170.1, 341.4, 171.3)
    taken = take_colors(session, [Take(mountains, box(800, 100, 801, 101), speck)], weight=1.0)
    assert [hint.lasso for hint in taken.guidance.hints] == [speck]
    assert abs(taken.origins[0].x - 800) < 0.1 * mountains.photo.width
