import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tests import EXAMPLES
from tests.toys.localizer import Localizer
from toolkit.color import hex_to_lab, rgb_to_lab
from toolkit.color.dyes import at_lightness
from toolkit.controls import fields
from toolkit.guidance import MAX_CORNERS, Guidance, Hint
from toolkit.photo import open_photo
from toolkit.photo.sizes import shrink
from toolkit.pipeline import Session
from toolkit.text.compiler import Settings, compile_text
from toolkit.text.grammar.parser import PromptError
from toolkit.text.phrases import SENTENCES, say


@pytest.fixture(scope="module")
def session():
    return Session(shrink(open_photo(EXAMPLES / "portrait-astronaut.jpg"), 256), device="cpu", size=160)


def mean_ab(result, region):
    ab = rgb_to_lab(result.rgb[None].float() / 255)[0, 1:]
    inside = F.interpolate(region.float(), ab.shape[-2:], mode="nearest")[0, 0] > 0
    return ab[:, inside].mean(1)


def apart(one, other):
    """Degrees between two hues."""
    (a, b), (c, d) = (tuple(map(float, ab)) for ab in (one, other))
    turn = abs(np.degrees(np.arctan2(b, a) - np.arctan2(d, c))) % 360
    return min(turn, 360 - turn)


def covered(guidance, session, shape):
    """What the lassos of some hints hold, (h, w) bool."""
    return guidance.regions(session.photo.size, shape).amax(0) > 0.5


ROW = {"dog": [(0.05, 0.4, 0.25, 0.8), (0.4, 0.4, 0.6, 0.8), (0.7, 0.3, 0.98, 0.9)], "sky": [(0, 0, 1, 0.25)]}


def test_two_things_take_two_colors_and_swap_them(session):
    localizer = Localizer(ROW)
    seen = {}
    for prompt in ("the sky is green and the dog red", "the sky is red and the dog green"):
        compiled = compile_text(prompt, session, localizer=localizer)
        result = session.colorize(compiled.guidance)
        for row in compiled.rows:
            assert row.ok
            assert apart(mean_ab(result, row.region), hex_to_lab(row.color)[1:]) < 15
            seen[prompt, row.thing] = mean_ab(result, row.region)
    (first, second) = (
        {thing: ab for (prompt, thing), ab in seen.items() if prompt.startswith(start)}
        for start in ("the sky is g", "the sky is r")
    )
    assert apart(first["sky"], second["sky"]) > 60
    assert apart(first["sky"], second["dog"]) < 25


def test_color_stays_inside_and_light_stays_everywhere(session):
    plain, compiled = (
        session.colorize(),
        compile_text("the dog is red", session, localizer=Localizer({"dog": [(0.4, 0.4, 0.6, 0.8)]})),
    )
    painted = session.colorize(compiled.guidance)
    before, after = (rgb_to_lab(r.rgb[None].float() / 255)[0] for r in (plain, painted))
    near = F.max_pool2d(F.interpolate(compiled.rows[0].region.float(), after.shape[-2:]), 21, 1, 10)[0, 0] > 0
    assert float((after - before)[1:, ~near].norm(dim=0).mean()) < 0.3
    assert float((after - before)[0].abs().mean()) < 0.3
    assert float((after - before)[1:, near].norm(dim=0).mean()) > 10


def test_the_same_sentence_gives_the_same_hints(session):
    one, other = (
        compile_text("the sky is blue, the dogs are brown", session, localizer=Localizer(ROW)) for _ in range(2)
    )
    assert one.guidance == other.guidance
    assert [r.color for r in one.rows] == [r.color for r in other.rows]


def test_hints_can_be_corrected_by_hand(session):
    compiled = compile_text("the dogs are brown", session, localizer=Localizer(ROW))
    size = session.photo.size
    assert compiled.guidance.checked(size) == compiled.guidance
    assert len({h.lasso for h in compiled.guidance.hints}) == 3
    assert all(3 <= len(h.lasso) <= MAX_CORNERS for h in compiled.guidance.hints)
    assert Guidance.from_json(compiled.guidance.to_json()).hints == compiled.guidance.hints


def test_what_lies_on_a_thing_goes_first_and_regions_never_overlap(session):
    things = {"person": [(0.1, 0.1, 0.9, 1)], "tie": [(0.4, 0.4, 0.55, 0.9)]}
    compiled = compile_text("the tie is red, the person blue", session, localizer=Localizer(things))
    tie, person = (row.region for row in compiled.rows)
    assert not (tie & person).any()
    assert tie.float().mean() == pytest.approx(0.15 * 0.5, abs=0.02)
    assert person.float().mean() == pytest.approx(0.8 * 0.9 - 0.15 * 0.5, abs=0.04)
    hints = [h for h in compiled.guidance.hints if covered(Guidance((h,)), session, (80, 80))[70, 12]]
    assert hints  # the person's lasso goes around the tie: a keyhole
    assert not covered(Guidance((hints[0],)), session, (80, 80))[52, 38]


