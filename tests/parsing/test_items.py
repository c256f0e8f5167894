"""Items of a list that is still being written."""

import pytest

from llm_strategy.parsing.items import ItemScanner


def scanned(reply, *, key="return_value", pieces=1):
    scanner = ItemScanner(key)
    return [item for at in range(0, len(reply), pieces) for item in scanner.feed(reply[at : at + pieces])]


@pytest.mark.parametrize("pieces", [1, 2, 7, 1000])
@pytest.mark.parametrize(
    ("reply", "items"),
    [
        pytest.param('{"return_value": [1, 2]}', ["1", "2"], id="under the key"),
        pytest.param('{"return_value":[]}', [], id="no items"),
        pytest.param('{\n  "return_value" : [\n 1,\n 2\n]}', ["1", "2"], id="spread over lines"),
        pytest.param('{"reasoning": ["a", "b"], "return_value": [1]}', ["1"], id="behind another list"),
        pytest.param(
            '{"reasoning": "say \\"return_value\\": [3]", "return_value": [1]}', ["1"], id="quoted key before"
        ),
        pytest.param("[1, 2]", ["1", "2"], id="alone"),
        pytest.param("  \n[1, 2]", ["1", "2"], id="behind white space"),
        pytest.param("```json\n[1, 2]\n```", ["1", "2"], id="in a fence"),
        pytest.param("Sure! ```\n[1, 2]\n```", ["1", "2"], id="in a fence behind a sentence"),
        pytest.param('Sure: {"return_value": [1]}', ["1"], id="under the key behind a sentence"),
        pytest.param("<think>[7] or</think>[1, 2]", ["1", "2"], id="behind thinking"),
        pytest.param('<think>{"return_value": [7]}</think>\n{"return_value": [1]}', ["1"], id="behind a draft"),
        pytest.param('["a, b", "c]", "\\"", "\\\\"]', ['"a, b"', '"c]"', '"\\""', '"\\\\"'], id="text with marks"),
        pytest.param('[{"a": [1, {}]}, [2], []]', ['{"a": [1, {}]}', "[2]", "[]"], id="nested"),
        pytest.param("[null, true, -1.5e3]", ["null", "true", "-1.5e3"], id="words and numbers"),
        pytest.param('{"return_value": [1], "more": [2]}', ["1"], id="only the first list"),
        pytest.param("[1, 2,]", ["1", "2"], id="a comma too many"),
    ],
)
def test_finished_items_are_found_however_the_reply_is_cut(reply, items, pieces):
    assert scanned(reply, pieces=pieces) == items


@pytest.mark.parametrize(
    ("reply", "items"),
    [
        pytest.param("['a, b', 'c']", [], id="single quotes"),
        pytest.param('["ok", \'a, b\', "c"]', ['"ok"'], id="single quotes later"),
        pytest.param("[{'a': 'x]'}, {'a': 'y'}]", [], id="single quotes inside an item"),
        pytest.param('["she said "no", so", "b"]', [], id="quotes inside quotes"),
        pytest.param("[None, 1]", [], id="words of Python"),
        pytest.param("""{'return_value': ['say "return_value": [3]']}""", [], id="the key inside single quotes"),
        pytest.param("[1,, 2]", ["1"], id="nothing between commas"),
        pytest.param("[1, // one\n 2]", ["1"], id="a comment"),
        pytest.param("[NaN, 1]", [], id="a number that is none"),
        pytest.param("As [1] says, it is [2, 3].", [], id="brackets in a sentence"),
        pytest.param('{"names": ["a"]}', [], id="under another key"),
        pytest.param("<think>[1, 2]", [], id="inside thinking"),
        pytest.param('{"return_value": {"a": [1]}}', [], id="a list deeper down"),
    ],
)
def test_what_the_whole_reply_may_read_otherwise_is_left_to_its_end(reply, items):
    assert scanned(reply) == items


def test_an_item_is_found_with_the_character_that_ends_it():
    scanner = ItemScanner("return_value")

    assert scanner.feed('{"return_value": ["one"') == []
    assert scanner.feed(",") == ['"one"']
    assert scanner.feed(' "two') == []
    assert scanner.feed('"]') == ['"two"']
    assert scanner.feed(", 3]") == []


def test_without_a_key_a_list_under_a_key_is_not_the_one_asked_for():
    assert scanned('{"return_value": [1]}', key=None) == []
    assert scanned("[1]", key=None) == ["1"]


def test_a_key_is_taken_literally():
    assert scanned('{"axb": [1], "a.b": [2]}', key="a.b") == ["2"]


@pytest.mark.parametrize("unit", ["[", "a[", "`[", "```a[", '"a":[', "{[", '<think>{"return_value": ['])
def test_brackets_that_open_nothing_are_not_looked_at_again_and_again(unit):
    scanner = ItemScanner("return_value")
    scanner.feed("x")
    scanner.feed(unit * 1000)

    assert scanner._looks <= 65


def test_many_brackets_in_a_thought_do_not_hide_the_list():
    assert scanned(f'<think>{"a[0] " * 1000}</think>{{"return_value": [1]}}') == ["1"]


def test_a_list_behind_very_many_others_is_left_to_the_end():
    others = "".join(f'"k{number}": [], ' for number in range(100))

    assert scanned(f'{{{others}"return_value": [1]}}') == []
