"""A photo, what lends it its colors and the picture that gives, as one component of the page."""

from typing import Any

import gradio as gr

from demos.parts.sheet import sheet

PARTS = ("reference_stage.js", "reference_page.js", "reference_sheet.js")
NOTHING: dict[str, Any] = {
    "photo": 0,
    "revision": 0,
    "mode": "reference",
    "takes": [],
    "colors": [],
    "changes": [],
    "at": None,
    "reach": False,
}
SAYS = {  # what the sheet itself says
    "mode": "How shall it be colored?",
    "reference": "Like this photo",
    "palette": "With these colors",
    "recolor": "Only change this",
    "gray": "For color photos: this one has no colors that could stay.",
    "undo": "Undo",
    "redo": "Redo",
    "draw": "Draw a region",
    "clear": "Clear the region",
    "points": "Show points",
    "reach": "Show what changed",
    "before": "The photo before",
    "after": "The photo in its new colors",
    "before_after": "Share of the photo before that is shown, from the left",
    "stage": "Your photo. Arrow keys move a cross, Enter asks where its color came from; while drawing, Enter sets a "
    "corner, twice the last one.",
    "lender_stage": "The reference. While drawing, arrow keys move a cross and Enter sets a corner, twice the last "
    "one.",
    "no_reference": "These are the automatic colors. Choose a photo that shall lend its own.",
    "click": "Click a place to see where its color came from. Draw around a thing to color only that.",
    "then_there": "Only this region listens to this reference. Draw around the same thing there, too.",
    "from": "The brighter in the reference, the more of the color came from there.",
    "kept": "Nothing in the reference looks like this place, so it kept its automatic color.",
    "no_colors": "These are the automatic colors. Choose some that they shall keep to.",
    "draw_first": "Draw around the thing that shall change, or say it in words.",
    "then_color": "Now choose its color, or take it from a photo.",
    "palette_title": "Colors to keep to",
    "drop": "Take {color} out",
    "add_color": "Add a color",
    "dye": "Color of the region",
    "dye_with": "Color the region {color}",
    "any": "Any other color",
    "say": "Or say it in words",
    "placeholder": "the dress red",
    "go": "Change it",
    "lend_reference": "Photos that lend their colors",
    "lend_palette": "Or the colors of a photo",
    "lend_recolor": "Or take the color from a photo",
    "references": "References",
    "reference_n": "Reference {n}",
    "add": "Add one of your own, or an example",
    "upload": "Your own photo",
    "remove": "Remove",
    "draw_there": "Draw around a thing to take colors only from there.",
    "only_there": "Colors come only from inside the line.",
    "take_palette": "Take its colors",
    "take_color": "Take the color from it",
    "working": "Working …",
}


def reference_sheet(elem_id: str) -> gr.HTML:
    """Hidden until there is a photo; the event `ask` comes with every wish. What its value and props hold: see
    reference_sheet.js.
    """
    return sheet(elem_id, NOTHING, PARTS, "reference_sheet.css", photo={}, lent={}, answer={})
