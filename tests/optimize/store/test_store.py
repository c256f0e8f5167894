import json
import subprocess
import sys

import pytest

from llm_strategy.errors import InputError, StoredDataError, WorkspaceError
from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.search.orders import Order, Rollout, Usage
from llm_strategy.optimize.store import Identity, OptimizationRecord, OptimizationStore

IDENTITY = Identity({"minibatch": 3}, {"train": "aa", "val": "bb"}, "cc", {"task": "dd", "metric": "ee"}, "ff")


def rollout(number=0, candidate="c", **kwargs):
    return Rollout(Order(candidate, "val", str(number)), 0.5, **kwargs)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.sqlite"


@pytest.fixture
def store(path):
    with OptimizationStore(path) as one:
        yield one


def answer(store, *rollouts):
    keys = [one.order.key for one in rollouts]
    for one in rollouts:
        store.add_rollout(one, {}, None)
    store.add_event("evaluate", {"keys": keys})
    store.answered(keys, "seed")


def test_a_run_goes_on_where_it_is_what_it_was(path, store):
    assert store.begin(IDENTITY) is False
    store.close()
    with OptimizationStore(path) as again:
        assert again.begin(IDENTITY) is True


def test_a_run_that_could_not_even_begin_does_not_stand_in_the_way_of_the_next(path, store):
    store.begin(IDENTITY)
    store.close()
    other = Identity(**{**IDENTITY.as_data(), "code": {"task": "dd"}})
    with OptimizationStore(path) as again:
        assert again.begin(other) is False
        assert again.get("identity")["code"] == {"task": "dd"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_file_is_for_its_owner_alone(path, store):
    store.add_event("note", {})
    beside = [one for one in path.parent.iterdir() if one.name.startswith(path.name) and one.suffix != ".lock"]
    assert len(beside) > 1
    assert {one.stat().st_mode & 0o777 for one in beside} == {0o600}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"configuration": {"minibatch": 5}}, "the setting minibatch was 3 and is 5"),
        ({"configuration": {}}, "the setting minibatch was 3 and is not there"),
        ({"configuration": {"minibatch": 3, "long": "x" * 99}}, r"the setting long was not there and is 'x{56}\.\.\."),
        ({"data": {"train": "aa", "val": "zz"}}, "the cases of val has changed"),
        ({"space": "zz"}, "what is searched has changed"),
        ({"code": {"task": "dd", "metric": "zz"}}, "the source of metric has changed"),
        ({"search": "zz"}, "the version of the search has changed"),
    ],
)
def test_a_run_does_not_go_on_with_something_else(store, changed, said):
    store.begin(IDENTITY)
    answer(store, rollout())
    other = Identity(**{**IDENTITY.as_data(), **changed})
    with pytest.raises(StoredDataError, match=said) as caught:
        store.begin(other)
    assert "name another file" in str(caught.value)


def test_a_run_that_came_to_nothing_is_begun_with_something_else(store):
    assert store.is_empty
    store.begin(IDENTITY)
    store.begun(["c/val/0"])
    other = Identity(**{**IDENTITY.as_data(), "code": {"task": "dd"}})
    assert store.begin(other) is False
    assert store.broken() == []
    assert store.begin(other) is True
    store.add_rollout(rollout(), {}, None)
    assert not store.is_empty
    with pytest.raises(StoredDataError, match="the source of metric has changed"):
        store.begin(IDENTITY)


def test_settings_have_to_be_json(store):
    with pytest.raises(InputError, match="What a run is"):
        store.begin(Identity({"odd": object()}))


def test_one_process_has_it_at_a_time(path, store):
    with pytest.raises(WorkspaceError, match="in use by this program already"):
        OptimizationStore(path)
    code = f"from pathlib import Path; from llm_strategy.optimize.store import OptimizationStore as S; S(Path({str(path)!r}))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "in use by another program" in other.stderr


def test_a_file_that_was_closed_may_be_opened_again(path, store):
    store.close()
    OptimizationStore(path).close()
    assert [one.name for one in path.parent.iterdir()] == ["run.sqlite"]


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(WorkspaceError, match=r"no folder '.*missing'\. Make it first"):
        OptimizationStore(tmp_path / "missing" / "run.sqlite")
    (tmp_path / "file").touch()
    with pytest.raises(WorkspaceError, match="cannot be locked"):
        OptimizationStore(tmp_path / "file" / "run.sqlite")


def test_another_file_is_refused_and_not_kept_locked(path):
    path.write_text("no database", "utf-8")
    for _ in range(2):
        with pytest.raises(StoredDataError, match="cannot be read"):
            OptimizationStore(path)


