"""Training: what goes in, what is done to it, what is minimised, and that a run can be stopped and continued."""

import io
import itertools
import json
import tarfile

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tests.toys.network import Eye
from tests.toys.photos import colorful
from toolkit.color import AbBins, rgb_to_lab, soft_encode
from toolkit.models.encoder import CHANNELS
from toolkit.training.data import Batch, Cache, load_photos, view
from toolkit.training.degrade import degrade, lightness
from toolkit.training.loop import Schedule, Trainer, rate
from toolkit.training.losses import RebalancedCrossEntropy, huber_ab


def test_lightness_is_the_L_of_lab():
    gray = torch.linspace(0, 1, 64).view(1, 1, 8, 8).expand(1, 3, 8, 8)
    linear = torch.where(gray > 0.04045, ((gray + 0.055) / 1.055) ** 2.4, gray / 12.92)
    assert torch.allclose(lightness(linear[:, :1]), rgb_to_lab(gray)[:, :1], atol=0.02)


def test_damage_keeps_shape_and_range_and_follows_its_seed():
    rgb = torch.rand(12, 3, 32, 48, generator=torch.Generator().manual_seed(0))
    old, again, other = (degrade(rgb, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert old.shape == (12, 1, 32, 48)
    assert old.min() >= 0
    assert old.max() <= 100
    assert torch.equal(old, again)
    assert not torch.equal(old, other)
    clean = rgb_to_lab(rgb)[:, :1]
    untouched = ((old - clean).abs().amax((1, 2, 3)) < 0.1).sum()
    assert 0 < untouched < 12, "some photos stay as they are, some do not"


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_damage_of_black_and_white_is_finite(level):
    assert degrade(torch.full((8, 3, 32, 32), level), torch.Generator().manual_seed(0)).isfinite().all()


def test_cross_entropy_is_that_of_the_soft_encoding():
    bins = AbBins.make()
    loss = RebalancedCrossEntropy(bins, torch.ones(len(bins)))
    generator = torch.Generator().manual_seed(0)
    truth = torch.randint(-40, 40, (2, 2, 4, 4), generator=generator).float()
    logits = torch.randn(2, len(bins), 4, 4, generator=generator)
    expected = -(soft_encode(truth, bins) * logits.log_softmax(1)).sum(1).mean()
    assert torch.allclose(loss(logits, truth), expected, atol=1e-4)


def test_rare_colors_weigh_more():
    bins = AbBins.make()
    red, gray = (int(torch.cdist(torch.tensor([ab]), bins.centers).argmin()) for ab in ([70.0, 50.0], [0.0, 0.0]))
    weight = torch.ones(len(bins))
    weight[red] = 9.0
    truth = torch.zeros(1, 2, 1, 2)
    truth[0, :, 0, 1] = torch.tensor([70.0, 50.0])
    right_about = {name: torch.zeros(1, len(bins), 1, 2) for name in ("red", "gray")}
    right_about["red"][0, red, 0, 1] = right_about["gray"][0, gray, 0, 0] = 8.0
    loss = RebalancedCrossEntropy(bins, weight)
    assert loss(right_about["red"], truth) < loss(right_about["gray"], truth)


def test_huber_is_square_then_linear():
    zero = torch.zeros(1, 2, 1, 1)
    assert huber_ab(zero + 10, zero).item() == pytest.approx(0.125)  # (10 / 20)² / 2
    assert huber_ab(zero + 60, zero).item() == pytest.approx(2.5)  # 60 / 20 - 1/2


def test_photos_come_from_folders_and_tars_without_the_broken_ones(tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    colorful(0, (600, 400)).save(tmp_path / "in" / "a.png")
    colorful(1).save(tmp_path / "in" / "deep" / "b.jpg")
    (tmp_path / "in" / "broken.jpg").write_text("no photo")
    assert sorted(tuple(p.shape) for p in load_photos([str(tmp_path / "in")])) == [(3, 260, 300), (3, 288, 432)]
    buffer = io.BytesIO()
    colorful(2).save(buffer, "webp")
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        member = tarfile.TarInfo("s/c.webp")
        member.size = buffer.tell()
        tar.addfile(member, io.BytesIO(buffer.getvalue()))
    assert len(load_photos([str(tmp_path / "in"), str(tmp_path / "x.tar")])) == 3
    assert len(load_photos([str(tmp_path / "in")], limit=1)) == 1


def test_photos_without_color_teach_nothing_and_are_left_out(tmp_path):
    colorful(0).save(tmp_path / "color.png")
    colorful(1).convert("L").save(tmp_path / "gray.png")
    assert len(load_photos([str(tmp_path)])) == 1


@pytest.mark.parametrize("source", ["nowhere", "empty"])
def test_a_source_without_photos_is_an_error(tmp_path, source):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=source):
        load_photos([str(tmp_path / source)])


def test_a_view_fills_its_shape():
    photo = torch.randint(0, 256, (3, 200, 300), dtype=torch.uint8)
    for seed in range(5):
        out = view(photo, (192, 256), torch.Generator().manual_seed(seed))
        assert out.shape == (3, 192, 256)
        assert 0 <= out.min() <= out.max() <= 1


def test_the_cache_keeps_lightness_color_and_tokens_aligned_and_is_filled_once(tmp_path):
    photos = [torch.randint(0, 256, (3, 256, 320), dtype=torch.uint8) for _ in range(3)]
    cache = Cache(tmp_path / "c", photos, views=1)
    cache.fill(Eye())
    (file,) = (tmp_path / "c").glob("*.safetensors")
    written = file.stat().st_mtime_ns
    Cache(tmp_path / "c", photos, views=1).fill(Eye())
    assert file.stat().st_mtime_ns == written
    for batch in itertools.islice(cache.batches(2, seed=0), 6):  # crops and flips move all three together
        h, w = batch.tokens.shape[-2:]
        assert batch.L.shape[-2:] == (16 * h, 16 * w)
        assert batch.ab.shape[-2:] == (8 * h, 8 * w)
        assert torch.allclose(F.avg_pool2d(batch.L, 16), batch.tokens[:, :1], atol=0.1)
    with pytest.raises(ValueError, match="other photos"):
        Cache(tmp_path / "c", photos[:2])


def test_the_rate_warms_up_and_comes_down():
    schedule = Schedule(minutes=10, lr=1.0, warmup=100)
    assert rate(schedule, 0, 0) == pytest.approx(0.01)
    assert rate(schedule, 100, 0) == pytest.approx(1)
    assert rate(schedule, 5000, 300) == pytest.approx(0.505)
    assert rate(schedule, 9000, 600) == pytest.approx(0.01)


class Line:
    """A recipe: learn that ab is half of what the tokens say."""

    architecture = "line"

    def __init__(self):
        torch.manual_seed(0)
        self.module = nn.Conv2d(CHANNELS, 2, 1)

    def loss(self, module, batch, progress):
        assert 0 <= progress <= 1
        return {"loss": (module(batch.tokens) - F.avg_pool2d(batch.ab, 8)).square().mean()}

    def validate(self, module):
        return {"val_psnr": 1.0}, torch.zeros(3, 4, 4)


def lessons():
    generator = torch.Generator().manual_seed(0)
    while True:
        tokens = torch.randn(4, CHANNELS, 2, 2, generator=generator)
        yield Batch(torch.zeros(4, 1, 32, 32), F.interpolate(tokens[:, :2] / 2, scale_factor=8.0), tokens)


def test_a_run_learns_stops_on_request_and_goes_on(tmp_path):
    def until(step):
        return lambda record: record["step"] < step

    first = Trainer(Line(), tmp_path, Schedule(minutes=5, warmup=5, lr=3e-3), device="cpu")
    first.run(lessons(), until(60), quiet=True)
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert log[-1]["loss"] < 0.7 * log[0]["loss"]

    second = Trainer(Line(), tmp_path, Schedule(minutes=5, warmup=5, lr=3e-3), device="cpu")
    assert second.resume()
    assert second.step == 60
    assert all(
        torch.equal(a, b)
        for a, b in zip(first.recipe.module.parameters(), second.recipe.module.parameters(), strict=True)
    )
    second.run(lessons(), until(70), quiet=True)
    assert second.step == 70
    assert not list(tmp_path.glob("*.partial"))
