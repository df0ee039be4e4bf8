"""The frozen eye: DINOv2 ViT-S/14 (Oquab et al. 2023), run on lightness only.

A photo is encoded once; everything a model says about it afterwards (automatic colors, hints, words) reads the same
tokens.

    encoder = load_encoder()
    tokens = encoder(L)              # (B, 1, 16·gh, 16·gw) -> (B, 1152, gh, gw)

The photo comes at 16 pixels a token and is shrunk by 14/16 for the ViT, so that its grid of tokens is exactly the
stride-16 level of a U-Net: nothing has to be resampled between the two.
"""

from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.models.cards import manifest
from toolkit.models.vit import ViT
from toolkit.models.weights import load_strict, read_weights

STRIDE = 16  # photo pixels per token
PATCH = 14  # ViT pixels per token
BLOCKS = (5, 8, 11)  # the 6th block still knows edges and textures, the 12th knows things
CHANNELS = 384 * len(BLOCKS)
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Encoder(nn.Module):
    """L (B, 1, 16·gh, 16·gw) in [0, 100] -> tokens (B, 1152, gh, gw) of three blocks, each through the ViT's final
    norm, then standardized.

    Standardized, because a few channels of DINOv2 are twenty times as large as the others and would drown them, in a
    dot product as in training.
    """

    mean: Tensor
    std: Tensor
    token_mean: Tensor
    token_std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.vit = ViT()
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("token_mean", torch.zeros(1, CHANNELS, 1, 1))
        self.register_buffer("token_std", torch.ones(1, CHANNELS, 1, 1))

    def forward(self, L: Tensor) -> Tensor:
        """See the class."""
        return self.see(L / 100)[0]

    def see(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Any picture, gray (B, 1, H, W) or color (B, 3, H, W) in [0, 1] -> tokens as above, and the last block's class
        token (B, 384).
        """
        B, _, H, W = picture.shape
        size = (H // STRIDE * PATCH, W // STRIDE * PATCH)
        small = F.interpolate(picture, size, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)
        x = (small.expand(B, 3, *size) - self.mean) / self.std
        blocks = self.vit(x, BLOCKS)  # 3 x (B, 1 + gh·gw, 384)
        patches = [
            tokens[:, 1:].transpose(1, 2).contiguous().unflatten(2, (H // STRIDE, W // STRIDE)) for tokens in blocks
        ]
        tokens = torch.cat(patches, 1)  # 3 x (B, 384, gh, gw) -> (B, 1152, gh, gw)
        return (tokens - self.token_mean) / self.token_std, blocks[-1][:, 0]


@lru_cache(maxsize=2)
def load_encoder(device: str = "cpu") -> Encoder:
    """The frozen ViT with its weights; loaded once, shared by all models on a device."""
    vit, scale = (manifest()["encoders"][name] for name in ("dinov2_vits14", "dinov2_vits14_scale"))
    encoder = Encoder()
    state = {f"vit.{k}": v for k, v in read_weights(vit["file"], vit["sha256"]).items()} | read_weights(
        scale["file"], scale["sha256"]
    )
    load_strict(encoder, state, vit["file"])
    return encoder.eval().to(torch.device(device))
