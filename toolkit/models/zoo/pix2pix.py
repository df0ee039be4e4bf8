"""A U-Net with a critic: pix2pix of Isola, Zhu, Zhou and Efros, "Image-to-Image Translation with Conditional
Adversarial Networks" (CVPR 2017).

    model = Pix2Pix()
    ab = model(L)  # L (B, 1, H, W) in [0, 100], H and W multiples of 16 -> (B, 2, H/2, W/2), Lab units
    # training: what the critic says, (B, 1, h, w) each, above 0 for "a photo"
    ab, fooled, real, fake = model.learn(L, truth)

Regression answers a red or blue dress with gray, which nobody wears. The critic, PatchGAN, sees lightness with color
and learns to tell photos from colorings, patch by patch; the generator learns to please it, and gray does not please.
The two have to stay about equally strong. If the critic wins, it teaches nothing; what keeps the balance is studied in
toolkit/training/recipes/pix2pix.py: two time scales (Heusel et al. 2017), one-sided label smoothing (Salimans et al.
2016), pretraining both before they meet (NoGAN, Antic 2019), and spectral norm (Miyato et al. 2018).
"""

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from toolkit.models.unet import AB_SCALE
from toolkit.models.zoo.plain_unet import PlainUNet

CRITIC = (32, 64, 128)  # channels, strides 2, 4, 4 of what it sees


class PatchCritic(nn.Module):
    """PatchGAN: lightness and color (B, 3, h, w) -> (B, 1, h/4, w/4), for each patch of 22 px how much it looks like a
    photo.
    """

    def __init__(self, spectral: bool = True) -> None:
        super().__init__()
        a, b, c = CRITIC
        layers = [
            nn.Conv2d(3, a, 4, 2, 1),
            nn.Conv2d(a, b, 4, 2, 1),
            nn.Conv2d(b, c, 3, 1, 1),
            nn.Conv2d(c, 1, 3, 1, 1),
        ]
        self.layers = nn.ModuleList([spectral_norm(layer) for layer in layers] if spectral else layers)

    def forward(self, L: Tensor, ab: Tensor) -> Tensor:
        """L (B, 1, 2h, 2w) in [0, 100], ab (B, 2, h, w) in Lab units."""
        x = torch.cat([F.avg_pool2d(L / 50 - 1, 2), ab / AB_SCALE], 1)
        for layer in self.layers[:-1]:
            x = F.leaky_relu(layer(x), 0.2)
        verdict: Tensor = self.layers[-1](x)
        return verdict


class Pix2Pix(nn.Module):
    """See the head of this file."""

    def __init__(self, spectral: bool = True) -> None:
        super().__init__()
        self.generator, self.critic = PlainUNet(), PatchCritic(spectral)

    def forward(self, L: Tensor) -> Tensor:
        """L (B, 1, H, W) -> ab (B, 2, H/2, W/2)."""
        ab: Tensor = self.generator(L)
        return ab

    def learn(self, L: Tensor, truth: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """L (B, 1, H, W), true ab (B, 2, H/2, W/2) -> ab, and three verdicts: on ab, which teaches the generator alone;
        on the truth and on ab again, which teach the critic alone. So one backward pass teaches both.
        """
        ab = self.generator(L)
        frozen = {name: value.detach() for name, value in self.critic.named_parameters()}
        fooled = functional_call(self.critic, frozen, (L, ab))
        return ab, fooled, self.critic(L, truth), self.critic(L, ab.detach())
