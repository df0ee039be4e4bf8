"""Color: spaces, the sRGB gamut at constant L, bins of ab, and words for colors.

rgb_to_lab(open_photo("cat.jpg").floats())                        # (1, 3, H, W), L 0..100
parse_color("navy blue"), color_name((0.23, 0.43, 0.65))          # words to rgb, and back
"""

from toolkit.color.bins import AbBins, annealed_mean, rebalancing_weights, soft_encode, suggest
from toolkit.color.spaces import (
    SPACES,
    delta_e,
    in_gamut,
    lab_to_rgb,
    lab_to_rgb8,
    map_to_gamut,
    oklab_to_rgb,
    rgb_to_lab,
    rgb_to_oklab,
)
from toolkit.color.words import color_name, hex_to_lab, parse_color, to_hex

__all__ = [
    "SPACES",
    "AbBins",
    "annealed_mean",
    "color_name",
    "delta_e",
    "hex_to_lab",
    "in_gamut",
    "lab_to_rgb",
    "lab_to_rgb8",
    "map_to_gamut",
    "oklab_to_rgb",
    "parse_color",
    "rebalancing_weights",
    "rgb_to_lab",
    "rgb_to_oklab",
    "soft_encode",
    "suggest",
    "to_hex",
]
