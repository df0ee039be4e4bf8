"""Diffusion on ab: many plausible colorings of one photo.

    pipe = ColorDiffusion.from_pretrained("my-diffusion/")
    condition = pipe.conditioner.look(L, tokens)  # once per photo: L (1, 1, H, W) in [0, 100], tokens of the frozen ViT
    ab = pipe(condition, seeds=range(8), steps=4)       # (8, 2, H/2, W/2) in Lab units: eight colorings

One photo has many true colorings, and a regression answers with their mean. Here a coloring is *drawn*. What is learned
is flow matching (Lipman 2023, equations 22 and 23; Liu 2023, "rectified flow", equation 1): on the straight path x_t =
(1 - t) x_0 + t n from a truth x_0 to a noise n the network says the velocity v = n - x_0, and to draw is to walk the
path backwards from t = 1, in a few steps of any scheduler of diffusers that walks flows. (On this path a step of DDIM,
Song 2021, equation 12 with sigma = 0, *is* an Euler step: tests/models/test_diffusion.py shows it.)

Three things make a small network and a short walk do.

What is known is not diffused. The hint model has looked at the photo already: its mean color m and the spread s of its
distribution at every place. Truth is taken relative to both, x_0 = (ab - m) / s: about unit variance everywhere, and
little left to say where the photo leaves no doubt or a hint was given.

The noise has the shape of the photo. White noise has to be forged into things, which takes steps; what a photo leaves
open is rather one decision per thing: is the coat red? Among training photos the covariance of x_0 at two places grows
linearly with the cosine of the hint model's keys k, and so the noise is drawn: n(x) = sqrt(g) z_0 + sqrt(c) <k(x), z> +
sqrt(1 - g - c) e(x), all of z_0, z and e standard normal. If truth were Gaussian, noise of its own covariance would be
a sample already, and the velocity is known: v = (2t - 1) / ((1 - t)² + t²) x. The network says only what has to be
added to that (as in Karras 2022, section 5), and the default scheduler goes by the angle arctan t / (1 - t), in which
such noise stands still.

What does not depend on the sample is computed once. Hints, tokens and edges become one stack of maps, which all samples
share.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from diffusers import (
    DiffusionPipeline,
    DPMSolverMultistepScheduler,
    FlowMatchEulerDiscreteScheduler,
    FlowMatchHeunDiscreteScheduler,
    ModelMixin,
    UNet2DModel,
    UniPCMultistepScheduler,
)
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.schedulers.scheduling_utils import SchedulerMixin, SchedulerOutput
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.color import AbBins
from toolkit.guidance import Points
from toolkit.models.base import Colorizer, Dials, Encoded, Prediction, Step
from toolkit.models.cards import ModelCard, default_model, get_card
from toolkit.models.encoder import CHANNELS, Encoder, load_encoder
from toolkit.models.propagation import agree, within_lassos
from toolkit.models.steering import dressed
from toolkit.models.unet import AB_SCALE, doubt
from toolkit.models.vit_hint import Features, VitHint
from toolkit.models.weights import WeightsError, load_strict, read_metadata, read_weights

PATCH = 2  # ab is diffused at a quarter of L's size; the network sees 2 x 2 of its pixels as one place
SPREAD = (0.55, 1.5)  # s = 0.55 standard deviations of the distribution (rebalanced, hence too wide) + 1.5 Lab units
SETTLED = 0.8  # share of the spread that a hint takes away where it decides alone
# g and c above: the shares of the whole photo and of its things in the noise. On training photos x_0 has the covariance
# 0.15 + 0.6 cos; of the rest, edges rather than grain, the noise has less: what is not smoothed away is speckle.
NOISE = (0.2, 0.75)
HEAT = 0.9  # the noise's scale where nobody turns a dial: on validation photos samples then have 0.9 of the true color
FARTHEST = 5.0  # standard deviations; truths beyond are errors of s
TIME = 1000  # diffusers counts time in thousandths
HINT_MAPS = 3  # ab changed by hints, and how much they decide
PAINTER = "conditioner.painter."  # how the names of the frozen hint model's weights begin


@dataclass(frozen=True)
class Condition:
    """What a photo and its hints say before any noise."""

    mean: Tensor  # (B, 2, H/2, W/2) Lab units, hints painted in
    spread: Tensor  # (B, 2, H/4, W/4) Lab units
    maps: Tensor  # (B, C, H/8, W/8)
    keys: Tensor  # (B, C', H/4, W/4) unit vectors, of which the noise is made
    enlarge: Tensor  # (B, 9, 4, H/4, W/4) weights from stride 4 to stride 2


class Conditioner(ModelMixin, ConfigMixin):
    """Photo and hints -> Condition. The hint model inside is frozen; two 1 x 1 convolutions are learned."""

    @register_to_config
    def __init__(self, channels: int = 96) -> None:
        super().__init__()
        self.painter = VitHint().requires_grad_(False)
        bins, c = len(self.painter.bins.centers), self.painter.config
        self.of_tokens = nn.Conv2d(CHANNELS, channels, 1)
        self.of_places = nn.Conv2d(c.heads * c.channels + bins, channels, 1)
        self.norm = nn.GroupNorm(8, channels)

    @property
    def channels(self) -> int:
        """Of the stack of maps."""
        return int(self.config.channels) + (PATCH * 2) ** 2 + PATCH**2 * (4 + HINT_MAPS)

    def look(self, L: Tensor, tokens: Tensor) -> Condition:
        """A photo without hints, in one call: L (B, 1, H, W) in [0, 100], tokens (B, 1152, H/16, W/16)."""
        features = self.features(L, tokens)
        return self(L, tokens, features, features.ab, torch.zeros_like(features.light))

    @torch.no_grad()
    def features(self, L: Tensor, tokens: Tensor) -> Features:
        """What the frozen hint model makes of the photo; look-alikes agree on their distribution."""
        features = self.painter.look(L, tokens)
        return replace(
            features, ab=features.ab.float(), logits=agree(features.logits.float(), F.normalize(tokens, dim=1))
        )

    def forward(self, L: Tensor, tokens: Tensor, features: Features, painted: Tensor, reach: Tensor) -> Condition:
        """painted (B, 2, H/2, W/2): the hint model's mean with the hints in it; reach (B, 1, H/4, W/4) in [0, 1]: how
        much they decide.
        """
        mean = F.avg_pool2d(painted, 2)
        spread = spread_of(features.logits, self.painter.bins) * (1 - SETTLED * reach)
        places = torch.cat([features.keys, features.logits.log_softmax(1) / 4], 1)
        places = self.of_places(F.avg_pool2d(places, PATCH))
        known = F.silu(
            self.norm(
                places + F.interpolate(self.of_tokens(tokens), places.shape[-2:], mode="bilinear", align_corners=False)
            )
        )
        changed = (mean - F.avg_pool2d(features.ab, 2)) / AB_SCALE
        near = torch.cat([mean / AB_SCALE, spread.log() - 2, changed, reach], 1)
        edges = F.pixel_unshuffle(F.avg_pool2d(L, 2) / 50 - 1, PATCH * 2)
        maps = torch.cat([known, edges, F.pixel_unshuffle(near, PATCH)], 1)
        return Condition(painted, spread, maps, F.normalize(features.keys, dim=1), features.enlarge)


def spread_of(logits: Tensor, bins: AbBins) -> Tensor:
    """Standard deviation of a and of b, in Lab units, that the truth is expected to have: logits (B, Q, h, w) -> (B, 2,
    h, w).
    """
    share, centers = logits.softmax(1), bins.centers.to(logits)
    mean = torch.einsum("bqhw,qc->bchw", share, centers)
    square = torch.einsum("bqhw,qc->bchw", share, centers.square())
    return SPREAD[0] * (square - mean.square()).clamp(min=0).sqrt() + SPREAD[1]


def photo_noise(keys: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Standard normal noise that look-alikes share: keys (B, C, h, w) unit vectors -> (B, 2, h, w); drawn on the CPU,
    the same on every device.
    """
    B, C, h, w = keys.shape

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator).to(keys)

    things = torch.einsum("bkc,bchw->bkhw", normal(B, 2, C), keys)
    g, c = NOISE
    return g**0.5 * normal(B, 2, 1, 1) + c**0.5 * things + (1 - g - c) ** 0.5 * normal(B, 2, h, w)


