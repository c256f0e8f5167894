"""Numbers, truth values and choices in words."""

import pytest

from llm_strategy.parsing.scalars import (
    as_word,
    folded,
    read_boolean,
    read_choice,
    read_decimal,
    read_moment,
    read_number,
    same_scalar,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("42", 42), (" -7. ", -7), ("+3", 3), ("1,234", 1234), ("1,234.5", 1234.5), ("1.234,5", 1234.5),
        ("$5", 5), ("-$5.50", -5.5), ("12 %", 12), ("3/4", 0.75), ("1/0", None), ("0x1F", 31), ("0xZ", None), ("1e3", 1000.0),
        ("1e999", None), ("NaN", None), ("inf", None), ("", None), ("-", None), ("forty", None), ("9" * 5000, None), ("1 000", 1000),
    ],
)  # fmt: skip
def test_a_number_is_read_in_the_notations_of_people(text: str, number: float | None) -> None:
    assert read_number(text) == number


def test_a_share_is_a_hundredth_only_where_asked() -> None:
    assert read_number("45%", share=True) == 0.45
    assert read_number("45", share=True) == 45


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("The answer is 42.", 42), ("It costs $1,200.50 in all", 1200.5), ("42, I say: 42!", 42), ("3 apples, 4 pears", None),
        ("no number", None), ("one\n2", None), ("about 1e9999", None), ("x" * 500 + " 4", None),
    ],
)  # fmt: skip
def test_a_number_in_a_sentence_counts_if_it_is_the_only_one(text: str, number: float | None) -> None:
    assert read_number(text, sentence=True) == number


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("yes", True), ("No.", False), ("**TRUE**", True), ("off", False), ("The answer is True", True), ("true or false", None),
        ("Yes, because it is so", True), ("no idea" * 100, None), ("perhaps", None), ("It is not. False!", None),
    ],
)  # fmt: skip
def test_a_truth_value_is_read_if_it_is_the_only_one_stated(text: str, stated: bool | None) -> None:
    assert read_boolean(text) is stated


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("red", "RED"), ("Dark-Blue", "dark_blue"), ("I take red.", "RED"), ("red or dark_blue", None), ("red, dark_blue, red", "RED"),
        ("crimson", "RED"), ("The warm one", "RED"), ("redder", None), ("green", None), ("red" + "x" * 5000, None), ("", None),
    ],
)  # fmt: skip
def test_a_choice_is_found_by_name_alias_or_mention(text: str, choice: str | None) -> None:
    assert read_choice(text, ["RED", "dark_blue"], {"RED": ["crimson", "the warm one"]}) == choice


def test_two_choices_of_one_spelling_are_told_apart_by_nothing() -> None:
    assert read_choice("A-B", ["a_b", "a b"], {}) is None


@pytest.mark.parametrize(
    ("text", "digits"), [("1,000.10", "1000.10"), ("€ 5", "5"), ("five", None), ("0.1" + "0" * 30, "0.1" + "0" * 30)]
)
def test_a_decimal_keeps_its_digits(text: str, digits: str | None) -> None:
    assert read_decimal(text) == digits


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("On 2024-05-01.", "2024-05-01"), ("at 2024-05-01T10:00:00Z ok", "2024-05-01T10:00:00Z"), ("2024-05-01 or 2024-05-02", None),
        ("1-2-3", None), ("2024-05-01 " + "x" * 500, None),
    ],
)  # fmt: skip
def test_a_date_in_a_sentence_counts_if_it_is_the_only_one(text: str, moment: str | None) -> None:
    assert read_moment(text) == moment


def test_words_are_compared_without_case_accents_and_signs() -> None:
    assert folded("Élan vital!") == folded("elan_VITAL")


def test_true_is_no_number() -> None:
    assert not same_scalar(True, 1)
    assert same_scalar(1, 1.0)
    assert as_word(False) == "false"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("\u22125", -5), ("minus 5", -5), ("It is \u22125.5 degrees.", -5.5), ("\u20135", -5), ("negative 3", -3),
        ("5 million", None), ("the 4th", None), ("2\u00b2", None), ("not 5", None), ("anything but 5", None),
        ("at least 5", None), ("more than 5", None), ('{"error": {"code": 529}}', None), ("It weighs 5 kg.", 5),
    ],
)  # fmt: skip
def test_a_number_is_taken_from_words_with_its_sign_and_without_doubt(text: str, number: float | None) -> None:
    assert read_number(text, sentence=True) == number


@pytest.mark.parametrize(
    "text",
    [
        "That is not true.", "It isn't true.", "Is it true? No.", "Yes and no", "No idea", "No problem, yes!",
        "Yes, but false", "I don't know if it is true.", "It would be false to say that. Yes.",
    ],
)  # fmt: skip
def test_a_truth_value_in_doubt_is_none(text: str) -> None:
    assert read_boolean(text) is None


@pytest.mark.parametrize("text", ["This isn't spam.", "not spam", "non-spam", "never spam"])
def test_a_choice_that_is_denied_is_not_meant(text: str) -> None:
    assert read_choice(text, ["spam", "ham"], {}) is None
