"""`python -m wirewatch` is the command `wirewatch`."""

from wirewatch.cli import main

main(prog_name="wirewatch")
