"""The examples in the docstrings run and give what they show; dosimetry and geometry share four named things."""

import ast
import doctest
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rtcheck
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.geometry.solid import Slab, Solid

ARRAY = re.compile(r"(Float|Int|Bool)(Array|Image)|NDArray")
SHAPE = re.compile(r"\([\w .+*-]+,(?: [\w .+*-]+,?)*\)|\(any\s+shape\)")  # "(n, 4)", "(layers,)"
PACKAGE = Path(rtcheck.__file__).parent
MODULES = [
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>>" in path.read_text("utf-8")
]


def shared() -> dict[str, Any]:
    """What the docstring of `rtcheck.dosimetry` describes: `np`, `cube`, `slope` and `dvh`."""
    corners = np.array([[-5.0, -5.0], [5.0, -5.0], [5.0, 5.0], [-5.0, 5.0]])
    edges_mm = np.hstack([corners, np.roll(corners, -1, axis=0)])
    x_mm, across_mm = np.arange(-50.0, 51.0, 2.0), np.arange(-20.0, 21.0, 2.0)
    dose_gy = np.broadcast_to((50.0 + x_mm).astype(np.float32), (len(across_mm), len(across_mm), len(x_mm)))
    return {
        "np": np,
        "cube": Solid(slabs=(Slab(z_low_mm=-5.0, z_high_mm=5.0, edges_mm=edges_mm),)),
        "slope": DoseGrid(dose_gy=dose_gy, x_mm=x_mm, y_mm=across_mm, z_mm=across_mm),
        "dvh": Dvh(
            dose_gy=np.array([0.0, 40.0]), volume_at_least_cc=np.array([100.0, 0.0]), volume_cc=100.0,
            mean_gy=20.0, min_gy=0.0, max_gy=40.0, grid_max_gy=40.0,
        ),
    }  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_give_what_they_show(name: str) -> None:
    is_shared = name.startswith(("rtcheck.dosimetry", "rtcheck.geometry", "rtcheck.checking.plan_qa"))
    found = doctest.testmod(import_module(name), extraglobs=shared() if is_shared else None)
    assert found.failed == 0
    assert found.attempted > 0


def public_functions(room: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions of a room that other modules may call, with their module."""
    for path in sorted((PACKAGE / room).rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield path.relative_to(PACKAGE).as_posix(), node


@pytest.mark.parametrize("room", ["dosimetry", "geometry"])
def test_every_function_of_the_core_that_takes_or_gives_arrays_states_their_shapes(room: str) -> None:
    untaught = []
    for module, function in public_functions(room):
        signature = ast.unparse(function.args) + ast.unparse(function.returns or ast.Constant(None))
        docstring = ast.get_docstring(function) or ""
        if not docstring or (ARRAY.search(signature) and not SHAPE.search(docstring)):
            untaught.append(f"{module}: {function.name}")
    assert untaught == []


@pytest.mark.parametrize("room", ["dosimetry", "geometry"])
def test_at_least_half_of_the_functions_of_the_core_show_an_example(room: str) -> None:
    functions = [function for module, function in public_functions(room) if "/_" not in module]  # no private rooms
    with_example = [function for function in functions if ">>>" in (ast.get_docstring(function) or "")]
    assert len(with_example) >= len(functions) / 2
