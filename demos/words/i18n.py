"""English and Korean. Texts are written in English where they are used; `ko.po` has the same sentences in Korean.

    gr.Button(t("Another photo"))                  what a component shows: Gradio's front end translates it
    gr.HTML(f"<p>{both('Or one of these')}</p>")   within HTML of our own: both languages, of which one is seen
    tr("Photo {i} of {n} …", request, i=1, n=3)      what a handler says: the request tells the language
    tr(str(error), request)                          an error of the toolkit, recognized with its values in it

To add a text: write it in English in one of these, and its Korean into ko.po; a value is written {name} in both.
Scripts of our own read `document.documentElement.lang`.

The language is the one of the page's address (?lang=ko, which the switch in the header sets), else the browser's.
Nothing is stored. Gradio's front end asks only the browser, so the page tells it, before it starts, what the browser's
language is (`InLanguage`).
"""

from html import escape

import gradio as gr
from gradio.i18n import I18nData
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demos.words.translation import KOREAN, PARAMETER, Language, asked_in, chosen, translate

PLAIN = {text: korean for text, korean in KOREAN.items() if "{" not in text}
I18N = gr.I18n(en={text: text for text in PLAIN}, ko=PLAIN)

SWITCH = """<nav class="languages" aria-label="Language · 언어"><a href="?lang=en" lang="en">English</a>
<a href="?lang=ko" lang="ko">한국어</a></nav>"""
SWITCH_SCRIPT = """
element.querySelectorAll('.languages a').forEach((link) => {
  const there = new URL(location);
  there.searchParams.set('lang', link.lang);
  link.href = there.search;  // all else in the address stays
  if (link.lang === document.documentElement.lang) link.setAttribute('aria-current', 'true');
});
"""
HEAD = """<script>
Object.defineProperty(navigator, 'language', {{value: '{0}'}});
Object.defineProperty(navigator, 'languages', {{value: ['{0}']}});
document.documentElement.lang = '{0}';
</script><style>.said:not([lang='{0}']) {{ display: none; }}
:lang(ko) {{ word-break: keep-all; overflow-wrap: anywhere; }}</style>"""


def t(text: str) -> I18nData:
    """A text of a component (label, placeholder, info, title, value), for the front end to translate; no {values}."""
    return I18N(text)


def both(text: str) -> str:
    """HTML that says a text, without {values}, in the page's language."""
    return (
        f'<span class="said" lang="en">{escape(text)}</span><span class="said" '
        f'lang="ko">{escape(translate(text, "ko"))}</span>'
    )


def tr(sentence: str, request: gr.Request | None, **values: object) -> str:
    """A sentence of the server in the language of who asked.

    sentence: with {values} to put in, or finished, as an error is; what is in no table stays as it is. request: None
    for English.
    """
    return translate(sentence, language(request), **values)


def language(request: gr.Request | None) -> Language:
    """The language of a visit: the address's, else the browser's, else English."""
    # a client may come with neither
    parameters, headers = dict(getattr(request, "query_params", {})), dict(getattr(request, "headers", {}))
    return chosen(parameters.get(PARAMETER), headers.get("accept-language"))


class InLanguage:
    """ASGI middleware: the page itself, and nothing else the app serves, says its language."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; HTML at the root gets HEAD."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] not in ("", "/"):
            await self.app(scope, receive, send)
            return
        head = HEAD.format(asked_in(scope)).encode()
        start: list[Message] = []
        body = bytearray()

        async def hold(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.append(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body", False):
                return
            whole = bytes(body).replace(b"<head>", b"<head>" + head, 1)
            length = [(b"content-length", str(len(whole)).encode())]
            others = [(name, value) for name, value in start[0]["headers"] if name.lower() != b"content-length"]
            await send({**start[0], "headers": others + length})
            await send({"type": "http.response.body", "body": whole})

        await self.app(scope, receive, hold)
