"""The console script `syncd`, and `python -m syncd`: the command line is in `syncd.cli`."""

import sys

from syncd.cli.ending import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
