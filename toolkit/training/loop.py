"""One training loop for every recipe: CPU, one GPU, or several through `accelerate launch`.

A recipe says what is learned (a module and its loss); the loop does the rest: AdamW with warm-up and cosine decay, EMA,
bf16 where the device has it, checkpoints to resume from, a log to plot, and a contact sheet every so often. Time is the
budget, since time is what people have.
"""

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from tqdm import tqdm


class Movable(Protocol):
    """A batch of whatever the recipe learns from."""

    def to(self, device: torch.device) -> Any:
        """The same on a device."""
        ...


class Recipe(Protocol):
    """What a model's training file gives to the loop."""

    architecture: str  # as in the registry; written into the weights file

    @property
    def module(self) -> nn.Module:
        """The network that learns."""
        ...

    def loss(self, module: nn.Module, batch: Any, progress: float) -> dict[str, Tensor]:
        """Losses by name; "loss" is the one to minimise. progress: how much of the training is done, 0 to 1."""
        ...

    def validate(self, module: nn.Module) -> tuple[dict[str, float], Tensor]:
        """Numbers for the log and a picture (3, H, W) in [0, 1]."""
        ...


@runtime_checkable
class TwoSpeeds(Protocol):
    """A recipe whose parts learn at rates of their own."""

    def groups(self) -> list[dict[str, Any]]:
        """Parameter groups for the optimizer; "times" multiplies the schedule's rate."""
        ...


@runtime_checkable
class Small(Protocol):
    """A recipe whose checkpoint is to be small, since it is handed from machine to machine."""

    dtype: torch.dtype  # of the checkpoint's numbers


@dataclass(frozen=True)
class Schedule:
    """How long and how fast."""

    minutes: float = 30.0
    # the budget where models are compared: equal views, however fast the machine; then minutes do not count
    steps: int | None = None
    batch: int = 16
    lr: float = 1.5e-3
    weight_decay: float = 0.02
    warmup: int = 100  # steps; Adam's first averages are guesses
    ema: float = 0.998  # about the last 500 steps
    checkpoint_every: float = 3.0  # minutes
    validate_every: float = 6.0  # minutes

    def progress(self, step: int, seconds: float) -> float:
        """How much of the budget is used up, 0 to 1."""
        return min(1.0, seconds / 60 / self.minutes if self.steps is None else step / self.steps)


def rate(schedule: Schedule, step: int, seconds: float, begun: int = 0) -> float:
    """Learning rate: linear warm-up over steps, then a cosine over the budget down to a hundredth. begun: the step at
    which Adam knew nothing.
    """
    progress = schedule.progress(step, seconds)
    return (
        schedule.lr
        * min(1.0, (step + 1 - begun) / schedule.warmup)
        * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))
    )


