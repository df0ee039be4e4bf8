"""The localizer: what is in a photo and where, what it does with words it does not know, and with words from CLIP's
text tower.
"""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests import EXAMPLES
from toolkit import Session
from toolkit.models.cards import head_file
from toolkit.models.weights import WeightsError, weights_folder
from toolkit.photo import Photo, open_photo
from toolkit.text import open_words
from toolkit.text.localizer import CLIP, load_localizer, read_localizer

SEEN = {  # what nobody would deny, and what nobody would see
    "animals-two-dogs.jpg": ("dog", "bicycle"),
    "animal-cat.jpg": ("cat", "bus"),
    "portrait-grace-hopper.jpg": ("person", "airplane"),
    "historical-group-1897.jpg": ("person", "pizza"),
    "still-coffee.jpg": ("cup", "horse"),
    "landscape-mountains.jpg": ("sky", "sofa"),
    "street-church.jpg": ("building", "sheep"),
}

pytestmark = pytest.mark.slow  # looks at every example with the real weights


@pytest.fixture(scope="module")
def sights():
    localizer = load_localizer()
    return {name: localizer.look(Session(EXAMPLES / name)) for name in SEEN}


@pytest.mark.parametrize("name", SEEN)
def test_finds_what_is_there_and_not_what_is_not(sights, name):
    there, absent = (sights[name].find(word) for word in SEEN[name])
    assert there.present
    assert there.word == SEEN[name][0]
    assert not absent.present
    assert there.confidence > absent.confidence
    assert there.word in [word for word, _ in sights[name].names()]
    assert absent.word not in [word for word, _ in sights[name].names()]


def test_names_come_surest_first(sights):
    names = sights["animal-cat.jpg"].names(0.2)
    chances = [chance for _, chance in names]
    assert chances == sorted(chances, reverse=True)
    assert all(0.2 <= chance <= 1 for chance in chances)


def test_the_heat_lies_over_the_whole_photo_on_the_thing():
    photo = open_photo(EXAMPLES / "animal-cat.jpg")
    heat = load_localizer().look(Session(photo)).find("cat").heat
    assert heat.shape[:2] == (1, 1)
    assert heat.shape[2] / heat.shape[3] == pytest.approx(photo.height / photo.width, rel=0.02)
    assert float(heat.min()) >= 0
    assert float(heat.max()) <= 1
    mirrored = Photo.from_array(photo.rgb.flip(-1).permute(1, 2, 0).numpy())
    other = load_localizer().look(Session(mirrored)).find("cat").heat.flip(-1)
    both = (heat >= 0.5) & (other >= 0.5)
    assert both.sum() / ((heat >= 0.5) | (other >= 0.5)).sum() > 0.75, "a cat in a mirror is the same cat"


@pytest.mark.parametrize("model", ["unet", "vit-hint"])
@pytest.mark.parametrize("size", [(1, 1), (40, 300), (300, 40)])
def test_any_photo_and_any_model_will_do(model, size):
    photo = Photo.from_array(np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8))
    found = load_localizer().look(Session(photo, model)).find("person")
    assert torch.isfinite(found.heat).all()
    assert 0 <= found.confidence <= 1


def test_color_does_not_matter(sights):
    photo = open_photo(EXAMPLES / "animals-two-dogs.jpg")
    L = photo.lightness()[0, 0]
    gray = (L / 100).clamp(0, 1)  # another tone curve, and no color
    other = load_localizer().look(Session(Photo.from_array((gray[..., None].expand(-1, -1, 3) * 255).byte().numpy())))
    assert other.find("dog").present


def test_says_what_a_word_was_taken_as(sights):
    sight = sights["animals-two-dogs.jpg"]
    puppy, nothing = sight.find("poodle"), sight.find("blorf")
    assert (puppy.word, puppy.how) == ("dog", "broader")
    assert (nothing.word, nothing.how, nothing.present, nothing.confidence) == (None, "unknown", False, 0.0)
    assert not nothing.heat.any()
    assert sight.find("  DOGS ").word == "dog"


