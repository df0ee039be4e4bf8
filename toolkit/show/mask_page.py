"""A mask painted by hand: `python -m toolkit mask PHOTO` shows the hint canvas alone in the browser and saves what was
painted.

    python -m toolkit mask grandma.jpg
    python -m toolkit colorize grandma.jpg --hints grandma-mask.png

The mask is a PNG of the photo's size: the square of each hint is opaque in its color, everything else is transparent,
as a layer in any editor. `Guidance.load` reads it. The page is served only to this computer, by Python's own web
server, at an address with a secret that no other page knows; it requests nothing from other hosts.
"""

import hmac
import json
import secrets
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from toolkit.guidance import Guidance
from toolkit.show import canvas

if TYPE_CHECKING:
    from toolkit.photo import Photo

SHOWN = 1600  # px, long side of the photo on the page
LARGEST = 4 << 20  # bytes of a message: 2,000 hints are 0.3 MB
PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><link rel="stylesheet" href="style.css"><link rel="icon" href="data:,"></head>
<body><main data-shape="{width} {height}"><header><p id="what"></p><p id="said" role="status"></p>
<button id="save" type="button"></button></header>
<div id="canvas"></div></main><script type="module" src="script.js"></script></body></html>"""
# No model is here: nothing is likely, and no color spreads that an area could stop.
STYLE = """
:root { color-scheme: light dark; font-family: system-ui, sans-serif; }
body { margin: 16px; }
main { max-width: 1200px; margin: auto; }
header { display: flex; gap: 16px; align-items: center; margin-bottom: 12px; }
header p { margin: 0; }
#said { flex: 1; overflow-wrap: anywhere; }
#save { font: inherit; font-weight: 600; padding: 8px 18px; border: 0; border-radius: 10px;
  background: #2f7f86; color: #fff; cursor: pointer; }
