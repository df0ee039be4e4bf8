"""`python -m demos`: the app on this machine."""

from demos.app import main

if __name__ == "__main__":
    main()
