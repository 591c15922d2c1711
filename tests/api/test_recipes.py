"""The README's recipes run as they stand."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = Path(os.environ.get("RTCHECK_RECIPES", ROOT / "README.md"))
NEEDED = ("pandas", "polars")


def recipes() -> list[str]:
    """The code blocks between the markers."""
    between = re.search(r"<!-- recipes -->(.*?)<!-- /recipes -->", README.read_text("utf-8"), re.DOTALL)
    return re.findall(r"```python\n(.*?)```", between.group(1), re.DOTALL) if between else []


@pytest.mark.skipif(not recipes(), reason="the README has no recipes yet")
@pytest.mark.parametrize("code", recipes())
def test_a_recipe_of_the_readme_runs(tmp_path: Path, code: str) -> None:
    for module in NEEDED:
        if f"import {module}" in code:
            pytest.importorskip(module)
    shutil.copytree(ROOT / "sample_dicom", tmp_path / "sample_dicom", ignore=shutil.ignore_patterns("ct_*"))
    file = tmp_path / "test_recipe.py"
    file.write_text(code, "utf-8")
    is_test = "def test_" in code
    command = [sys.executable, *(("-m", "pytest", "-q") if is_test else ()), str(file)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
