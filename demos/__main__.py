"""`python -m demos`: the app on this machine."""

import sys

from demos.gate import temporary

if __name__ == "__main__":
    try:
        temporary.begin()  # before Gradio is imported, which makes a folder of its own as it is
    except OSError as error:
        sys.exit(str(error))
    from demos.app import main

    main()
