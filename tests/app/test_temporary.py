"""The app's own temporary folder: whose it is, when it goes. In processes of their own, for each makes one."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from demos.gate import temporary
from tests import ROOT

BEGIN = "from demos.gate import temporary; folder = temporary.begin(); "
GRADIO_IN_IT = (
    "import tempfile, os; assert tempfile.gettempdir() == str(folder) and "
    "os.environ['GRADIO_TEMP_DIR'].startswith(str(folder)); "
)


def run(script: str, place: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != temporary.VARIABLE} | {
        "TMPDIR": str(place)
    }
    return subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True)


def test_it_is_only_its_owners_and_goes_with_the_app_with_all_that_is_in_it(tmp_path: Path) -> None:
    script = (
        BEGIN
        + GRADIO_IN_IT
        + "(folder / 'photo.png').write_bytes(b'x'); temporary.lasting(); print(oct(folder.stat().st_mode), folder)"
    )
    done = run(script, tmp_path)
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(int(done.stdout.split()[0], 8)) == 0o700
    assert Path(done.stdout.split()[1]).parent == tmp_path.resolve()
    assert list(tmp_path.iterdir()) == []


def test_what_a_crash_left_is_swept_and_what_is_in_use_is_not(tmp_path: Path) -> None:
    crash = BEGIN + "(folder / 'photo.png').write_bytes(b'x'); import os; os._exit(9)"
    run(crash, tmp_path)
    (left,) = tmp_path.iterdir()
    environment = os.environ | {"TMPDIR": str(tmp_path), temporary.VARIABLE: ""}
    held = subprocess.Popen(
        [sys.executable, "-c", BEGIN + "print(folder, flush=True); input()"],
        cwd=ROOT,
        env=environment,
        stdin=-1,
        stdout=-1,
        text=True,
    )
    assert held.stdout is not None
    mine = Path(held.stdout.readline().strip())
    assert not left.exists(), "swept at the start of the other one"
    run(BEGIN, tmp_path)
    assert mine.exists(), "somebody works in it"
    held.communicate("\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["file", "missing"])
def test_a_place_that_cannot_be_used_is_one_sentence(kind: str, tmp_path: Path) -> None:
    place = tmp_path / "place"
    if kind == "file":
        place.write_text("")
    done = run(
        "import sys\nfrom demos.gate import temporary\ntry: temporary.begin()\nexcept OSError as error: "
        "sys.exit(str(error))",
        place,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == temporary.UNUSABLE.format(place=place)
