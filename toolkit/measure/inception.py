"""The network behind FID: Inception-v3 (Szegedy et al. 2016) as it was in TensorFlow's release of December 2015.

    network = Inception("inception_fid.safetensors")
    distance = frechet(network(results), network(truths))       # of toolkit.measure.set_metrics, as is kid

All published FIDs use this network, which is not torchvision's: its weights are others, its average poolings do not count the padding, and its last
block pools by maximum. The weights (95 MB, Apache-2.0) do not come with Huepoint. Give a file, or allow the download of the port to PyTorch that
github.com/mseitzer/pytorch-fid publishes; it is a pickle, read without running what may be in it, and kept as safetensors.

Papers shrink photos in different ways, which moves FID by more than many models differ (Parmar et al. 2022): here it is the whole picture resized to
299 x 299 px, bilinear without antialiasing, as in pytorch-fid.
"""

import pickle
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import inception as tv

from toolkit.measure.downloads import downloads_allowed, models_folder
from toolkit.models.weights import WeightsError, load_strict, read_weights

URL = "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth"
SHA256 = "6726825d"  # how the file's sha256 begins, as its name says
FILE = "inception_fid.safetensors"
SIDE = 299  # px
CHANNELS = 2048


def _average(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)


def _maximum(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 3, 1, 1)


class _Repooled(nn.Module):
    """torchvision's block with another pooling before its last branch."""

    def __init__(self, block: Any, pool: Any = _average) -> None:
        super().__init__()
        self.block, self.pool = block, pool

    def forward(self, x: Tensor) -> Tensor:
        *others, _ = self.block._forward(x)  # the last branch is run twice: a 1 x 1 convolution, for no copy of the others
        return torch.cat([*others, self.block.branch_pool(self.pool(x))], 1)


class Inception(nn.Module):
    """rgb (B, 3, H, W) in [0, 1] -> features (B, 2048) on the CPU, of the last average pooling."""

    def __init__(self, weights: str | Path | None = None, *, download: bool = False, device: str = "cpu") -> None:
        """weights: a safetensors file; None: inception_fid.safetensors in the models' folder (HUEPOINT_MODELS, or ~/.cache/huepoint/models).

        download: fetch that file once where it is missing; so does HUEPOINT_DOWNLOADS=1. Raises WeightsError.
        """
        super().__init__()
        path = Path(weights) if weights else models_folder() / FILE
        if not path.exists() and weights is None and (download or downloads_allowed()):
            fetch(path)
        if not path.exists():
            raise WeightsError(f"FID needs Inception's weights and {path} is not there; give the file, or allow the download (95 MB) once.")
        network = tv.Inception3(aux_logits=False, init_weights=False)
        network.fc = nn.Identity()
        state = {key: value for key, value in read_weights(str(path.absolute()), None).items() if not key.startswith(("fc.", "AuxLogits."))}
        load_strict(network, state, str(path))
        for name in ("5b", "5c", "5d", "6b", "6c", "6d", "6e", "7b"):
            setattr(network, f"Mixed_{name}", _Repooled(getattr(network, f"Mixed_{name}")))
        network.Mixed_7c = _Repooled(network.Mixed_7c, _maximum)
        self.network = network.eval().to(device)

    @torch.inference_mode()
    def forward(self, rgb: Tensor) -> Tensor:
        """See the class."""
        square = F.interpolate(rgb.to(self.network.Conv2d_1a_3x3.conv.weight), (SIDE, SIDE), mode="bilinear", align_corners=False)
        features: Tensor = self.network(2 * square - 1)
        return features.cpu()


def fetch(path: Path) -> None:
    """Download the published weights, check how their sha256 begins, and keep them as a safetensors file. Raises WeightsError."""
    from safetensors.torch import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    download = path.with_suffix(".pth")
    try:
        torch.hub.download_url_to_file(URL, str(download), hash_prefix=SHA256, progress=False)
        state = torch.load(download, map_location="cpu", weights_only=True)  # a pickle, held to tensors
        save_file({key: value.contiguous() for key, value in state.items()}, path)
    except (OSError, RuntimeError, pickle.UnpicklingError, AttributeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise WeightsError(f"Inception's weights cannot be had from {URL} ({reason}); go online once, or give the file.") from None
    finally:
        download.unlink(missing_ok=True)
