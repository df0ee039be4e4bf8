"""Finds things in a photo by their words: a small network on the tokens of the frozen ViT.

    sight = load_localizer().look(session)      # cheap: the photo was encoded for painting already
    found = sight.find("dress")                 # found.present, found.confidence, found.heat

Every token (16 x 16 px) becomes a vector of 256 numbers, as does every word of a table; the cosine between the two says
how well the word fits the place. The same is done by dino.txt (Jose et al. 2024) and Talk2DINO (Barsellotti et al.
2024): they align a frozen DINOv2 with words. The words of the table are learned with the head, and so is a linear map
from the text space of CLIP ViT-B/32 (Radford et al. 2021); through this map words that are not in the table can be
found.

Regions are sharper than 16 px: for every 4 x 4 px a small convolution over L computes weights for the 3 x 3 tokens
around (joint upsampling, as in toolkit/models/vit_hint.py), and adds a small term of its own per word.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.models.cards import default_model
from toolkit.models.encoder import CHANNELS
from toolkit.pipeline import Session

if TYPE_CHECKING:
    from toolkit.models.base import Encoded

WORD = 256  # numbers of a word
CLIP = 512  # numbers of a CLIP ViT-B/32 text vector
STRIDE = 4  # px of the working size per cell of a heat map
# temperature of the mean over places that decides whether a thing is there: the best tenth speaks, not one token
POOL = 4.0
# The logit that the hottest places of a thing reach at least where it is known to be there; chosen on the validation
# photos.
PEAK, HOTTEST = 3.0, 0.003
LEAST = 0.5  # confidence from which on a thing counts as found
DROPPED = 0.1  # of what is seen, while training: two thousand labelled photos are few
How = Literal["known", "synonym", "broader", "open", "unknown"]


@dataclass(frozen=True)
class LocalizerConfig:
    """Sizes of the head."""

    width: int = 384
    fine: int = 48  # channels of what is seen at 4 px
    queries: int = 32


@dataclass(frozen=True)
class Read:
    """Photos in the space of words."""

    places: Tensor  # (B, 256, gh, gw) unit vectors
    whole: Tensor  # (B, 256) what the photo shows, unit vectors
    mix: Tensor  # (B, 9, 16, gh, gw) weights of the 3 x 3 tokens for each of 4 x 4 finer cells; sum 1
    detail: Tensor  # (B, fine, 4·gh, 4·gw)


class WordHead(nn.Module):
    """See the head of this file. `count` words in its table."""

    shift: Tensor
    presence: Tensor

    def __init__(self, count: int, config: LocalizerConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or LocalizerConfig()
        self.norm = nn.LayerNorm(CHANNELS)
        self.squeeze = nn.Conv2d(CHANNELS, c.width, 1)
        self.around = nn.Conv2d(c.width, c.width, 5, padding=2, groups=c.width)
        self.mlp = nn.Sequential(
            nn.GroupNorm(1, c.width), nn.Conv2d(c.width, 2 * c.width, 1), nn.GELU(), nn.Conv2d(2 * c.width, c.width, 1)
        )
        self.to_word = nn.Conv2d(c.width, WORD, 1)
        self.to_whole = nn.Sequential(nn.Linear(2 * c.width, c.width), nn.GELU(), nn.Linear(c.width, WORD))
        self.light = nn.Sequential(
            nn.Conv2d(16, c.fine, 3, padding=1), nn.GELU(), nn.Conv2d(c.fine, c.fine, 3, padding=1)
        )
        self.hint = nn.Conv2d(c.width, c.fine, 1)
        self.see = nn.Sequential(
            nn.GELU(), nn.Conv2d(c.fine, c.fine, 3, padding=1), nn.GELU(), nn.Conv2d(c.fine, c.fine, 1)
        )
        self.query, self.key = nn.Conv2d(c.fine, c.queries, 1), nn.Conv2d(c.width, c.queries, 1)
        self.to_detail = nn.Linear(WORD, c.fine)
        self.tent = nn.Parameter(_tent())
        self.table = nn.Parameter(torch.randn(count, WORD) / math.sqrt(WORD))
        self.from_clip = nn.Linear(CLIP, WORD)
        self.bias = nn.Parameter(torch.zeros(count))  # how common a word is, beside what is common to all
        self.common = nn.Parameter(torch.tensor(-6.0))
        self.sharpness = nn.Parameter(torch.tensor(math.log(12.0)))
        # what places and the whole photo weigh, and a constant
        self.presence_of = nn.Parameter(torch.tensor([1.0, 6.0, 0.0]))
        self.register_buffer("shift", torch.zeros(count))  # to a place's logit, so that 0 is where a region ends
        # scale and shift that make the chance calibrated
        self.register_buffer("presence", torch.tensor([[1.0, 0.0]]).repeat(count, 1))
        nn.init.zeros_(self.to_detail.weight)
        nn.init.zeros_(self.to_detail.bias)

    def read(self, L: Tensor | None, tokens: Tensor) -> Read:
        """L (B, 1, H, W) in [0, 100], tokens (B, 1152, H/16, W/16) in any scale -> what all words are compared with.

        Without L what is finer than a token is left out: enough to say whether a thing is there.
        """
        B, _, gh, gw = tokens.shape
        seen = F.dropout(self.norm(tokens.permute(0, 2, 3, 1)).permute(0, 3, 1, 2), DROPPED, self.training)
        x = F.dropout(self.squeeze(seen), DROPPED, self.training)
        x = x + self.mlp(x + self.around(x))
        places = F.normalize(self.to_word(x), dim=1)
        whole = F.normalize(self.to_whole(torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)), dim=1)
        if L is None:
            return Read(places, whole, tokens.new_zeros(0), tokens.new_zeros(0))
        up = F.interpolate(self.hint(x), scale_factor=4, mode="bilinear", align_corners=False)
        detail = self.see(self.light(F.pixel_unshuffle(L / 50 - 1, STRIDE)) + up)
        q = F.pixel_unshuffle(self.query(detail), 4).unflatten(1, (self.config.queries, 16))  # (B, 32, 16, gh, gw)
        k = F.unfold(F.pad(self.key(x), (1, 1, 1, 1), mode="replicate"), 3).view(B, self.config.queries, 9, gh, gw)
        mix = (
            torch.einsum("bcfhw,bcnhw->bnfhw", q, k) / math.sqrt(self.config.queries) + self.tent.view(1, 9, 16, 1, 1)
        ).softmax(1)
        return Read(places, whole, mix, detail)

    def coarse(self, read: Read, words: Tensor, bias: Tensor) -> Tensor:
        """words (V, 256) unit vectors or (B, K, 256), bias (V,) or (B, K) -> logits of every token (B, V, gh, gw)."""
        scaled = read.places * self.sharpness.exp()
        if words.dim() == 2:
            return torch.einsum("bchw,vc->bvhw", scaled, words) + (self.common + bias).view(1, -1, 1, 1)
        return torch.einsum("bchw,bvc->bvhw", scaled, words) + (self.common + bias)[:, :, None, None]

    def fine(self, read: Read, coarse: Tensor, words: Tensor) -> Tensor:
        """coarse (B, K, gh, gw), words (B, K, 256) -> logits of every 4 x 4 px, (B, K, 4·gh, 4·gw)."""
        B, K, gh, gw = coarse.shape
        around = F.unfold(F.pad(coarse, (1, 1, 1, 1), mode="replicate"), 3).view(B, K, 9, gh, gw)
        larger = F.pixel_shuffle(torch.einsum("bknhw,bnfhw->bkfhw", around, read.mix).flatten(1, 2), 4)
        return larger + torch.einsum("bkc,bchw->bkhw", self.to_detail(words), read.detail)

    def there(self, read: Read, coarse: Tensor, words: Tensor) -> Tensor:
        """coarse (B, K, gh, gw), words (K, 256) or (B, K, 256) -> logit that the thing is in the photo, (B, K)."""
        flat = coarse.flatten(2)
        best = (flat * (flat / POOL).softmax(2)).sum(2)
        alike = torch.einsum("bc,...kc->bk" if words.dim() == 2 else "bc,bkc->bk", read.whole, words)
        a, b, c = self.presence_of
        return a * best + b * alike + c

    def words(self, chosen: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Unit vectors (V, 256) and biases (V,) of all words of the table, or of those chosen (an index tensor of any
        shape).
        """
        table, bias = F.normalize(self.table, dim=1), self.bias
        return (table, bias) if chosen is None else (table[chosen], bias[chosen])

    def open(self, vectors: Tensor) -> Tensor:
        """CLIP ViT-B/32 text vectors (N, 512) -> words (N, 256), unit vectors."""
        return F.normalize(self.from_clip(F.normalize(vectors, dim=1)), dim=1)


