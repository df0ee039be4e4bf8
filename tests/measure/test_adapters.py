"""Strangers' models by adapter: tiny ones, made here, whose answer is known."""

import json
from pathlib import Path

import onnx
import pytest
import torch
from onnx import TensorProto, helper
from torch import nn
from torch.nn import functional as F

from toolkit.color import lab_to_rgb
from toolkit.measure import adapters
from toolkit.measure.adapters import RECIPES, AdapterError, Description, adapter, read_description

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:FutureWarning")
PLAIN = {"file": "theirs.onnx", "format": "onnx", "input": "L", "output": "ab", "size": 32}


def write(folder: Path, **changes) -> str:
    """A description; the name to ask for."""
    path = folder / "theirs.json"
    path.write_text(json.dumps(PLAIN | changes))
    return str(path)


def write_onnx(folder: Path, weight: torch.Tensor, name: str = "theirs.onnx", side: int | str = "side") -> None:
    """A model that multiplies the channels of each pixel by a matrix (out, in): a convolution of 1 x 1."""
    out, channels = weight.shape
    kernel = helper.make_tensor("kernel", TensorProto.FLOAT, (out, channels, 1, 1), weight.flatten().tolist())
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "kernel"], ["y"])],
        "theirs",
        [
            helper.make_tensor_value_info(
                "x", TensorProto.FLOAT, (1, channels, side, "width" if side == "side" else side)
            )
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [kernel],
    )
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 20)]), folder / name)


def write_script(folder: Path, module: nn.Module, *example: torch.Tensor) -> None:
    torch.jit.save(torch.jit.trace(module, example), folder / "theirs.pt")


def ramp(H: int, W: int) -> torch.Tensor:
    return torch.linspace(10, 90, H * W).view(1, 1, H, W)


HALF = torch.tensor([[0.5], [-0.25]])  # ab = L / 2, -L / 4


def test_a_model_answers_in_lab_units(tmp_path):
    write_onnx(tmp_path, HALF)
    model = adapter(write(tmp_path, name="them"))
    L = ramp(32, 48)
    torch.testing.assert_close(model.ab(L), torch.cat([L / 2, -L / 4], 1), atol=1e-4, rtol=0)
    assert (model.name, model.takes_hints, model.size) == ("them", False, 32)


def test_ranges_and_scales_are_the_models(tmp_path):
    write_onnx(tmp_path, torch.tensor([[1.0], [0.0]]))
    L = ramp(32, 32)
    said = adapter(write(tmp_path, input_range=[-0.5, 0.5], output_scale=110)).ab(L)  # as eccv16 outside of its wrapper
    torch.testing.assert_close(said[:, :1], (L - 50) / 100 * 110, atol=1e-3, rtol=0)
    said = adapter(write(tmp_path, mean=[50], std=[25])).ab(L)
    torch.testing.assert_close(said[:, :1], (L - 50) / 25, atol=1e-4, rtol=0)


def test_gray_rgb_is_the_gray_photo_and_rgb_answers_lose_their_lightness(tmp_path):
    write_onnx(tmp_path, torch.eye(3))
    L = ramp(32, 32)
    gray = adapter(write(tmp_path, input="gray-rgb", output="rgb")).ab(L)
    torch.testing.assert_close(gray, torch.zeros_like(gray), atol=0.02, rtol=0)
    write_onnx(tmp_path, torch.tensor([[1.0, 0, 0], [0, 0, 0], [0, 0, 0]]))
    red = adapter(write(tmp_path, input="gray-rgb", output="rgb")).ab(L)
    level = lab_to_rgb(F.pad(L, (0, 0, 0, 0, 0, 2)))[:, :1]
    expected = adapters.rgb_to_lab(torch.cat([level, 0 * level, 0 * level], 1))[:, 1:]
    torch.testing.assert_close(red, expected, atol=1e-3, rtol=0)
    write_onnx(tmp_path, 2 * torch.eye(3) - 0)
    both = write(tmp_path, input="gray-rgb", output="rgb", input_range=[-1, 1], output_range=[-2, 2])
    torch.testing.assert_close(adapter(both).ab(L), gray, atol=0.02, rtol=0)


