"""Trees of whole, partial and damaged traces."""

import random

import pytest

from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing.records import SpanRecord
from llm_strategy.tracing.tree import tree_of


def span(name, parent=None, start=1, *, kind="step", trace="t", end=None, **changes):
    return SpanRecord(trace, name, parent, changes.pop("title", name), kind, start, end, **changes)


def shape(node):
    """Ids with those inside them, as nested tuples."""
    return (node.span.span, *map(shape, node.children))


def test_spans_stand_inside_their_parents_in_order_of_their_beginning():
    spans = [span("c", "s", 5), span("b", "a", 3), span("a", "s", 2), span("s", None, 1, kind="session")]
    assert shape(tree_of(spans)) == ("s", ("a", ("b",)), ("c",))


def test_spans_that_began_at_once_keep_the_order_of_the_file():
    names = [f"n{number}" for number in range(50)]
    random.Random(1).shuffle(names)
    tree = tree_of([span("s", None, kind="session"), *(span(name, "s") for name in names)])
    assert [child.span.span for child in tree.children] == names


def test_no_spans_are_a_tree_as_well():
    tree = tree_of([])
    assert tree.missing
    assert tree.children == []


def test_what_has_lost_its_parent_stands_under_the_session():
    spans = [
        span("s", None, 1, kind="session"),
        span("a", "s", 2),
        span("b", "gone", 3),
        span("c", None, 4),
        span("d", "s", 5),
    ]
    assert shape(tree_of(spans)) == ("s", ("a",), ("b",), ("c",), ("d",))


def test_where_the_session_is_missing_its_place_is_kept():
    tree = tree_of([span("a", "s", 2), span("b", "s", 3), span("c", "a", 4)])
    assert shape(tree) == ("s", ("a", ("c",)), ("b",))
    assert tree.missing
    assert not tree.children[0].missing
    assert (tree.span.start, tree.span.end) == (2, None)


def test_several_missing_parents_stand_under_one_node():
    tree = tree_of([span("a", "x", 2), span("b", "y", 3), span("c", None, 4)])
    assert shape(tree) == ("0" * 16, ("x", ("a",)), ("y", ("b",)), ("c",))


def test_sessions_of_one_file_stand_beside_each_other_with_what_is_theirs():
    spans = [
        span("s", None, 1, kind="session", trace="1"),
        span("z", None, 5, kind="session", trace="2"),
        span("a", "gone", 2, trace="1"),
        span("b", "gone", 6, trace="2"),
        span("c", None, 7, trace="3"),
    ]
    assert shape(tree_of(spans)) == ("0" * 16, ("s", ("a",)), ("z", ("b",)), ("c",))


def test_a_session_inside_another_one_stays_there():
    spans = [
        span("s", None, 1, kind="session"),
        span("a", "s", 2),
        span("i", "a", 3, kind="session"),
        span("b", "gone", 4),
    ]
    assert shape(tree_of(spans)) == ("s", ("a", ("i",)), ("b",))


def test_a_session_whose_parent_is_elsewhere_is_the_root():
    assert shape(tree_of([span("s", "elsewhere", 1, kind="session"), span("a", "s", 2)])) == ("s", ("a",))


def test_an_open_session_is_the_root():
    tree = tree_of([span("s", None, 1, kind="session"), span("a", "s", 2, end=3)])
    assert "s  ..." in str(tree)


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ({"a": "a"}, ("a",)),
        ({"a": "b", "b": "a"}, ("a", ("b",))),
        ({"b": "c", "c": "d", "d": "b", "a": "d"}, ("b", ("d", ("a",), ("c",)))),
    ],
)
def test_a_circle_is_cut_at_the_first_one_to_begin(parents, expected):
    assert shape(tree_of([span(name, parent, ord(name)) for name, parent in parents.items()])) == expected


def test_a_circle_beside_a_session_is_put_into_it():
    spans = [span("s", None, 1, kind="session"), span("a", "b", 2), span("b", "a", 3)]
    assert shape(tree_of(spans)) == ("s", ("a", ("b",)))


def test_a_span_that_is_there_twice_stands_there_once():
    tree = tree_of([span("s", None, 1, kind="session"), span("a", "s", 2), span("a", "s", 2, end=4), span("a", "s", 2)])
    assert shape(tree) == ("s", ("a",))
    assert tree.children[0].span.end == 4


def test_every_span_of_random_damaged_files_stands_there_once():
    for seed in range(200):
        draw = random.Random(seed)
        names = [f"n{number}" for number in range(draw.randint(1, 12))]
        kinds = ["session", "step", "chat"]
        spans = [
            span(
                name,
                draw.choice([None, "gone", *names]),
                draw.randint(0, 5),
                kind=draw.choice(kinds),
                trace=draw.choice("12"),
            )
            for name in names
        ]
        found = [node.span.span for _, node in tree_of(spans).walk() if not node.missing]
        assert sorted(found) == sorted(names)


def test_a_chain_of_100_000_spans_is_drawn():
    chain = [span(str(number), str(number - 1) if number else None, number) for number in range(100_000)]
    random.Random(2).shuffle(chain)
    tree = tree_of(chain)
    drawn = str(tree)
    assert sum(1 for _ in tree.walk()) == 100_000
    assert len(drawn) < 20_000_000
    assert "(99999) 99999" in drawn
    assert len(repr(tree)) < 1000


def test_a_drawing_steers_no_terminal():
    tree = tree_of(
        [span("a", title="\x1b[2J\x9b\u202ename\r\nnext\ud800", status="error", message="b\x07\nc\x1b]0;title\x07")]
    )
    assert str(tree) == "[2Jname next  ...  b c]0;title"


def test_a_failed_span_says_so():
    assert str(tree_of([span("a", end=1_500_000_001, status="error")])) == "a  1.500 s  failed"


def test_the_sample_is_drawn():
    lines = str(sample_trace(1).tree()).splitlines()
    assert [line.split("  ")[0] for line in map(str.strip, lines)] == [
        "sample",
        "shop.Catalogue.describe",
        "prompt",
        "attempt 1",
        "chat gpt-4o-mini",
    ]
