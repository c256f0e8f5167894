"""Work of 1,000 instructions, all different, for a shop: each one has two files, of the length of real ones."""

from dataclasses import dataclass

RECORDS = (
    ("invoice", "amount"),
    ("order", "total"),
    ("customer", "credit"),
    ("product", "price"),
    ("supplier", "rating"),
    ("shipment", "weight"),
    ("refund", "amount"),
    ("coupon", "discount"),
    ("warehouse", "capacity"),
    ("employee", "hours"),
    ("contract", "value"),
    ("ticket", "priority"),
    ("delivery", "distance"),
    ("payment", "amount"),
    ("basket", "items"),
    ("review", "stars"),
    ("category", "depth"),
    ("carrier", "cost"),
    ("return_note", "units"),
    ("subscription", "fee"),
    ("voucher", "balance"),
    ("price_list", "margin"),
    ("stock_level", "units"),
    ("reservation", "units"),
    ("newsletter", "readers"),
    ("campaign", "budget"),
    ("account", "balance"),
    ("tax_rate", "percent"),
    ("currency", "rate"),
    ("address", "zone"),
    ("complaint", "severity"),
    ("offer", "price"),
    ("bundle", "saving"),
    ("receipt", "sum"),
    ("auction", "bid"),
    ("loan", "interest"),
    ("visit", "minutes"),
    ("terminal", "sales"),
    ("branch", "area"),
    ("audit", "findings"),
)
OPERATIONS = (
    ("record", "defines the record with its id, its name and its {unit}", "the id is empty"),
    ("register", "puts a new {noun} into the list, in the order of ids", "one with that id is there already"),
    ("find", "returns the one {noun} with a given id", "no {noun} has that id"),
    ("rename", "returns the list with another name for one {noun}", "the new name is blank"),
    ("remove", "returns the list without one {noun}, and keeps the order", "no {noun} has that id"),
    ("raise", "raises the {unit} of every {noun} by a given share", "the share is below zero"),
    ("lower", "lowers the {unit} of every {noun} by a given share, never below zero", "the share is above one"),
    ("total", "adds up the {unit} of all of them, those with a blank name left out", "the list is empty"),
    ("mean", "returns the mean {unit}, rounded to two places", "the list is empty"),
    ("highest", "returns the {noun} with the highest {unit}, the first one of several", "the list is empty"),
    ("lowest", "returns the {noun} with the lowest {unit}, the last one of several", "the list is empty"),
    ("rank", "returns the names by falling {unit}, and by name where it is equal", "two have the same id"),
    ("split", "splits the list at a given {unit} into those below it and the others", "the limit is not finite"),
    ("group", "groups the names by the first letter of their ids, in capitals", "an id does not begin with a letter"),
    ("merge", "merges two lists, where the second one wins for ids in both", "one list has an id twice"),
    ("compare", "tells which ids are new, gone or changed between two lists", "one list has an id twice"),
    ("export", "writes the list as lines of comma-separated values with a head", "a name holds a comma"),
    ("read", "reads back what the export has written, and checks the head", "the head is another one"),
    ("summarise", "says in one sentence how many there are and what their {unit} comes to", "the list is empty"),
    ("page", "returns one page of the list, of a given size, counted from one", "the size is below one"),
    ("search", "returns those whose names hold a word, whatever its case", "the word is blank"),
    ("limit", "returns those up to a given {unit} in all, taken from the front", "the limit is below zero"),
    ("archive", "moves those with a {unit} of zero to a second list and returns both", "an id is in both lists"),
    ("validate", "returns the ids of all that have a blank name or a {unit} below zero", "the list holds no records"),
    ("report", "makes a table in plain text with a column for the name and one for the {unit}", "a name is too long"),
)
TASK = "Build the back office of a shop as a library in Python: records of every kind, and what is done with them."


@dataclass(frozen=True)
class Work:
    """One instruction, with the files that carry it out."""

    text: str
    files: dict[str, str]
    """Their texts, by path."""