def make_denoiser(channels: int, widths: tuple[int, int] = (64, 128)) -> UNet2DModel:
    """The network: UNet2DModel on patches of ab (8 channels at stride 8), attention at stride 16. It begins by adding
    nothing.
    """
    network = UNet2DModel(
        in_channels=2 * PATCH**2 + channels,
        out_channels=2 * PATCH**2,
        block_out_channels=widths,
        layers_per_block=1,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
        norm_num_groups=16,
        attention_head_dim=32,
    )
    nn.init.zeros_(network.conv_out.weight)
    nn.init.zeros_(network.conv_out.bias)
    return network


def velocity(denoiser: Callable[..., Any], x: Tensor, time: Tensor, maps: Tensor) -> Tensor:
    """x (B, 2, h, w) at time (B,) in [0, 1], maps (B, C, h/2, w/2) -> v (B, 2, h, w)."""
    seen = torch.cat([F.pixel_unshuffle(x, PATCH), maps], 1)
    said: Tensor = denoiser(seen, time * TIME).sample
    return gaussian(time.view(-1, 1, 1, 1)) * x + F.pixel_shuffle(said, PATCH)


def gaussian(t: Tensor) -> Tensor:
    """What to multiply x_t with for the velocity, were truth and noise Gaussian with one covariance: E[n - x_0 | x_t] /
    x_t.
    """
    return (2 * t - 1) / ((1 - t) ** 2 + t**2)


