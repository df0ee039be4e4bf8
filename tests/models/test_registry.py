import hashlib
import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from toolkit.models import unet, zoo
from toolkit.models.cards import get_card, list_models
from toolkit.models.encoder import load_encoder
from toolkit.models.registry import load_model
from toolkit.models.weights import WeightsError, weights_folder


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A weights folder of one's own, with the shipped model in it; nothing of it stays loaded."""
    for name in ("manifest.json", get_card("unet").file):
        shutil.copy(weights_folder() / name, tmp_path / name)
    monkeypatch.setenv("HUEPOINT_WEIGHTS", str(tmp_path))
    load_model.cache_clear()
    yield tmp_path
    load_model.cache_clear()


def rewrite(folder, change):
    """Replace the model's file by changed weights, and make the manifest promise just these."""
    file = folder / get_card("unet").file
    state = load_file(file)
    change(state)
    save_file(state, file)
    promise(folder, file)


def promise(folder, file):
    manifest = json.loads((folder / "manifest.json").read_text())
    next(m for m in manifest["models"] if m["name"] == "unet")["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def sentence(error):
    text = str(error.value)
    assert text.endswith(".")
    assert "\n" not in text
    return text


@pytest.mark.parametrize("card", list_models(zoo=True), ids=lambda card: card.name)
def test_a_card_says_what_it_has_to_and_its_file_is_what_it_says(card):
    assert hashlib.sha256((weights_folder() / card.file).read_bytes()).hexdigest() == card.sha256
    assert load_model(card.name).card == card
    assert card.task
    assert card.summary.endswith(".")
    assert card.license
    assert 32 <= card.size <= 2048
    assert card.parameters == sum(v.numel() for v in load_file(weights_folder() / card.file).values())


def test_names_are_unique():
    names = [card.name for card in list_models(zoo=True)]
    assert len(names) == len(set(names))


def test_the_zoo_is_shown_to_those_who_ask_for_it():
    plain, all_of_them = ([card.name for card in list_models(zoo=shown)] for shown in (False, True))
    assert all_of_them[: len(plain)] == plain
    assert sorted(all_of_them[len(plain) :]) == list(zoo.names())


def test_an_unknown_name_is_answered_with_the_known_ones():
    for ask in (get_card, load_model):
        with pytest.raises(ValueError, match=r"There is no model 'nosuch'; known models: .*unet"):
            ask("nosuch")


def test_weights_are_loaded_once_and_never_trained():
    model = load_model("unet")
    assert load_model("unet") is model
    assert load_encoder("cpu") is load_encoder("cpu")
    assert not any(p.requires_grad for p in model.network.parameters())
    assert not model.network.training


def test_a_changed_byte_is_found_before_anything_is_loaded(folder):
    file = folder / get_card("unet").file
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(WeightsError) as error:
        load_model("unet")
    assert "sha256" in sentence(error)


def test_a_weight_too_few_too_many_or_of_another_shape_is_an_error(folder):
    name = "to_ab.bias"
    changes = {
        "Missing": lambda state: state.pop(name),
        "Unexpected": lambda state: state.update({name: torch.zeros(2), "stranger": torch.zeros(3)}),
        "size mismatch": lambda state: (state.pop("stranger"), state.update({name: torch.zeros(3)})),
    }
    for says, change in changes.items():
        rewrite(folder, change)
        with pytest.raises(WeightsError, match=says) as error:
            load_model("unet")
        sentence(error)


def test_files_that_are_missing_or_no_weights_are_one_sentence(folder):
    file = folder / get_card("unet").file
    file.write_bytes(b"<html>not found</html>")
    promise(folder, file)
    with pytest.raises(WeightsError, match="not a safetensors file") as error:
        load_model("unet")
    sentence(error)
    file.unlink()
    with pytest.raises(WeightsError, match="missing") as error:
        load_model("unet")
    sentence(error)
    (folder / "manifest.json").write_text("{")
    with pytest.raises(WeightsError, match="JSON"):
        list_models()
    (folder / "manifest.json").unlink()
    with pytest.raises(WeightsError, match="HUEPOINT_WEIGHTS"):
        list_models()


def test_weights_in_half_precision_are_loaded_as_float32(folder, monkeypatch):
    encoder = load_encoder("cpu")
    monkeypatch.setattr(unet, "load_encoder", lambda device: encoder)
    rewrite(folder, lambda state: state.update({k: v.half() for k, v in state.items()}))
    assert {p.dtype for p in load_model("unet").network.parameters()} == {torch.float32}


def test_own_weights_are_named_by_their_file(tmp_path):
    file = tmp_path / "checkpoint.safetensors"
    shutil.copy(weights_folder() / get_card("unet").file, file)
    card = get_card(str(file))
    assert (card.architecture, card.size) == ("unet", get_card("unet").size)
    own, shipped = load_model(str(file)).network.state_dict(), load_model("unet").network.state_dict()
    assert all(torch.equal(own[k], shipped[k]) for k in shipped)
    file.write_text("no weights")
    for path in (file, tmp_path / "none.safetensors"):
        with pytest.raises(WeightsError) as error:
            get_card(str(path))
        sentence(error)
