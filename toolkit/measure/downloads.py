"""Other people's files: where they lie, and whether any may be fetched. Nothing is fetched unless somebody said yes."""

import os
from pathlib import Path


def models_folder() -> Path:
    """Where files of other people's models lie: HUEPOINT_MODELS, or ~/.cache/huepoint/models."""
    return Path(os.environ.get("HUEPOINT_MODELS") or Path.home() / ".cache" / "huepoint" / "models")


def downloads_allowed() -> bool:
    """Whether the person at the keyboard allowed downloads, by HUEPOINT_DOWNLOADS=1."""
    return os.environ.get("HUEPOINT_DOWNLOADS", "") not in ("", "0")
