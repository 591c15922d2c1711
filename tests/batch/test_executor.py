"""Jobs run once each, through any executor, whatever happens to the workers."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial

from support import batch_jobs

from rtcheck.batch.executor import Lost, process_pool, run_jobs
from rtcheck.batch.work import Question
from rtcheck.cli.options import Engine, Looks, PatientFacts, terms_of
from rtcheck.protocol.file.load import load_protocol

two_processes = partial(process_pool, 2)


def test_every_job_is_answered_once_by_processes():
    answers = dict(run_jobs(range(40), batch_jobs.double, two_processes, in_flight=4, chunk=3))
    assert answers == {n: 2 * n for n in range(40)}


def test_every_job_is_answered_once_by_any_executor_of_the_caller():
    with ThreadPoolExecutor(3) as threads:
        pairs = list(run_jobs(range(40), batch_jobs.double, lambda: nullcontext(threads), in_flight=4))
    assert sorted(pairs) == [(n, 2 * n) for n in range(40)]


def test_all_that_files_state_of_a_batch_reaches_its_workers(tmp_path):
    """What processes and dask workers get is pickled: every file that a batch takes must come out as it went in."""
    stated = {
        "facts": "age: 60\n",
        "aliases": "Stomach: [Magen]\nall GTV: [GTV-PET]\n",
        "waivers": "waivers: [{constraint: Stomach Dmax < 54 Gy, reason: agreed, who: A, until: 2999-12-31}]\n",
        "letterhead": "name: Clinic\nsignatures: [Physicist]\n",
    }
    facts, aliases, waivers, letterhead = (tmp_path / name for name in stated)
    for name, text in stated.items():
        (tmp_path / name).write_text(text)
    patient = PatientFacts(facts_file=facts, aliases_file=aliases, waivers_file=waivers)
    style = Looks(letterhead=letterhead).style()
    question = Question(protocols=(load_protocol("apatinib"),), terms=terms_of(Engine(), patient), style=style)
    assert pickle.loads(pickle.dumps(question)) == question


def test_a_job_that_kills_its_worker_is_lost_and_no_other_is():
    pairs = list(run_jobs(range(30), batch_jobs.double_or_die, two_processes, in_flight=4))
    assert len(pairs) == 30
    answers = dict(pairs)
    assert isinstance(answers.pop(13), Lost)
    assert answers == {n: 2 * n for n in range(30) if n != 13}


def test_a_job_whose_worker_died_once_is_tried_again(tmp_path):
    marker = str(tmp_path / "marker")
    assert list(run_jobs([marker], batch_jobs.die_once, two_processes, in_flight=2)) == [(marker, "done")]


def test_no_more_jobs_are_drawn_than_may_be_in_flight():
    drawn = []

    def jobs():
        for number in range(100):
            drawn.append(number)
            yield number

    with ThreadPoolExecutor(1) as threads:
        answers = run_jobs(jobs(), batch_jobs.double, lambda: nullcontext(threads), in_flight=3)
        next(answers)
        assert len(drawn) <= 4
        answers.close()


def test_numpy_is_held_to_one_thread_in_each_worker():
    assert {answer for _, answer in run_jobs([1], batch_jobs.thread_settings, two_processes, in_flight=1)} == {"1"}
