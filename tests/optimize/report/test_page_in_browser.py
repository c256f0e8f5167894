"""The page of a report in a real browser, where there is one."""

import json

import pytest

from llm_strategy.optimize.report.page import write_page
from llm_strategy.optimize.report.parts import Calibration, MemberRecord
from llm_strategy.testing.sample_optimizations import sample_report

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\u202e\x1b[31m"
LONG = "a very long name " * 30 + "x" * 300


def draw(report, path):
    write_page(report, path)


def bare():
    """A report of which nothing is known but the seed."""
    report = sample_report(1)
    absent = {
        "gain": None,
        "test_scores": {},
        "missing": (),
        "synthetic": (),
        "calibration": Calibration(),
        "reason": "",
    }
    return report.model_copy(update={**absent, "members": (MemberRecord(number=0, fate="seed"),)})


def odd():
    """Parents that are not there, candidates that are their own parents, scores beyond 0 and 1."""
    report = sample_report(3)
    members = (
        report.members[0],
        MemberRecord(number=1, parents=(7,), fate="pool", scores={"a": -3.0}),
        MemberRecord(number=2, parents=(2,), fate="pool", scores={"b": 250.0, "a": 1e9}),
        MemberRecord(number=4, parents=(1, 2), fate="", scores={"a": float("nan")}),
    )
    return report.model_copy(
        update={"members": members, "best_number": 1, "winner_number": 1, "calibration": Calibration(brier=0.3)}
    )


SHOWN = {
    "24 candidates": sample_report(),
    "400 candidates": sample_report(400, 40),
    "nothing": bare(),
    "odd": odd(),
    "hostile text": sample_report(text=HOSTILE),
    "long texts": sample_report(text=LONG, gain=0.05),
}


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN)
def test_a_page_opens_without_an_error_or_a_request_and_fits(browser, shown, width):
    browser.open(shown, width)
    assert browser.problems() == []
    assert browser.run("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("dark", [False, True])
def test_texts_stand_out_from_what_is_behind_them(browser, dark):
    browser.open(SHOWN["24 candidates"], dark=dark)
    assert browser.weak_texts() == []


def test_every_part_is_there_and_named(browser):
    browser.open(SHOWN["24 candidates"])
    titles = browser.run("[...document.querySelectorAll('section h2')].map((one) => one.innerText)")
    assert titles == [
        "What is returned",
        "Scores over what was spent",
        "Candidates",
        "Hyperparameters against score and cost",
        "Scores case by case",
        "Budget",
        "Missing hyperparameters",
        "Told probabilities of improvement",
        "Cases that a model made up",
        "Setup",
    ]


def test_hostile_text_is_shown_and_makes_no_element(browser):
    browser.open(SHOWN["hostile text"])
    browser.run("document.querySelectorAll('[aria-expanded=false]').forEach((one) => one.click())")
    assert browser.run("document.querySelectorAll('img, iframe, main script, main style').length") == 0
    assert "<img src=x onerror=alert(1)></script>" in browser.run("document.querySelector('#lineage').innerText")
    assert browser.run(r"/[\u202e\u001b]/.test(document.body.innerText)") is False
    assert browser.problems() == []


def test_the_tree_obeys_the_keyboard_and_every_part_follows(browser):
    browser.open(SHOWN["24 candidates"])
    browser.run("document.querySelector('.lineage').focus()")
    browser.press("Home", 36)
    chosen = "document.querySelector('#candidate h3').innerText"
    assert browser.run(chosen).startswith("Candidate #0")
    assert "This is the seed" in browser.run("document.querySelector('#candidate').innerText")
    before = browser.run("document.querySelectorAll('.branch-row').length")
    browser.press("ArrowLeft", 37)
    assert browser.run("document.querySelectorAll('.branch-row').length") < before
    browser.press("ArrowRight", 39)
    assert browser.run("document.querySelectorAll('.branch-row').length") == before
    browser.press("ArrowDown", 40)
    assert browser.run(chosen).startswith("Candidate #1")
    assert browser.run("document.querySelector('.lineage').getAttribute('aria-activedescendant')") == "candidate-1"
    assert browser.run("document.querySelector('#spending .chart-told').innerText").startswith("Candidate #1:")
    assert browser.run("document.querySelectorAll('#coordinates .line.current').length") <= 1


def test_a_fold_of_the_tree_opens_where_what_is_in_it_is_chosen_elsewhere(browser):
    browser.open(SHOWN["24 candidates"])
    browser.run("document.querySelector('.branch-row .twist').click()")
    assert browser.run("document.querySelectorAll('.branch-row').length") == 1
    browser.run("document.querySelector('#spending .chart').focus()")
    browser.press("End", 35)
    last = browser.run("document.querySelector('#candidate h3').innerText").split()[1]
    assert browser.run(f"Boolean(document.querySelector('#candidate-{last[1:]}'))")


def test_words_of_prompts_are_compared(browser):
    report = SHOWN["24 candidates"]
    leaf = report.leaves[0]
    one = MemberRecord(number=1, parents=(0,), proposer="llm", fate="pool", changes={leaf.path: f"{leaf.seed} Count."})
    other = one.model_copy(update={"number": 2, "parents": (1,), "changes": {leaf.path: "Alles ganz anders und neu."}})
    browser.open(
        report.model_copy(update={"members": (report.members[0], one, other), "best_number": 1, "winner_number": 1})
    )
    assert browser.run("document.querySelector('#candidate .change ins').innerText").strip() == "Count."
    assert browser.run("document.querySelectorAll('#candidate .change del').length") == 0
    browser.run("document.querySelector('#candidate-2').click()")
    assert browser.run("document.querySelector('#candidate .replaced ins').innerText") == "Alles ganz anders und neu."
    browser.run(
        "(() => { const list = document.querySelector('#candidate select'); list.value = 'seed';"
        " list.dispatchEvent(new Event('change')); })()"
    )
    assert browser.run("document.querySelector('#candidate .replaced del').innerText") == leaf.seed
    assert browser.problems() == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("text", ["W" * 3000, "a long thought " * 200], ids=["one word", "many words"])
def test_long_texts_leave_room_for_the_facts_of_a_candidate(browser, text, width):
    report = sample_report(6)
    odd = {"hypothesis": text, "objectives": {text[:400]: 0.25}}
    members = tuple(one.model_copy(update=odd) for one in report.members)
    browser.open(report.model_copy(update={"members": members}), width)
    browser.run("document.querySelectorAll('#candidate .more').forEach((one) => one.click())")
    box = "(what) => document.querySelector(`#candidate${what}`).getBoundingClientRect()"
    assert browser.run(f"({box})(' .details-head').bottom <= ({box})('').bottom")
    assert browser.run(f"({box})(' .details-head').height") <= 200
    assert browser.run(f"({box})(' .details-body').height") >= 200
    values = "[...document.querySelectorAll('#candidate .facts dd')].map((one) => one.getBoundingClientRect().width)"
    assert browser.run(f"Math.min(...{values}) >= 0.45 * ({box})(' .facts').width")
    assert browser.run("document.documentElement.scrollWidth") == width
    assert browser.problems() == []


def test_cells_of_cases_obey_the_keyboard(browser):
    browser.open(SHOWN["24 candidates"])
    browser.run("document.querySelector('.cases').focus()")
    told = "document.querySelector('#cases .chart-told').innerText"
    for _ in range(30):
        browser.press("ArrowUp", 38)
    browser.press("Home", 36)
    first = browser.run(told)
    assert first.startswith("Candidate #0 at case-")
    browser.press("ArrowRight", 39)
    assert browser.run(told) != first
    browser.press("ArrowDown", 40)
    browser.press("Enter", 13)
    assert not browser.run("document.querySelector('#candidate h3').innerText").startswith("Candidate #0 ")
    assert browser.problems() == []


def test_a_pointer_tells_of_a_cell_and_a_click_chooses_its_candidate(browser):
    browser.open(SHOWN["24 candidates"])
    browser.run("document.querySelector('#cases').scrollIntoView({ behavior: 'instant' })")
    browser.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    at = json.loads(
        browser.run("JSON.stringify(document.querySelector('.cases canvas:last-child').getBoundingClientRect())")
    )
    place = {"x": at["left"] + 5, "y": at["top"] + 5}
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", **place)
    assert browser.run("document.getElementById('tip').innerText").startswith("#0 at case-")
    for kind in ("mousePressed", "mouseReleased"):
        browser.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)
    assert browser.run("document.querySelector('#candidate h3').innerText").startswith("Candidate #0")


