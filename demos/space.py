"""What a Hugging Face Space runs: there this folder, whatever it is called, is the whole repository; so it first
becomes the package `demos`.
"""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

HERE = Path(__file__).resolve().parent
spec = spec_from_file_location("demos", HERE / "__init__.py", submodule_search_locations=[str(HERE)])
assert spec is not None
assert spec.loader is not None
sys.modules["demos"] = module_from_spec(spec)
spec.loader.exec_module(sys.modules["demos"])

from demos.gate import temporary  # noqa: E402  # only now is there a package to import from

temporary.begin()  # before Gradio is imported, which makes a folder of its own as it is

from demos.app import main  # noqa: E402

if __name__ == "__main__":
    main([])
