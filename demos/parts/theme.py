"""How the app looks: neutral grays, so that they do not tint the judgement of a photo's colors, one accent, the system's own fonts."""

import gradio as gr

MARK = """<svg viewBox="0 0 32 32" aria-hidden="true"><circle cx="11" cy="12" r="7" fill="#d9694a"/><circle cx="22" cy="11" r="5" fill="#e0a83c"/>
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

CSS = """
.gradio-container { width: 100%; max-width: 1240px !important; margin: 0 auto; padding: 0 clamp(12px, 4vw, 52px) 40px !important; }
.gradio-container > .main { padding: 0 !important; }
.html-container { padding: 0 !important; }
.brand { display: flex; align-items: center; gap: 14px; padding: 26px 0 6px; }
.brand svg { width: 42px; height: 42px; flex: none; }
.brand h1 { font-size: 1.6rem; font-weight: 650; letter-spacing: -0.02em; line-height: 1.15; margin: 0; }
.brand p { margin: 2px 0 0; color: var(--body-text-color-subdued); }
.brand > div { flex: 1; }
.languages { display: flex; gap: 4px; align-self: start; font-size: 0.86rem; }
.languages a { padding: 8px 10px; border-radius: 8px; color: var(--body-text-color-subdued); text-decoration: none; }
.languages a:hover { background: var(--background-fill-secondary); }
.languages a[aria-current] { color: var(--body-text-color); font-weight: 600; }
.small, .small p { font-size: 0.86rem; line-height: 1.5; color: var(--body-text-color-subdued); }
.notice { border-radius: 12px; padding: 12px 16px; background: #fdf1ed; color: #8a2f17; border: 1px solid #f3cfc3; }
.dark .notice { background: #3a2019; color: #f6c9bb; border-color: #5d3428; }
.welcome { display: grid; place-content: center; justify-items: center; text-align: center; gap: 10px; min-height: 420px; padding: 24px;
  border: 1px dashed #d4d4d4; border-radius: 16px; color: var(--body-text-color-subdued); }
.dark .welcome { border-color: #444; }
.welcome svg { width: 72px; height: 72px; opacity: 0.9; }
.welcome strong { color: var(--body-text-color); font-size: 1.15rem; font-weight: 600; }
.welcome p { max-width: 34ch; line-height: 1.5; }
.board { display: grid; gap: 16px 24px; /* the flexible row takes what the result is taller than the photo's place */
  grid-template: "photo result" max-content "dials result" 1fr "dials more" max-content / minmax(0, 4fr) minmax(0, 7fr); }
.at-photo { grid-area: photo; }
.at-result { grid-area: result; }
.at-dials { grid-area: dials; }
.at-more { grid-area: more; }
#slider .wrap.full { background: color-mix(in srgb, var(--block-background-fill) 78%, transparent); }
.alternatives { border-top: 1px solid var(--block-border-color); padding-top: 16px; }
.doubt { margin: 0; }
.doubt img { width: 100%; max-width: 420px; margin: 0; border-radius: 10px; }
.doubt figcaption { padding-top: 6px; }
#batch-report { min-height: 64px; }
#chat [class*="message-buttons"] { display: none; } /* one of them would upload the picture to another host */
.dark input[type="range"] { --neutral-200: #4a4a4a; }
.closing { text-align: center; padding-top: 18px; }
@media (max-width: 760px) {
  .board { grid-template: "photo" "result" "dials" "more" / minmax(0, 1fr); }
  #photo { height: 210px !important; }
  .brand { padding-top: 16px; }
  .welcome { min-height: 220px; }
}
"""
