"""Whatever turns into points or changes the automatic colors, but words: references, palettes, regions, other colorings, the frame before."""
