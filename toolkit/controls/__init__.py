"""Every way to steer colors except words: references, palettes, regions, other colorings, the frame before."""