def work(number: int) -> Work:
    """The instruction of a number, from 0 to 999."""
    (noun, unit), (verb, does, wrong) = RECORDS[number // len(OPERATIONS)], OPERATIONS[number % len(OPERATIONS)]
    does, wrong = does.format(noun=noun, unit=unit), wrong.format(noun=noun, unit=unit)
    module, limit = f"{noun}_{verb}", 10 + number * 7 % 990
    text = (
        f"Write shop/{module}.py for records of the kind {noun!r}. Its function {verb}_{noun} {does}. It takes a list "
        f"of records as shop/{noun}_record.py defines them, changes none of them, and handles {limit} records in less "
        f"than a second. It raises ValueError where {wrong}, and the message tells the id of the {noun} that is "
        f"concerned. Document the function with an example. Create tests in tests/test_{module}.py for an empty list, "
        f"for one {noun}, for {limit % 13 + 2} of them, and for the error; run them, and see that all of them pass."
    )
    made = _record(noun, unit) if verb == "record" else _operation(noun, unit, verb, does, wrong, limit)
    return Work(text, {f"shop/{module}.py": made, f"tests/test_{module}.py": _tests(noun, unit, verb, limit)})


def _record(noun: str, unit: str) -> str:
    name = _name(noun)
    return f'''"""The record of the kind {noun!r}, as the other modules use it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class {name}:
    """One {noun}: its id, its name, and its {unit}."""

    id: str
    name: str
    {unit}: float = 0.0

    def __post_init__(self):
        if not self.id:
            raise ValueError(f"A {noun} needs an id: {{self!r}}")


def record_{noun}(id, name, {unit}=0.0):
    """Return a {noun}.

    >>> record_{noun}("a", "First").{unit}
    0.0
    """
    return {name}(id, name.strip(), float({unit}))
'''


def _operation(noun: str, unit: str, verb: str, does: str, wrong: str, limit: int) -> str:
    return f'''"""What {does}."""

from shop.{noun}_record import {_name(noun)}


def {verb}_{noun}(records, *given, most={limit}):
    """A function that {does}.

    >>> {verb}_{noun}([])
    []

    Raises:
        ValueError: {wrong}.
    """
    known = {{}}
    for record in records:
        if not isinstance(record, {_name(noun)}):
            raise TypeError(f"No {noun}: {{record!r}}")
        if record.id in known:
            raise ValueError(f"The {noun} {{record.id!r}} is there twice: {wrong}")
        known[record.id] = record
    chosen = sorted(known.values(), key=lambda one: (-one.{unit}, one.name))
    return [one for one in chosen if not given or one.{unit} <= max(given)][:most]
'''


def _tests(noun: str, unit: str, verb: str, limit: int) -> str:
    name = _name(noun)
    call = f"record_{noun}" if verb == "record" else f"{verb}_{noun}"
    if verb == "record":
        return f"""import pytest

from shop.{noun}_record import {call}


def test_a_{noun}_has_its_{unit}():
    assert {call}("a", " First ", {limit}).{unit} == {limit}


def test_a_{noun}_needs_an_id():
    with pytest.raises(ValueError, match="needs an id"):
        {call}("", "Nobody")
"""
    return f"""import pytest

from shop.{noun}_record import {name}
from shop.{noun}_{verb} import {call}


def test_nothing_comes_of_an_empty_list():
    assert {call}([]) == []


def test_several_are_ordered_by_their_{unit}():
    many = [{name}(str(n), f"Name {{n}}", float(n)) for n in range({limit % 13 + 2})]
    assert [one.id for one in {call}(many)][0] == "{limit % 13 + 1}"


def test_a_{noun}_that_is_there_twice_is_an_error():
    with pytest.raises(ValueError, match="twice"):
        {call}([{name}("a", "First"), {name}("a", "Second")])
"""


def _name(noun: str) -> str:
    return "".join(part.title() for part in noun.split("_"))
