"""An autoencoder with a choice: the conditional variational autoencoder (Kingma and Welling 2014; Sohn, Lee and Yan
2015).

    model = VAE()
    ab = model(L)  # L (B, 1, H, W) in [0, 100], H and W multiples of 16 -> (B, 2, H/2, W/2): the calm one, z = 0
    ab = model(L, torch.randn(B, model.latent))  # another z, other colors
    ab, mean, log_variance = model.learn(L, ab)  # training: z is drawn from what the truth says

A gray dress can be red or blue. The decoder paints from the photo and from z, sixteen numbers that say which. In
training an encoder that sees the true colors writes them, and is taught to write as little as possible (the
Kullback-Leibler distance to a standard normal distribution), so that z may be drawn at random later. Where z is worth
less than it costs it is ignored, and all samples are alike: the known weakness, posterior collapse.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.models.unet import AB_SCALE
from toolkit.models.zoo.autoencoder import AutoencoderConfig, make_decoder, make_encoder

LATENT = 16


class VAE(nn.Module):
    """See the head of this file."""

    def __init__(self, config: AutoencoderConfig | None = None, latent: int = LATENT) -> None:
        super().__init__()
        c = config or AutoencoderConfig()
        self.latent = latent
        self.encoder, self.decoder = make_encoder(c), make_decoder(c, c.down[-1] + latent)
        self.choice = make_encoder(c, channels=3)
        self.to_choice = nn.Linear(c.down[-1], 2 * latent)

    def forward(self, L: Tensor, z: Tensor | None = None) -> Tensor:
        """L (B, 1, H, W), z (B, 16) or none for zeros -> ab (B, 2, H/2, W/2)."""
        code = self.encoder(L / 50 - 1)
        z = code.new_zeros(len(L), self.latent) if z is None else z
        everywhere = z[:, :, None, None].expand(-1, -1, *code.shape[-2:])
        ab: Tensor = self.decoder(torch.cat([code, everywhere], 1))
        return ab * AB_SCALE

    def learn(self, L: Tensor, ab: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """L (B, 1, H, W), true ab (B, 2, H/2, W/2) -> ab from a z that knew the truth; the mean and log variance of
        that z, (B, 16).
        """
        seen = torch.cat([F.avg_pool2d(L / 50 - 1, 2), ab / AB_SCALE], 1)
        mean, log_variance = self.to_choice(self.choice(seen).mean((2, 3))).chunk(2, 1)
        log_variance = log_variance.clamp(-8, 4)
        noise = torch.randn(mean.shape, generator=generator).to(mean)
        return self(L, mean + noise * (0.5 * log_variance).exp()), mean, log_variance


def kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Kullback-Leibler distance of N(mean, variance) to N(0, 1) in nats, summed over z, averaged over the batch (Kingma
    and Welling, appendix B).
    """
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean()
