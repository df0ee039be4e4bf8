"""Where models run: which devices there are, and whether one is out of memory."""

import torch


def pick_device(name: str = "auto") -> torch.device:
    """ "auto", "cpu", "cuda" or "mps" -> a device that is there. Raises ValueError."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device("cuda" if there["cuda"] else "mps" if there["mps"] else "cpu")
    if not there.get(name, False):
        raise ValueError(f"There is no device {name!r} here; available: {', '.join(k for k, v in there.items() if v)}.")
    return torch.device(name)


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out."""
    words = str(error).lower()
    return (
        isinstance(error, MemoryError | torch.OutOfMemoryError)
        or "out of memory" in words
        or "can't allocate memory" in words
    )