def test_a_rollout_is_read_as_it_was_written(store):
    full = rollout(
        objectives={"speed": 2.0}, feedback="too\ud800 long", error="ValueError: no", usage=Usage(2, 30, None, 1.5)
    )
    store.add_rollout(full, {"task": [2]}, {"chats": ["hello"]})
    (found, cost) = store.known([full.order.key])[full.order.key]
    assert (found.feedback, found.objectives, found.error) == (full.feedback, full.objectives, full.error)
    assert (found.usage, cost) == (Usage(2, 30, None, 0.0), {"task": [2]})
    assert store.seconds(full.order.key) == 1.5
    assert store.run(full.order.key) == {"chats": ["hello"]}
    assert (store.seconds("?"), store.run("?")) == (0.0, None)


def test_what_is_returned_is_what_will_be_read_again(store):
    returned = store.add_rollout(rollout(usage=Usage(1, 2, 0.5, 3.0)), {}, None)
    assert returned == store.known([returned.order.key])[returned.order.key][0]


def test_a_score_that_is_no_number_is_refused(store):
    with pytest.raises(InputError, match=r"rollout 'c/val/0/0' cannot be written down"):
        store.add_rollout(Rollout(Order("c", "val", "0"), float("nan")), {}, None)
    assert store.count == 0


def test_no_rollout_is_written_twice(store):
    store.add_rollout(rollout(), {}, None)
    with pytest.raises(StoredDataError):
        store.add_rollout(rollout(), {}, None)


def test_many_rollouts_are_found_at_once(store):
    with store.transaction():
        for number in range(1_200):
            store.add_rollout(rollout(number), {}, None)
    keys = [rollout(number).order.key for number in range(1_300)]
    assert len(store.known(keys)) == 1_200


def test_the_log_has_no_seconds_and_rollouts_in_the_order_in_which_they_were_wanted(store):
    answer(store, rollout(1, usage=Usage(1, 1, 0.0, 9.9)), rollout(0))
    lines = [json.loads(line) for line in store.log().splitlines()]
    assert [line["seq"] if "seq" in line else line["rollout"]["order"][2] for line in lines] == [1, "1", "0"]
    assert b"9.9" not in store.log()
    assert [one.order.case for one in store.rollouts()] == ["1", "0"]


def test_details_are_kept_of_the_latest_rollouts_and_of_the_seed(path):
    with OptimizationStore(path, details=2) as store:
        for number in range(5):
            for candidate in ("c", "seed"):
                one = rollout(number, candidate)
                store.add_rollout(one, {}, {"number": number})
                store.answered([one.order.key], "seed")
        kept = {(c, n) for c in ("c", "seed") for n in range(5) if store.run(rollout(n, c).order.key) is not None}
    assert kept == {("c", 3), ("c", 4), *(("seed", number) for number in range(5))}


def test_a_detail_that_is_very_long_is_not_kept(store):
    store.add_rollout(rollout(), {}, {"text": "x" * 1_000_001})
    assert store.run(rollout().order.key) is None
    assert store.count == 1


def test_candidates_are_there_once_and_go_with_the_event_that_named_them(store):
    first, second = Candidate(0, {"a": 1}), Candidate(1, {"a": "x"}, (0,), "llm", "say less")
    store.add_candidates([first])
    store.add_event("evaluate", {"keys": []})
    store.add_candidates([first, second])
    store.add_event("evaluate", {"keys": []})
    assert list(store.candidates()) == [first, second]
    store.cut(2)
    assert (list(store.candidates()), store.length) == ([first], 1)


def test_what_had_begun_and_never_ended_is_known(store):
    store.begun(["c/val/0/0", "c/val/1/0"])
    store.add_rollout(rollout(1), {}, None)
    assert store.broken() == ["c/val/0/0"]
    store.ended()
    assert store.broken() == []


def test_a_transaction_is_written_as_a_whole(store):
    def half():
        with store.transaction():
            store.add_event("note", {})
            raise KeyError

    with pytest.raises(KeyError):
        half()
    assert store.length == 0


def test_a_run_may_be_read_while_it_goes_on(path, store):
    store.add_event("note", {"kind": "front"})
    with OptimizationRecord(path) as record:
        assert [kind for kind, _ in record.events()] == ["note"]
        assert record.event(2) is None
        store.add_event("note", {"kind": "winner"})
        assert record.length == 2
    with pytest.raises(WorkspaceError):
        OptimizationRecord(path.with_name("missing.sqlite"))


def test_an_event_may_be_answered_anew(store):
    store.add_event("propose", {"left": 0.5})
    store.set_event(1, {"left": 0.75})
    assert store.event(1) == ("propose", {"left": 0.75})


def test_a_damaged_row_is_told(store):
    store.add_event("note", {})
    store._database.change("UPDATE event SET data = '{'")
    with pytest.raises(StoredDataError, match="damaged"):
        store.log()


def test_memory_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with OptimizationStore() as store:
        answer(store, rollout())
        assert store.name == "memory"
    assert list(tmp_path.iterdir()) == []