def _tent() -> Tensor:
    """Logits of bilinear enlarging by 4, (9, 16): where the learned weights begin."""
    near = torch.zeros(3, 4)
    for i, at in enumerate((-0.375, -0.125, 0.125, 0.375)):
        near[1, i] = 1 - abs(at)
        near[0 if at < 0 else 2, i] = abs(at)
    return (near[:, None, :, None] * near[None, :, None, :] + 0.005).log().reshape(9, 16)


@dataclass(frozen=True)
class Found:
    """What one word is on one photo."""

    asked: str  # the noun that was looked for
    word: str | None  # the word it was taken as; None: nothing like it is known
    how: How
    confidence: float  # 0..1, calibrated: how often a thing found like this is there
    present: bool
    # (1, 1, h, w) in [0, 1] over the whole photo, from 0.5 on the thing's; h and w a quarter of the working size
    heat: Tensor


class Sight:
    """One photo as the localizer sees it; made by Localizer.look."""

    def __init__(self, localizer: Localizer, L: Tensor, tokens: Tensor, size: tuple[int, int]) -> None:
        """L (1, 1, H, W) as encoded, tokens (1, 1152, H/16, W/16) in any scale;
        size: (h, w) of the photo's part of L.
        """
        self._localizer, self._size = localizer, (-(-size[0] // STRIDE), -(-size[1] // STRIDE))
        with torch.inference_mode():
            self._read = localizer.head.read(L, tokens)

    @cached_property
    def _chances(self) -> list[float]:
        localizer = self._localizer
        with torch.inference_mode():
            coarse = localizer.head.coarse(self._read, localizer.vectors, localizer.biases)
            logits = localizer.head.there(self._read, coarse, localizer.vectors)[0]
            chances: list[float] = (logits * localizer.presence[:, 0] + localizer.presence[:, 1]).sigmoid().tolist()
        return chances

    @torch.inference_mode()
    def find(self, noun: str) -> Found:
        """Where the thing is. An unknown word is replaced by the nearest known one;
        if there is none, it is not found.
        """
        localizer = self._localizer
        index, how = localizer.resolve(noun)
        if index is None:
            return Found(noun, None, how, 0.0, False, torch.zeros(1, 1, *self._size))
        vector = localizer.vectors[index].view(1, 1, -1)
        bias = localizer.biases[index].view(1, 1)
        shift = localizer.shifts[index]
        coarse = localizer.head.coarse(self._read, vector, bias)
        logits = (
            (localizer.head.fine(self._read, coarse, vector) + shift)[..., : self._size[0], : self._size[1]]
            .float()
            .cpu()
        )
        chance = self._chances[index]
        if chance >= LEAST:  # then it is somewhere: what stands out most is it, however faint
            hottest = logits.flatten().topk(max(1, round(HOTTEST * logits.numel()))).values[-1]
            logits = logits + (PEAK - hottest).clamp(min=0)
        cut = logits.sigmoid()
        return Found(noun, localizer.words[index], how, chance, chance >= LEAST, cut)

    @torch.inference_mode()
    def names(self, least: float = 0.5) -> list[tuple[str, float]]:
        """The words of the table whose things are in this photo with enough confidence, the most certain first, with
        that confidence.
        """
        found = [
            (word, chance) for word, chance in zip(self._localizer.words, self._chances, strict=True) if chance >= least
        ]
        return sorted(found, key=lambda item: (-item[1], item[0]))


class Localizer:
    """The trained head with its words."""

    def __init__(self, head: WordHead, words: Sequence[str], held_out: Sequence[str] = (), device: str = "cpu") -> None:
        """words: those of the table, in its order; held_out: words that training left out, which have no vector until
        `add_words`.
        """
        self.head, self.device = head.eval(), torch.device(device)
        self.words, self.held_out = tuple(words), tuple(held_out)
        self.vectors, self.biases = (t.detach() for t in head.words())
        self.shifts, self.presence = head.shift, head.presence
        self._opened: set[str] = set()
        if held_out:
            keep = torch.tensor([word not in held_out for word in words])
            self._take(keep)
        self._index = {word: i for i, word in enumerate(self.words)}

    def _take(self, keep: Tensor) -> None:
        self.words = tuple(word for word, kept in zip(self.words, keep.tolist(), strict=True) if kept)
        self.vectors, self.biases, self.shifts, self.presence = (
            self.vectors[keep],
            self.biases[keep],
            self.shifts[keep],
            self.presence[keep],
        )

    def add_words(self, names: Sequence[str], vectors: Tensor) -> None:
        """Add words by their CLIP ViT-B/32 text vectors (n, 512); words that are in
        the table keep their own vectors.
        """
        new = [i for i, name in enumerate(names) if name not in self._index]
        if not new:
            return
        with torch.inference_mode():
            opened = self.head.open(vectors[new].float().to(self.device))
        n = len(new)
        self.vectors = torch.cat([self.vectors, opened])
        self.biases = torch.cat([self.biases, self.biases.mean().expand(n)])
        self.shifts = torch.cat([self.shifts, self.shifts.median().expand(n)])
        self.presence = torch.cat([self.presence, self.presence.median(0).values.expand(n, 2)])
        self.words += tuple(names[i] for i in new)
        self._opened = self._opened | {names[i] for i in new}
        self._index = {word: i for i, word in enumerate(self.words)}

    def resolve(self, noun: str) -> tuple[int | None, How]:
        """The index of the word that stands for a noun, and how it was found."""
        from toolkit.text.grammar.lexicon import canonical

        noun = " ".join(noun.lower().split())
        if noun in self._index:
            return self._index[noun], "open" if noun in self._opened else "known"
        for sense in canonical(noun):
            if sense.word in self._index:
                return self._index[sense.word], "broader" if sense.how == "broader" else "synonym"
        return None, "unknown"

    def look(self, session: Session) -> Sight:
        """Look at a session's photo, which is encoded now if it was not before; with the first model, where the
        session's does not use the ViT.
        """
        encoded: Encoded = session.encode()
        if encoded.keys.shape[1] != CHANNELS:
            session = Session(session.photo, default_model(), device=session.device.type)
            encoded = session.encode()
        h, w = session.seen_size()
        return Sight(
            self, encoded.L.to(self.device).float(), encoded.keys.to(self.device).float() * math.sqrt(CHANNELS), (h, w)
        )


def read_localizer(file: str, sha256: str | None = None, device: str = "cpu") -> Localizer:
    """A localizer from a weights file: the one in the manifest (with its sha256) or one that you trained. Raises
    WeightsError.
    """
    from toolkit.models.devices import pick_device
    from toolkit.models.weights import load_strict, read_metadata, read_weights

    device = pick_device(device).type
    state = read_weights(file, sha256)
    metadata = read_metadata(file)
    words, held_out = (json.loads(metadata.get(key, "[]")) for key in ("words", "held_out"))
    head = WordHead(len(words))
    load_strict(head, state, file)
    return Localizer(head.to(torch.device(device)), words, held_out, device)


@lru_cache(maxsize=2)
def load_localizer(device: str = "cpu") -> Localizer:
    """The localizer that ships; loaded once. Raises WeightsError."""
    from toolkit.models.cards import head_file

    return read_localizer(*head_file("localizer"), device)
