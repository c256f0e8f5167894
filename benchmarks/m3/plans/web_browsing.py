"""Pages: the shelf of an item, the department of a person, by the links from the first page on."""

from __future__ import annotations

import re

from benchmarks.m3.plans.reading import UnreadError
from benchmarks.m3.tasks import Task

__all__ = ["plan"]

WHOLE = '''\
def whole(url):
    """The page behind a link, scrolled to its end."""
    text = page = click_url(url)
    while "scroll_down() shows more" in page:
        page = scroll_down()
        text += "\\n" + page
    return text

def links(page):
    return [part.split("'")[0] for part in page.split("[Clickable '")[1:]]

print(view())
'''
PRICES = """\
def price(item):
    shelf = [link for link in shelves if item.lower().replace(" ", "_").endswith(link.split("/")[-1])][0]
    found = whole([link for link in links(whole(shelf)) if link.endswith("/" + item.lower().replace(" ", "_"))][0])
    return float(found.split("$")[-1].split()[0])

shelves = links(whole("/products"))
print(shelves)
"""
PEOPLE = """\
def people(department):
    return [link for link in links(whole(department))]

departments = links(whole("/team"))
print(departments)
"""
FIND = """\
def find(name):
    last = "/" + name.lower().replace(" ", "_")
    for department in departments:
        for link in people(department):
            if link.endswith(last):
                return whole(link)

page = find({name!r})
print(page)
"""
MATCH = """\
def owner(wanted):
    for department in departments:
        for link in people(department):
            page = whole(link)
            if ("Phone: " + wanted) in page.splitlines():
                return page.splitlines()[1].split(" of ")[0]

finish(owner({wanted!r}))
"""
FIELDS = {
    "email": 'finish(page.split("Email: ")[1].splitlines()[0])',
    "phone number": 'finish(page.split("Phone: ")[1].splitlines()[0])',
    "expertise": 'finish(page.split("Expertise: ")[1].splitlines()[0])',
    "department": 'finish(page.splitlines()[1].split(" of ")[1].replace(" Department", ""))',
}


def plan(task: Task) -> list[str]:
    """Return the actions."""
    text = task.instruction
    if found := re.search(r"Find the (?:current )?price of ([\w ]+)\.", text):
        return [WHOLE, PRICES, f"finish(price({found[1]!r}))"]
    if found := re.search(r"Find the total price of \[([^\]]+)\]", text):
        return [WHOLE, PRICES, *_total([one.strip() for one in found[1].split(",")], text)]
    if found := re.search(r"How many people are in the ([\w ]+) Department", text):
        last = found[1].lower().replace(" ", "_")
        count = f'finish(len(people([one for one in departments if one.endswith("/{last}")][0])))'
        return [WHOLE, PEOPLE, count]
    if found := re.search(r"Find the (email|phone number|expertise|department) of ([\w ]+)\.", text):
        return [WHOLE, PEOPLE, FIND.format(name=found[2]), FIELDS[found[1]]]
    if found := re.search(r"Which person's phone number is (.+?)\?", text):
        return [WHOLE, PEOPLE, MATCH.format(wanted=found[1])]
    raise UnreadError("no question that this plan knows")


def _total(items: list[str], text: str) -> list[str]:
    off = re.search(r"(\d+)% off", text)
    whole = f"total * {100 - int(off[1])} / 100" if off else "total"
    look = f"prices = [price(item) for item in {items!r}]\nprint(prices)"
    return [look, f'total = calculator(" + ".join([str(one) for one in prices]))\nfinish({whole})']
