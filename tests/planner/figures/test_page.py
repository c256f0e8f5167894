"""The page of a run as a file: safe, self-contained, whole."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from llm_strategy.planner.figures.data import figures_of
from llm_strategy.planner.figures.page import figures_page, write_page
from llm_strategy.planner.figures.summary import RequirementRow, RunSummary, StepRow, SummaryRow
from llm_strategy.testing.sample_planner_traces import sample_planner_trace
from llm_strategy.testing.sample_traces import sample_trace

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script><!-- \u2028 \u202e \x1b[31m \ud800"


class Elements(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.data = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.found and self.found[-1] == ("script", {"type": "application/json", "id": "data"}):
            self.data += data

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def page_of(steps=3, text="a shop", summary=None, **more):
    return figures_page(figures_of(sample_planner_trace(steps, text=text, **more).spans), summary)


def data_of(page):
    return json.loads(Elements(page).data)


def hostile():
    rows = (SummaryRow(HOSTILE, HOSTILE, HOSTILE, "bad"),)
    steps = (StepRow(HOSTILE, HOSTILE, HOSTILE, 1, HOSTILE, (HOSTILE,)),)
    requirements = (RequirementRow(HOSTILE, HOSTILE, (HOSTILE,), (HOSTILE,), (HOSTILE,), "failed"),)
    return RunSummary(HOSTILE, HOSTILE, HOSTILE, "bad", rows, steps, requirements)


@pytest.mark.parametrize("tag", ["img", "script", "style", "iframe"])
def test_hostile_text_adds_no_element(tag):
    plain = Elements(page_of(summary=RunSummary(rows=(SummaryRow("a", "b"),))))
    assert len(Elements(page_of(text=HOSTILE, summary=hostile())).all(tag)) == len(plain.all(tag))


def test_hostile_text_arrives_whole_in_the_data():
    data = data_of(page_of(text=HOSTILE, summary=hostile()))
    assert data["task"] == data["outcome"] == data["reason"] == data["steps"][0][1] == HOSTILE
    assert data["requirements"][0][1:5] == [HOSTILE, [HOSTILE], [HOSTILE], [HOSTILE]]


def test_nothing_steers_a_terminal_or_turns_the_direction_of_text():
    page = page_of(text="\x1b[31m\x9bA\u202eB\u2066", summary=hostile())
    assert [sign for sign in page if not sign.isprintable() and sign != "\n"] == []
    page.encode("utf-8")


def test_only_the_script_and_the_styles_of_the_page_itself_may_run():
    page = page_of()
    (policy,) = [meta["content"] for meta in Elements(page).all("meta") if "http-equiv" in meta]
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        inside = re.search(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[1]
        assert rules[directive] == f"'sha256-{b64encode(sha256(inside.encode()).digest()).decode()}'"
    assert rules["default-src"] == "'none'"


def test_nothing_in_the_page_asks_another_host_or_reads_data_as_markup():
    page = page_of()
    found = [one[name] for _, one in Elements(page).found for name in ("src", "href") if name in one]
    assert sorted(found) == ["#main", "data:,"]
    for forbidden in (r"url\(|@import|\bfetch\(|WebSocket", r"innerHTML|outerHTML|insertAdjacentHTML|\beval\("):
        assert re.findall(forbidden, page) == []


def test_a_long_run_makes_a_page_that_can_be_mailed():
    assert len(page_of(0).encode()) < 80_000
    assert len(page_of(300, files=200).encode()) < 400_000


def test_the_same_run_gives_the_same_page_in_utf_8(tmp_path):
    path = tmp_path / "page.html"
    write_page(figures_of(sample_planner_trace(3, text="zażółć").spans), path)
    assert path.read_text("utf-8") == page_of(text="zażółć")


@pytest.mark.parametrize(
    ("summary", "title"),
    [(None, "generate"), (RunSummary(), "A run"), (RunSummary(task="To do\nlist"), "To do list")],
)
def test_the_title_is_the_task(summary, title):
    assert f"<title>{title} · llm-strategy</title>" in page_of(summary=summary)


def test_without_a_script_the_page_says_what_it_knows():
    summary = RunSummary("t", "Stopped", "Too dear.", "warn", (SummaryRow("Cost", "$1 & more", "at <least>"),))
    plain = re.search("<noscript>(.*?)</noscript>", page_of(summary=summary), re.DOTALL)[1]
    assert "Stopped. Too dear." in plain
    assert "<td>$1 &amp; more</td><td>at &lt;least&gt;</td>" in plain


def test_steps_of_the_summary_count_with_what_the_trace_knows_of_them():
    steps = (StepRow("2", "Second", "done", 3), StepRow("9", "Not begun"))
    shown = data_of(page_of(summary=RunSummary(steps=steps)))["steps"]
    assert shown == [
        ["2", "Second", "done", 3, "", [], 2, 0, 4, 0],
        ["9", "Not begun", "", 0, "", [], 0, None, None, None],
        ["1", "Write part 1 of a shop, with its tests.", "done", 1, "", ["R1"], 1, 0, 2, 0],
        ["3", "Write part 3 of a shop, with its tests.", "done", 1, "", ["R3", "R4"], 1, 0, 6, 0],
    ]


def test_requirements_are_those_of_the_summary_else_those_of_the_trace():
    known = data_of(page_of(summary=RunSummary(requirements=(RequirementRow("R1", "x", state="passed"),))))
    assert known["requirements"] == [["R1", "x", [], [], [], "passed"]]
    assert data_of(page_of())["requirements"][3] == ["R4", "a shop: feature 4", ["3"], [], [], ""]


def test_turns_of_one_step_stand_together_below_the_axis():
    assert data_of(page_of(4))["groups"] == [["1", 0, 1], ["2", 1, 3], ["3", 3, 4], ["4", 4, 6]]


def test_other_traces_are_told_why_a_figure_is_empty():
    data = data_of(figures_page(figures_of(sample_trace(3).spans)))
    assert [name for name, why in data["why"].items() if why] == ["retention", "errors", "tests"]
    assert data["steps"] == data["turns"] == data["requirements"] == []
