"""FID's network: its structure against pytorch-fid's, by made-up weights, since the published ones are not here."""

import math
import urllib.error

import pytest
import skimage.data
import torch
from safetensors.torch import load_file, save_file
from torchvision.models import inception as tv

from toolkit.measure import inception
from toolkit.measure.inception import CHANNELS, FILE, Inception
from toolkit.measure.metrics import FewPhotos
from toolkit.measure.set_metrics import frechet
from toolkit.models.weights import WeightsError


def waves(key, shape):
    """Weights by formula, the same on every machine."""
    n = math.prod(shape)
    t = torch.arange(n, dtype=torch.float64)
    if key.endswith("running_var"):
        values = 1 + 0.5 * torch.sin(t)
    elif key.endswith(("running_mean", ".bias")):
        values = 0.1 * torch.sin(t * 1.7)
    elif "bn.weight" in key:
        values = 1 + 0.2 * torch.sin(t * 2.3)
    else:
        values = torch.sin(t * 12.9898 + (t * t) % 97) * (2 * 1.5 / (n / shape[0])) ** 0.5
    return values.float().view(shape)


@pytest.fixture(scope="module")
def state():
    network = tv.Inception3(num_classes=1008, aux_logits=False, init_weights=False)
    return {key: waves(key, value.shape) for key, value in network.state_dict().items() if value.is_floating_point()}


@pytest.fixture(scope="module")
def weights(state, tmp_path_factory):
    path = tmp_path_factory.mktemp("inception") / "made_up.safetensors"
    save_file(state, path)
    return path


def photo():
    return torch.from_numpy(skimage.data.astronaut()[:192, 160:352].copy()).permute(2, 0, 1)[None].float() / 255


# Made by pytorch-fid 0.3.0, InceptionV3([3]), with these weights on this photo. torchvision's own Inception3 is up to 0.075 off.
FIRST = [0.022910714149475098, 0.00766008859500289, 4.530150908976793e-05, 0.030238529667258263, 0.009018461219966412, 0.04837256297469139]
MEAN, SPREAD = 0.01697702892124653, 0.02328425832092762


def test_features_are_pytorch_fids_and_a_set_is_not_away_from_itself(weights):
    rgb = photo()
    found = Inception(weights)(torch.cat([rgb, rgb.flip(1)]))
    assert found.shape == (2, CHANNELS)
    assert found[0, :6].tolist() == pytest.approx(FIRST, abs=1e-5)
    assert (found[0].mean().item(), found[0].std().item()) == pytest.approx((MEAN, SPREAD), abs=1e-6)
    with pytest.warns(FewPhotos, match=r"2 photos are too few for a Fréchet distance \(20,480 would do\)"):
        assert frechet(found, found) < 1e-6 * float(found.var(0).sum())


def test_weights_that_are_not_there_or_of_something_else_are_told(tmp_path, monkeypatch, state):
    monkeypatch.setenv("HUEPOINT_MODELS", str(tmp_path))
    monkeypatch.delenv("HUEPOINT_DOWNLOADS", raising=False)
    monkeypatch.setattr(torch.hub, "download_url_to_file", lambda *args, **kwargs: pytest.fail("nothing is fetched unasked"))
    with pytest.raises(WeightsError, match="allow the download"):
        Inception()
    with pytest.raises(WeightsError, match=r"elsewhere\.safetensors is not there"):
        Inception(tmp_path / "elsewhere.safetensors", download=True)
    save_file({key: value for key, value in state.items() if "Mixed_7c" not in key}, tmp_path / FILE)
    with pytest.raises(WeightsError, match="do not fit"):
        Inception()


def test_the_published_pickle_becomes_a_safetensors_file(tmp_path, monkeypatch):
    monkeypatch.setenv("HUEPOINT_MODELS", str(tmp_path / "models"))
    published = {"Conv2d_1a_3x3.conv.weight": torch.ones(2, 3)}

    def download(url, target, hash_prefix, progress):
        assert url == inception.URL
        assert hash_prefix == "6726825d"
        torch.save(published, target)

    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    with pytest.raises(WeightsError, match="do not fit"):
        Inception(download=True)
    assert load_file(tmp_path / "models" / FILE).keys() == published.keys()
    assert [p.name for p in (tmp_path / "models").iterdir()] == [FILE], "the pickle does not stay"


class Harmful:
    def __reduce__(self):
        return (print, ("run",))


@pytest.mark.parametrize("what", ["offline", "wrong hash", "code", "no tensors"])
def test_whatever_goes_wrong_while_fetching_is_one_sentence_and_leaves_nothing(tmp_path, monkeypatch, capsys, what):
    def download(url, target, hash_prefix, progress):
        if what == "offline":
            raise urllib.error.URLError("Name or service not known")
        if what == "wrong hash":
            raise RuntimeError('invalid hash value (expected "6726825d", got "00")')
        torch.save(Harmful() if what == "code" else [1, 2], target)

    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    with pytest.raises(WeightsError, match="go online once, or give the file") as told:
        inception.fetch(tmp_path / FILE)
    assert "\n" not in str(told.value)
    assert "run" not in capsys.readouterr().out
    assert not list(tmp_path.iterdir())
