"""Color black-and-white photos: a photo is encoded once, painted as often as one likes, always at its full size.

    from toolkit import Dials, Guidance, Hint, Session

    session = Session("grandma.jpg")
    result = session.colorize(Guidance((Hint(120, 80, "#3a6ea5"),)), Dials(vividness=0.7))
    result.save("grandma-color.png")

Names are imported when they are first used, so that `import toolkit` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toolkit.guidance import Guidance, GuidanceError, Hint
    from toolkit.measure.compare import CompareSetup, Comparison
    from toolkit.measure.compare.run import compare, compare_steps
    from toolkit.models.base import Dials
    from toolkit.models.cards import list_models
    from toolkit.models.registry import load_model
    from toolkit.photo import Photo, PhotoError, open_photo, save_photo
    from toolkit.pipeline import Cancelled, Result, Session

__all__ = [
    "Cancelled",
    "CompareSetup",
    "Comparison",
    "Dials",
    "Guidance",
    "GuidanceError",
    "Hint",
    "Photo",
    "PhotoError",
    "Result",
    "Session",
    "compare",
    "compare_steps",
    "list_models",
    "load_model",
    "open_photo",
    "save_photo",
]

_HOME = {
    "measure.compare.run": ("compare", "compare_steps"),
    "measure.compare": ("Comparison", "CompareSetup"),
    "guidance": ("Guidance", "GuidanceError", "Hint"),
    # not listed, for they load diffusers, whose from_pretrained looks here
    "models.diffusion": ("AngleScheduler", "ColorDiffusion", "Conditioner"),
    "photo": ("Photo", "PhotoError", "open_photo", "save_photo"),
    "pipeline": ("Cancelled", "Result", "Session"),
    "models.base": ("Dials",),
    "models.cards": ("list_models",),
    "models.registry": ("load_model",),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOME.items():
        if name in names:
            return getattr(import_module(f"toolkit.{module}"), name)
    raise AttributeError(f"toolkit has no {name!r}; it has {', '.join(__all__)}.")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
