"""Every way to steer colors except words: references, palettes, regions, other colorings, the frame before.

A file here with a function `guide(session, value)` is a control that all ways know by the file's name: what a person
gave as text becomes points.

    guide(session, "reference", "aunt.jpg")       # as `colorize --control reference=aunt.jpg`
"""

from importlib import import_module
from pkgutil import iter_modules

from toolkit.guidance import Guidance, GuidanceError
from toolkit.pipeline import Session


def guide(session: Session, name: str, value: str) -> Guidance:
    """The points that a control makes of a value, for a session's photo. Raises GuidanceError, also for a control that
    there is not, or that takes no value.
    """
    module = name.replace("-", "_")
    if module not in {found.name for found in iter_modules(__path__)}:
        raise GuidanceError(
            f"There is no control {name!r}; a control is the name of a file in toolkit/controls, such as reference."
        )
    found = getattr(import_module(f"{__name__}.{module}"), "guide", None)
    if found is None:
        raise GuidanceError(f"The control {name!r} takes no value as text; use it from Python, as its file shows.")
    guidance: Guidance = found(session, value)
    return guidance