.hue [data-do=auto], .hue [data-tool=lasso], .hue section:has([data-is=palette]),
.hue[data-hints="0"] .status { display: none !important; }
"""
RULES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "frame-ancestors 'none'"
)


def mask_of(guidance: Guidance, size: tuple[int, int]) -> Tensor:
    """The squares of the hints as strokes: uint8 (4, H, W) for a photo of size (width, height), later hints over
    earlier ones.

    A mask says where color is, not how far it spreads: lassos are left out. Raises GuidanceError.
    """
    guidance = guidance.checked(size)
    width, height = size
    mask = torch.zeros(4, height, width, dtype=torch.uint8)
    for hint in guidance.hints:
        left, top, right, bottom = hint.box()
        color = [*bytes.fromhex(hint.color[1:]), 255]
        mask[:, max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = torch.tensor(
            color, dtype=torch.uint8
        ).view(4, 1, 1)
    return mask


class MaskDesk:
    """A page for one photo at `address`, until `close`; its button writes the mask to `out`.

    Raises ValueError if `out` is not a PNG, is the photo itself, or exists and may not be replaced.
    """

    def __init__(self, photo: "Photo", path: Path, out: Path, overwrite: bool = False) -> None:
        if out.suffix.lower() != ".png":
            raise ValueError(f"A mask is saved as PNG, which {out} is not; give a name that ends in .png.")
        if out.resolve() == path.resolve():
            raise ValueError(f"{out} is the photo itself; give the mask another name.")
        self.photo, self.name, self.out, self.saved = photo, path.name, out, False
        self._overwrite = overwrite
        self._check_free()
        self._secret = secrets.token_urlsafe(24)
        self._pieces: dict[str, tuple[str, Callable[[], bytes]]] = {
            "script.js": (
                "text/javascript",
                lambda: (canvas.script() + (canvas.FOLDER / "mask.js").read_text(encoding="utf-8")).encode(),
            ),
            "style.css": ("text/css", lambda: (canvas.style() + STYLE).encode()),
            "photo.jpg": ("image/jpeg", self._gray),
        }
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self._host = f"127.0.0.1:{self._server.server_port}"

    @property
    def address(self) -> str:
        """The address of the page."""
        return f"http://{self._host}/{self._secret}/"

    def serve(self) -> None:
        """Answer until `close` is called from another thread, or Ctrl-C."""
        self._server.serve_forever(poll_interval=0.1)

    def close(self) -> None:
        """Stop, and free the port."""
        self._server.shutdown()
        self._server.server_close()

    def save(self, value: Any) -> Path:
        """Write the hints of the canvas, {"hints": [...]}, as mask. Raises ValueError, OSError."""
        if not self.saved:
            self._check_free()
        guidance = Guidance.from_canvas(value, self.photo.size)
        if not guidance.hints:
            raise ValueError("There is nothing to save yet: set a point or paint a stroke.")
        Guidance(strokes=mask_of(guidance, self.photo.size)).save(self.out)
        self.saved = True
        return self.out

    def _check_free(self) -> None:
        if self.out.exists() and not self._overwrite:
            raise ValueError(f"{self.out} is there already; add --overwrite to replace it, or name another file.")

    def piece(self, name: str, language: str) -> tuple[str, bytes] | None:
        """A file of the page: its type and its content."""
        if name == "":
            from html import escape

            width, height = self.photo.size
            page = PAGE.format(language=language, title=escape(self.name), width=width, height=height)
            return "text/html; charset=utf-8", page.encode()
        kind, content = self._pieces.get(name, ("", bytes))
        return (f"{kind}; charset=utf-8" if kind.startswith("text") else kind, content()) if kind else None

    def allows(self, host: str | None, path: str) -> str | None:
        """The part of an address after the secret; None for a wrong secret, or for
        another host name (DNS rebinding).
        """
        secret, slash, rest = path.removeprefix("/").partition("/")
        known = hmac.compare_digest(secret.encode("latin-1", "replace"), self._secret.encode())
        return rest if slash and known and host == self._host else None

    def _gray(self) -> bytes:
        from toolkit.photo import encode_photo
        from toolkit.photo.sizes import shrink

        return encode_photo(shrink(self.photo, SHOWN).gray(), "jpg")


class _Handler(BaseHTTPRequestHandler):
    """Three files and a button."""

    def __init__(self, desk: MaskDesk, *given: Any) -> None:
        self.desk = desk
        super().__init__(*given)

    def do_GET(self) -> None:
        """The page or one of its files."""
        rest = self.desk.allows(self.headers.get("Host"), self.path)
        language = "ko" if self.headers.get("Accept-Language", "").lower().startswith("ko") else "en"
        piece = None if rest is None else self.desk.piece(rest, language)
        if piece is None:
            self._answer(404, "text/plain", b"Nothing is here; open the address that the program printed.")
        else:
            self._answer(200, *piece)

    def do_POST(self) -> None:
        """The button: save what the canvas holds."""
        length = self.headers.get("Content-Length", "")
        # what another page may not send without asking first
        json_only = self.headers.get("Content-Type") == "application/json"
        if (
            self.desk.allows(self.headers.get("Host"), self.path) != "save"
            or not json_only
            or not length.isdecimal()
            or int(length) > LARGEST
        ):
            self._answer(
                403,
                "application/json",
                json.dumps({"error": "This message is not from the page that was opened; reload it."}).encode(),
            )
            return
        try:
            answer = {"path": str(self.desk.save(json.loads(self.rfile.read(int(length)))))}
        except (ValueError, RecursionError, OSError) as error:
            answer = {"error": str(error)}
        self._answer(200, "application/json", json.dumps(answer).encode())

    def _answer(self, code: int, kind: str, content: bytes) -> None:
        self.send_response(code)
        headers = {
            "Content-Type": kind,
            "Content-Length": str(len(content)),
            "Content-Security-Policy": RULES,
            "Cache-Control": "no-store",
        }
        for name, value in {**headers, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: the terminal belongs to the person."""