class AngleScheduler(SchedulerMixin, ConfigMixin):
    """Walks the same path by its angle, where few steps do.

    With phi = arctan(t / (1 - t)) and y = cos(phi) x_0 + sin(phi) n, which is x_t enlarged to unit variance, dy / dphi
    = cos(phi) n - sin(phi) x_0 (TrigFlow, Lu and Song 2024, section 3). For Gaussian truth with the noise's covariance
    that is 0 on average: nothing moves, however few the steps, where Euler on t lets colors fade. Steps are equal
    angles by the two-step method of Adams and Bashforth (the first one by Euler's).
    """

    order = 1

    @register_to_config
    def __init__(self) -> None:
        self.angles = torch.zeros(1)
        self.timesteps = torch.zeros(0)
        self._last: Tensor | None = None
        self._at = 0

    def set_timesteps(self, num_inference_steps: int, device: Any = None) -> None:
        """Begin a walk of so many steps."""
        self.angles = torch.linspace(math.pi / 2, 0, num_inference_steps + 1, device=device)
        sin, cos = self.angles[:-1].sin(), self.angles[:-1].cos()
        self.timesteps = TIME * sin / (sin + cos)
        self._last, self._at = None, 0

    def step(self, model_output: Tensor, timestep: Tensor, sample: Tensor) -> Any:
        """From x_t and its velocity to the next x_t, as `prev_sample`."""
        now, then = self.angles[self._at], self.angles[self._at + 1]
        t = timestep.to(sample) / TIME
        clean, noise = sample - t * model_output, sample + (1 - t) * model_output
        slope = now.cos() * noise - now.sin() * clean
        mixed = slope if self._last is None else 1.5 * slope - 0.5 * self._last
        y = now.cos() * clean + now.sin() * noise + (then - now) * mixed
        self._last, self._at = slope, self._at + 1
        return SchedulerOutput(prev_sample=y / (then.cos() + then.sin()))


