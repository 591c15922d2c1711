"""The plan that most contracts are tried on."""

import pytest
from support.known_plans import constraints, write_plan


@pytest.fixture
def plan(tmp_path):
    """20 Gy everywhere in a PTV of 12 cc, 50 Gy in 25 fractions; it meets the one limit of mine.yaml beside it."""
    (tmp_path / "mine.yaml").write_text(constraints("PTV: Dmax < 24 Gy"), encoding="utf-8")
    return write_plan(tmp_path / "plan")
