"""People invented for training: how many points, where, in which color; and the recipe that learns from them."""

import pytest
import torch

from tests.toys.network import Eye
from toolkit.color import AbBins
from toolkit.models.encoder import CHANNELS
from toolkit.training.data import Batch
from toolkit.training.recipes.unet import UNetRecipe
from toolkit.training.recipes.vit_hint import VitHintRecipe
from toolkit.training.users import MOST, invent, recolored


def batch(seed=0, B=4, gh=6, gw=8):
    """Photos of two halves, each of one color and one kind of token."""
    generator = torch.Generator().manual_seed(seed)
    colors = torch.randn(B, 2, 2, generator=generator) * 20
    ab = torch.zeros(B, 2, 8 * gh, 8 * gw)
    ab[..., : 4 * gw], ab[..., 4 * gw :] = colors[:, 0, :, None, None], colors[:, 1, :, None, None]
    tokens = torch.zeros(B, CHANNELS, gh, gw)
    tokens[:, 0, :, : gw // 2] = tokens[:, 1, :, gw // 2 :] = 1
    return Batch(torch.rand(B, 1, 16 * gh, 16 * gw, generator=generator) * 100, ab, tokens)


def many(few, n=60):
    b, generator = batch(), torch.Generator().manual_seed(1)
    return [invent(b.ab, b.tokens, generator, few) for _ in range(n)]


def test_marks_lie_on_the_photo_and_follow_their_seed():
    b = batch()
    first, again = (invent(b.ab, b.tokens, torch.Generator().manual_seed(7), few=False) for _ in range(2))
    assert torch.equal(first.xy, again.xy)
    assert torch.equal(first.ab, again.ab)
    for marks in many(few=False):
        N = marks.xy.shape[1]
        assert N <= MOST
        assert marks.ab.shape == marks.xy.shape == (4, N, 2)
        assert marks.there.shape == (4, N)
        assert marks.wanted.shape == b.ab.shape
        if N:
            assert marks.xy.min() >= -0.5
            assert marks.xy[..., 0].max() < 128
            assert marks.xy[..., 1].max() < 96


def test_counts_go_from_none_to_many():
    few, any_number = ([int(m.there.sum(1).max()) for m in many(few)] for few in (True, False))
    assert min(few) == min(any_number) == 0
    assert sorted(few)[len(few) // 2] < 8
    assert max(any_number) > 40


def test_colors_are_those_that_are_wanted_there():
    b, generator = batch(), torch.Generator().manual_seed(3)
    near = []
    for _ in range(30):
        marks = invent(b.ab, b.tokens, generator, few=False)
        x, y = ((marks.xy + 0.5) / 2).long().unbind(-1)
        there = marks.wanted[torch.arange(4)[:, None], :, y.clamp(0, 47), x.clamp(0, 63)]
        near.append(((there - marks.ab).norm(dim=-1) < 1)[marks.there])
    share = torch.cat(near).float().mean()
    assert 0.6 < share < 1, "some miss by a few pixels or lie across an edge, most do not"


def test_a_thing_that_gets_another_color_ends_where_it_ends():
    b, generator = batch(B=8), torch.Generator().manual_seed(0)
    # (20, 8, h, w)
    changed = torch.stack([(recolored(b.ab, b.tokens, generator) - b.ab).norm(dim=1) > 1 for _ in range(20)])
    left, right = changed[..., :28].flatten(2).any(2), changed[..., 36:].flatten(2).any(2)
    assert 0 < (left | right).float().mean() < 0.5, "most photos keep their colors"
    apart = (b.ab[:, :, 0, 0] - b.ab[:, :, 0, -1]).norm(dim=1) > 32
    assert not (left & right)[:, apart].any(), "a thing of one color does not take along one of another"


@pytest.mark.slow
def test_the_recipe_teaches_every_part_of_the_model():
    torch.manual_seed(0)
    prior = torch.ones(len(AbBins.make()))
    unet = UNetRecipe(prior, [torch.randint(0, 256, (3, 256, 256), dtype=torch.uint8)], Eye())
    recipe = VitHintRecipe(unet, UNetRecipe(prior, [], Eye()).module.state_dict())
    b = batch()
    b = Batch(b.L, b.ab, torch.randn_like(b.tokens))
    optimizer = torch.optim.Adam(recipe.module.parameters(), 1e-3)
    for _ in range(6):
        losses = recipe.loss(recipe.module, b, 0.5)
        assert all(bool(value.isfinite()) for value in losses.values())
        losses["loss"].backward()
        optimizer.step()  # gradients add up: some layers begin by changing nothing and let none through at first
    unused = {
        name for name, p in recipe.module.named_parameters() if p.grad is None or not bool(p.grad.abs().sum() > 0)
    }
    assert not unused
    recipe.module.eval()
    with torch.inference_mode():
        numbers, sheet = recipe.validate(recipe.module)
    assert {"val_gain_0", "val_gain_1", "val_gain_10", "val_gain_100"} <= numbers.keys()
    assert sheet.ndim == 3


def test_hints_do_not_teach_the_automatic_colors_to_lie():
    prior = torch.ones(len(AbBins.make()))
    recipe = VitHintRecipe(UNetRecipe(prior, [], Eye()))
    b = batch()
    marks_only = recipe.loss(recipe.module, b, 0.0)["loss_hints"]
    marks_only.backward()
    head = recipe.module.unet.to_ab.weight.grad
    assert head is None or not bool(head.abs().sum() > 0)