def test_everything_else_is_what_the_others_leave(session):
    compiled = compile_text("the sky is blue, everything else is gray", session, localizer=Localizer(ROW))
    sky, rest = (row.region for row in compiled.rows)
    assert not (sky & rest).any()
    assert (sky | rest).float().mean() > 0.98


@pytest.mark.parametrize(
    "prompt, places",
    [
        ("the left dog is red", [0.15]),
        ("the dog on the right is red", [0.84]),
        ("the second dog from the left is red", [0.5]),
        ("the last dog from the left is red", [0.84]),
        ("the second dog from the right is red", [0.5]),
        ("the big dog is red", [0.84]),
        ("왼쪽 개는 빨간색", [0.15]),
        ("the dogs are red", [0.15, 0.5, 0.84]),
    ],
)
def test_places_choose(session, prompt, places):
    row, *_ = compile_text(prompt, session, localizer=Localizer(ROW)).rows
    assert row.ok, row.note
    parts = fields.split(np.where(row.region[0, 0].numpy(), 1.0, -1.0).astype(np.float32))
    assert sorted(np.nonzero(part)[1].mean() / part.shape[1] for part in parts) == pytest.approx(places, abs=0.03)


def test_things_that_touch_are_counted_one_by_one(session):
    touching = {
        "person": [
            (0.05, 0.3, 0.25, 1),
            (0.25, 0.6, 0.4, 1),
            (0.4, 0.3, 0.6, 1),
            (0.6, 0.6, 0.75, 1),
            (0.75, 0.3, 0.95, 1),
        ]
    }
    row, *_ = compile_text("the second person from the left is red", session, localizer=Localizer(touching)).rows
    columns = np.nonzero(row.region[0, 0].numpy())[1] / row.region.shape[-1]
    assert columns.mean() == pytest.approx(0.5, abs=0.06)


def test_more_than_there_are_is_said(session):
    compiled = compile_text("the fifth dog from the left is red", session, localizer=Localizer(ROW))
    assert not compiled.rows[0].ok
    assert "3" in compiled.rows[0].note
    assert not compiled.guidance.hints


def test_a_part_is_looked_for_on_its_whole(session):
    things = {"woman": [(0.1, 0.1, 0.4, 0.9)], "hair": [(0.15, 0.1, 0.35, 0.25), (0.7, 0.1, 0.9, 0.25)]}
    row, *_ = compile_text("the woman's hair is red", session, localizer=Localizer(things)).rows
    assert np.nonzero(row.region[0, 0].numpy())[1].max() / row.region.shape[-1] < 0.5


@pytest.mark.parametrize(
    "prompt, said",
    [
        ("the bicycle is red", "no bicycle found"),
        ("자전거는 빨간색", "자전거를 찾지 못했습니다"),
        ("it is red", "name the thing"),
    ],
)
def test_what_is_not_there_is_not_colored_elsewhere(session, prompt, said):
    compiled = compile_text(prompt, session, localizer=Localizer(ROW, absent=("bicycle",)))
    assert not compiled.guidance.hints
    assert not compiled.rows[0].ok
    assert said in compiled.rows[0].note


def test_every_word_that_was_not_understood_gets_a_row(session):
    compiled = compile_text("the dog is red blorf", session, localizer=Localizer(ROW))
    assert compiled.rows[0].ok
    assert [(row.phrase, row.ok) for row in compiled.rows[1:]] == [("blorf", False)]
    assert "blorf" in compiled.rows[1].note


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "🎨🎨",
        "<b>the</b> <img src=x onerror=alert(1)>",
        "{0.__class__} %s ${x}",
        "\u202e\x00",
        "der Hund ist rot",
        "空は青い",
    ],
)
def test_any_text_is_answered(session, prompt):
    compiled = compile_text(prompt, session, localizer=Localizer(ROW))
    assert all(isinstance(row.note, str) for row in compiled.rows)


def test_a_long_prompt_is_refused(session):
    with pytest.raises(PromptError):
        compile_text("red " * 2500, session, localizer=Localizer(ROW))


def test_a_click_that_says_otherwise_wins_around_it(session):
    localizer = Localizer({"dog": [(0.1, 0.3, 0.9, 0.9)]})
    plain = compile_text("the dog is red", session, localizer=localizer)
    click = Hint(60, 150, "#2060c0")
    compiled = compile_text("the dog is red", session, localizer=localizer, clicks=Guidance((click,)))
    assert plain.rows[0].note == ""
    assert compiled.rows[0].note == say("click wins", "en")
    assert compiled.guidance.hints[-1] == click
    assert all(np.hypot(h.x - 60, h.y - 150) > 40 for h in compiled.guidance.hints[:-1])
    blue = session.colorize(compiled.guidance).rgb[:, 145:155, 52:68].float().mean((1, 2))
    red = session.colorize(compiled.guidance).rgb[:, 145:155, 190:210].float().mean((1, 2))
    assert blue[2] > blue[0]
    assert red[0] > red[2]


def test_a_click_that_agrees_changes_nothing(session):
    localizer = Localizer({"dog": [(0.1, 0.3, 0.9, 0.9)]})
    plain = compile_text("the dog is red", session, localizer=localizer)
    same = Guidance((plain.guidance.hints[0],))
    compiled = compile_text("the dog is red", session, localizer=localizer, clicks=same)
    assert compiled.rows[0].note == ""
    assert compiled.guidance == plain.guidance + same


