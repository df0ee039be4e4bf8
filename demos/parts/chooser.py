"""Where a photo comes in, alike in all tabs: a place to drop one, the examples below it, a welcome beside it."""

import gradio as gr

from demos.desks.samples import samples
from demos.parts.choices import choices, unchosen
from demos.words.i18n import t


def photo_input(elem_id: str) -> gr.Image:
    """The place to drop a photo."""
    return gr.Image(
        label=t("Your photo"),
        sources=["upload"],
        format="png",
        height=280,
        buttons=[],
        placeholder=str(t("Drop a photo here,\nor click to choose one")),
        elem_id=elem_id,
    )


def example_photos(elem_id: str) -> gr.HTML:
    """The examples under a line; the event `choose` comes with the number of one."""
    gr.Markdown(t("Or one of these"), elem_classes="small")
    return choices([s.choice for s in samples()], cell=50, elem_id=elem_id)


def photo_chooser(prefix: str, welcome: str) -> tuple[gr.Image, gr.HTML]:
    """Both with a welcome (HTML) beside them; prefix: of the elem_ids."""
    with gr.Row(elem_classes="board"):
        with gr.Column(min_width=0, elem_classes="at-photo"):
            photo, examples = photo_input(f"{prefix}-photo"), example_photos(f"{prefix}-samples")
        with gr.Column(min_width=0, elem_classes="at-result"):
            gr.HTML(welcome)
    return photo, examples


def no_example() -> dict[str, object]:
    """The update after which no example is chosen."""
    return unchosen([s.choice for s in samples()])
