import os
import threading
import time
import uuid

import pytest

from treadle.platform.ids import new_id


def test_ids_are_version_7_and_carry_the_time() -> None:
    before = time.time_ns() // 1_000_000
    value = uuid.UUID(new_id())
    after = time.time_ns() // 1_000_000
    assert (value.version, value.variant) == (7, uuid.RFC_4122)
    assert before <= value.int >> 80 <= after


def test_ids_of_one_process_grow() -> None:
    ids = [new_id() for _ in range(20_000)]
    assert ids == sorted(set(ids))


def test_threads_never_make_the_same_id() -> None:
    made: list[list[str]] = [[] for _ in range(4)]

    def work(own: list[str]) -> None:
        own.extend(new_id() for _ in range(5_000))

    threads = [threading.Thread(target=work, args=(own,)) for own in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id_ for own in made for id_ in own}) == 20_000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_does_not_repeat_the_random_half() -> None:
    new_id()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, "".join(new_id() for _ in range(20)).encode())
        os._exit(0)
    ours = {new_id()[19:] for _ in range(20)}
    os.waitpid(child, 0)
    text = os.read(read, 20 * 36).decode()
    theirs = {text[start : start + 36][19:] for start in range(0, len(text), 36)}
    assert len(theirs) == 20
    assert not ours & theirs
