"""The figures of a run as a picture: drawn by matplotlib, without anything that the process shares."""

import sys
import zlib

import pytest

from llm_strategy.errors import ConfigurationError, MissingExtraError
from llm_strategy.planner.figures.data import PANELS, figures_of
from llm_strategy.planner.figures.png import figures_png, write_png
from llm_strategy.testing.sample_planner_traces import sample_planner_trace
from llm_strategy.testing.sample_traces import sample_trace

HOSTILE = "$\\frac{$ _^ {} 東京 \u202e \x1b[31m \ud800"


def figures(steps=3, **more):
    return figures_of(sample_planner_trace(steps, **more).spans)


def parts(png):
    """Yield the chunks of a PNG, whose sums are checked."""
    at = 8
    while at < len(png):
        size = int.from_bytes(png[at : at + 4])
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        assert zlib.crc32(kind + body) == int.from_bytes(png[at + 8 + size : at + 12 + size])
        yield kind, body
        at += 12 + size


def size_of(png):
    body = dict(parts(png))[b"IHDR"]
    return int.from_bytes(body[:4]), int.from_bytes(body[4:8])


@pytest.mark.parametrize(
    "shown",
    [
        figures(5),
        figures(1, files=1),
        figures(0),
        figures(130, files=30),
        figures_of(sample_trace(9).spans),
        figures_of([]),
    ],
    ids=["5 steps", "1 step", "no step", "130 steps", "no planner", "nothing"],
)
def test_every_run_gives_a_picture(shown):
    assert [kind for kind, _ in parts(figures_png(shown))][-1] == b"IEND"


@pytest.mark.parametrize("panel", PANELS)
def test_one_figure_alone_is_smaller_than_all(panel):
    assert size_of(figures_png(figures(), [panel]))[0] == 1200
    assert size_of(figures_png(figures(), [panel]))[1] < size_of(figures_png(figures(), [panel, "errors"]))[1]


def test_files_make_the_picture_higher_up_to_a_limit():
    heights = [size_of(figures_png(figures(1, files=count), ["files"]))[1] for count in (5, 20, 120, 150)]
    assert heights[0] < heights[1] < heights[2] == heights[3]


def test_texts_of_a_model_are_drawn_as_they_stand(monkeypatch):
    def refuse(*_args):
        raise AssertionError("a formula was read")

    monkeypatch.setattr("matplotlib.mathtext.MathTextParser.parse", refuse)
    figures_png(figures(text=HOSTILE), title=HOSTILE)  # letters that no font has would be warnings, which are errors


def test_nothing_that_the_process_shares_is_touched():
    import matplotlib as mpl

    before, had = dict(dict.items(mpl.rcParams)), "matplotlib.pyplot" in sys.modules
    figures_png(figures())
    assert dict(dict.items(mpl.rcParams)) == before
    assert ("matplotlib.pyplot" in sys.modules) == had


def test_the_same_run_gives_the_same_picture(tmp_path):
    write_png(figures(), tmp_path / "a.png", ["tests", "errors"], title="t")
    assert (tmp_path / "a.png").read_bytes() == figures_png(figures(), ["tests", "errors"], title="t")


@pytest.mark.parametrize(("panels", "told"), [(["pie"], "there is no figure 'pie'"), ([], "no figure is asked for")])
def test_a_figure_that_is_not_there_is_refused(panels, told):
    with pytest.raises(ConfigurationError, match=told) as found:
        figures_png(figures(), panels)
    assert str(found.value).endswith("Take some of retention, files, errors, tests, context.")


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setattr("llm_strategy.planner.figures.png.find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError, match="'planner'"):
        figures_png(figures())
