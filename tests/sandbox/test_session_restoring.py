"""A sandbox that is lost: what was in it is made again, and no tool is called twice."""

import pytest

from llm_strategy.errors import InputError
from llm_strategy.sandbox import Limits, Session
from llm_strategy.tools import tool

DIE = "import os\nos._exit(1)"


@pytest.fixture
def called():
    return []


@pytest.fixture
def session(called):
    @tool
    def price(thing: str) -> int:
        """A price; another one each time."""
        called.append(thing)
        return len(called)

    @tool
    def broken() -> str:
        """Never works."""
        called.append("broken")
        raise OSError("no")

    with Session("unsafe-process", tools=[price, broken], limits=Limits(seconds=1)) as made:
        yield made


def test_names_and_files_come_back_and_tools_are_not_called_again(session, called):
    session.run("a = price('tea')\nopen('f', 'w').write(str(a))")
    session.run("try:\n    broken()\nexcept ToolError as e:\n    said = str(e)")
    session.write_file("g", b"host")
    session.run("1/0")
    lost = session.run(f"x = price('milk')\n{DIE}")
    assert (lost.error.kind, lost.state_lost) == ("Lost", False)
    assert "is made again before the next one" in lost.error.message
    result = session.run("a, said, open('f').read(), open('g').read(), 'x' in globals()")
    assert (result.value, result.restored, result.state_lost) == ([1, "OSError: no", "1", "host", False], 3, False)
    assert called == ["tea", "broken", "milk"]
    assert session.run("a").restored == 0


def test_an_action_that_swallows_its_end_is_not_run_again(session):
    session.run("kept = 1")
    lost = session.run("import time\nwhile True:\n    try: time.sleep(60)\n    except BaseException: pass")
    assert lost.error.kind == "TimeLimit"
    result = session.run("kept")
    assert (result.value, result.restored, result.state_lost) == (1, 1, False)


def test_what_an_action_left_that_was_stopped_cannot_be_made_again(session):
    session.run("kept = 1")
    stopped = session.run("half = 1\nwhile True: pass")
    assert (stopped.error.kind, session.run("half").value) == ("TimeLimit", 1)
    session.run(DIE)
    result = session.run("kept, 'half' in globals()")
    # The question for `half` fails when it is run again without it: everything is begun anew.
    assert (result.state_lost, result.restored) == (True, 0)
    assert result.error.kind == "NameError"


def test_what_can_be_made_again_is_and_the_rest_is_told_as_lost(session):
    session.run("kept = 1")
    session.run("half = 1\nwhile True: pass")
    session.run(DIE)
    result = session.run("kept, 'half' in globals()")
    assert (result.value, result.state_lost, result.restored) == ([1, False], True, 1)


def test_code_that_goes_another_way_makes_a_new_beginning(session, called):
    session.write_file("g", b"host")
    session.run("import os, time\nthing = price(str(time.time_ns()))")
    session.run(DIE)
    result = session.run("'thing' in globals(), open('g').read()")
    assert (result.value, result.state_lost, result.restored) == ([False, "host"], True, 0)
    assert len(called) == 1
    session.run("new = 1")
    session.run(DIE)
    again = session.run("new")
    assert (again.value, again.state_lost, again.restored) == (1, False, 2)


def test_code_that_fails_now_and_did_not_then_makes_a_new_beginning(session, tmp_path):
    session.run(f"import os\nos.mkdir({str(tmp_path / 'once')!r})")
    session.run(DIE)
    assert session.run("1").state_lost is True


def test_a_worker_that_dies_between_actions_is_made_again(session):
    session.run("kept = 1")
    session.run("import os, threading\nthreading.Timer(0.05, os._exit, (1,)).start()")
    session._stage._worker._process._process.wait()
    assert not session.alive
    session.run("1")  # it has the same end before it, and after it
    assert session.history[-1].result.restored == 2


