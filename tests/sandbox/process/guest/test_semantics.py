"""Code inside is Python: what works at a prompt works here, in one action or over several."""

import pytest

SNIPPETS = {
    "the value of the last expression": (["1 + 1"], 2),
    "no value of a statement": (["a = 1"], None),
    "names that stay": (["kept = [1]", "kept.append(2)", "kept"], [1, 2]),
    "a decorator": (["def twice(f):\n    return lambda *a: 2 * f(*a)\n@twice\ndef three(): return 3\nthree()"], 6),
    "a decorator with arguments": (
        [
            "def add(n):\n    def wrap(f):\n        return lambda: f() + n\n    return wrap\n@add(4)\ndef g(): return 1\ng()"
        ],
        5,
    ),
    "match": (
        [
            "match {'kind': 'circle', 'r': 2}:\n    case {'kind': 'circle', 'r': r}: area = r * r\n    case _: area = 0\narea"
        ],
        4,
    ),
    "a generator": (["def count(n):\n    for i in range(n):\n        yield i\nlist(count(3))"], [0, 1, 2]),
    "yield from": (["def both():\n    yield from (1, 2)\n    return 3\n[*both()]"], [1, 2]),
    "a generator that is sent to": (
        ["def echo():\n    got = yield 1\n    yield got\ng = echo()\nnext(g), g.send(7)"],
        [1, 7],
    ),
    "async def": (["import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    return 5\nasyncio.run(f())"], 5),
    "await at the top": (["import asyncio\nawait asyncio.sleep(0, 6)"], 6),
    "an async loop at the top": (["async def ag():\n    yield 1\n    yield 2\n[x async for x in ag()]"], [1, 2]),
    "a class": (
        ["class P:\n    def __init__(self, x): self.x = x\n    @property\n    def d(self): return 2 * self.x\nP(4).d"],
        8,
    ),
    "inheritance and super": (
        ["class A:\n    def f(self): return 1\nclass B(A):\n    def f(self): return super().f() + 1\nB().f()"],
        2,
    ),
    "a metaclass": (["class M(type):\n    def __len__(cls): return 9\nclass C(metaclass=M): pass\nlen(C)"], 9),
    "a context manager": (
        [
            "from contextlib import contextmanager\nlog = []\n@contextmanager\ndef c():\n    log.append('in')\n    yield\n    log.append('out')\nwith c(): log.append('x')\nlog"
        ],
        ["in", "x", "out"],
    ),
    "an f-string": (["n = 3.14159\nf'{n:.2f} {n!r:>10} {{x}}'"], "3.14    3.14159 {x}"),
    "a global in a function": (["total = 0\ndef bump():\n    global total\n    total += 1\nbump(); bump()\ntotal"], 2),
    "a nonlocal name": (
        [
            "def outer():\n    n = 1\n    def inner():\n        nonlocal n\n        n += 1\n    inner()\n    return n\nouter()"
        ],
        2,
    ),
    "a function that sees a later name": (["def late(): return later", "later = 11", "late()"], 11),
    "the scope of a comprehension": (
        ["i = 'kept'\nsquares = [i * i for i in range(3)]\ni, squares"],
        ["kept", [0, 1, 4]],
    ),
    "a comprehension in a class": (["class K:\n    xs = [1, 2]\n    ys = [x + 1 for x in xs]\nK.ys"], [2, 3]),
    "a dataclass": (
        [
            "from dataclasses import dataclass, field\n@dataclass\nclass Q:\n    a: int\n    b: list = field(default_factory=list)\nQ(1)"
        ],
        {"a": 1, "b": []},
    ),
    "a dataclass with slots": (
        ["from dataclasses import dataclass\n@dataclass(slots=True, frozen=True)\nclass S:\n    a: int = 2\nS()"],
        {"a": 2},
    ),
    "type hints": (
        ["import typing\ndef h(a: 'int', b: list[str]) -> None: ...\ntyping.get_type_hints(h)['a'].__name__"],
        "int",
    ),
    "hints that are text": (
        [
            "from __future__ import annotations\nclass T:\n    next: T\nimport typing\ntyping.get_type_hints(T)['next'].__name__"
        ],
        "T",
    ),
    "a walrus": (["if (size := len('abc')) > 2: found = size\nfound"], 3),
    "except*": (
        [
            "caught = []\ntry:\n    raise ExceptionGroup('g', [ValueError(1), KeyError(2)])\nexcept* ValueError as e: caught.append('v')\nexcept* KeyError as e: caught.append('k')\ncaught"
        ],
        ["v", "k"],
    ),
    "recursion": (["def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\nfib(15)"], 610),
    "try, else and finally": (
        ["o = []\ntry: o.append(1)\nexcept ValueError: o.append(2)\nelse: o.append(3)\nfinally: o.append(4)\no"],
        [1, 3, 4],
    ),
    "a lambda with defaults": (
        ["(lambda a, /, b=2, *c, d, **e: [a, b, c, d, e])(1, 3, 4, d=5, f=6)"],
        [1, 3, [4], 5, {"f": 6}],
    ),
    "unpacking": (["first, *rest = range(4)\n{**{'a': first}, 'r': rest}"], {"a": 0, "r": [1, 2, 3]}),
    "a while loop with else": (["n = 3\nwhile n: n -= 1\nelse: ended = True\nended"], True),
    "an enum": (["import enum\nclass Colour(enum.Enum):\n    RED = 'r'\nColour.RED"], "r"),
    "pickle of one's own class": (["import pickle\nclass Own:\n    x = 1\npickle.loads(pickle.dumps(Own())).x"], 1),
    "the source of a function": (
        ["import inspect\ndef shown():\n    return 1\n", "inspect.getsource(shown)"],
        "def shown():\n    return 1\n",
    ),
    "a name of the module": (["__name__"], "__main__"),
    "the main module": (["import __main__\nhere = 5\n__main__.here"], 5),
    "a child process that is forked": (
        ["import multiprocessing as m\nwith m.get_context('fork').Pool(2) as p: got = p.map(abs, [-1, -2])\ngot"],
        [1, 2],
    ),
    "a thread": (
        ["import threading\nout = []\nt = threading.Thread(target=lambda: out.append(1)); t.start(); t.join()\nout"],
        [1],
    ),
    "an import of a file of one's own": (
        ["open('own_module.py', 'w').write('answer = 42')\nimport own_module\nown_module.answer"],
        42,
    ),
    "a value that is deleted": (["gone = 1\ndel gone\n'gone' in globals()"], False),
    "exec and eval": (["exec('made = 3')\neval('made + 1')"], 4),
    "a type variable": (
        [
            "from typing import Generic, TypeVar\nX = TypeVar('X')\nclass Box(Generic[X]): pass\nBox[int].__args__[0].__name__"
        ],
        "int",
    ),
    "an exit that is no error": (["import sys\nleft = 1\nsys.exit()", "left"], 1),
    "redirected output": (
        ["import io, contextlib\nf = io.StringIO()\nwith contextlib.redirect_stdout(f): print('in')\nf.getvalue()"],
        "in\n",
    ),
    "no code": (["", "# only a comment"], None),
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_it_is_python(worker, name):
    actions, value = SNIPPETS[name]
    results = [worker.run(code) for code in actions]
    assert [one.error for one in results] == [None] * len(results)
    assert results[-1].value == value


def test_what_a_value_looks_like_is_shown(worker):
    result = worker.run("{'a': (1, 2)}")
    assert (result.shown, result.value) == ("{'a': (1, 2)}", {"a": [1, 2]})


def test_none_is_no_value(worker):
    assert worker.run("None").shown == ""


def test_a_value_that_is_no_data_is_shown_only(worker):
    result = worker.run("object")
    assert (result.value, result.shown, result.error) == (None, "<class 'object'>", None)


def test_a_repr_that_raises_is_told(worker):
    result = worker.run("class Bad:\n    def __repr__(self): raise ValueError\nBad()")
    assert result.shown == "<Bad, whose repr raised ValueError>"
    assert result.error is None


def test_output_of_python_and_of_children_is_kept_in_order(worker):
    result = worker.run(
        "import subprocess, sys\nprint('one')\nsubprocess.run(['echo', 'two'])\nprint('three')\nprint('err', file=sys.stderr)"
    )
    assert result.stdout == "one\ntwo\nthree\n"
    assert result.stderr == "err\n"


def test_text_without_bytes_can_be_printed(worker):
    assert worker.run("print('\\ud800')").stdout == "\\ud800\n"


def test_there_is_no_input(worker):
    assert worker.run("input()").error.kind == "EOFError"


def test_stdout_is_put_back_for_the_next_action(fresh):
    fresh.run("import sys, os\nsys.stdout = None\nos.close(1)")
    assert fresh.run("print('back')").stdout == "back\n"
    fresh.run("import sys\nsys.stdout.close()")
    assert fresh.run("print('again')").stdout == "again\n"


def test_builtins_that_are_broken_do_not_break_the_worker(fresh):
    code = (
        "import builtins, json, os, sys\n"
        "kept = dict(vars(builtins))\n"
        "json.dumps = json.JSONEncoder.encode = os.write = os.read = None\n"
        "builtins.repr = lambda o: 'ESCAPED'\nbuiltins.isinstance = builtins.len = builtins.type = None\n"
        "{'a': 1}"
    )
    result = fresh.run(code)
    assert (result.value, result.shown) == ({"a": 1}, "{'a': 1}")
    assert fresh.run("vars(builtins).update(kept)\nlen('ab')").value == 2


def test_a_copy_of_the_process_says_nothing_to_the_host(worker):
    result = worker.run("import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)\n'parent' if pid else 'child'")
    assert result.value == "parent"
    result = worker.run("pid = os.fork()\nif not pid: raise ValueError('in the copy')\nos.waitpid(pid, 0)[1]")
    assert result.value == 256
    assert "in the copy" in result.stderr
