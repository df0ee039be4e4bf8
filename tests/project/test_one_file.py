"""A new thing is one file, and a model a card beside it: toys of each are put beside ours, and found without a change
anywhere else.
"""

import hashlib
import json
import shutil
import subprocess
import sys

import pytest
from safetensors.torch import save_file

from tests import EXAMPLES, ROOT
from toolkit.models.weights import weights_folder
from toolkit.photo import open_photo

pytestmark = pytest.mark.slow  # trains, and starts the toolkit in processes of its own

GRAY = EXAMPLES / "cameraman-gray.jpg"
NETWORK = '''"""One color for everything."""

import torch
from torch import nn
from torch.nn import functional as F


class ToyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.color = nn.Parameter(torch.tensor([8.0, 20.0]))

    def forward(self, L):
        return F.avg_pool2d(L, 2) * 0 + self.color.view(1, 2, 1, 1)
'''
MODEL = '''"""Everything is blue."""

import torch

from toolkit.models.base import Encoded, Prediction


class Blue:
    bins = None

    def __init__(self, card):
        self.card = card

    def encode(self, L):
        ab = torch.tensor([0.0, -30.0]).view(1, 2, 1, 1).expand(1, 2, L.shape[-2] // 2, L.shape[-1] // 2)
        return Encoded(L, ab, torch.ones(1, 1, L.shape[-2] // 4, L.shape[-1] // 4))

    def decode(self, encoded, points, dials, seed):
        return Prediction(encoded.ab)


def build(card, device):
    return Blue(card)
'''
RECIPE = '''"""A number that comes near another."""

from dataclasses import dataclass

import torch
from torch import nn

from toolkit.training.job import Job, Trained, Training, run
from toolkit.training.loop import Schedule


@dataclass(frozen=True)
class NumberJob(Job):
    """What to come near."""

    goal: float = 1.0
    """the number to come near"""


class Batch:
    def to(self, device):
        return self


class Number:
    architecture = "number"

    def __init__(self, goal):
        self.module, self.goal = nn.Linear(1, 1), goal

    def loss(self, module, batch, progress):
        return {"loss": (module(torch.zeros(1, 1)) - self.goal).square().mean()}

    def validate(self, module):
        return {"val_number": float(module.bias)}, torch.zeros(3, 4, 4)


def train(job, out):
    schedule = job.schedule(Schedule(steps=20, lr=0.5, warmup=1))
    run(job, out, Number(job.goal), schedule, lambda step, process: iter(Batch, None))
    return Trained(out / "checkpoint.safetensors", "The number is in {path}.")


TRAINING = Training(NumberJob, train)
'''


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """Adds a card to a copy of the manifest: shipped(card)."""
    folder = tmp_path / "weights"
    folder.mkdir()
    shutil.copy(weights_folder() / "manifest.json", folder)

    def ship(**card):
        manifest = json.loads((folder / "manifest.json").read_text())
        said = {"task": "toy", "summary": "A toy.", "license": "MIT", "data": "None.", "trained": "No.", "weak": "All."}
        manifest["models"].append(said | card)
        (folder / "manifest.json").write_text(json.dumps(manifest))
        monkeypatch.setenv("HUEPOINT_WEIGHTS", str(folder))

    return ship


def run(tmp_path, package, name, text, *lines):
    """The command line in a process of its own, with one file more in a package; what it prints."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / name).write_text(text)
    code = f"import {package} as at; at.__path__.append({str(tmp_path / 'more')!r}); from toolkit.cli import main\n"
    code += f"for line in {lines!r}:\n    assert main(line.split()) == 0, line"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, cwd=ROOT)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def redness(path):
    r, _, b = open_photo(path).rgb.float().mean((1, 2))
    return float(r - b)


def test_a_network_of_the_zoo_is_trained_shown_and_used(tmp_path, shipped):
    shipped(name="toy", architecture="toy-net", file="toy.safetensors", sha256="", zoo=True)
    said = run(
        tmp_path,
        "toolkit.models.zoo",
        "toy_net.py",
        NETWORK,
        f"train toy-net --data shapes --steps 2 --out {tmp_path}/run --device cpu",
        "models",
        f"colorize {GRAY} --weights {tmp_path}/run/checkpoint.safetensors -o {tmp_path}/warm.png --size 32 --device "
        "cpu",
    )
    assert f"{tmp_path}/run/checkpoint.safetensors" in said
    assert "toy: A toy." in said
    assert redness(tmp_path / "warm.png") > 10


def test_a_model_is_a_file_and_a_card(tmp_path, shipped):
    file = tmp_path / "weights" / "toy.safetensors"
    save_file({}, file)
    shipped(name="toy", architecture="toy-blue", file=file.name, sha256=hashlib.sha256(file.read_bytes()).hexdigest())
    to = f"-o {tmp_path}/blue.png --size 32 --device cpu"
    assert "toy: A toy." in run(
        tmp_path, "toolkit.models", "toy_blue.py", MODEL, "models", f"colorize {GRAY} --model toy {to}"
    )
    assert redness(tmp_path / "blue.png") < -10


def test_a_training_is_a_file_with_options_of_its_own(tmp_path):
    asked = f"train toy-number --data nothing --goal -3 --out {tmp_path}/run --device cpu"
    said = run(tmp_path, "toolkit.training.recipes", "toy_number.py", RECIPE, asked)
    assert f"The number is in {tmp_path}/run/checkpoint.safetensors." in said
    last = json.loads((tmp_path / "run" / "log.jsonl").read_text().splitlines()[-1])
    assert last["val_number"] < -1
