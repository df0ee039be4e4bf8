"""Words for colors: what people call the colors in photographs, beside the names of CSS.

Spoken names are both shown and understood; aliases are only understood (a suggestion for a wall should not be called
"skin"). A spoken CSS name is the CSS name written with spaces; it keeps the value that CSS gives it (package
webcolors). Misleading CSS names, such as "dark gray" (lighter than gray), are understood but not shown. The other
values are ours, chosen by eye on photographs.
"""

import functools

import webcolors

_SPOKEN_CSS = """
black, white, gray, dim gray, light gray, silver, white smoke, slate gray, light slate gray, dark slate gray,
red, dark red, maroon, brown, firebrick, crimson, tomato, coral, light coral, orange red, salmon, dark salmon, light
salmon, rosy brown, orange, dark orange, chocolate, saddle brown, sienna, sandy brown, tan, wheat, peach puff, linen,
beige, antique white, gold, goldenrod, dark goldenrod, pale goldenrod, khaki, dark khaki, yellow, light yellow, lemon
chiffon, ivory, olive, olive drab, dark olive green, yellow green, green yellow, chartreuse, lime, lime green, green,
dark green, forest green, sea green, light green, pale green, spring green, honeydew, mint cream, teal, dark cyan, cyan,
light cyan, turquoise, medium turquoise, dark turquoise, pale turquoise, light sea green, aquamarine, cadet blue, azure,
blue, navy, dark blue, medium blue, midnight blue, royal blue, cornflower blue, dodger blue, deep sky blue, sky blue,
light sky blue, light blue, powder blue, steel blue, light steel blue, alice blue, slate blue, dark slate blue, indigo,
blue violet, dark violet, purple, medium purple, violet, orchid, plum, thistle, lavender, magenta, dark magenta, deep
pink, hot pink, pink, light pink, misty rose
"""

_SPOKEN_OURS = """
off-white f2efe8, cream f5ecd2, eggshell ece3cf, stone a9a294, warm gray 98918a, cool gray 8b9299, charcoal 3a3d40,
asphalt 55565a, pewter 8d9296, taupe 8a7a6a, gray brown 75695e, scarlet c9231c, cherry red a5142a, raspberry a82a55,
brick red 9b4534, rust a24a22, terracotta c06a4c, burgundy 6c1d31, wine red 741f38, dusty rose bd8583, rose d8798c,
blush e5b9b0, baby pink f1c3cb, mauve 9d7a90, peach f3bf98, apricot eeb077, pumpkin d4701c, amber dc9a1e, honey cf9a3e,
caramel b5783d, copper b06a40, bronze 8f6a3a, brass ab914e, ochre c18a30, mustard c9a227, straw dcc98c, sand d3c09a,
lemon yellow efdf4a, light brown a98460, red brown 7d4130, dark brown 4a3325, chestnut 7c4a34, mahogany 65301f, walnut
5d4634, oak ab8a5b, coffee 5c4433, umber 6a5440, auburn 7a3a24, ginger b5652f, earth brown 6e5238, moss green 6f7a42,
sage green 9aa586, olive green 6a6b2c, army green 575b3a, grass green 5b8f36, leaf green 68983f, pine green 2f5a45,
bottle green 1f4a3a, emerald green 1f8f62, jade green 3f9c78, mint green a4dabb, gray green 7b8577, petrol blue 1f5a6b,
ice blue cfe3ea, baby blue a9cfea, denim blue 4a6a90, cobalt blue 1f4aa3, gray blue 76879a, dark gray blue 47566a, lilac
bb9cca, aubergine 46243f, dark purple 4a2366, gray violet 837b90
"""

_ALIASES = """
navy blue 000080, off white f2efe8, brick 9b4534, burgundy red 6c1d31, wine 741f38, cherry a5142a, mint a4dabb, sage
9aa586, moss 6f7a42, grass 5b8f36, emerald 1f8f62, jade 3f9c78, cobalt 1f4aa3, denim 4a6a90, jeans 4a6a90, petrol
1f5a6b, lemon efdf4a, eggplant 46243f, sky 87b5dd, wood 8f6a45, leather 7b4e2f, soil 5b4632, blond cfae72, blonde
cfae72, dark blond 97784c, brunette 4d3426, redhead a3552d, skin d9a98a, fair skin ecc7ae, light skin e6bb9e, olive skin
c39a72, tan skin bd8a63, brown skin 8d5b3e, dark skin 5b3a29
"""


def squeeze(name: str) -> str:
    """A name as it is looked up: lower case, without spaces and hyphens, "grey" as "gray"."""
    return "".join(c for c in name.lower() if c not in " -_'\t").replace("grey", "gray")


@functools.cache
def spoken() -> dict[str, str]:
    """{name shown to people: "#rrggbb"}: the CSS names with spaces, then ours."""
    css = _SPOKEN_CSS.replace("\n", " ").strip().split(", ")
    return {name: webcolors.name_to_hex(squeeze(name)) for name in css} | _table(_SPOKEN_OURS)


@functools.cache
def known() -> dict[str, str]:
    """{squeezed name: "#rrggbb"} of everything understood: ours, the aliases, all of CSS (which wins where a name is in
    both).
    """
    ours = {squeeze(name): code for name, code in (_table(_ALIASES) | spoken()).items()}
    return ours | {squeeze(name): webcolors.name_to_hex(name) for name in webcolors.names("css3")}


def _table(text: str) -> dict[str, str]:
    """'sand d3c09a, rust a24a22' -> {"sand": "#d3c09a", "rust": "#a24a22"}."""
    entries = (entry.rsplit(" ", 1) for entry in text.replace("\n", " ").strip().split(", "))
    return {name: f"#{code}" for name, code in entries}