class Trainer:
    """Trains a recipe and keeps everything in one folder: checkpoint.safetensors (EMA weights), state.safetensors,
    log.jsonl, sheet-*.png.
    """

    def __init__(
        self, recipe: Recipe, folder: str | Path, schedule: Schedule | None = None, device: str = "auto"
    ) -> None:
        self.recipe, self.folder, self.schedule = recipe, Path(folder), schedule or Schedule()
        self.folder.mkdir(parents=True, exist_ok=True)
        bf16 = torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
        mixed = ("bf16" if bf16 else "fp16") if torch.cuda.is_available() and device != "cpu" else "no"
        # a recipe may train a part of its module first
        parts = DistributedDataParallelKwargs(find_unused_parameters=True)
        self.accelerator = Accelerator(mixed_precision=mixed, cpu=device == "cpu", kwargs_handlers=[parts])
        parameters = recipe.groups() if isinstance(recipe, TwoSpeeds) else recipe.module.parameters()
        optimizer = torch.optim.AdamW(
            parameters, lr=self.schedule.lr, weight_decay=self.schedule.weight_decay, betas=(0.9, 0.98)
        )
        self.module, self.optimizer = self.accelerator.prepare(recipe.module, optimizer)
        self.ema = {k: v.detach().clone().float() for k, v in recipe.module.state_dict().items()}
        self.step, self.seconds, self.cpu, self.begun = 0, 0.0, 0.0, 0

    def begin(self, checkpoint: str | Path) -> None:
        """Go on from another machine's checkpoint.safetensors: its weights, its place in the schedule, and a warm-up,
        since Adam starts anew.
        """
        with safe_open(checkpoint, "pt") as file:
            note = file.metadata() or {}
        if note.get("architecture") != self.recipe.architecture:
            raise ValueError(
                f"{checkpoint} is no checkpoint of {self.recipe.architecture}; it says "
                f"{note.get('architecture', 'nothing')}."
            )
        self.recipe.module.load_state_dict({name: value.float() for name, value in load_file(checkpoint).items()})
        self.ema = {k: v.detach().clone().float() for k, v in self.recipe.module.state_dict().items()}
        self.step = self.begun = int(note.get("step", 0))

    def resume(self) -> bool:
        """Go on from the folder's last state, if there is one."""
        path, note = self.folder / "state.safetensors", self.folder / "state.json"
        if not (path.exists() and note.exists()):
            return False
        state, progress = load_file(path), json.loads(note.read_text())
        self.step, self.seconds, self.cpu = progress["step"], progress["seconds"], progress.get("cpu", 0.0)
        self.begun = progress.get("begun", 0)
        device = self.accelerator.device
        self.recipe.module.load_state_dict({k[6:]: v for k, v in state.items() if k.startswith("model.")})
        self.ema = {k[4:]: v.to(device) for k, v in state.items() if k.startswith("ema.")}
        steps = torch.tensor(float(self.step - self.begun))
        for i, p in enumerate(self.recipe.module.parameters()):
            moments = {
                name: state[f"adam.{i}.{name}"].to(device)
                for name in ("exp_avg", "exp_avg_sq")
                if f"adam.{i}.{name}" in state
            }
            if moments:
                self.optimizer.state[p] = {"step": steps.clone(), **moments}
        self._forget_later()
        return True

    def _forget_later(self) -> None:
        """Take out of the log what came after the state that is gone on from: those steps are made again."""
        log = self.folder / "log.jsonl"
        if log.exists() and self.accelerator.is_main_process:
            kept = [
                line
                for line in log.read_text(encoding="utf-8").splitlines(keepends=True)
                if json.loads(line)["step"] <= self.step
            ]
            log.write_text("".join(kept), encoding="utf-8")

    def save(self) -> None:
        """Write the state to resume from and the averaged weights to use; each file appears whole or not at all."""
        if not self.accelerator.is_main_process:
            return
        state = {f"model.{k}": v for k, v in self.recipe.module.state_dict().items()} | {
            f"ema.{k}": v for k, v in self.ema.items()
        }
        for i, p in enumerate(self.recipe.module.parameters()):
            for name in ("exp_avg", "exp_avg_sq"):
                if name in self.optimizer.state.get(p, {}):
                    state[f"adam.{i}.{name}"] = self.optimizer.state[p][name]
        _save(state, self.folder / "state.safetensors")
        dtype = self.recipe.dtype if isinstance(self.recipe, Small) else torch.float32
        note = {"architecture": self.recipe.architecture, "step": str(self.step)}
        _save({k: v.to(dtype) for k, v in self.ema.items()}, self.folder / "checkpoint.safetensors", note)
        (self.folder / "state.json").write_text(
            json.dumps({"step": self.step, "seconds": self.seconds, "cpu": self.cpu, "begun": self.begun})
        )

    def run(
        self,
        batches: Iterator[Movable],
        callback: Callable[[dict[str, float]], bool | None] | None = None,
        quiet: bool = False,
    ) -> None:
        """Train until the schedule's budget is used up (all runs of this folder together); callback(record) -> False
        stops early.
        """
        schedule, started, before = self.schedule, time.monotonic(), self.seconds
        worked, cpu_before = time.process_time(), self.cpu
        saved = validated = self.seconds / 60
        bar = tqdm(total=100, unit="%", disable=quiet or not self.accelerator.is_main_process)
        self.module.train()
        while self._progress() < 1:
            record: dict[str, float] = {
                "step": self.step + 1,
                "samples": (self.step + 1) * schedule.batch,
                **self._step(next(batches)),
            }
            self.seconds = before + time.monotonic() - started
            self.cpu = cpu_before + time.process_time() - worked  # what a busy machine does not lengthen
            record |= {"seconds": round(self.seconds, 1), "cpu": round(self.cpu, 1)}
            bar.n = round(100 * self._progress())
            bar.set_postfix_str(f"step {self.step}, loss {record['loss']:.4f}")
            last = self._progress() >= 1
            if self.seconds / 60 - validated >= schedule.validate_every or last:
                record |= self._validate()
                validated = self.seconds / 60
            if self.seconds / 60 - saved >= schedule.checkpoint_every or last:
                self.save()
                saved = self.seconds / 60
            self._log(record)
            if callback and callback(record) is False:
                self.save()
                break
        bar.close()

    def _progress(self) -> float:
        return self.schedule.progress(self.step, self.seconds)

    def _step(self, batch: Movable) -> dict[str, float]:
        for group in self.optimizer.param_groups:
            group["lr"] = rate(self.schedule, self.step, self.seconds, self.begun) * group.get("times", 1.0)
        with self.accelerator.autocast():
            losses = self.recipe.loss(self.module, batch.to(self.accelerator.device), self._progress())
        self.accelerator.backward(losses["loss"])
        self.accelerator.clip_grad_norm_(self.module.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        decay = min(self.schedule.ema, (1 + self.step) / (10 + self.step))  # young averages forget fast
        with torch.no_grad():
            for name, value in self.recipe.module.state_dict().items():
                self.ema[name].lerp_(value.float(), 1 - decay)
        return {name: round(float(value.detach()), 5) for name, value in losses.items()}

    def _validate(self) -> dict[str, float]:
        if not self.accelerator.is_main_process:
            return {}
        module = self.recipe.module
        own = {k: v.detach().clone() for k, v in module.state_dict().items()}
        module.load_state_dict(self.ema)
        module.eval()
        with torch.inference_mode():
            numbers, sheet = self.recipe.validate(module)
        module.load_state_dict(own)
        module.train()
        from PIL import Image

        pixels = (sheet.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
        Image.fromarray(pixels).save(self.folder / f"sheet-{self.step:06d}.png")
        return {k: round(v, 4) for k, v in numbers.items()}

    def _log(self, record: dict[str, float]) -> None:
        if self.accelerator.is_main_process and (
            self.step % 10 == 0 or any(name.startswith("val_") for name in record)
        ):
            with (self.folder / "log.jsonl").open("a") as log:
                log.write(json.dumps(record) + "\n")


def _save(state: dict[str, Tensor], path: Path, metadata: dict[str, str] | None = None) -> None:
    partial = path.with_suffix(".partial")
    save_file({k: v.detach().contiguous().cpu() for k, v in state.items()}, partial, metadata)
    partial.rename(path)
