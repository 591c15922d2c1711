"""SHA-256 of files, from a thread where they are large."""

import hashlib
import sys
from multiprocessing import get_all_start_methods, get_context
from threading import Thread

import pytest

from rtcheck.dicom.finding.digests import IN_BACKGROUND_FROM_BYTES, sha256_of

LARGE = b"abc" * IN_BACKGROUND_FROM_BYTES


@pytest.mark.parametrize("content", [b"", b"abc", LARGE])
def test_the_digest_is_that_of_hashlib(content):
    load = sha256_of(content)
    assert load() == load() == hashlib.sha256(content).hexdigest()


def test_bytes_are_let_go_of_when_their_digest_is_known():
    content = bytes(IN_BACKGROUND_FROM_BYTES)
    references = sys.getrefcount(content)
    load = sha256_of(content)
    load()
    assert sys.getrefcount(content) == references


def test_a_digest_that_has_begun_is_that_of_hashlib():
    load = sha256_of(LARGE)
    load.begin()
    load.begin()
    assert load() == hashlib.sha256(LARGE).hexdigest()


def test_several_threads_that_need_one_digest_get_the_same():
    load, found = sha256_of(LARGE), []
    threads = [Thread(target=lambda: found.append(load())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [hashlib.sha256(LARGE).hexdigest()] * 8


def test_bytes_that_would_take_much_memory_are_let_go_of_without_anyone_asking(monkeypatch):
    monkeypatch.setattr("rtcheck.dicom.finding.digests.KEPT_BELOW_BYTES", len(LARGE))
    references = sys.getrefcount(LARGE)
    load = sha256_of(LARGE)
    load._thread.join()
    assert sys.getrefcount(LARGE) == references


def test_a_digest_is_computed_where_no_thread_can_be_started(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", refuse)
    load = sha256_of(LARGE)
    load.begin()
    assert load() == hashlib.sha256(LARGE).hexdigest()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of forking with threads
def test_a_digest_that_was_begun_before_a_fork_is_computed_again_after_it():
    if "fork" not in get_all_start_methods():
        pytest.skip("this system does not fork")
    load, context = sha256_of(LARGE), get_context("fork")
    load.begin()
    queue = context.SimpleQueue()
    child = context.Process(target=lambda: queue.put(load()))
    child.start()
    assert queue.get() == hashlib.sha256(LARGE).hexdigest()
    child.join()