@pytest.mark.parametrize(
    "prompt, settings",
    [
        ("warmer", Settings(tint=(4.0, 10.0))),
        ("cooler", Settings(tint=(-3.0, -10.0))),
        ("black and white", Settings(saturation=0.0, tint=(0.0, 0.0))),
        ("the sky is blue", Settings()),
    ],
)
def test_wishes_for_the_whole_picture_become_settings(session, prompt, settings):
    compiled = compile_text(prompt, session, localizer=Localizer(ROW))
    assert compiled.settings == settings
    assert compiled.rows[0].ok


def test_more_vivid_starts_from_the_dial_and_sepia_is_one_color(session):
    assert compile_text("more vivid", session, vividness=0.3).settings.vividness == pytest.approx(0.65)
    sepia = compile_text("sepia", session).settings
    assert sepia.saturation == 0
    assert sepia.tint[1] > 10


def test_darker_deepens_the_color_and_says_that_light_stays(session):
    localizer = Localizer(ROW)
    plain = compile_text("the sky is olive", session, localizer=localizer).rows[0]
    first, darker = compile_text("the sky is olive. the sky is darker", session, localizer=localizer).rows
    assert first.ok
    assert darker.note == say("deeper", "en")
    chroma = [np.hypot(*hex_to_lab(row.color)[1:]) for row in (plain, darker)]
    assert chroma[1] > chroma[0] * 1.15
    assert hex_to_lab(darker.color)[0] == pytest.approx(hex_to_lab(plain.color)[0], abs=1)


def test_a_color_to_avoid_is_avoided(session):
    row, *_ = compile_text("the sky is not green", session, localizer=Localizer(ROW)).rows
    assert row.ok
    assert np.hypot(*hex_to_lab(row.color)[1:]) < 10 or apart(hex_to_lab(row.color)[1:], hex_to_lab("green")[1:]) > 45
    assert row.note.startswith("instead: ")


def test_recoloring_leaves_every_other_byte():
    photo = shrink(open_photo(EXAMPLES / "portrait-astronaut.jpg"), 256)
    session = Session(photo, device="cpu", size=160)
    compiled = compile_text(
        "the dog is green", session, localizer=Localizer({"dog": [(0.3, 0.5, 0.6, 0.9)]}), recolor=True
    )
    result = session.recolor(compiled.guidance)
    far = F.max_pool2d(F.interpolate(compiled.rows[0].region.float(), result.rgb.shape[-2:]), 21, 1, 10)[0, 0] == 0
    assert torch.equal(result.rgb[:, far], photo.rgb[:, far])
    assert not torch.equal(result.rgb, photo.rgb)


def test_more_vivid_on_a_color_photo_starts_from_its_own_colors(session):
    localizer = Localizer({"dog": [(0.1, 0.5, 0.6, 0.9)]})  # the suit, which is orange
    row, *_ = compile_text("the dog is more vivid", session, localizer=localizer, recolor=True).rows
    assert apart(hex_to_lab(row.color)[1:], hex_to_lab("orange red")[1:]) < 20


def test_colors_for_another_lightness():
    navy, red = at_lightness("#000080", 70), at_lightness("#ff0000", 50)
    assert 10 < np.hypot(*navy) < 45  # neither gray nor electric
    assert np.degrees(np.arctan2(navy[1], navy[0])) % 360 < 295  # blue: at Lab's own hue of 306 a light navy is violet
    assert np.hypot(*red) > 60
    assert np.hypot(*at_lightness("white", 40)) < 1
    assert np.hypot(*at_lightness("gray", 90)) < 1
    assert np.hypot(*at_lightness("#ff0000", 53.2, exact=True)) == pytest.approx(104.5, abs=1.5)


def test_folds_keep_the_color_of_one_surface(session):
    compiled = compile_text("the dog is teal", session, localizer=Localizer({"dog": [(0.1, 0.5, 0.6, 1)]}))
    lab = np.array([hex_to_lab(h.color) for h in compiled.guidance.hints])
    lab = lab[(lab[:, 0] > 25) & (lab[:, 0] < 75)]
    reflectance = np.hypot(lab[:, 1], lab[:, 2]) / (lab[:, 0] + 16)
    assert len(lab) >= 3
    assert np.ptp(reflectance) < 0.12 * reflectance.mean()


def test_phrases_are_there_in_both_languages_and_take_the_right_particle():
    assert all(english and korean for english, korean in SENTENCES.values())
    assert say("not in photo", "ko", thing="개") == "사진에서 개를 찾지 못했습니다"
    assert say("not in photo", "ko", thing="말") == "사진에서 말을 찾지 못했습니다"
    assert "말로" in say("taken as", "ko", said="망아지", thing="말")
    assert "컵으로" in say("taken as", "ko", said="머그", thing="컵")
    assert say("not understood", "en", words="{0} <b>") == 'not understood: "{0} <b>"'
