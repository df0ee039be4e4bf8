"""A vision transformer (Dosovitskiy et al. 2021, arXiv 2010.11929) as DINOv2 has it (Oquab et al. 2023, arXiv
2304.07193).

    vit = ViT()
    early, late = vit(x, (5, 11))    # (B, 3, 14·gh, 14·gw) -> two of (B, 1 + gh·gw, 384), the class token first

The names of its weights are those of timm's `vit_small_patch14_dinov2`, whose outputs it gives to the bit. It is
written out here because it is what everything else looks through, and can be read in a minute; and because importing
timm brings in torchvision and a compiler: 170 MB and a second.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# Letters: B photos, N tokens (the class token, then gh·gw patches row by row), C numbers of a token, h heads, d = C /
# h.


class Attention(nn.Module):
    """Every token looks at every other."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, C) -> (B, N, C)."""
        B, N, C = x.shape
        # 3 x (B, h, N, d)
        q, k, v = self.qkv(x).view(B, N, 3, self.heads, C // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        x = F.scaled_dot_product_attention(q, k, v)
        return self.proj(x.transpose(1, 2).reshape(B, N, C))


class Mlp(nn.Module):
    """Every token for itself."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, C) -> (B, N, C)."""
        return self.fc2(F.gelu(self.fc1(x)))


class LayerScale(nn.Module):
    """How much of a branch is added, per channel (Touvron et al. 2021, arXiv 2103.17239)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.full((width,), 1e-5))

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, C) -> (B, N, C)."""
        return x * self.gamma


class Block(nn.Module):
    """Attention, then the MLP, each added to what came in."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.attn, self.ls1 = nn.LayerNorm(width, eps=1e-6), Attention(width, heads), LayerScale(width)
        self.norm2, self.mlp, self.ls2 = nn.LayerNorm(width, eps=1e-6), Mlp(width), LayerScale(width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, C) -> (B, N, C)."""
        x = x + self.ls1(self.attn(self.norm1(x)))
        return x + self.ls2(self.mlp(self.norm2(x)))


class ViT(nn.Module):
    """See the head of this file. grid: of the patches that its places were trained for; other grids get places in
    between.
    """

    def __init__(self, width: int = 384, depth: int = 12, heads: int = 6, patch: int = 14, grid: int = 37) -> None:
        super().__init__()
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, width, patch, patch)})
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + grid * grid, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, x: Tensor, taken: Sequence[int]) -> list[Tensor]:
        """x (B, 3, 14·gh, 14·gw), ImageNet's mean and spread -> after each block in `taken` its tokens through the last
        norm, (B, N, C).
        """
        found, x = {}, self.embed(x)
        for i, block in enumerate(self.blocks[: max(taken) + 1]):
            x = block(x)
            if i in taken:
                found[i] = self.norm(x)
        return [found[i] for i in taken]

    def embed(self, x: Tensor) -> Tensor:
        """x (B, 3, 14·gh, 14·gw) -> tokens as the first block gets them, (B, N, C)."""
        patches = self.patch_embed["proj"](x)  # (B, C, gh, gw)
        return torch.cat([self.cls_token.expand(len(x), -1, -1), patches.flatten(2).transpose(1, 2)], 1) + self.places(
            *patches.shape[-2:]
        )

    def places(self, gh: int, gw: int) -> Tensor:
        """What is added to the tokens to say where they are, (1, 1 + gh·gw, C)."""
        prefix, grid = self.pos_embed[:, :1], self.pos_embed[:, 1:]
        side = round(grid.shape[1] ** 0.5)
        if (gh, gw) == (side, side):
            return self.pos_embed
        grid = grid.reshape(1, side, side, -1).permute(0, 3, 1, 2)
        grid = F.interpolate(grid.float(), (gh, gw), mode="bicubic", antialias=True)
        return torch.cat([prefix, grid.permute(0, 2, 3, 1).reshape(1, gh * gw, -1)], 1)
