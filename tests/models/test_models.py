"""The U-Net's parts, and how points spread."""

import pytest
import torch
from torch.nn import functional as F

from toolkit.color import AbBins, annealed_mean
from toolkit.guidance import Points
from toolkit.models.base import Dials
from toolkit.models.encoder import CHANNELS
from toolkit.models.propagation import agree, propagate, within_lassos
from toolkit.models.unet import SURE, UNSURE, UNet, doubt
from toolkit.models.vit_hint import VitHint


@pytest.mark.parametrize("size", [(16, 16), (64, 96), (48, 160)])
def test_the_unet_answers_at_its_strides(size):
    H, W = size
    model = UNet().eval()
    L, tokens = torch.rand(2, 1, H, W) * 100, torch.randn(2, CHANNELS, H // 16, W // 16)
    ab, logits = model(L, tokens)
    assert ab.shape == (2, 2, H // 2, W // 2)
    assert logits.shape == (2, len(model.bins), H // 4, W // 4)
    ab, logits = model(L, tokens, coarse=True)
    assert ab.shape[-2:] == logits.shape[-2:] == (H // 16, W // 16)


def test_the_dial_goes_from_the_mean_to_the_lively_colors():
    model = UNet()
    ab, logits = torch.randn(1, 2, 8, 8) * 20, torch.randn(1, len(model.bins), 4, 4) * 3
    assert torch.equal(model.paint(ab, logits, Dials(0.0)), ab)
    lively = model.paint(ab, logits, Dials(1.0))
    assert lively.norm() > F.interpolate(annealed_mean(logits, model.bins, 1.0), (8, 8)).norm()
    assert torch.allclose(model.paint(ab, logits, Dials(0.5)), (ab + lively) / 2, atol=1e-4)


def test_doubt_grows_with_the_standard_deviation_of_the_color():
    bins = AbBins.make()
    one, two = (int(torch.cdist(torch.tensor([ab]), bins.centers).argmin()) for ab in ([-20.0, 0.0], [20.0, 0.0]))
    logits = torch.full((1, len(bins), 1, 2), -1e4)
    logits[0, one, 0, :] = 0
    logits[0, two, 0, 1] = 0  # the first place is certain, the second torn between two colors 40 apart
    assert doubt(logits, bins).flatten().tolist() == pytest.approx([0, (20 - SURE) / (UNSURE - SURE)], abs=1e-2)


def halves():
    """A picture of two things, left and right, and keys that tell them apart."""
    keys = torch.zeros(1, 4, 4, 8)
    keys[:, 0, :, :4] = keys[:, 1, :, 4:] = 1
    return torch.full((1, 1, 64, 128), 50.0), keys, torch.zeros(1, 2, 32, 64)


def test_a_point_colors_its_own_thing_and_not_the_other():
    L, keys, ab = halves()
    out, influence = propagate(ab, L, keys, Points(torch.tensor([[20.0, 30.0]]), torch.tensor([[40.0, -30.0]])))
    assert influence.shape == (1, 32, 64)
    assert out[0, 0, :, :24].min() > 30
    assert out[0, :, :, 40:].abs().max() < 1


def test_of_two_points_each_rules_where_it_is_near():
    L, keys, ab = halves()
    points = Points(torch.tensor([[4.0, 30.0], [56.0, 30.0]]), torch.tensor([[40.0, 0.0], [-40.0, 0.0]]))
    out, influence = propagate(ab, L, keys, points)
    assert out[0, 0, 15, 2] > 10 > -10 > out[0, 0, 15, 27]
    assert float(influence.sum(0).max()) <= 1 + 1e-5


def test_look_alikes_agree_and_strangers_do_not():
    _, keys, _ = halves()
    x = torch.zeros(1, 3, 8, 16)
    x[:, 0, :4, :8] = 8.0  # the left thing is of two minds
    x[:, 1, :, 8:] = 5.0
    out = agree(x, keys)
    assert (out[0, 0, :3, :6] - out[0, 0, 5:, :6]).abs().max() < 1
    assert torch.allclose(out[0, 1, :, 10:], x[0, 1, :, 10:], atol=0.05)


def test_a_lasso_holds_a_point_and_gives_it_all_of_the_inside():
    L, keys, ab = halves()
    region = torch.zeros(2, 32, 64)
    region[0, 10:20, 4:24] = 1
    region[1] = 1
    points = Points(torch.tensor([[20.0, 30.0], [100.0, 30.0]]), torch.tensor([[40.0, 0.0], [0.0, 40.0]]), region)
    out, influence = within_lassos(ab, points, lambda some, alone: propagate(ab, L, keys, some, alone))
    assert out[0, 0, 11:19, 5:23].min() > 38
    assert out[0, :, :, :3].abs().max() < 1  # the same thing, outside the lasso
    assert out[0, 1, :, 40:].min() > 30  # the free point is as free as before
    assert influence.shape == (2, 32, 64)
    assert float(influence.sum(0).max()) <= 1 + 1e-5


def scene(seed=0, size=(64, 96)):
    """A VitHint with fresh weights, and what it sees in noise."""
    torch.manual_seed(seed)
    model = VitHint().eval()
    H, W = size
    with torch.inference_mode():
        features = model.look(torch.rand(1, 1, H, W) * 100, torch.randn(1, CHANNELS, H // 16, W // 16))
    return model, features


@torch.inference_mode()
def test_points_get_their_colors_however_many_there_are():
    model, features = scene()
    for n in (1, 2, 20, 300):
        xy = torch.rand(1, n, 2) * torch.tensor([95.0, 63.0])
        wanted = torch.randn(1, n, 2) * 30 if n < 100 else torch.full((1, n, 2), 25.0)
        out, influence = model.paint(features, features.ab, model.anchors(features, features.ab, xy, wanted))
        assert out.shape == features.ab.shape
        assert influence.shape == (1, n, 16, 24)
        assert float(influence.sum(1).max()) <= 1 + 1e-4
        at = out[0, :, (xy[0, :, 1] / 2).long(), (xy[0, :, 0] / 2).long()].T
        before = features.ab[0, :, (xy[0, :, 1] / 2).long(), (xy[0, :, 0] / 2).long()].T
        assert (at - wanted[0]).norm(dim=1).mean() < 0.6 * (before - wanted[0]).norm(dim=1).mean()


@torch.inference_mode()
def test_points_in_parts_paint_as_the_whole(monkeypatch):
    model, features = scene()
    anchors = model.anchors(features, features.ab, torch.rand(1, 9, 2) * 60, torch.randn(1, 9, 2) * 30)
    whole = model.paint(features, features.ab, anchors)
    monkeypatch.setattr("toolkit.models.vit_hint.CHUNK", 9 * 8 * 10)
    parts = model.paint(features, features.ab, anchors)
    assert torch.allclose(whole[0], parts[0], atol=1e-4)
    assert torch.allclose(whole[1], parts[1], atol=1e-6)


@torch.inference_mode()
def test_points_of_another_photo_act_by_likeness_alone():
    model, features = scene()
    xy, ab = torch.tensor([[[30.0, 30.0]]]), torch.tensor([[[40.0, -20.0]]])
    anchors = model.anchors(features, features.ab, xy, ab)
    here, there = (model.paint(features, features.ab, a)[1] for a in (anchors, anchors.given_to(torch.tensor([0]))))
    assert bool((there >= here - 1e-6).all())  # without a distance nothing is too far
    assert float(there.sum()) > float(here.sum())


@torch.inference_mode()
def test_enlarging_keeps_what_is_constant():
    model, features = scene()
    flat = torch.full((1, 3, 16, 24), 7.0)
    assert torch.allclose(model.enlarged(flat, features.enlarge), torch.full((1, 3, 32, 48), 7.0), atol=1e-4)
