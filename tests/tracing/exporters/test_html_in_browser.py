"""The page in a real browser, where there is one."""

import json
from dataclasses import replace

import pytest

from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing import semconv
from llm_strategy.tracing.exporters.html.page import write_html
from llm_strategy.tracing.recorded import RecordedTrace
from llm_strategy.tracing.records import EventRecord

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\u202e\x1b[31m"
draw = write_html


def partial():
    spans = [one for one in sample_trace(6).spans if one.kind != "session"]
    spans[7] = replace(spans[7], end=None)
    return RecordedTrace.of(spans[:4] + spans[5:])


def runs(count):
    def one(number):
        used = {"f": {"rate": 10**-number, "way": "ab"[number % 2]}}
        return RecordedTrace.of(
            replace(
                span, name=f"run {number}", attributes={semconv.HYPERPARAMETERS_OPERATIVE: json.dumps(used)}, events=()
            )
            if span.kind == "session"
            else span
            for span in sample_trace(number + 1).spans
        )

    return [one(number) for number in range(count)]


SHOWN = {
    "nothing": [],
    "an empty trace": [RecordedTrace(())],
    "one call": [sample_trace(1)],
    "2000 spans": [sample_trace(450)],
    "a partial trace": [partial()],
    "several runs": runs(5),
    "hostile text": [sample_trace(3, text=HOSTILE)],
}


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("traces", SHOWN.values(), ids=SHOWN)
def test_a_page_opens_without_an_error_or_a_request_and_fits(browser, traces, width):
    browser.open(traces, width)
    assert browser.problems() == []
    assert browser.run("document.documentElement.scrollWidth") == width


def test_a_page_is_drawn_by_its_own_script(tmp_path, dumped):
    path = tmp_path / "page.html"
    write_html([sample_trace(3)], path)
    whole = dumped(path)
    opening = whole.partition("<head>")[0]
    assert 'data-ready="true"' in opening
    assert "data-errors" not in opening
    assert 'role="treeitem"' in whole


def test_hostile_text_is_shown_and_makes_no_element(browser):
    browser.open(SHOWN["hostile text"])
    for _ in range(4):  # what opens may hold more that can be opened
        browser.run("document.querySelectorAll('main [aria-expanded=false]').forEach((one) => one.click())")
    assert browser.run("document.querySelectorAll('img, iframe, main script, main style').length") == 0
    assert "<img src=x onerror=alert(1)></script>" in browser.run("document.querySelector('#chats').innerText")
    assert browser.run(r"/[\u202e\u001b]/.test(document.body.innerText)") is False
    assert browser.problems() == []


def test_a_span_of_the_timeline_zooms_is_selected_and_leaves_again(browser):
    browser.open([sample_trace(20)])
    browser.run("document.querySelectorAll('.bar.k-function')[4].click()")
    assert browser.run("document.querySelectorAll('.bar.k-function').length") == 1
    assert browser.run("document.querySelector('.details h3').innerText") == "Catalogue.describe function"
    assert browser.run("document.querySelector('.row.selected .name').innerText") == "Catalogue.describe"
    browser.press("ArrowDown", 40)
    assert browser.run("document.activeElement.innerText").startswith("prompt")
    browser.press("Escape", 27)
    assert browser.run("document.querySelectorAll('.bar.k-function').length") > 1
    assert browser.problems() == []


def test_the_tree_obeys_the_keyboard(browser):
    browser.open([sample_trace(40)])
    browser.run("document.querySelector('.tree').focus()")
    rows = "document.querySelectorAll('.rows .row').length"
    before = browser.run("document.querySelector('.rows').style.height")
    browser.press("ArrowDown", 40)
    browser.press("ArrowRight", 39)
    assert browser.run("document.querySelector('.row.active').getAttribute('aria-expanded')") == "true"
    assert browser.run("document.querySelector('.rows').style.height") != before
    browser.press("ArrowLeft", 37)
    assert browser.run("document.querySelector('.rows').style.height") == before
    browser.press("End", 35)
    assert browser.run("document.querySelector('.row.active .preview').innerText").endswith(" 39")
    assert browser.run(rows) < 60
    assert browser.problems() == []


def test_the_tree_keeps_what_holds_a_text_or_failed(browser):
    browser.open([sample_trace(40)])
    browser.run(
        "(() => { const field = document.querySelector('input[type=search]'); field.value = 'bicycle 39';"
        "field.dispatchEvent(new Event('input')); })()"
    )
    browser.wait_for("document.querySelector('.tree-part [role=status]').innerText")
    assert browser.run("document.querySelector('.tree-part [role=status]').innerText") == "2 spans found"
    browser.run("document.querySelector('[aria-pressed=false]').click()")
    assert browser.run("document.querySelector('.tree-part [role=status]').innerText") == "No span is like that"
    assert browser.problems() == []


def test_the_next_attempt_shows_what_was_added_to_its_prompt(browser):
    browser.open([sample_trace(3)])
    browser.run("document.querySelectorAll('.card > .fold-head')[2].click()")
    added = browser.run("[...document.querySelectorAll('.bubble.added .said')].map((one) => one.innerText)")
    assert added == ["{}", "`text` is missing in a red bicycle"]
    assert browser.run("document.querySelector('.fold.kept').innerText") == "2 messages as before"


def retried(text):
    """Return a trace in which the system says something else in the second attempt of a prompt."""

    def edited(span):
        messages = json.loads(span.attributes[semconv.INPUT_MESSAGES])
        if len(messages) > 2:
            messages[0]["parts"][0]["content"] = text
        return replace(span, attributes={**span.attributes, semconv.INPUT_MESSAGES: json.dumps(messages)})

    return RecordedTrace.of(edited(span) if span.kind == "chat" else span for span in sample_trace(3).spans)


def test_a_changed_message_shows_its_changed_words(browser):
    browser.open([retried("Describe this article well.")])
    browser.run("document.querySelectorAll('.card > .fold-head')[2].click()")
    pieces = browser.run("[...document.querySelectorAll('del, ins')].map((one) => `${one.tagName} ${one.innerText}`)")
    assert pieces == ["DEL the", "INS this", "INS  well"]


def test_a_message_that_took_the_place_of_another_is_not_mixed_with_it(browser):
    browser.open([retried("Say nothing at all!")])
    browser.run("document.querySelectorAll('.card > .fold-head')[2].click()")
    first = "(name) => document.querySelector(`.bubble.${name} .said`).innerText"
    assert browser.run(f"['removed', 'added'].map({first})") == ["Describe the article.", "Say nothing at all!"]
    assert browser.run("document.querySelectorAll('del, ins').length") == 0


def test_an_axis_keeps_the_runs_in_a_range_and_a_run_can_be_opened(browser):
    browser.open(SHOWN["several runs"])
    browser.run("document.querySelector('.axis').focus()")
    browser.press("ArrowUp", 38)
    assert browser.run("document.querySelector('#runs [role=status]').innerText") == "2 of 5 runs kept"
    browser.press("Escape", 27)
    assert browser.run("document.querySelectorAll('.line.off').length") == 0
    browser.run("document.querySelector('#runs .plain > .fold-head').click()")
    browser.run("document.querySelectorAll('#runs tbody button')[3].click()")
    assert browser.run("document.querySelector('h1').innerText") == "run 3"
    assert browser.run("document.getElementById('picker').value") == "3"
    assert browser.problems() == []


def many_axes(number):
    """A run that has a hundred hyperparameters, of functions with and without a run that calls them."""
    told = {"f": {f"parameter{one}": one + number for one in range(90)}, f"g{number}": {f"only{number}": 1}}
    attributes = {semconv.HYPERPARAMETERS_OPERATIVE: json.dumps(told)}
    name = f"{'a long name of a trace ' * 20}{'x' * 300}"
    noted = {semconv.EVALUATION_NAME: "y" * 300, semconv.EVALUATION_SCORE: number}
    return RecordedTrace.of(
        replace(span, name=name, attributes=attributes, events=[replace(one, attributes=noted) for one in span.events])
        if span.kind == "session"
        else span
        for span in sample_trace(number).spans
    )


@pytest.mark.parametrize("width", [1280, 390])
def test_many_hyperparameters_and_long_names_leave_the_sums_in_sight(browser, width):
    browser.open([many_axes(1), many_axes(2)], width)
    assert browser.run("document.documentElement.scrollWidth") == width
    names = browser.run("[...document.querySelectorAll('.axis title')].map((one) => one.textContent)")
    assert (len(names), names[-3:]) == (12, ["cost", "tokens", "seconds"])
    plot = browser.run("(({clientWidth, scrollWidth}) => [clientWidth, scrollWidth])(document.querySelector('.plot'))")
    assert width < 1280 or plot[0] == plot[1]
    browser.run("document.querySelector('#runs .plain > .fold-head').click()")
    assert browser.run("document.querySelectorAll('#runs thead th').length") == 1 + 92 + 4
    assert "not set" in browser.run("document.querySelector('#runs tbody').innerText")
    assert browser.problems() == []


def test_an_unknown_cost_is_called_unknown(browser):
    trace = RecordedTrace.of(
        replace(span, attributes={name: value for name, value in span.attributes.items() if name != semconv.COST})
        for span in sample_trace(1).spans
    )
    browser.open([trace])
    assert "Cost\nunknown\n1 request without a price" in browser.run("document.querySelector('.stats').innerText")
    assert "$" not in browser.run("document.body.innerText")


def test_tokens_that_nobody_reported_are_called_unknown(browser):
    def silent(span):
        return replace(span, attributes={k: v for k, v in span.attributes.items() if not k.startswith("gen_ai.usage")})

    spans = sample_trace(2).spans
    browser.open([RecordedTrace.of(map(silent, spans))])
    stats = "document.querySelector('.stats').innerText"
    assert "Tokens in\nunknown\n2 requests reported none\nTokens out\nunknown\nCost" in browser.run(stats)
    assert browser.run("document.querySelector('.rows .c1').innerText") == "unknown"
    last = max(span.start for span in spans if span.kind == "chat")
    browser.open([RecordedTrace.of(silent(span) if span.start == last else span for span in spans)])
    assert "Tokens in\n≥ 130\n1 request reported none\nTokens out\n≥ 20\nCost" in browser.run(stats)


def test_an_action_shows_its_code_its_output_and_its_files_as_they_are(browser):
    session = replace(sample_trace(1).spans[0], span="1" * 16, parent=None, kind="session", name="s")
    said = {
        semconv.CODE: f"print({HOSTILE!r})\n[1,2]",
        semconv.CODE_OUTPUT: '{"a":1}',
        semconv.SANDBOX: "bubblewrap",
        semconv.CODE_RESTORED: 2,
    }
    touched = {semconv.FILE_PATH: f"out/{HOSTILE}.png", semconv.FILE_OPERATION: "create"}
    events = (EventRecord(semconv.FILE, session.start, touched),)
    action = replace(
        session, span="2" * 16, parent="1" * 16, kind="code", name="action", attributes=said, events=events
    )
    browser.open([RecordedTrace.of([session, action])])
    browser.run("document.querySelector('[data-at=\"1\"]').click()")
    shown = browser.run("document.querySelector('.details').innerText")
    assert "Code\nprint('<img src=x onerror=alert(1)></script>" in shown
    assert 'Output of the code\n{"a":1}\n' in shown  # as it was printed, not laid out anew
    assert "Files\ncreate out/<img src=x" in shown
    assert "sandbox\tbubblewrap" in shown.replace("\n", "\t")
    assert "2 actions" in shown
    assert browser.run("document.querySelectorAll('img, main script').length") == 0
    assert "Actions\n1" in browser.run("document.querySelector('.stats').innerText")
    assert "create 1" in browser.run("document.querySelector('.heat').innerText")
    assert browser.problems() == []


TOLD = "document.querySelector('.heat-told').innerText"


def test_the_map_of_files_obeys_the_keyboard(browser):
    browser.open([sample_trace(12)])
    browser.run("document.querySelector('.heat .scroll').focus()")
    assert browser.run(TOLD).startswith("src/file_0.py: read 1 in step 1, attempt 1")
    for key, code, told in [
        ("ArrowRight", 39, "src/file_0.py: write 1 in step 7,"),
        ("ArrowDown", 40, "src/file_1.py: read 1 in step 9,"),
        ("End", 35, "src/file_1.py: write 1 in step 17,"),
        ("ArrowRight", 39, "src/file_1.py: write 1 in step 17,"),
        ("Home", 36, "src/file_1.py: write 1 in step 2,"),
        ("ArrowUp", 38, "src/file_0.py: read 1 in step 1,"),
        ("ArrowLeft", 37, "src/file_0.py: read 1 in step 1,"),
        ("ArrowUp", 38, "src/file_0.py: read 1 in step 1,"),
    ]:
        browser.press(key, code)
        assert browser.run(TOLD).startswith(told)
        assert browser.run(
            "document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).classList.contains('active')"
        )
    browser.press("Enter", 13)
    assert browser.run("document.querySelector('.details h3').innerText").startswith("attempt 1")
    assert browser.problems() == []


def test_the_map_of_files_obeys_a_finger_where_it_is_narrow(browser):
    browser.open([sample_trace(12)], 390)
    sums = "[...document.querySelectorAll('.paths td')].map((one) => one.checkVisibility() && one.innerText)"
    assert browser.run(sums)[:2] == ["read 2, write 2", "read 2, write 3"]
    browser.run(
        "document.querySelectorAll('.cell')[1].dispatchEvent(new MouseEvent('click', { bubbles: true, clientX: 0, clientY: 0 }))"
    )
    assert browser.run(TOLD).startswith("src/file_0.py: read 1 in step 1,")
    assert browser.run("document.querySelector('.details').classList.contains('empty')")
    browser.run("document.querySelector('.heat-told button').click()")
    assert browser.run("document.querySelector('.details h3').innerText").startswith("attempt 1")
    assert browser.problems() == []


@pytest.mark.parametrize("dark", [False, True])
def test_texts_stand_out_from_what_is_behind_them(browser, dark):
    browser.open([sample_trace(7)], dark=dark)
    assert browser.weak_texts() == []
