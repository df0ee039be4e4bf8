"""The ViT is timm's, to the bit."""

import pytest
import torch

from toolkit.models.encoder import BLOCKS, load_encoder
from toolkit.models.vit import ViT


@pytest.mark.slow
@pytest.mark.parametrize("size", [(224, 224), (140, 322), (518, 518)])
def test_the_shipped_weights_give_what_timm_gives(size: tuple[int, int]) -> None:
    import timm

    ours = load_encoder().vit
    theirs = timm.create_model(
        "vit_small_patch14_dinov2", pretrained=False, num_classes=0, dynamic_img_size=True
    ).eval()
    theirs.load_state_dict(ours.state_dict())  # the same names and shapes
    x = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = theirs.forward_intermediates(x, indices=list(BLOCKS), norm=True, intermediates_only=True)
        for found, wanted in zip(ours(x, BLOCKS), expected, strict=True):
            assert torch.equal(found[:, 1:].transpose(1, 2).reshape(wanted.shape), wanted)
        assert torch.equal(ours(x, (11,))[0], theirs.forward_features(x))


def test_blocks_come_in_the_order_they_are_asked_for() -> None:
    vit = ViT(width=12, depth=3, heads=2, grid=4)
    x = torch.randn(1, 3, 28, 42, generator=torch.Generator().manual_seed(0))
    first, last = vit(x, (0, 2))
    assert first.shape == last.shape == (1, 7, 12)
    assert torch.equal(vit(x, (2, 0))[1], first)
    assert not torch.equal(first, last)
