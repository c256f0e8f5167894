"""Each thread and each task sees its own values, and never those of another."""

import asyncio
import contextvars
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from llm_strategy.hyperparameters import Hyperparameters, stamp, track_hyperparameters


@track_hyperparameters
def here(*, _x: int = -1, _tags: list[int] = []):  # noqa: B006
    time.sleep(0)
    return _x, list(_tags)


@track_hyperparameters
async def there(*, _x: int = -1):
    await asyncio.sleep(0)
    inner = here()
    await asyncio.sleep(0)
    return _x, *inner


@track_hyperparameters
def counting(*, _x: int = -1):
    while True:
        yield _x, here()


def values(number):
    return {here: {"x": number, "tags": [number]}, there: {"x": number}, counting: {"x": number}}


def in_threads(work, numbers):
    started, problems = threading.Barrier(len(numbers)), []

    def run(number):
        started.wait()
        try:
            work(number)
        except BaseException as problem:  # noqa: BLE001
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_eight_threads_with_fifty_scopes_each():
    def work(thread):
        for step in range(50):
            number = thread * 1000 + step
            with Hyperparameters({here: {"x": number}}) as scope:
                assert here() == (number, [])
                with Hyperparameters({here: {"tags": [number]}}):
                    assert here() == (number, [number])
                    assert f'"x":{number}' in stamp()[0]
                scope[here].x = -number
                assert here() == (-number, [])
            assert here() == (-1, [])

    in_threads(work, range(8))


def test_two_hundred_tasks():
    async def work(number):
        with Hyperparameters(values(number)):
            await asyncio.sleep(0)
            assert await there() == (number, number, [number])
            found = await asyncio.gather(there(), there(_x=0))
            assert found == [(number, number, [number]), (0, number, [number])]
            steps = counting()
            for _ in range(3):
                assert next(steps) == (number, (number, [number]))
                await asyncio.sleep(0)
        assert await there() == (-1, -1, [])

    async def main():
        await asyncio.gather(*(work(number) for number in range(200)))

    asyncio.run(main())


def test_one_scope_in_many_threads_under_different_outer_scopes():
    shared = Hyperparameters({here: {"tags": [7]}})

    def work(number):
        for step in range(50):
            with Hyperparameters({here: {"x": number * 1000 + step}}), shared:
                assert here() == (number * 1000 + step, [7])

    in_threads(work, range(8))
    assert shared.model_dump(exclude_unset=True) == {here.config_name: {"tags": [7]}}


def test_what_one_thread_inherits_is_not_applied_in_another_that_runs_beside_it():
    shared, inherited, checked = Hyperparameters(), threading.Event(), threading.Event()
    seen = []

    def with_an_outer_value():
        with Hyperparameters({here: {"x": 5}}), shared:
            here()
            inherited.set()
            checked.wait(10)

    def without():
        inherited.wait(10)
        with Hyperparameters({there: {"x": 9}}), shared:
            seen.append(here())
        checked.set()

    threads = [threading.Thread(target=work) for work in (with_an_outer_value, without)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [(-1, [])]


def test_what_was_inherited_earlier_lasts_while_others_inherit_something_else():
    shared = Hyperparameters()
    with Hyperparameters({here: {"x": 5}}), shared:
        here()
    seen = []

    def beside():
        with Hyperparameters({here: {"x": 9}}), shared:
            seen.append(here())

    with shared:
        seen.append(here())
        thread = threading.Thread(target=beside)
        thread.start()
        thread.join()
        seen.append(here())

    assert seen == [(5, []), (9, []), (5, [])]


def test_mutable_values_that_are_collected_by_many_threads_are_not_set():
    shared = Hyperparameters()

    def work(number):
        for step in range(100):
            with Hyperparameters({here: {"tags": [number, step]}}), shared:
                assert here() == (-1, [number, step])
                assert shared.model_dump(exclude_unset=True) == {}

    in_threads(work, range(8))


def test_a_value_that_another_thread_is_about_to_collect_is_not_set():
    with Hyperparameters({here: {"tags": [1]}}), Hyperparameters() as inner:
        here()
    entry = inner.root[here.config_name]
    older = entry.tags
    vars(entry)["tags"] = [2]  # it is held, and not yet on record
    older.append(3)  # by whoever looked at it before

    assert inner.model_dump(exclude_unset=True) == {}


def test_a_pool_takes_scopes_along_in_a_copied_context():
    with ThreadPoolExecutor(4) as pool, Hyperparameters({here: {"x": 3}}):
        alone = pool.submit(here)
        along = [pool.submit(contextvars.copy_context().run, here) for _ in range(20)]

        assert alone.result() == (-1, [])
        assert [future.result() for future in along] == [(3, [])] * 20


def test_a_scope_that_is_left_in_another_context_leaves_both_in_order():
    scope = Hyperparameters({here: {"x": 3}})

    def holding():
        with scope:
            yield here()
            yield here()

    steps = holding()
    context = contextvars.copy_context()
    assert context.run(next, steps) == (3, [])
    assert here() == (-1, [])
    steps.close()  # leaves the scope here, where it was never entered
    assert here() == (-1, [])
    with scope:
        assert here() == (3, [])


def test_threads_that_change_a_scope_while_others_call():
    shared = Hyperparameters({here: {"x": 0}})

    def work(number):
        with shared:
            for step in range(200):
                if number == 0:
                    shared[here].x = step
                    shared[here].tags = [step]
                else:
                    x, tags = here()
                    assert 0 <= x < 200
                    assert len(tags) <= 1
                    stamp()
                    shared.model_dump_json()

    in_threads(work, range(4))
    assert shared[here].x == 199


def test_a_scope_is_written_down_while_another_thread_changes_it():
    shared = Hyperparameters({here: {"x": 0}})
    before = sys.getswitchinterval()

    def work(number):
        for step in range(300):
            if number == 0:
                shared[here].x = step
                shared[here].tags = [step]
            else:
                written = json.loads(shared.model_dump_json())
                (entry,) = written.values()
                assert 0 <= entry["x"] < 300

    sys.setswitchinterval(1e-6)  # threads change places within what is written, too
    try:
        in_threads(work, range(4))
    finally:
        sys.setswitchinterval(before)
    assert shared[here].tags == [299]