def test_lab_answers_give_their_ab(tmp_path):
    write_onnx(tmp_path, torch.tensor([[9.0], [0.5], [-0.25]]))
    L = ramp(32, 32)
    torch.testing.assert_close(
        adapter(write(tmp_path, output="lab")).ab(L), torch.cat([L / 2, -L / 4], 1), atol=1e-4, rtol=0
    )


@pytest.mark.parametrize(
    "size, seen", [((64, 96), (32, 48)), ((20, 30), (32, 48)), ((40, 1000), (5, 128)), ((33, 33), (32, 32))]
)
def test_photos_keep_their_aspect(tmp_path, size, seen):
    write_onnx(tmp_path, HALF)
    said = adapter(write(tmp_path)).ab(torch.full((1, 1, *size), 40.0))
    assert said.shape == (1, 2, *seen)
    torch.testing.assert_close(said[:, :1], torch.full((1, 1, *seen), 20.0), atol=1e-3, rtol=0)


def test_a_square_is_squeezed_and_padding_is_cut_off(tmp_path):
    write_onnx(tmp_path, HALF, side=32)
    L = torch.full((1, 1, 40, 60), 30.0)
    L[..., 30:] = 70  # the right half
    squeezed = adapter(write(tmp_path, square=True)).ab(L)
    assert squeezed.shape == (1, 2, 32, 32)
    assert squeezed[0, 0, :, :12].mean() == pytest.approx(15, abs=0.2)
    assert squeezed[0, 0, :, 20:].mean() == pytest.approx(35, abs=0.2)
    with pytest.raises(AdapterError, match=r"did not run .* correct `input` and `size`"):
        adapter(write(tmp_path)).ab(L)  # 32 x 48 into a model of 32 x 32
    padded = adapter(write(tmp_path, size=24, multiple=32))
    with pytest.raises(AdapterError, match="did not run"):
        padded.ab(torch.full((1, 1, 24, 40), 30.0))  # 32 x 64
    cut = padded.ab(ramp(24, 24))
    assert cut.shape == (1, 2, 24, 24), "it saw 32 x 32"
    torch.testing.assert_close(cut[:, :1], ramp(24, 24) / 2, atol=1e-3, rtol=0)