def test_an_interrupt_while_things_are_run_again_loses_nothing(session):
    session.run("kept = 1\nimport time\ntime.sleep(0.5)")
    session.run(DIE)
    import threading

    threading.Timer(0.2, session.interrupt).start()
    assert session.run("2").error.kind == "Interrupted"
    result = session.run("kept")
    assert (result.value, result.restored, result.state_lost) == (1, 1, False)


def test_a_worker_that_dies_while_a_tool_works_is_made_again_in_the_middle(called):
    @tool
    def kill() -> str:
        """Ends the process of the session."""
        called.append(1)
        process = made._stage._worker._process
        process.kill()
        process._process.kill()
        process._process.wait()
        return "killed"

    with Session("unsafe-process", tools=[kill], limits=Limits(seconds=5)) as made:
        made.run("kept = 1")
        result = made.run("said = kill()\nsaid, kept")
    assert (result.value, result.restored) == (["killed", 1], 1)
    assert called == [1]


def test_a_worker_that_dies_in_a_tool_and_then_goes_another_way_is_lost():
    @tool
    def kill(at: int) -> str:
        """Ends the process of the session."""
        process = made._stage._worker._process._process
        process.kill()
        process.wait()
        return "killed"

    with Session("unsafe-process", tools=[kill], limits=Limits(seconds=5)) as made:
        result = made.run("import time\nkill(time.time_ns())")
        assert result.error.kind == "Lost"
        assert "went another way" in result.error.message
        assert made.run("1").value == 1


def test_what_chance_gave_is_the_same_when_it_is_made_again(session):
    first = session.run("import random\nx = random.random(), hash('a'), list({'a', 'b', 'c', 'd'})\nx").value
    session.run(DIE)
    result = session.run("x")
    assert (result.value, result.restored, result.state_lost) == (first, 1, False)


def test_two_sessions_have_chances_of_their_own(session):
    with Session("unsafe-process") as other:
        assert other.run("import random\nrandom.random()").value != session.run("import random\nrandom.random()").value


def test_a_value_that_is_another_one_when_it_is_made_again_is_told(session):
    first = session.run("import os\nx = os.urandom(8).hex()\nx").value
    session.run(DIE)
    result = session.run("x")
    assert result.value != first
    assert (result.restored, result.state_lost) == (1, True)
    assert session.run("x").state_lost is False


def test_places_in_memory_are_no_other_value(session):
    session.run("class A: pass\na = A()\nprint(a)\na")
    session.run(DIE)
    assert session.run("1").state_lost is False


def test_a_lost_action_names_what_it_called(session):
    lost = session.run(f"price('tea')\nprice('milk')\ntry: broken()\nexcept ToolError: pass\n{DIE}")
    assert lost.error.message.endswith("this one has left nothing, but what it called was called: price.")


def test_a_file_that_does_not_fit_is_refused_where_it_is_written(session):
    session.run("open('d', 'w').close()")
    session.run(DIE)
    with pytest.raises(InputError, match="'d/x' in the workspace"):
        session.write_file("d/x", b"1")
    with pytest.raises(InputError, match="larger than the workspace"):
        session.write_file("big", bytes(65 << 20))
    assert session.run("open('d').read()").value == ""


def test_a_sandbox_without_files_refuses_one_before_it_has_begun():
    pytest.importorskip("pydantic_monty")
    with Session("monty") as made:
        with pytest.raises(InputError, match="has no files"):
            made.write_file("a", b"1")
        assert made.run("1").value == 1


def test_a_file_that_a_lost_action_has_made_room_for_is_left_out(session):
    session.run("open('d', 'w').close()")
    session.run("import os\nos.remove('d')\nwhile True: pass")
    session.write_file("d/x", b"1")
    session.run(DIE)
    result = session.run("open('d').read()")
    assert (result.value, result.state_lost) == ("", True)


def test_files_can_be_read_after_an_interrupt_that_ended_the_sandbox(session):
    session.write_file("g", b"host")
    session.run(DIE)
    session.interrupt()
    assert session.read_file("g") == b"host"