def test_the_same_photo_gives_the_same_map(sights):
    again = load_localizer().look(Session(EXAMPLES / "animal-cat.jpg")).find("cat")
    assert torch.equal(again.heat, sights["animal-cat.jpg"].find("cat").heat)


def test_auto_is_a_device():
    assert load_localizer("auto").device.type in ("cpu", "cuda", "mps")


def own_copy():
    return read_localizer(*head_file("localizer"))


def test_new_words_come_through_clips_map():
    localizer = own_copy()
    assert localizer.resolve("blorf") == (None, "unknown")
    before = localizer.words
    localizer.add_words(["blorf", before[0]], torch.randn(2, CLIP, generator=torch.Generator().manual_seed(0)))
    assert localizer.words == (*before, "blorf"), "a word that is known keeps its own vector"
    sight = localizer.look(Session(EXAMPLES / "animal-cat.jpg"))
    assert sight.find("blorf").how == "open"
    assert sight.find("blorf").heat.any()


@pytest.fixture(scope="module")
def tower():
    torch.manual_seed(0)
    return open_words.TextTower()


def test_open_words_with_the_real_text_tower(tower):
    """Its architecture and its tokens; random weights, as the real ones are not ours to ship."""
    vectors = tower(["red fire engine", "horse"])
    assert vectors.shape == (2, CLIP)
    assert torch.allclose(vectors.norm(dim=1), torch.ones(2), atol=1e-4)
    assert not torch.allclose(vectors[0], vectors[1])
    localizer = open_words.open_localizer(["blorf"], own_copy(), tower)
    assert localizer.look(Session(EXAMPLES / "animal-cat.jpg")).find("blorf").how == "open"
    assert "blorf" not in load_localizer().words, "the shared one stays as it is"


def test_the_tower_reads_a_file_of_the_whole_model(tower, tmp_path):
    state = {key: value.half().contiguous() for key, value in tower.tower.state_dict().items()}
    save_file(state | {"visual.proj": torch.zeros(2, 2)}, tmp_path / "clip.safetensors")
    again = open_words.read_tower(tmp_path / "clip.safetensors")
    assert torch.allclose(again(["horse"]), tower(["horse"]), atol=1e-2)
    state.pop("text_projection")
    save_file(state, tmp_path / "part.safetensors")
    for bad in (tmp_path / "part.safetensors", tmp_path / "missing.safetensors"):
        with pytest.raises(WeightsError, match="does not hold CLIP"):
            open_words.read_tower(bad)


def test_nothing_is_fetched_unasked(monkeypatch):
    monkeypatch.setattr(open_words, "fetched", lambda: None)
    open_words._tower.cache_clear()
    with pytest.raises(WeightsError, match="606 MB"):
        open_words.open_localizer(["blorf"])


def test_without_a_network_it_says_so(monkeypatch):
    from huggingface_hub.errors import LocalEntryNotFoundError

    def offline(*args, **kwargs):
        raise LocalEntryNotFoundError("no network")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", offline)
    with pytest.raises(WeightsError, match="go online once"):
        open_words.fetch()


def test_known_words_need_no_network(monkeypatch):
    monkeypatch.setattr(open_words, "fetch", lambda: pytest.fail("asked for the network"))
    assert open_words.localizer_for("the dog is brown and the sofa is red") is load_localizer()


def test_other_weights_are_refused(tmp_path):
    file, _ = head_file("localizer")
    with pytest.raises(WeightsError, match="not what the manifest promises"):
        read_localizer(file, "0" * 64)
    state = load_file(weights_folder() / file)
    state.pop("tent")
    save_file(state, tmp_path / "odd.safetensors", {"words": "[]"})
    with pytest.raises(WeightsError, match="do not fit"):
        read_localizer(str(tmp_path / "odd.safetensors"))


def test_a_model_that_does_not_look_with_the_vit_leaves_finding_to_one_that_does():
    photo = EXAMPLES / "animal-cat.jpg"
    found = load_localizer().look(Session(photo, "plain-unet")).find("cat")
    assert found.present
    assert torch.equal(found.heat, load_localizer().look(Session(photo)).find("cat").heat)
