"""How the app looks: neutral grays, so that they do not tint the judgement of a photo's colors, one accent, the
system's own fonts.
"""

from pathlib import Path

import gradio as gr

MARK = """<svg viewBox="0 0 32 32" aria-hidden="true"><circle cx="11" cy="12" r="7" fill="#d9694a"/>
<circle cx="22" cy="11" r="5" fill="#e0a83c"/>
<circle cx="19" cy="23" r="6" fill="#2f7f86"/></svg>"""  # as in favicon.svg
FONT = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "monospace"]
ACCENT = gr.themes.Color(
    c50="#f0f8f8",
    c100="#dbeeee",
    c200="#b7dcde",
    c300="#88c2c6",
    c400="#55a1a7",
    c500="#3a888f",
    c600="#2f7f86",
    c700="#276368",
    c800="#235155",
    c900="#1f4347",
    c950="#102a2d",
    name="petrol",
)

THEME = gr.themes.Base(
    primary_hue=ACCENT,
    secondary_hue=ACCENT,
    neutral_hue="neutral",
    radius_size="lg",
    font=FONT,  # strings, not GoogleFont: nothing is fetched from elsewhere
    font_mono=MONO,
).set(
    body_background_fill="#fafafa",
    body_background_fill_dark="#161616",
    block_background_fill="white",
    block_background_fill_dark="#1f1f1f",
    block_border_width="1px",
    block_border_color="#e8e8e8",
    block_border_color_dark="#333333",
    block_shadow="none",
    block_label_background_fill="#ffffffd9",
    block_label_background_fill_dark="#1f1f1fd9",
    body_text_color_subdued="#6b6b6b",
    body_text_color_subdued_dark="#a6a6a6",
    block_label_border_width="0px",
    block_label_text_color="*body_text_color_subdued",
    button_primary_background_fill="*primary_600",
    button_primary_background_fill_dark="*primary_600",
    button_primary_background_fill_hover="*primary_700",
    button_primary_background_fill_hover_dark="*primary_500",
    button_primary_text_color="white",
    button_secondary_background_fill="white",
    button_secondary_background_fill_dark="#2a2a2a",
    button_secondary_border_color="#d8d8d8",
    button_secondary_border_color_dark="#444444",
    button_border_width="1px",
    button_large_text_size="*text_md",
    button_large_text_weight="500",
    layout_gap="16px",
    slider_color="*primary_600",
)

CSS = Path(__file__).with_name("theme.css").read_text(encoding="utf-8")
