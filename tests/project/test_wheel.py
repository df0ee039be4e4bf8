"""What is installed, not the checkout, colors a photo without a network."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests import ROOT

EXAMPLE = ROOT / "demos" / "examples" / "cameraman-gray.jpg"
CHECK = """
import socket, sys
def refuse(*_, **__): raise OSError("no network here")
socket.getaddrinfo = socket.create_connection = refuse
import toolkit, demos.app
from toolkit.text import compile_text
assert "site-packages" in toolkit.__file__ and "site-packages" in demos.__file__, toolkit.__file__
session = toolkit.Session(sys.argv[1], device="cpu")
session.colorize(compile_text("the coat navy", session).guidance).save("color.png")
assert demos.app.build("cpu")
"""


@pytest.mark.slow
def test_a_wheel_in_an_empty_environment_colors_a_photo_offline(tmp_path: Path) -> None:
    def run(*command: str, **options: str) -> None:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=clean | options)
        assert done.returncode == 0, done.stdout + done.stderr

    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    source = tmp_path / "source"  # a build leaves things beside what it builds from
    for name in ("toolkit", "demos", "weights", "LICENSES"):
        shutil.copytree(
            ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "training", "measured")
        )
    for name in ("pyproject.toml", "README.md", "LICENSE", "THIRD_PARTY.md"):
        shutil.copy(ROOT / name, source / name)
    run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "-q",
        "-w",
        str(tmp_path),
        str(source),
    )
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    run(sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index", str(wheel))
    # what it depends on; as a plain folder, so that an editable install in it does not count
    others = sysconfig.get_path("purelib")
    run(str(python), "-c", CHECK, str(EXAMPLE), PYTHONPATH=others, HF_HUB_OFFLINE="1")
    assert (tmp_path / "color.png").stat().st_size > 10_000