SCHEDULERS: dict[str, Callable[[], Any]] = {
    "angle": AngleScheduler,
    "euler": FlowMatchEulerDiscreteScheduler,  # first order; on a straight path the same as DDIM
    "heun": FlowMatchHeunDiscreteScheduler,  # Karras 2022, algorithm 1: second order, looks twice a step
    # Lu 2022b: second order, remembers a step
    "dpm++": lambda: DPMSolverMultistepScheduler(use_flow_sigmas=True, prediction_type="flow_prediction"),
    # Zhao 2023: corrects itself
    "unipc": lambda: UniPCMultistepScheduler(use_flow_sigmas=True, prediction_type="flow_prediction"),
}


class ColorDiffusion(DiffusionPipeline):
    """Condition -> colorings. `scheduler` may be any that walks a flow as those of
    diffusers do (SCHEDULERS has five).
    """

    conditioner: Conditioner
    denoiser: UNet2DModel
    scheduler: Any

    def __init__(self, conditioner: Conditioner, denoiser: UNet2DModel, scheduler: Any) -> None:
        super().__init__()
        self.register_modules(conditioner=conditioner, denoiser=denoiser, scheduler=scheduler)

    @classmethod
    def fresh(cls) -> ColorDiffusion:
        """An untrained one."""
        conditioner = Conditioner()
        return cls(conditioner, make_denoiser(conditioner.channels), AngleScheduler())

    @torch.no_grad()
    def __call__(
        self,
        condition: Condition,
        *,
        seeds: Sequence[int] = (0,),
        steps: int = Dials.steps,
        strength: float = 1.0,
        temperature: float = 1.0,
        callback: Step | None = None,
    ) -> Tensor:
        """One coloring of one photo for each seed: ab (len(seeds), 2, H/2, W/2) in Lab units.

        steps: of the scheduler. strength: of classifier-free guidance (Ho and Salimans 2022, equation 6); 1 believes
        the network as it is; above, what the photo and the hints say counts for more than it should, at twice the cost.
        temperature: scale of the noise; 0 gives one calm answer, above 1 bolder ones. callback(step, steps, ab) sees
        what the colorings look like so far, and may raise to stop.
        """
        noise = [photo_noise(condition.keys, torch.Generator().manual_seed(seed)) for seed in seeds]
        x = temperature * torch.cat(noise)  # t = 1
        maps = condition.maps.expand(len(x), -1, -1, -1)
        scheduler = deepcopy(self.scheduler)  # it remembers where on the way it is, and two may walk at once
        if "sigma_min" in vars(scheduler):  # else Euler and Heun would spend the last step on the last thousandth
            scheduler.sigma_min = 1 / steps
        scheduler.set_timesteps(steps, device=x.device)
        times = scheduler.timesteps
        for i, time in enumerate(times):
            t = (time / TIME).to(x).expand(len(x))
            v = velocity(self.denoiser, x, t, maps)
            if strength != 1:
                blind = velocity(self.denoiser, x, t, torch.zeros_like(maps))
                v = blind + strength * (v - blind)
            if callback is not None:
                ends = x - t.view(-1, 1, 1, 1) * v  # where the straight path from here would end
                callback(i + 1, len(times), self.to_ab(ends, condition))
            x = scheduler.step(v, time, x).prev_sample
        return self.to_ab(x, condition)

    def to_ab(self, x: Tensor, condition: Condition) -> Tensor:
        """x_0 (S, 2, H/4, W/4), in spreads around the mean -> ab (S, 2, H/2, W/2) in Lab units."""
        enlarge = condition.enlarge.expand(len(x), -1, -1, -1, -1)
        return condition.mean + self.conditioner.painter.enlarged(x * condition.spread, enlarge)


@dataclass(frozen=True)
class Pondered(Encoded):
    """A photo as this model sees it."""

    features: Features | None = None
    tokens: Tensor | None = None
    known: dict[tuple[Any, ...], Condition] = field(default_factory=dict)  # the last hints, which all samples share


