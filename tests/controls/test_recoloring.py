"""A drawn region in another color."""

import numpy as np
import pytest
import torch

from tests.toys.network import Network
from tests.toys.photos import waves
from toolkit.color import hex_to_lab
from toolkit.controls.recoloring import dye_region
from toolkit.guidance import GuidanceError
from toolkit.photo import Photo
from toolkit.pipeline import Session, seen

REGION = ((30.0, 20.0), (150.0, 20.0), (150.0, 180.0), (30.0, 180.0))


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(seen, "load_model", lambda *_: Network())
    gray = np.asarray(waves()).astype(int)
    return Session(
        Photo.from_array(np.stack([gray, gray * 3 // 4, gray // 2], -1).astype(np.uint8)), "unet", device="cpu"
    )


def hue(color: str) -> float:
    _, a, b = hex_to_lab(color)
    return float(np.degrees(np.arctan2(b, a)))


def test_hints_lie_within_the_region_and_have_it_as_their_lasso(session: Session) -> None:
    hints = dye_region(session, REGION, "#3a6ea5").hints
    assert len(hints) > 3
    assert all(30 <= hint.x <= 150 and 20 <= hint.y <= 180 and hint.lasso == REGION for hint in hints)


def test_folds_and_lights_keep_the_hue_and_their_share_of_the_color(session: Session) -> None:
    hints = dye_region(session, REGION, "#3a6ea5").hints
    assert all(abs(hue(hint.color) - hue("#3a6ea5")) < 25 for hint in hints)
    L, chroma = zip(*((L, np.hypot(a, b)) for L, a, b in (hex_to_lab(hint.color) for hint in hints)), strict=True)
    assert np.ptp(L) > 20
    assert np.corrcoef(L, chroma)[0, 1] > 0.8


def test_no_pixel_outside_the_region_changes(session: Session) -> None:
    own, new = session.photo.rgb, session.recolor(dye_region(session, REGION, "teal")).rgb
    outside = torch.ones(200, 300, dtype=torch.bool)
    outside[18:183, 28:153] = False
    assert torch.equal(own[:, outside], new[:, outside])
    red, _, blue = (new.float() - own.float())[:, 40:160, 50:130].mean((1, 2)).tolist()
    assert blue > red + 20


@pytest.mark.parametrize(("region", "says"), [((), "draw around"), (((1, 1), (2, 2)), "three")])
def test_a_line_around_nothing_is_one_sentence(session: Session, region: tuple, says: str) -> None:
    with pytest.raises(GuidanceError, match=says):
        dye_region(session, region, "teal")
    tiny = ((10.0, 10.0), (10.5, 10.0), (10.5, 10.5))
    assert len(dye_region(session, tiny, "teal")) > 0, "one smaller than a cell still counts"


def test_a_color_that_is_none_is_one_sentence(session: Session) -> None:
    with pytest.raises(ValueError, match="color"):
        dye_region(session, REGION, "blorf")
