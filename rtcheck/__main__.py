"""`python -m rtcheck`: the command line where its script is not on the path."""

from rtcheck.cli.main import script

script()