class DiffusionColorizer:
    """A trained ColorDiffusion with its encoder, as a toolkit.models.base.Sampler."""

    def __init__(self, card: ModelCard, pipe: ColorDiffusion, encoder: Encoder) -> None:
        self.card, self.pipe, self.encoder = card, pipe, encoder
        self.painter = pipe.conditioner.eval().painter
        pipe.denoiser.eval()
        self.bins = self.painter.bins

    @torch.inference_mode()
    def encode(self, L: Tensor) -> Pondered:
        """L (1, 1, H, W) in [0, 100], H and W multiples of 16."""
        tokens = self.encoder(L).float()
        features = self.pipe.conditioner.features(L, tokens)
        return Pondered(L, features.ab, F.normalize(tokens, dim=1), features.logits, features, tokens)

    def decode(self, encoded: Encoded, points: Points, dials: Dials, seed: int) -> Prediction:
        """The coloring of this seed."""
        return self.draw(encoded, points, dials, seed)

    @torch.inference_mode()
    def draw(self, encoded: Encoded, points: Points, dials: Dials, seed: int, step: Step | None = None) -> Prediction:
        """The coloring of this seed, as wild as vividness says; then the points are spread over it as over automatic
        colors.
        """
        assert isinstance(encoded, Pondered)
        assert encoded.features is not None
        known = self._condition(encoded, points)
        ab = self.pipe(
            known,
            seeds=(seed,),
            steps=dials.steps,
            strength=dials.strength,
            temperature=temperature(dials.vividness),
            callback=step,
        )
        # by its own colors, not by the distribution: samples shall differ under a palette, too
        ab = dressed(ab, encoded.L, dials)
        unsure = doubt(encoded.features.logits, self.bins)
        if not len(points):
            return Prediction(ab, F.interpolate(unsure, ab.shape[-2:], mode="bilinear", align_corners=False))
        features = encoded.features
        ab, influence = within_lassos(ab, points, lambda some, alone: self.painter.spread(features, ab, some, alone))
        left = unsure * (1 - influence.sum(0).clamp(max=1))
        return Prediction(ab, F.interpolate(left, ab.shape[-2:], mode="bilinear", align_corners=False), influence)

    def _condition(self, encoded: Pondered, points: Points) -> Condition:
        assert encoded.features is not None
        assert encoded.tokens is not None
        # what a lasso confines tells nobody else
        free = points if points.regions is None else points.only((points.regions >= 1).flatten(1).all(1))
        name = (tuple(free.xy.flatten().tolist()), tuple(free.ab.flatten().tolist()))
        found = encoded.known.get(name)
        if found is None:
            features = encoded.features
            painted, reach = features.ab, torch.zeros_like(features.light)
            if len(free):
                painted, shares = self.painter.spread(features, painted, free, False)
                reach = shares.sum(0)[None, None].clamp(0, 1)
            found = self.pipe.conditioner(encoded.L, encoded.tokens, features, painted, reach)
            encoded.known.clear()
            encoded.known[name] = found
        return found


def temperature(vividness: float) -> float:
    """The noise's scale at a position of the vividness dial: 0 at 0, HEAT at 0.5, 1.27 at 1."""
    return float(HEAT * (2 * vividness) ** 0.5)


def build(card: ModelCard, device: str) -> Colorizer:
    """The model of a card with its weights on a device. Raises WeightsError."""
    pipe = ColorDiffusion.fresh()
    state = read_weights(card.file, card.sha256)
    if not any(name.startswith(PAINTER) for name in state):  # what ships has it once, in the hint model's own file
        painter = get_card(card.painter or default_model())
        if read_metadata(card.file).get("painter") != painter.sha256:
            raise WeightsError(
                f"The weights {card.file} were trained on another {painter.name}; use the files that belong together."
            )
        state |= {PAINTER + name: value for name, value in read_weights(painter.file, painter.sha256).items()}
    network = nn.ModuleDict({"conditioner": pipe.conditioner, "denoiser": pipe.denoiser})
    load_strict(network, state, card.file)
    network.to(torch.device(device))
    return DiffusionColorizer(card, pipe, load_encoder(device))
