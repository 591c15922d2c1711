"""Work that threads do ahead of its need: all of it is done, once, and what fails is left to the one who needs it."""

import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from support.samples import PASSES

from rtcheck import check, read_case
from rtcheck.checking.dvhs import measure_structures
from rtcheck.side_by_side import _cores, ahead


@pytest.mark.parametrize("cores", [1, 2, 4])
def test_every_value_is_worked_on_once_and_a_failure_keeps_no_other_from_it(cores, monkeypatch):
    monkeypatch.setattr("rtcheck.side_by_side._cores", lambda: cores)
    done = []

    def work(value):
        if value % 7 == 0:
            raise ValueError(value)
        done.append(value)

    ahead(work, range(500))
    assert sorted(done) == [value for value in range(500) if value % 7]


@pytest.mark.parametrize("cores", [1, 4])
def test_what_fails_in_making_the_values_is_raised_and_all_is_as_before(cores, monkeypatch):
    def values():
        yield 1
        raise ValueError("the second cannot be made")

    monkeypatch.setattr("rtcheck.side_by_side._cores", lambda: cores)
    before, done = sys.getswitchinterval(), []
    with pytest.raises(ValueError, match="second"):
        ahead(done.append, values())
    assert sys.getswitchinterval() == before


def test_without_threads_the_work_is_done_all_the_same(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("rtcheck.side_by_side._cores", lambda: 4)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    done = []
    ahead(done.append, [1, 2, 3])
    assert done == [1, 2, 3]


def test_a_worker_leaves_the_other_cores_to_its_fellows():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(_cores).result() == 1


def test_metrics_are_the_same_to_the_last_bit_by_any_number_of_threads(monkeypatch):
    tables = []
    for cores in (1, 4):
        monkeypatch.setattr("rtcheck.side_by_side._cores", lambda cores=cores: cores)
        tables.append(measure_structures(read_case(PASSES), ["Dmean", "D2%", "V20Gy", "Dmax"]))
    assert tables[0] == tables[1]


def test_bands_are_the_same_to_the_last_bit_by_any_number_of_threads(monkeypatch):
    reports = []
    for cores in (1, 4):
        monkeypatch.setattr("rtcheck.side_by_side._cores", lambda cores=cores: cores)
        reports.append(check(PASSES, "apatinib", band=True).to_dict())
    assert reports[0]["constraints"] == reports[1]["constraints"]
    assert reports[0]["warnings"] == reports[1]["warnings"]
    assert any(each["low"] != each["high"] for each in reports[0]["constraints"])
