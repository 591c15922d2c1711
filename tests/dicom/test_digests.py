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


def test_a_digest_is_computed_where_no_thread_can_be_started(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", refuse)
    assert sha256_of(LARGE)() == hashlib.sha256(LARGE).hexdigest()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of forking with threads
def test_a_digest_that_was_begun_before_a_fork_is_computed_again_after_it():
    if "fork" not in get_all_start_methods():
        pytest.skip("this system does not fork")
    load, context = sha256_of(LARGE), get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=lambda: queue.put(load()))
    child.start()
    assert queue.get() == hashlib.sha256(LARGE).hexdigest()
    child.join()
