"""What one model sees of one photo: looked at once, on the device and at the size that memory allows."""

import gc
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import torch
from torch import Tensor

from toolkit.guidance import Guidance
from toolkit.models.base import Colorizer, Dials, Encoded, Prediction, Sampler, Step
from toolkit.models.cards import ModelCard
from toolkit.models.devices import out_of_memory
from toolkit.models.encoder import STRIDE
from toolkit.models.registry import load_model
from toolkit.photo import Photo
from toolkit.photo.sizes import shrink
from toolkit.pipeline.frame import Frame

T = TypeVar("T")

SMALLEST = 128  # px, below which a photo is not looked at any coarser


@dataclass(eq=False)
class Seen:
    """A photo under a model. A session and its previews share one, so that none of them looks again, or goes on with
    what another had to give up.
    """

    photo: Photo  # the one that is looked at
    card: ModelCard
    device: torch.device
    size: int  # px, working size
    half: bool = False  # half precision, where memory was short
    notes: list[str] = field(default_factory=list)  # what had to be done to fit into memory
    _looked: tuple[Colorizer, Frame, Encoded] | None = None

    def look(self) -> tuple[Colorizer, Frame, Encoded]:
        """The model, the geometry of its small copy, and what it saw; looked at now unless that was done before."""
        if self._looked is None:
            model = load_model(self.card.name, self.device.type)
            frame = Frame.fit(self.photo.height, self.photo.width, self.size)
            L = frame.pad(shrink(self.photo, (frame.h, frame.w)).lightness())
            with self.precision():
                self._looked = model, frame, model.encode(L.to(self.device))
        return self._looked

    def look_at(self, size: tuple[int, int]) -> tuple[Colorizer, Frame, Encoded]:
        """The same for a copy of the photo of another size (width, height), which a session paints."""
        model, frame, encoded = self.look()
        return model, replace(frame, width=size[0], height=size[1]), encoded

    def predict(self, guidance: Guidance, dials: Dials, seed: int, step: Step | None = None) -> Prediction:
        """Colors for the photo under guidance that was checked for it, or for a copy of it; without the padding that
        the model sees.

        step: sees the sample after every step, for a model that draws. Raises ValueError for one that does not.
        """
        assert guidance.size is not None
        size = guidance.size

        def decode() -> Prediction:
            model, frame, encoded = self.look_at(size)
            points = frame.points(guidance).to(self.device)
            width = encoded.L.shape[-1]

            def cut(tensor: Tensor) -> Tensor:
                return frame.crop(tensor, width // tensor.shape[-1]).float()

            with self.precision():
                if step is None:
                    whole = model.decode(encoded, points, dials, seed)
                elif isinstance(model, Sampler):
                    whole = model.draw(encoded, points, dials, seed, lambda done, of, ab: step(done, of, cut(ab)))
                else:
                    raise ValueError(
                        f"{self.card.name} gives one answer to a photo; choose a model that draws, such as diffusion."
                    )
            rest = [tensor if tensor is None else cut(tensor) for tensor in (whole.uncertainty, whole.influence)]
            return Prediction(cut(whole.ab), *rest)

        return self.within_memory(decode)

    def precision(self) -> torch.autocast:
        """fp32, or where memory was short: bf16 where the device has it, else fp16."""
        bf16 = self.device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.autocast(self.device.type, torch.bfloat16 if bf16 else torch.float16, enabled=self.half)

    def within_memory(self, work: Callable[[], T]) -> T:
        """Run work; where memory runs out, climb down a ladder: half precision, a smaller copy, the CPU. Every step is
        noted.
        """
        while True:
            try:
                return work()
            except (RuntimeError, MemoryError) as error:
                if not out_of_memory(error) or not self.step_down():
                    raise
            self._looked = None
            gc.collect()
            if self.device.type == "cuda":
                torch.cuda.empty_cache()

    def step_down(self) -> bool:
        """One step down the ladder; False at its end."""
        if self.device.type != "cpu" and not self.half:
            self.half = True
            self.notes.append("Memory was short: went on in half precision.")
        elif self.size > SMALLEST:
            self.size = max(SMALLEST, self.size * 3 // 4 // STRIDE * STRIDE)
            self.notes.append(f"Memory was short: the model looked at the photo at {self.size} px.")
        elif self.device.type != "cpu":
            self.device, self.half, self.size = torch.device("cpu"), False, self.card.size
            self.notes.append("Memory was short: went on on the CPU.")
        else:
            return False
        return True
