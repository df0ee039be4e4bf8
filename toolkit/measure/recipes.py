"""Other people's colorizers by name: what file a person has to bring, and how to speak to it.

None of them comes with Huepoint, and none could be run while this was written: the conventions were read in their
public repositories (`checked: false` in each). Whoever brings a file compares it with its repository's own result
first.
"""

from typing import Any

_ZHANG = (
    "clone github.com/richzhang/colorization, then in Python, from its folder: import torch, colorizers; L = "
    "torch.zeros(1, 1, 256, 256); "
)

# As of adapters.Description; `how` tells in one sentence where the file comes from.
RECIPES: dict[str, dict[str, Any]] = {
    "eccv16": {
        "about": 'Zhang, Isola, Efros, "Colorful Image Colorization", ECCV 2016, as its authors ported it to PyTorch.',
        "how": _ZHANG + 'torch.jit.trace(colorizers.eccv16().eval(), L).save("eccv16.pt")',
        "file": "eccv16.pt",
        "format": "torchscript",
        "input": "L",  # it centres L by 50 and divides by 100 itself, and multiplies its ab by 110
        "size": 256,
        "square": True,
        "output": "ab",
        "license": "BSD-2-Clause",
    },
    "siggraph17": {
        "about": 'Zhang et al., "Real-Time User-Guided Image Colorization with Learned Deep Priors", SIGGRAPH 2017, '
        "local hints network.",
        "how": _ZHANG
        + 'torch.jit.trace(colorizers.siggraph17().eval(), (L, torch.zeros(1, 2, 256, 256), L)).save("siggraph17.pt")',
        "file": "siggraph17.pt",
        "format": "torchscript",
        "input": "L",
        "size": 256,
        "square": True,
        "output": "ab",
        # ab in Lab units and a mask of 0 and 1, both zero where nobody clicked; it scales them itself
        "hints": "separate",
        "license": "BSD-2-Clause",
    },
    "ddcolor": {
        "about": 'Kang et al., "DDColor: Towards Photo-Realistic Image Colorization via Dual Decoders", ICCV 2023.',
        "how": "clone github.com/piddnad/DDColor, fetch one of its weights, and run its scripts/export_onnx.py with "
        "--export_path ddcolor.onnx",
        "file": "ddcolor.onnx",
        "format": "onnx",
        "input": "gray-rgb",  # 0 to 1; ImageNet's mean and deviation are applied inside
        "size": 512,
        "square": True,
        "output": "ab",
        "license": "Apache-2.0",
    },
    "icolorit": {
        "about": 'Yun et al., "iColoriT: Towards Propagating Local Hints to the Right Region in Interactive '
        'Colorization", WACV 2023.',
        "how": (
            "clone github.com/pmh9960/iColoriT, fetch its weights, and trace a module of three inputs around the "
            "model: L (1, 1, 224, 224) in [0, 100], ab (1, 2, 224, 224) in Lab units, mask (1, 1, 224, 224), 1 where a "
            "hint is; it gives the model (L - 50) / 100 with ab / 110 and, flattened, where the mask shrunk to 112 x "
            "112 is 0, and puts the patches of the answer together, times 110"
        ),
        "file": "icolorit.pt",
        "format": "torchscript",
        "input": "L",
        "size": 224,
        "square": True,
        "output": "ab",
        "hints": "separate",
        "license": "MIT",
    },
}
