"""Runs the emulator of AWS."""

import os
import sys

from emulator import main

# A reader of stdin that is still blocked would be waited for by a plain exit.
code = main()
sys.stderr.flush()
os._exit(code)
