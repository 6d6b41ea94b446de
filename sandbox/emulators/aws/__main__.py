"""Runs the emulator of AWS."""

import os
import sys

from emulator import main

# A normal exit would wait for the thread that still reads stdin.
code = main()
sys.stderr.flush()
os._exit(code)
