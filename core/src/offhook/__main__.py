"""Runs the command line as ``python -m offhook``."""

from offhook.cli import main

main()
