"""Layers between a request and what answers it, in both drivers."""

import asyncio
import gc
from contextlib import ExitStack
from contextvars import copy_context

import pytest

from llm_strategy.flow import Parallel, layered
from llm_strategy.flow.layers import own_layers


def answering(answer):
    def layer(request, path, onward):
        return answer
        yield

    return layer


def naming(name, log):
    def layer(request, path, onward):
        log.append(f"{name} asks")
        answer = yield from onward(request)
        log.append(f"{name} has {answer}")
        return answer

    return layer


def recording(paths):
    def layer(request, path, onward):
        answer = yield from onward(request)
        paths.append((path, answer))
        return answer

    return layer


def two_steps(tell):
    first = yield tell(1)
    second = yield tell(2)
    return first, second


def test_a_layer_may_answer_without_asking(driver, tell):
    with layered(answering("cached")):
        assert driver.run(two_steps(tell)) == ("cached", "cached")


def test_layers_hold_only_inside_their_scope(driver, tell):
    with layered(answering("cached")):
        pass

    assert driver.run(two_steps(tell)) == (1, 2)


def test_a_scope_ends_with_an_error_too(driver, tell):
    with pytest.raises(ValueError, match="inside"), layered(answering("cached")):
        raise ValueError("inside")

    assert driver.run(two_steps(tell)) == (1, 2)


def test_the_innermost_layer_sees_a_request_first(driver, tell):
    log = []

    def flow():
        return (yield tell("answer"))

    with layered(naming("outer", log)), layered(naming("inner", log)):
        driver.run(flow())

    assert log == ["inner asks", "outer asks", "outer has answer", "inner has answer"]


def test_a_layer_may_send_another_request_onward(driver, tell):
    def louder(request, path, onward):
        return (yield from onward(tell(request.answer * 10)))

    with layered(louder):
        assert driver.run(two_steps(tell)) == (10, 20)


def test_a_layer_may_ask_several_times(driver, tell):
    answers = iter([OSError("busy"), OSError("busy"), 3])

    def next_answer():
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    def retrying(request, path, onward):
        while True:
            try:
                return (yield from onward(request))
            except OSError:
                yield tell(None)

    def flow():
        return (yield tell(next_answer))

    with layered(retrying):
        assert driver.run(flow()) == 3


def test_what_a_layer_raises_is_raised_in_the_flow_that_asked(driver, tell):
    def refusing(request, path, onward):
        raise PermissionError("over budget")
        yield

    def flow():
        try:
            yield tell(1)
        except PermissionError as error:
            return f"recovered from {error}"

    with layered(refusing):
        assert driver.run(flow()) == "recovered from over budget"


def test_a_layer_may_ask_in_parallel_and_its_own_requests_pass_no_layer(driver, tell):
    calls = []

    def voting(request, path, onward):
        calls.append(path)
        answers = yield Parallel(tuple(onward(request) for _ in range(3)))
        return sum(answers)

    with layered(voting):
        assert driver.run(two_steps(tell)) == (3, 6)
    assert calls == [(0,), (1,)]


def nested(tell):
    yield tell("before")
    yield Parallel((two_steps(tell), inside(tell)))
    yield tell("after")


def inside(tell):
    yield tell("a")
    yield Parallel((two_steps(tell),))


def test_the_path_of_a_request_counts_steps_and_branches(driver, tell):
    paths = []

    with layered(recording(paths)):
        driver.run(nested(tell))

    assert sorted(paths) == [
        ((0,), "before"),
        ((1, 0, 0), 1),
        ((1, 0, 1), 2),
        ((1, 1, 0), "a"),
        ((1, 1, 1, 0, 0), 1),
        ((1, 1, 1, 0, 1), 2),
        ((2,), "after"),
    ]


def test_layers_are_in_force_in_the_threads_and_tasks_of_parallel_flows(driver, tell):
    def flow():
        return (yield Parallel((two_steps(tell), two_steps(tell))))

    with layered(answering("cached")):
        assert driver.run(flow()) == (("cached", "cached"),) * 2


def held(*layers):
    """Open scopes inside of a generator, as a function does that gives values between."""
    with ExitStack() as scopes:
        for layer in layers:
            scopes.enter_context(layered(layer))
        yield


def test_a_scope_that_a_generator_leaves_first_takes_no_other_layer_along(driver, tell):
    values = held(answering("the generator's"))
    next(values)
    with layered(answering("mine")):
        values.close()
        assert driver.run(two_steps(tell)) == ("mine", "mine")
    assert driver.run(two_steps(tell)) == (1, 2)


def test_a_scope_that_outlives_the_one_around_it_goes_on(driver, tell):
    with layered(answering("around")):
        values = held(answering("the generator's"))
        next(values)
    assert driver.run(two_steps(tell)) == ("the generator's", "the generator's")
    values.close()
    assert driver.run(two_steps(tell)) == (1, 2)


def test_one_layer_opened_twice_is_left_twice():
    layer = answering("it")
    values, others = held(layer), held(layer)
    next(values)
    next(others)
    values.close()
    assert own_layers() == (layer,)
    others.close()
    assert own_layers() == ()


def test_a_scope_left_in_another_context_holds_in_none(driver, tell):
    there, values = copy_context(), held(answering("the generator's"), answering("its second"))
    there.run(next, values)
    assert there.run(driver.run, two_steps(tell)) == ("its second", "its second")

    values.close()

    assert there.run(driver.run, two_steps(tell)) == (1, 2)
    assert there.run(own_layers) == own_layers() == ()


def test_layers_of_a_context_stay_when_another_scope_ends_there():
    kept, values = answering("kept"), held(answering("the generator's"))
    with layered(kept):
        copy_context().run(next, values)
        values.close()
        assert own_layers() == (kept,)
    assert own_layers() == ()


def test_an_abandoned_async_generator_leaves_no_layer():
    async def values():
        with layered(answering("the generator's")):
            yield 1
            yield 2

    async def main():
        async for _ in values():
            break
        gc.collect()
        await asyncio.sleep(0)  # now the event loop has begun a task that closes it
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not asyncio.current_task()))
        assert own_layers() == ()

    asyncio.run(main())


def test_what_began_in_a_scope_keeps_its_layer(driver, tell):
    with layered(answering("began inside")):
        inside = copy_context()

    assert driver.run(two_steps(tell)) == (1, 2)
    assert inside.run(driver.run, two_steps(tell)) == ("began inside", "began inside")
