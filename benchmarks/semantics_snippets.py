"""25 pieces of code with the answers that CPython gives: what models write, and interpreters must not get wrong.

Each ends with an expression that is JSON data. The answers were read from CPython, and the benchmark asks it again.
"""

from typing import Any, NamedTuple


class Snippet(NamedTuple):
    """A piece of code and its answer."""

    name: str
    code: str
    answer: Any


SNIPPETS = (
    Snippet(
        "user decorator",
        """
import functools
def double(function):
    @functools.wraps(function)
    def wrapped(*args):
        return 2 * function(*args)
    return wrapped
@double
def half(n):
    return n / 2
[half(21), half.__name__]
""",
        [21.0, "half"],
    ),
    Snippet(
        "property, static, class methods",
        """
class Square:
    made = 0
    def __init__(self, side):
        self.side = side
        Square.made += 1
    @property
    def area(self):
        return self.side ** 2
    @area.setter
    def area(self, value):
        self.side = int(value ** 0.5)
    @staticmethod
    def corners():
        return 4
    @classmethod
    def unit(cls):
        return cls(1)
one = Square.unit()
one.area = 49
[one.side, one.area, Square.corners(), Square.made]
""",
        [7, 49, 4, 1],
    ),
    Snippet(
        "match",
        """
def kind(x):
    match x:
        case {"type": "point", "at": [a, b]} if a == b:
            return f"diagonal {a}"
        case {"type": "point", **rest}:
            return sorted(rest)
        case [first, *_, last]:
            return first + last
        case str() | bytes():
            return "text"
        case _:
            return None
points = [{"type": "point", "at": [2, 2]}, {"type": "point", "at": [1, 2], "z": 0}]
[kind(x) for x in (*points, [1, 2, 3], "a", 5)]
""",
        ["diagonal 2", ["at", "z"], 4, "text", None],
    ),
    Snippet(
        "generators",
        """
notes = []
def numbers():
    try:
        n = 0
        while True:
            got = yield n
            n = n + 1 if got is None else got
    finally:
        notes.append("closed")
def chained():
    yield from [7, 8]
    return 9
g = numbers()
seen = [next(g), next(g), g.send(40), next(g)]
g.close()
[seen, notes, list(chained())]
""",
        [[0, 1, 40, 41], ["closed"], [7, 8]],
    ),
    Snippet(
        "generator expressions",
        """
seen = []
def look(n):
    seen.append(n)
    return n
found = next(n for n in (look(m) for m in range(100)) if n > 2)
lazy = (look(n) for n in [50, 60])
first = next(lazy)
[found, first, seen, list(lazy), list(lazy)]
""",
        [3, 50, [0, 1, 2, 3, 50, 60], [60], []],
    ),
    Snippet(
        "async def, asyncio.run",
        """
import asyncio
order = []
async def work(name, pause):
    order.append(f"{name} begins")
    await asyncio.sleep(pause)
    order.append(f"{name} ends")
    return name
async def main():
    return await asyncio.gather(work("slow", 0.02), work("fast", 0.001))
[asyncio.run(main()), order]
""",
        [["slow", "fast"], ["slow begins", "fast begins", "fast ends", "slow ends"]],
    ),
    Snippet(
        "inheritance, super",
        """
class A:
    def who(self):
        return "A"
class B(A):
    def who(self):
        return "B" + super().who()
class C(A):
    def who(self):
        return "C" + super().who()
class D(B, C):
    def who(self):
        return "D" + super().who()
[D().who(), [c.__name__ for c in D.__mro__], isinstance(D(), C), issubclass(B, C)]
""",
        ["DBCA", ["D", "B", "C", "A", "object"], True, False],
    ),
    Snippet(
        "dataclasses",
        """
from dataclasses import dataclass, field, asdict, replace
@dataclass(order=True)
class Item:
    price: float
    name: str = "none"
    tags: list = field(default_factory=list)
    def __post_init__(self):
        self.total = self.price * 2
a, b = Item(2.5, "pen"), Item(1.0)
b.tags.append("new")
[asdict(b), a > b, a == replace(a), a.total, repr(a), Item(3).tags]
""",
        [
            {"price": 1.0, "name": "none", "tags": ["new"]},
            True,
            True,
            5.0,
            "Item(price=2.5, name='pen', tags=[])",
            [],
        ],
    ),
    Snippet(
        "f-strings",
        """
width, value, name = 8, 3.14159, "pi"
[f"{value:.2f}", f"{value:>{width}.3f}", f"{name!r:^{width}}", f"{value=:.1f}", f"{{}}{1_000_000:,}",
 f"{'a' if width > 3 else 'b'}{[n for n in range(2)]}"]
""",
        ["3.14", "   3.142", "  'pi'  ", "value=3.1", "{}1,000,000", "a[0, 1]"],
    ),
    Snippet(
        "context managers",
        """
from contextlib import contextmanager, suppress
notes = []
class Quiet:
    def __enter__(self):
        notes.append("in")
        return self
    def __exit__(self, kind, error, trace):
        notes.append(kind.__name__ if kind else "out")
        return True
@contextmanager
def tag(name):
    notes.append(f"<{name}>")
    try:
        yield name.upper()
    finally:
        notes.append(f"</{name}>")
with Quiet(), tag("b") as bold:
    notes.append(bold)
    {}["missing"]
with suppress(ZeroDivisionError):
    1 / 0
notes
""",
        ["in", "<b>", "B", "</b>", "KeyError"],
    ),
    Snippet(
        "closures, nonlocal, global",
        """
count = 0
def counter():
    n = 0
    def up():
        nonlocal n
        global count
        n += 1
        count += 10
        return n
    return up
a, b = counter(), counter()
[a(), a(), b(), count]
""",
        [1, 2, 1, 30],
    ),
    Snippet(
        "walrus, comprehension scoping",
        """
n = "outer"
squares = [n * n for n in range(4)]
big = [last := x for x in squares if x > 1]
table = {k: [k * j for j in range(2)] for k in "ab"}
total = 0
while (total := total + 3) < 10:
    pass
[n, squares, last, table, total]
""",
        ["outer", [0, 1, 4, 9], 9, {"a": ["", "a"], "b": ["", "b"]}, 12],
    ),
    Snippet(
        "star-args, defaults",
        """
def f(a, /, b=2, *rest, key, **more):
    return [a, b, list(rest), key, more]
first, *middle, last = range(5)
pairs = {**{"x": 1}, "y": 2, **{"x": 3}}
def keep(item, into=[]):
    into.append(item)
    return into
keep(1)
[f(1, key=0), f(*[1, 2, 3, 4], **{"key": 5, "z": 6}), middle, [*"ab", *(1, 2)], pairs, keep(2)]
""",
        [
            [1, 2, [], 0, {}],
            [1, 2, [3, 4], 5, {"z": 6}],
            [1, 2, 3],
            ["a", "b", 1, 2],
            {"x": 3, "y": 2},
            [1, 2],
        ],
    ),
    Snippet(
        "try, else, finally",
        """
notes = []
def f(x):
    try:
        value = 10 // x
    except ZeroDivisionError as error:
        notes.append(type(error).__name__)
        return "caught"
    else:
        notes.append("else")
        return value
    finally:
        notes.append("finally")
def g():
    for n in range(3):
        try:
            continue
        finally:
            notes.append(n)
    else:
        return "done"
[f(5), f(0), g(), notes]
""",
        [2, "caught", "done", ["else", "finally", "ZeroDivisionError", "finally", 0, 1, 2]],
    ),
    Snippet(
        "except*",
        """
notes = []
try:
    raise ExceptionGroup("many", [ValueError("a"), TypeError("b"), ValueError("c")])
except* ValueError as group:
    notes.append([str(e) for e in group.exceptions])
except* TypeError as group:
    notes.append(len(group.exceptions))
notes
""",
        [["a", "c"], 1],
    ),
    Snippet(
        "exceptions: own, chained",
        """
class Broken(Exception):
    def __init__(self, where):
        super().__init__(f"broken at {where}")
        self.where = where
try:
    try:
        {}["key"]
    except KeyError as error:
        raise Broken("home") from error
except Broken as error:
    caught = [str(error), error.where, type(error.__cause__).__name__, error.args]
try:
    try:
        1 / 0
    finally:
        int("x")
except ValueError as error:
    context = type(error.__context__).__name__
[caught[:3], list(caught[3]), context]
""",
        [["broken at home", "home", "KeyError"], ["broken at home"], "ZeroDivisionError"],
    ),
    Snippet(
        "slices, sets, dicts",
        """
rows = list(range(10))
rows[2:5] = ["x"]
del rows[-2:]
text = "abcdef"
a, b = {1, 2, 3}, {3, 4}
d = {"one": 1}
d.setdefault("two", []).append(2)
d.update(three=3)
gone = d.pop("one")
[rows, text[::-2], text[-3:-1], sorted(a ^ b), sorted(a - b), a >= {1}, list(d.items()), gone, d.get("none", 0),
 {**d} | {"two": 0}]
""",
        [
            [0, 1, "x", 5, 6, 7],
            "fdb",
            "de",
            [1, 2, 4],
            [1, 2],
            True,
            [["two", [2]], ["three", 3]],
            1,
            0,
            {"two": 0, "three": 3},
        ],
    ),
    Snippet(
        "lambda default capture",
        """
late = [lambda: n for n in range(3)]
early = [lambda n=n: n for n in range(3)]
compose = lambda *fs: lambda x: x if not fs else compose(*fs[1:])(fs[0](x))
[[f() for f in late], [f() for f in early], compose(lambda x: x + 1, lambda x: x * 10)(2),
 sorted(["b", "A", "c"], key=lambda s: s.lower())]
""",
        [[2, 2, 2], [0, 1, 2], 30, ["A", "b", "c"]],
    ),
    Snippet(
        "iter, next",
        """
class Down:
    def __init__(self, n):
        self.n = n
    def __iter__(self):
        return self
    def __next__(self):
        if self.n == 0:
            raise StopIteration
        self.n -= 1
        return self.n
down = Down(4)
first = next(down)
rest = list(down)
it = iter([1, 2, 3, 4])
[first, rest, next(down, "over"), list(zip(it, it)), [i for i, _ in enumerate("ab", 5)], list(map(max, [1, 5], [3, 2]))]
""",
        [3, [2, 1, 0], "over", [[1, 2], [3, 4]], [5, 6], [3, 5]],
    ),
    Snippet(
        "operator overloading",
        """
class V:
    def __init__(self, *xs):
        self.xs = xs
    def __add__(self, other):
        return V(*(a + b for a, b in zip(self.xs, other.xs)))
    def __rmul__(self, k):
        return V(*[k * x for x in self.xs])
    def __eq__(self, other):
        return isinstance(other, V) and self.xs == other.xs
    def __len__(self):
        return len(self.xs)
    def __getitem__(self, i):
        return self.xs[i]
    def __contains__(self, x):
        return x in self.xs
    def __lt__(self, other):
        return self.xs < other.xs
    def __bool__(self):
        return any(self.xs)
    def __call__(self):
        return sum(self.xs)
v = V(1, 2) + 3 * V(1, 1)
[list(v), v == V(4, 5), len(v), v[-1], 4 in v, V(0) < V(1), bool(V(0, 0)), v(), [list(x) for x in sorted([V(2), V(1)])]]
""",
        [[4, 5], True, 2, 5, True, True, False, 9, [[1], [2]]],
    ),
    Snippet(
        "__getattr__, __setattr__",
        """
class Loose:
    def __init__(self):
        object.__setattr__(self, "data", {})
    def __getattr__(self, name):
        if name in self.data:
            return self.data[name]
        return f"no {name}"
    def __setattr__(self, name, value):
        self.data[name] = value * 2
one = Loose()
one.x = 21
[one.x, one.y, hasattr(one, "anything"), getattr(one, "z"), sorted(one.__dict__)]
""",
        [42, "no y", True, "no z", ["data"]],
    ),
    Snippet(
        "metaclass, __init_subclass__",
        """
made = []
class Meta(type):
    def __new__(mcs, name, bases, space, **rest):
        space["mark"] = name.lower()
        return super().__new__(mcs, name, bases, space, **rest)
class Plugin(metaclass=Meta):
    def __init_subclass__(cls, kind="plain", **rest):
        super().__init_subclass__(**rest)
        made.append([cls.__name__, kind])
class A(Plugin):
    pass
class B(Plugin, kind="fancy"):
    pass
[made, B.mark, type(B).__name__]
""",
        [[["A", "plain"], ["B", "fancy"]], "b", "Meta"],
    ),
    Snippet(
        "Enum, typing.NamedTuple",
        """
from enum import Enum, auto
from typing import NamedTuple
class Color(Enum):
    RED = auto()
    BLUE = auto()
class Point(NamedTuple):
    x: int
    y: int = 5
p = Point(1)
[Color.BLUE.value, Color["RED"].name, Color(2) is Color.BLUE, [c.name for c in Color], list(p._replace(x=9)),
 p == (1, 5), repr(p)]
""",
        [2, "RED", True, ["RED", "BLUE"], [9, 5], True, "Point(x=1, y=5)"],
    ),
    Snippet(
        "deep recursion, big ints",
        """
def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)
import math
[depth(900), 2 ** 200, str(math.factorial(50))[-14:], pow(3, 1000, 10 ** 9 + 7), -7 // 2, -7 % 3, 0.1 + 0.2, round(2.5),
 10 ** 25 // 3]
""",
        [
            900,
            2**200,
            "60512000000000000"[-14:],
            pow(3, 1000, 10**9 + 7),
            -4,
            2,
            0.30000000000000004,
            2,
            3333333333333333333333333,
        ],
    ),
    Snippet(
        "standard modules",
        """
import json, re
from collections import Counter, defaultdict, deque, OrderedDict
from datetime import date, datetime, timedelta
from itertools import accumulate, chain, combinations, groupby
words = defaultdict(list)
for word in re.findall(r"[a-z]+", "the cat saw the dog"):
    words[len(word)].append(word)
line = deque([1, 2, 3], maxlen=3)
line.appendleft(0)
[
    json.loads(json.dumps({"a": [1, None, True]})),
    Counter("banana").most_common(2),
    dict(words),
    list(line),
    (date(2024, 2, 28) + timedelta(days=2)).isoformat(),
    datetime.strptime("2024-05-06 07:08", "%Y-%m-%d %H:%M").strftime("%d/%m %H"),
    list(accumulate([1, 2, 3])),
    list(combinations("abc", 2)),
    [[key, len(list(group))] for key, group in groupby("aab")],
    re.sub(r"(\\w+)@(\\w+)", r"\\2 at \\1", "me@home"),
    list(OrderedDict(a=1)),
    list(chain([1], [2])),
]
""",
        [
            {"a": [1, None, True]},
            [["a", 3], ["n", 2]],
            {"3": ["the", "cat", "saw", "the", "dog"]},
            [0, 1, 2],
            "2024-03-01",
            "06/05 07",
            [1, 3, 6],
            [["a", "b"], ["a", "c"], ["b", "c"]],
            [["a", 2], ["b", 1]],
            "home at me",
            ["a"],
            [1, 2],
        ],
    ),
)
