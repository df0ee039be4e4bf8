"""A photo that is known everywhere: which thing is where."""

import numpy as np

from tests.toys.localizer import Localizer
from toolkit.photo import Photo

SIZE = 240, 160
PLACES = Localizer({"wall": [(0.0, 0.0, 0.5, 0.5)], "jacket": [(0.5, 0.0, 1.0, 0.5)], "dog": [(0.0, 0.5, 0.5, 1.0)]})
MIDDLE = {"wall": (60, 40), "jacket": (180, 40), "dog": (60, 120), "rest": (180, 120)}


def gray(width: int = SIZE[0], height: int = SIZE[1]) -> Photo:
    y, x = np.mgrid[:height, :width]
    return Photo.from_array((130 + 12 * np.sin(x / 31) + 9 * np.cos(y / 23)).astype(np.uint8))
