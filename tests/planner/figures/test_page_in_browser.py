"""The page of a run in a real browser, where there is one."""

import json
from dataclasses import replace

import pytest

from llm_strategy.planner.figures.data import figures_of
from llm_strategy.planner.figures.page import write_page
from llm_strategy.planner.figures.summary import RequirementRow, RunSummary, StepRow, SummaryRow
from llm_strategy.testing.sample_planner_traces import sample_planner_trace
from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing import semconv
from llm_strategy.tracing.recorded import RecordedTrace

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\u202e\x1b[31m"
LONG = "a very long name " * 30 + "x" * 300


def draw(shown, path):
    trace, summary = shown
    write_page(figures_of(trace.spans), path, summary)


def summary(text):
    rows = tuple(SummaryRow(f"{text} {mood}", text, text, mood) for mood in ("", "good", "warn", "bad"))
    steps = tuple(StepRow(str(number), text, "done", 1, text, (text,)) for number in range(1, 4))
    requirement = RequirementRow(text, text, (text,), (text,) * 9, (text,) * 9, "untested")
    return RunSummary(text, text, text, "warn", rows, steps, (requirement,) * 3)


SHOWN = {
    "5 steps": (sample_planner_trace(5), None),
    "300 steps": (sample_planner_trace(300, files=200), None),
    "nothing": (sample_planner_trace(0), RunSummary()),
    "no planner": (sample_trace(9), None),
    "hostile text": (sample_planner_trace(4, text=HOSTILE), summary(HOSTILE)),
    "long texts": (sample_planner_trace(4, text=LONG), summary(LONG)),
}


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN)
def test_a_page_opens_without_an_error_or_a_request_and_fits(browser, shown, width):
    browser.open(shown, width)
    assert browser.problems() == []
    assert browser.run("document.documentElement.scrollWidth") == width


def test_every_figure_is_drawn_and_named(browser):
    browser.open(SHOWN["5 steps"])
    titles = browser.run("[...document.querySelectorAll('section h2')].map((one) => one.innerText)")
    assert titles == [
        "Steps",
        "Requirements",
        "Requirements kept",
        "Access to files",
        "Errors",
        "Tests",
        "Size of the context",
    ]
    named = browser.run("[...document.querySelectorAll('.chart svg')].map((one) => one.getAttribute('aria-label'))")
    assert named == [
        "Requirements kept over steps",
        "Errors in the workspace over turns",
        "Tests passed and failed over turns",
        "Size of the context over turns, in letters",
        "Size of the context over turns, in tokens",
    ]
    assert browser.run("document.querySelectorAll('#files .cell').length") > 8


def test_hostile_text_is_shown_and_makes_no_element(browser):
    browser.open(SHOWN["hostile text"])
    browser.run("document.querySelectorAll('[aria-expanded=false]').forEach((one) => one.click())")
    assert browser.run("document.querySelectorAll('img, iframe, main script, main style').length") == 0
    assert "<img src=x onerror=alert(1)></script>" in browser.run("document.querySelector('#steps').innerText")
    assert browser.run(r"/[\u202e\u001b]/.test(document.body.innerText)") is False
    assert browser.problems() == []


@pytest.mark.parametrize(
    ("section", "first", "last"), [("errors", "errors 0", "errors 0"), ("tests", "passed 2", "passed 10")]
)
def test_a_chart_obeys_the_keyboard(browser, section, first, last):
    browser.open(SHOWN["5 steps"])
    word = f"document.querySelector('#{section} .chart-told').innerText"
    browser.run(f"document.querySelector('#{section} .chart').focus()")
    browser.press("Home", 36)
    assert browser.run(word).startswith(f"step 1, attempt 1, turn 1: {first}")
    browser.press("ArrowRight", 39)
    assert browser.run(word).startswith("step 2, attempt 1, turn 1: ")
    browser.press("End", 35)
    browser.press("ArrowRight", 39)
    assert browser.run(word).startswith(f"step 5, attempt 1, turn 1: {last}")


def test_a_turn_without_tests_is_no_zero(browser):
    browser.open(SHOWN["5 steps"])
    browser.run("document.querySelector('#tests .plain > .fold-head').click()")
    rows = browser.run("[...document.querySelectorAll('#tests tbody tr')].map((one) => one.innerText)")
    assert rows[:3] == [
        "step 1, attempt 1, turn 1\t2\t0",
        "step 2, attempt 1, turn 1\t\u2013\t\u2013",
        "step 2, attempt 1, turn 2\t4\t0",
    ]


def test_accesses_to_files_stand_in_a_table_as_well(browser):
    browser.open(SHOWN["5 steps"], 400)
    browser.run("document.querySelector('#files .plain > .fold-head').click()")
    rows = browser.run("[...document.querySelectorAll('#files .wide-table tbody tr')].map((one) => one.innerText)")
    assert "src/part_0/bicycles_0.py" in rows[0]
    assert "1. step 1, attempt 1, turn 1" in rows[0]
    assert "write 1, create 1" in rows[0]
    assert browser.problems() == []


def test_a_program_that_is_not_in_the_trace_is_no_zero(browser):
    spans = sample_planner_trace(3).spans
    kept = [
        replace(one, attributes={k: v for k, v in one.attributes.items() if k != semconv.PLANNER_PROGRAM})
        for one in spans
    ]
    browser.open((RecordedTrace.of(kept), None))
    told = browser.run("document.querySelector('#retention .chart-told').innerText")
    assert told == "step 3: named by the program not told by the trace, have stood in a context 4 of 4"
    assert browser.run("document.querySelectorAll('#retention .l-named').length") == 0
    assert browser.problems() == []


def test_labels_of_an_axis_do_not_overlap(browser):
    for name in ("5 steps", "300 steps"):
        for width in (1280, 400):
            browser.open(SHOWN[name], width)
            assert browser.run(OVERLAPS) == 0
    assert browser.run("document.querySelectorAll('#errors .tick').length") > 6


def test_a_pointer_tells_of_a_turn(browser):
    browser.open(SHOWN["5 steps"])
    browser.run("document.querySelector('#tests').scrollIntoView({ behavior: 'instant' })")
    browser.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    at = json.loads(browser.run("JSON.stringify(document.querySelector('#tests .chart').getBoundingClientRect())"))
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=at["left"] + 60, y=at["top"] + 40)
    assert browser.run("document.getElementById('tip').innerText").startswith("step 1, attempt 1, turn 1\npassed")


def test_all_of_a_long_run_is_seen_at_once(browser):
    browser.open(SHOWN["300 steps"])
    scrolls = "(({scrollWidth, clientWidth}) => scrollWidth > clientWidth)(document.querySelector('.heat .scroll'))"
    assert browser.run(scrolls) is True
    browser.run("document.querySelector('#files .bar-above button').click()")
    assert browser.run(scrolls) is False
    browser.run("document.querySelector('#steps .more').click()")
    assert browser.run("document.querySelectorAll('#steps tbody tr').length") == 112


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 400])
def test_texts_stand_out_from_what_is_behind_them(browser, width, dark):
    browser.open((sample_planner_trace(12), summary("text")), width, dark=dark)
    assert browser.weak_texts() == []


# How many labels of an axis touch another one of it.
OVERLAPS = """(() => {
  let found = 0;
  for (const svg of document.querySelectorAll(".chart svg, .heat-axis")) {
    const boxes = [...svg.querySelectorAll("text")].map((one) => one.getBoundingClientRect());
    for (const [place, a] of boxes.entries())
      for (const b of boxes.slice(place + 1))
        if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) found += 1;
  }
  return found;
})()"""
