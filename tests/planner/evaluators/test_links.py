import pytest

from llm_strategy.planner.evaluators import link_problems

SAUCES = "# Sauces\n\n## Al Pesto (from Genoa)\n\n## Twice\n\n## Twice\n\n<a id='own'></a>\n\n## Named {#special}\n"


def told(text, **more):
    return [str(one) for one in link_problems({"book/a.md": text, "book/sauces.md": SAUCES, "img/p.png": "", **more})]


@pytest.mark.parametrize(
    "target",
    [
        "sauces.md",
        "./sauces.md?x=1",
        "../book/sauces.md",
        "/img/p.png",
        "../img/",
        "../img",
        "..",
        "sauces.md#al-pesto-from-genoa",
        "sauces.md#twice-1",
        "sauces.md#own",
        "sauces.md#special",
        "#title",
        "#",
        "https://example.org/nothing",
        "mailto:a@example.org",
        "//example.org/x",
        "../img/p.png#x",
    ],
)
def test_a_link_that_leads_somewhere_is_fine(target):
    assert told(f"# Title\n\n[x]({target})\n") == []


@pytest.mark.parametrize(
    ("target", "where"),
    [
        ("sauce.md", "no file"),
        ("../sauces.md", "no file"),
        ("sauces.md#pesto", "no heading of 'book/sauces.md'"),
        ("#nothing", "no heading of the page"),
        ("../../etc/passwd", "a place outside of the workspace"),
        ("", "nothing"),
    ],
)
def test_a_link_that_leads_nowhere_is_told_with_its_line(target, where):
    (problem,) = told(f"# Title\n\nsome\nwords [x]({target})\n")

    assert problem == f"book/a.md:4: The link {target!r} leads to {where} (link)"


def test_images_and_links_by_name_are_followed():
    assert told("# T\n\n![x](x.png)\n\n[y][1]\n\n[1]: y.md\n") == [
        "book/a.md:3: The image 'x.png' leads to no file (image)",
        "book/a.md:5: The link 'y.md' leads to no file (link)",
    ]


def test_code_holds_no_links():
    assert told("# T\n\n```\n[x](nothing.md)\n```\n\nand `[x](nothing.md)`\n") == []


def test_blanks_in_names_are_written_in_the_way_of_the_web():
    assert told("# T\n\n[x](my%20page.md)\n", **{"book/my page.md": "# My page\n"}) == []


def test_a_page_needs_a_heading_and_words():
    assert [
        str(one) for one in link_problems({"a.md": "words\n", "b.md": " \n", "c.txt": "", "d.py": "", "e.txt": "x"})
    ] == [
        "a.md: has no heading: begin the page with a line '# Title' (heading)",
        "b.md: is empty (empty)",
        "c.txt: is empty (empty)",
    ]


def test_underlined_headings_count():
    assert link_problems({"a.md": "Title\n=====\n\n[x](#title)\n"}) == ()
