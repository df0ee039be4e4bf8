"""Our models as ONNX, and back as anybody's model by adapter."""

import json
import sys

import pytest
import torch
from torch.nn import functional as F

from toolkit.cli import main
from toolkit.guidance import Points
from toolkit.measure.adapters import adapter
from toolkit.models import export as module
from toolkit.models.base import Dials
from toolkit.models.cards import list_models
from toolkit.models.export import TOLERANCE, export
from toolkit.models.registry import load_model

SIDE = 64

pytestmark = pytest.mark.slow  # to export takes longest


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The U-Net at a vividness between its two heads, so that both are in the file."""
    return export("unet", tmp_path_factory.mktemp("export") / "unet.onnx", size=SIDE, vividness=0.6)


def photo():
    rng = torch.Generator().manual_seed(3)
    return F.interpolate(100 * torch.rand(1, 1, 6, 6, generator=rng), (SIDE, SIDE), mode="bicubic").clamp(0, 100)


def automatic(L, vividness):
    model = load_model("unet")
    return model.decode(model.encode(L), Points(torch.zeros(0, 2), torch.zeros(0, 2)), Dials(vividness), 0).ab


def test_an_exported_model_says_the_same_colors_by_its_adapter(exported):
    assert exported.difference <= TOLERANCE
    model = adapter(str(exported.description))
    assert (model.name, model.takes_hints, model.size) == ("unet-onnx", False, SIDE)
    assert model.description.checked
    L = photo()
    torch.testing.assert_close(model.ab(L), automatic(L, 0.6), atol=TOLERANCE, rtol=0)
    assert float((automatic(L, 0.6) - automatic(L, 0.0)).abs().max()) > 10 * TOLERANCE, "the vividness is in the file"


def test_it_colors_photos_of_any_shape(exported):
    wide = F.interpolate(photo(), (SIDE, 3 * SIDE), mode="bilinear")
    said = adapter(str(exported.description)).ab(wide)
    assert said.shape == (1, 2, SIDE // 2, SIDE // 2), "the square covers the whole photo"
    assert said.isfinite().all()


def test_nothing_is_overwritten_untold_and_what_cannot_be_meant_is_told_first(exported, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_write", lambda *args: pytest.fail("refused before the work"))
    before = exported.onnx.stat().st_mtime_ns
    for file, options, told in (
        (exported.onnx, {}, "is there already; add --overwrite"),
        (tmp_path / "unet.pt", {}, "does not end in .onnx"),
        (tmp_path / "nowhere" / "unet.onnx", {}, "create it first"),
        (tmp_path / "unet.onnx", {"size": 100}, "a multiple of 16"),
        (tmp_path / "unet.onnx", {"size": 4096}, "up to 1024"),
        (tmp_path / "unet.onnx", {"vividness": 2.0}, "from 0 .safe."),
    ):
        with pytest.raises(ValueError, match=told):
            export("unet", file, **options)
    (tmp_path / "unet.json").touch()
    with pytest.raises(ValueError, match=r"unet\.json is there already"):
        export("unet", tmp_path / "unet.onnx")
    assert exported.onnx.stat().st_mtime_ns == before
    with pytest.raises(ValueError, match="known models"):
        export("nobody", tmp_path / "nobody.onnx")


def test_models_that_draw_are_refused(tmp_path):
    with pytest.raises(ValueError, match="draws its colors in several steps"):
        export("diffusion", tmp_path / "diffusion.onnx")
    assert not list(tmp_path.iterdir())


def test_without_onnx_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ValueError, match=r"pip install huepoint\[onnx\]"):
        export("unet", tmp_path / "unet.onnx")


def test_a_file_that_says_other_colors_is_removed(exported, tmp_path, monkeypatch):
    target = tmp_path / "unet.onnx"
    monkeypatch.setattr(module, "_write", lambda network, size, onnx: onnx.write_bytes(exported.onnx.read_bytes()))
    with pytest.raises(RuntimeError, match=r"unet\.onnx was removed"):
        export("unet", target, size=SIDE, vividness=0.0)  # what is written there is of another vividness
    assert not list(tmp_path.iterdir())


def test_the_command_writes_both_files_and_says_how_near_they_are(exported, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module, "_write", lambda network, size, onnx: onnx.write_bytes(exported.onnx.read_bytes()))
    monkeypatch.chdir(tmp_path)
    argv = ["export", "unet", "--onnx", "mine.onnx", "--size", str(SIDE), "--vividness", "0.6"]
    assert main(argv) == 0
    said = capsys.readouterr().out
    assert "mine.json describes it" in said
    assert "Lab units from ours (allowed: 0.01)" in said
    assert json.loads((tmp_path / "mine.json").read_text())["file"] == "mine.onnx"
    assert main(argv) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert main([*argv, "--overwrite"]) == 0


def test_help_comes_with_examples(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["export", "--help"])
    assert stop.value.code == 0
    assert "python -m toolkit export unet --onnx" in capsys.readouterr().out.partition("examples:")[2]


@pytest.mark.parametrize("name", [card.name for card in list_models(zoo=True) if not card.draws])
def test_every_model_that_gives_one_answer_can_be_exported(tmp_path, name):
    done = export(name, tmp_path / "model.onnx", size=32)
    assert done.difference <= TOLERANCE
    assert adapter(str(done.description)).ab(photo()).shape[:2] == (1, 2)
