import pytest

from llm_strategy.optimize.missing import MissingReport, missing_report


def test_wishes_in_other_words_are_one():
    report = missing_report(
        [
            ("A hyperparameter to enforce a minimum word count is missing.", 0.0),
            ("There seems to be no control of the word count.", 0.0),
            ("Word counts cannot be set.", 0.0),
        ]
    )
    assert [one.runs for one in report.wishes] == [3]
    assert "ord count" in report.wishes[0].wish
    assert len(report.wishes[0].wordings) == 3


@pytest.mark.parametrize(
    "answers",
    [
        ["A word limit is missing.", "No way to bound the length.", "There is no maximum number of words."],
        ["The tone of the answer cannot be set.", "There is no way to adjust the style.", "How formal it sounds."],
        ["The output format.", "Markdown structure.", "The layout of the response."],
        ["Temperature.", "Randomness of sampling.", "How creative it is."],
    ],
)
def test_wishes_of_one_kind_are_one_in_whatever_words(answers):
    report = missing_report([(one, 0.0) for one in answers])
    assert [one.runs for one in report.wishes] == [3]


def test_for_example_is_no_wish():
    assert [one.wish for one in missing_report([("The tone, for example.", 0.0)]).wishes] == ["tone"]
    assert len(missing_report([("More examples.", 0.0), ("Few-shot demonstrations.", 0.0)]).wishes) == 1


def test_wishes_of_different_kinds_are_told_apart():
    report = missing_report([("The word limit.", 0.0), ("The choice of words.", 0.0), ("The tone.", 0.0)])
    assert len(report.wishes) == 3


def test_what_is_wanted_often_by_bad_runs_comes_first():
    report = missing_report([*[("Colors.", 0.9)] * 3, *[("Citations.", 0.0)] * 2, ("Citations.", 0.5)])
    assert [(one.wish, one.runs) for one in report.wishes] == [("Citations", 3), ("Colors", 3)]
    assert report.wishes[0].weight == pytest.approx(2.5)
    assert report.wishes[0].badness == pytest.approx(2.5 / 3)


def test_several_wishes_of_one_answer_are_told_apart():
    report = missing_report([("The depth of research, the word count, and an academic tone.", None)])
    assert [one.wish for one in report.wishes] == ["academic tone", "depth of research", "word count"]


def test_a_run_counts_once_for_a_wish_that_it_repeats():
    report = missing_report([("Word count. The word count! A word count.", None)])
    assert [(one.runs, one.weight) for one in report.wishes] == [(1, 1.0)]


@pytest.mark.parametrize(
    "answer", ["", "None.", "N/A", "Nothing is missing.", "no hyperparameters are missing", "none"]
)
def test_nothing_is_no_wish(answer):
    report = missing_report([(answer, 0.0)])
    assert not report.wishes
    assert report.answers == 1
    assert str(report) == "nothing is missing (1 run asked)"


def test_the_report_reads_as_a_ranked_list_and_survives_json():
    report = missing_report([("A word count.", 0.5), ("Tone.", 1.0)])
    assert str(report).splitlines()[0] == "1. word count (1 of 2 runs, badness 0.50)"
    assert MissingReport.model_validate_json(report.model_dump_json()) == report
    assert [one.wish for one in report.top(1).wishes] == ["word count"]


def test_scores_of_another_range_are_compared_by_it():
    report = missing_report([("Tone.", 10.0), ("Tone.", 20.0)], worst=0.0, best=20.0)
    assert report.wishes[0].badness == pytest.approx(0.25)
    assert missing_report([("Tone.", 1.0)], worst=1.0, best=1.0).wishes[0].badness == 1.0


def test_very_many_different_wishes_stay_bounded():
    words = [f"{a}{b}{c}q" for a in "bcdfghjk" for b in "bcdfghjk" for c in "bcdfghjk"]
    report = missing_report([(word, None) for word in words])
    assert len(report.wishes) == 200
    assert report.answers == len(words)


def test_wordings_of_thousands_of_runs_are_not_all_compared():
    report = missing_report([(f"No way to set the level of item {number}.", 0.0) for number in range(1_000, 5_000)])
    (wish,) = report.wishes
    assert wish.runs == 4_000
    assert int(wish.wish.split()[-1]) < 1_200


def test_of_an_endless_answer_the_beginning_is_read():
    answer = "A citation style. " + "x " * 20_000 + ". The color."
    assert [one.wish for one in missing_report([(answer, 0.0)]).wishes] == ["citation style"]
