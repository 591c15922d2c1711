"""Programs outside Python that some tests need: where one is missing the test skips, saying so; in CI it must run."""

import os
import shutil

import pytest


def needs_program(name: str) -> pytest.MarkDecorator:
    """A mark that skips a test where the program `name` is not installed, except where RTCHECK_CI is set."""
    is_missing = shutil.which(name) is None and not os.environ.get("RTCHECK_CI")
    return pytest.mark.skipif(is_missing, reason=f"the program {name} is not installed")
