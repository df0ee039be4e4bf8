import json

import pytest
import torch

from tests.toys.contestants import photo
from tests.toys.photos import lab
from toolkit.guidance import Guidance, Hint
from toolkit.measure import contestants
from toolkit.measure.contestants import contestant, known
from toolkit.models.cards import default_model, list_models
from toolkit.models.weights import WeightsError
from toolkit.pipeline import Session

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit")  # deprecated, and what people have


class Answer(torch.nn.Module):
    """Somebody's model: red, with hints green; or one that takes none."""

    def forward(self, L):
        return torch.cat([0 * L + 0.4, 0 * L], 1)


@pytest.fixture
def theirs(tmp_path):
    torch.jit.script(Answer()).save(str(tmp_path / "red.pt"))
    about = {"file": "red.pt", "format": "torchscript", "input": "L", "output": "ab", "size": 16, "output_scale": 100.0}
    (tmp_path / "red.json").write_text(json.dumps(about))
    return tmp_path / "red.json"


@pytest.fixture
def seen(monkeypatch):
    """Sessions that look at nothing and tell how they were asked."""
    asked = []

    class Quick(Session):
        def encode(self):
            asked.append(self.card.name)

        def colorize(self, guidance, dials, *, seed):
            asked.append((len(guidance), dials.vividness, seed))
            self.rgb = self.photo.rgb
            return self

    monkeypatch.setattr(contestants, "Session", Quick)
    return asked


def test_gray_is_the_photos_own_lightness():
    truth = photo(0)
    rgb = contestant("gray").look(truth, "cpu")(Guidance((Hint(5, 5, "red"),)))
    assert lab(rgb)[:, 1:].abs().max() < 1
    assert (lab(rgb)[:, :1] - truth.lightness()).abs().mean() < 0.2


def test_mean_color_paints_one_color_that_is_the_truths_mean():
    truth = photo(0)
    ab = lab(contestant("mean-color").look(truth, "cpu")(Guidance()))[:, 1:]
    wanted = lab(truth.rgb)[:, 1:].mean((2, 3))
    assert ab.mean((2, 3)) == pytest.approx(wanted, abs=1)
    assert ab.std((2, 3)).max() < 1.5  # rounding to 8 bits


@pytest.mark.parametrize("name", contestants.CLASSICAL)
def test_classical_methods_spread_hints_and_are_gray_without(name):
    one, truth = contestant(name), photo(1)
    assert one.needs_hints
    paint = one.look(truth, "cpu")
    assert lab(paint(Guidance()))[:, 1:].abs().max() < 1
    wanted = lab(truth.rgb)[0, 1:, 24, 24]
    hint = Hint(24, 24, "#" + bytes(truth.rgb[:, 24, 24].tolist()).hex(), 3)
    around = lab(paint(Guidance((hint,))))[0, 1:, 20:28, 20:28].mean((1, 2))
    assert around == pytest.approx(wanted, abs=6)


def test_a_model_is_asked_with_the_vividness_of_its_name_and_looks_once(seen):
    truth, model = photo(0), default_model()
    paint = contestant(f"{model}@0.65", vividness=0.2, seed=3).look(truth, "cpu")
    paint(Guidance())
    paint(Guidance((Hint(1, 1, "red"),)))
    assert seen == [model, (0, 0.65, 3), (1, 0.65, 3)]
    seen.clear()
    contestant(model, vividness=0.2).look(truth, "cpu")(Guidance())
    assert seen == [model, (0, 0.2, 0)]
    assert contestant(f"{model}@0.65").name == f"{model}@0.65"


def test_all_models_that_ship_are_contestants_and_tell_their_weights():
    for card in list_models(zoo=True):
        one = contestant(card.name)
        assert one.name == card.name
        assert not one.needs_hints
        assert card.sha256.startswith(one.version())
        assert one.version()


@pytest.mark.parametrize(
    "name, told",
    [
        ("unett", "'unett'.*gray, mean-color, levin2004"),
        ("gray@0.5", "gray@0.5"),
        ("unet@2", "vividness of unet@2 is 2"),
        ("none.json", "no description none.json"),
        ("", "''"),
    ],
)
def test_unknown_names_are_refused_with_the_known_ones(name, told):
    with pytest.raises(ValueError, match=told):
        contestant(name)


def test_every_known_name_is_one():
    names = known()
    assert len(set(names)) == len(names)
    assert [contestant(name).name for name in names] == names


def test_own_weights_are_named_without_the_way_to_them(tmp_path):
    from safetensors.torch import save_file

    (tmp_path / "mine").mkdir()
    file = tmp_path / "mine" / "checkpoint.safetensors"
    with pytest.raises(WeightsError):
        contestant(str(file))
    save_file({"x": torch.zeros(1)}, file, {"architecture": "unet"})
    one = contestant(f"{file}@0.3")
    assert one.name == "mine/checkpoint@0.3"
    before = one.version()
    save_file({"x": torch.ones(1)}, file, {"architecture": "unet"})
    assert contestant(f"{file}@0.3").version() != before


def test_somebody_elses_model_is_painted_as_ours_are(theirs):
    one, truth = contestant(str(theirs)), photo(0)
    assert one.name == f"{theirs.parent.name}/red"
    one.load("cpu")
    assert one.version()
    rgb = one.look(truth, "cpu")(Guidance((Hint(5, 5, "lime"),)))
    assert (lab(rgb)[:, :1] - truth.lightness()).abs().mean() < 0.3
    assert lab(rgb)[0, 1].mean() == pytest.approx(40, abs=3)  # less where the gamut is narrow; the hint is not taken
    assert lab(rgb)[0, 2].abs().mean() < 4


def test_a_model_whose_file_is_not_here_is_known_and_fails_when_it_is_loaded(theirs):
    (theirs.parent / "red.pt").unlink()
    one = contestant(str(theirs))
    assert one.version() == ""
    with pytest.raises(ValueError, match=r"red\.pt"):
        one.load("cpu")


def test_a_real_model_paints():
    truth = photo(0, side=64)
    paint = contestant(f"{default_model()}@0").look(truth, "cpu")
    free, led = paint(Guidance()), paint(Guidance((Hint(30, 30, "#c03020", 5),)))
    assert free.shape == truth.rgb.shape
    assert not torch.equal(free, led)