class Follower(nn.Module):
    """Says the hints where there are any, L elsewhere."""

    def forward(self, L: torch.Tensor, ab: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return mask * ab + (1 - mask) * L.expand_as(ab)


def hints_at(x: int, y: int, H: int = 32, W: int = 32) -> tuple[torch.Tensor, torch.Tensor]:
    hints, hinted = torch.zeros(1, 2, H, W), torch.zeros(1, 1, H, W, dtype=torch.bool)
    hinted[..., y, x] = True
    hints[..., y, x] = torch.tensor([30.0, -20.0])
    return hints, hinted


def test_torchscript_takes_hints_in_planes_of_their_own(tmp_path):
    L = torch.full((1, 1, 32, 32), 50.0)
    write_script(tmp_path, Follower(), L, torch.zeros(1, 2, 32, 32), L)
    model = adapter(write(tmp_path, file="theirs.pt", format="torchscript", hints="separate"))
    assert model.takes_hints
    said = model.ab(L, *hints_at(5, 9))
    assert said[0, :, 9, 5].tolist() == pytest.approx([30, -20])
    assert said[0, :, 9, 6].tolist() == pytest.approx([50, 50])
    torch.testing.assert_close(model.ab(L), L.expand(1, 2, 32, 32), atol=1e-3, rtol=0)
    scaled = adapter(
        write(tmp_path, file="theirs.pt", format="torchscript", hints="separate", hints_scale=10, output_scale=10)
    )
    assert scaled.ab(L, *hints_at(5, 9))[0, :, 9, 5].tolist() == pytest.approx([30, -20])


@pytest.mark.parametrize("side", [32, 100, 200])
def test_no_hint_is_too_small_for_the_models_size(tmp_path, side):
    L = torch.full((1, 1, side, side), 50.0)
    small = torch.zeros(1, 1, 32, 32)
    write_script(tmp_path, Follower(), small, torch.zeros(1, 2, 32, 32), small)
    model = adapter(write(tmp_path, file="theirs.pt", format="torchscript", hints="separate"))
    said = model.ab(L, *hints_at(side // 2, side // 3, side, side))
    obeyed = (said - torch.tensor([30.0, -20.0]).view(1, 2, 1, 1)).norm(dim=1) < 0.01
    assert 1 <= int(obeyed.sum()) <= 4


def test_hints_stacked_on_l_are_four_channels(tmp_path):
    write_onnx(tmp_path, torch.tensor([[0.0, 1, 0, 0], [0, 0, 0, 1.0]]))  # says a, and the mask as b
    L = torch.full((1, 1, 32, 32), 50.0)
    said = adapter(write(tmp_path, hints="stacked", mask_values=[-0.5, 0.5])).ab(L, *hints_at(5, 9))
    assert said[0, :, 9, 5].tolist() == pytest.approx([30, 0.5])
    assert said[0, :, 0, 0].tolist() == pytest.approx([0, -0.5])


@pytest.mark.parametrize(
    "changes, told",
    [
        ({"format": "pickle"}, "format is 'pickle'; it has to be one of onnx, torchscript"),
        ({"input": "yuv"}, "input is 'yuv'"),
        ({"hints": "yes"}, "hints is 'yes'"),
        ({"file": "../theirs.onnx"}, "leave folders out"),
        ({"file": ""}, "leave folders out"),
        ({"file": 3}, "file is '3'; it has to be text"),
        ({"size": 0}, "from 1 to 2048 px"),
        ({"size": 32.5}, "a whole number"),
        ({"size": True}, "a whole number"),
        ({"square": "yes"}, "true or false"),
        ({"square": True, "multiple": 7}, "no multiple of 7"),
        ({"input_range": [0]}, "a list of two numbers"),
        ({"input_range": [1, 1]}, "begins where it ends"),
        ({"output_range": [0, "1"]}, "a list of two numbers"),
        ({"mean": [0.5, 0.5, 0.5]}, "3 numbers; L has 1 channels"),
        ({"std": [0]}, "none may be 0"),
        ({"output_scale": float("nan")}, "a number"),
        ({"colour": 1}, "'colour' that nobody knows"),
    ],
)
def test_a_description_that_cannot_be_meant_is_one_sentence(tmp_path, changes, told):
    with pytest.raises(AdapterError, match=told) as error:
        adapter(write(tmp_path, **changes))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text, told",
    [("{", "is not JSON"), ("[]", "is an object like"), ('{"file": "x"}', "does not say format, input, output")],
)
def test_a_file_that_is_no_description_is_told(tmp_path, text, told):
    (tmp_path / "theirs.json").write_text(text)
    with pytest.raises(AdapterError, match=told):
        read_description(tmp_path / "theirs.json")
    with pytest.raises(AdapterError, match="check the path"):
        read_description(tmp_path / "nowhere.json")


def test_a_model_that_is_missing_broken_or_another_is_told(tmp_path):
    with pytest.raises(AdapterError, match=r"needs the file theirs\.onnx in "):
        adapter(write(tmp_path))
    for name, format, kind in (("theirs.onnx", "onnx", "ONNX"), ("theirs.pt", "torchscript", "TorchScript")):
        (tmp_path / name).write_bytes(b"no model")
        with pytest.raises(AdapterError, match=f"no {kind} model that can be read") as told:
            adapter(write(tmp_path, file=name, format=format))
        assert "\n" not in str(told.value)
    write_onnx(tmp_path, HALF)
    with pytest.raises(AdapterError, match="takes 1 inputs and its description gives 3"):
        adapter(write(tmp_path, hints="separate"))
    with pytest.raises(AdapterError, match="did not run"):
        adapter(write(tmp_path, input="gray-rgb")).ab(ramp(32, 32))
    with pytest.raises(AdapterError, match=r"not with \(1, 3, h, w\)"):
        adapter(write(tmp_path, output="rgb")).ab(ramp(32, 32))
    write_onnx(tmp_path, HALF * torch.nan)
    with pytest.raises(AdapterError, match="numbers that are none"):
        adapter(write(tmp_path)).ab(ramp(32, 32))


def test_other_names_are_nobody_s(tmp_path):
    assert adapter("unet") is None
    assert adapter("runs/mine/checkpoint.safetensors") is None


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_says_what_to_bring_and_runs_once_it_is_there(tmp_path, monkeypatch, name):
    monkeypatch.setenv("HUEPOINT_MODELS", str(tmp_path))
    description = Description.parse(RECIPES[name])
    assert not description.checked, "none could be run here"
    assert description.license
    with pytest.raises(AdapterError, match=f"^{name} needs the file {description.file} in {tmp_path}.*github.com/"):
        adapter(name)
    L = torch.full((1, 1, description.size, description.size), 40.0)
    channels = 3 if description.input == "gray-rgb" else 1
    if description.format == "onnx":
        write_onnx(tmp_path, torch.ones(2, channels), description.file)
    else:
        hints = (torch.zeros(1, 2, *L.shape[-2:]), torch.zeros_like(L)) if description.hints == "separate" else ()
        module = Follower() if hints else nn.Conv2d(1, 2, 1)
        torch.jit.save(torch.jit.trace(module, (L, *hints)), tmp_path / description.file)
    model = adapter(name)
    assert model.takes_hints == (name in ("siggraph17", "icolorit"))
    assert model.ab(torch.full((1, 1, 50, 70), 40.0)).shape == (1, 2, description.size, description.size)


def hub(monkeypatch, folder: Path | None, error: type[Exception] | None = None) -> list[tuple[str, str, bool]]:
    """A hub that gives files of a folder, or fails; what it was asked for."""
    import huggingface_hub

    asked = []

    def download(repository, file, local_files_only):
        asked.append((repository, file, local_files_only))
        if error is not None:
            raise error("not there")
        return str(folder / file)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    return asked


def test_the_hub_is_asked_only_where_that_was_allowed(tmp_path, monkeypatch):
    from huggingface_hub.errors import LocalEntryNotFoundError

    monkeypatch.delenv("HUEPOINT_DOWNLOADS", raising=False)
    asked = hub(monkeypatch, None, LocalEntryNotFoundError)
    with pytest.raises(AdapterError, match="set HUEPOINT_DOWNLOADS=1"):
        adapter("hf:somebody/theirs")
    assert asked == [("somebody/theirs", "huepoint.json", True)], "only this machine was searched"
    monkeypatch.setenv("HUEPOINT_DOWNLOADS", "1")
    with pytest.raises(AdapterError, match="go online once"):
        adapter("hf:somebody/theirs")
    assert asked[-1] == ("somebody/theirs", "huepoint.json", False)
    for name in ("hf:theirs", "hf:/theirs", "hf:a/b/c"):
        with pytest.raises(AdapterError, match="hf:OWNER/NAME"):
            adapter(name)


def test_a_model_of_the_hub_runs_and_code_of_the_hub_does_not(tmp_path, monkeypatch):
    monkeypatch.delenv("HUEPOINT_DOWNLOADS", raising=False)
    hub(monkeypatch, tmp_path)
    write_onnx(tmp_path, HALF)
    (tmp_path / "huepoint.json").write_text(json.dumps(PLAIN))
    model = adapter("hf:somebody/theirs")
    assert model.name == "somebody/theirs"
    assert model.ab(ramp(32, 32)).shape == (1, 2, 32, 32)
    (tmp_path / "huepoint.json").write_text(json.dumps(PLAIN | {"file": "theirs.pt", "format": "torchscript"}))
    with pytest.raises(AdapterError, match="holds code"):
        adapter("hf:somebody/theirs")