def test_rejected_candidates_of_a_long_search_are_shown_on_demand(browser):
    browser.open(SHOWN["400 candidates"])
    before = browser.run("document.querySelectorAll('.branch-row').length")
    browser.run("document.querySelector('#lineage .tools button').click()")
    assert browser.run("document.querySelectorAll('.branch-row').length") == 400 > before
    assert browser.problems() == []


def test_a_candidate_that_a_gate_turned_away_after_one_case_stands_at_the_gate(browser):
    report = SHOWN["24 candidates"]
    thin = MemberRecord(number=24, parents=(0,), fate="rejected: gate", scores={"case-001": 0.0}, spent=900)
    browser.open(report.model_copy(update={"members": (*report.members, thin)}))
    assert browser.run(
        "Math.min(...[...document.querySelectorAll('#spending .rule')].map((one) => one.y1.baseVal.value)) >= 0"
    )
    browser.run("document.querySelector('#spending .chart').focus()")
    browser.press("End", 35)
    told = browser.run("document.querySelector('#spending .chart-told').innerText")
    assert told == "Candidate #24: score 0.000 on 1 case, rejected: gate, after 900 rollouts"
    assert browser.run("document.querySelector('#candidate-24 .branch-score').innerText") == "\u2013"
    rows = "Number(document.querySelector('#cases .hint').innerText.split(' ')[0])"
    before = browser.run(rows)
    browser.run("document.querySelector('#cases .tools button').click()")
    assert browser.run(rows) > before
    assert browser.problems() == []


def test_what_was_spent_is_measured_in_tokens_as_well(browser):
    browser.open(SHOWN["24 candidates"])
    ticks = "[...document.querySelectorAll('#spending .tick')].map((one) => one.textContent).join()"
    before = browser.run(ticks)
    browser.run(
        "(() => { const list = document.querySelector('#spending select'); list.value = 'tokens';"
        " list.dispatchEvent(new Event('change')); })()"
    )
    assert browser.run(ticks) != before
    assert browser.problems() == []
