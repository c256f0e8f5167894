"""The page as a file: safe, self-contained, small."""

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing.exporters.html.page import html_page, write_html
from llm_strategy.tracing.recorded import RecordedTrace

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script><!-- ]]> \u2028 \u2029 \u202e \x1b[31m \ud800"


class Elements(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.texts = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.found:
            self.texts.append((self.found[-1][0], self.found[-1][1], data))

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def data_of(page):
    text = "".join(data for tag, attrs, data in Elements(page).texts if tag == "script" and attrs.get("id") == "data")
    return json.loads(text)


def policy_of(page):
    (policy,) = [meta["content"] for meta in Elements(page).all("meta") if "http-equiv" in meta]
    return dict(part.strip().split(" ", 1) for part in policy.split(";"))


@pytest.mark.parametrize("tag", ["img", "script", "style", "iframe"])
def test_hostile_text_adds_no_element(tag):
    plain, hostile = (Elements(html_page([sample_trace(3, text=text)])) for text in ("a red bicycle", HOSTILE))
    assert len(hostile.all(tag)) == len(plain.all(tag))


def test_hostile_text_arrives_whole_in_the_data():
    texts = data_of(html_page([sample_trace(1, text=HOSTILE)]))["texts"]
    assert f"article: {HOSTILE} 0" in texts


def test_a_hostile_name_of_a_trace_is_escaped():
    trace = sample_trace(1)
    named = RecordedTrace.of([replace(span, name=HOSTILE) if span.kind == "session" else span for span in trace.spans])
    page = html_page([named])
    assert Elements(page).all("img") == []
    assert page.count("<script>") == 1
    page.encode("utf-8")


def test_nothing_steers_a_terminal_or_turns_the_direction_of_text():
    hostile = "\x1b[31m\x07\x9b\x7fA\u202eB\u2066\u200f"
    trace = sample_trace(1, text=hostile)
    named = RecordedTrace.of([replace(span, name=hostile) if span.kind == "session" else span for span in trace.spans])
    page = html_page([named])
    assert [sign for sign in page if not sign.isprintable() and sign != "\n"] == []
    assert "<title>[31mAB · " in page
    assert f"article: {hostile} 0" in data_of(page)["texts"]


def test_only_the_scripts_and_styles_of_the_page_itself_may_run():
    page = html_page([sample_trace(1)])
    policy = policy_of(page)
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        inside = re.search(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[1]
        digest = b64encode(sha256(inside.encode()).digest()).decode()
        assert policy[directive] == f"'sha256-{digest}'"
    assert policy["default-src"] == "'none'"


def test_nothing_in_the_page_asks_another_host():
    page = html_page([sample_trace(1)])
    elements = Elements(page)
    addresses = [attributes[name] for _, attributes in elements.found for name in ("src", "href") if name in attributes]
    assert sorted(addresses) == ["#main", "data:,"]
    assert re.findall(r"url\(|@import|\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon", page) == []


def test_data_never_reaches_a_parser_of_markup():
    page = html_page([])
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", page) == []


def test_what_the_page_adds_to_the_data_is_small():
    assert len(html_page([]).encode()) < 150_000


def test_a_text_that_is_sent_again_is_written_once():
    short, long = (len(html_page([sample_trace(2, text=text)])) for text in ("x" * 10, "x" * 10_010))
    assert long - short < 15 * 10_000


def test_the_same_traces_give_the_same_page():
    assert html_page([sample_trace(3)]) == html_page([sample_trace(3)])


def test_a_page_is_written_as_utf_8(tmp_path):
    path = tmp_path / "page.html"
    write_html([sample_trace(1, text="zażółć")], path)
    assert "zażółć" in path.read_text("utf-8")


@pytest.mark.parametrize(("count", "title"), [(0, "No traces"), (1, "sample"), (2, "2 traces")])
def test_the_title_says_what_is_shown(count, title):
    assert f"<title>{title} ·" in html_page([sample_trace(1)] * count)


def test_without_scripts_the_sums_are_there():
    page = html_page([sample_trace(3)])
    assert "<td>635</td>" in page.partition("<noscript>")[2].partition("</noscript>")[0]
