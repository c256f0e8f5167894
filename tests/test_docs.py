"""Every Python block of the README and the documentation runs as it stands, answered by a model that says anything."""

import linecache
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from llm_strategy.chat.resolve import _DEFAULT, _OPENED, SCHEMES
from llm_strategy.testing import SchemaModel

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[str]:
    return BLOCK.findall(page.read_text(encoding="utf-8"))


@pytest.fixture
def any_model(monkeypatch, tmp_path):
    """`local` is a model that answers anything with a value of the right form."""
    opener = ModuleType("opener_of_documentation")
    opener.open_model = lambda _rest: SchemaModel()
    monkeypatch.setitem(sys.modules, "opener_of_documentation", opener)
    monkeypatch.setitem(SCHEMES, "local", "opener_of_documentation:open_model")
    _OPENED.clear()
    before = list(_DEFAULT)
    monkeypatch.chdir(tmp_path)
    yield
    _DEFAULT[:] = before
    _OPENED.clear()


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=lambda page: str(page.relative_to(ROOT)))
def test_code_of_the_documentation_runs(page, any_model):
    module = ModuleType("documentation")
    sys.modules["documentation"] = module
    try:
        for number, block in enumerate(blocks(page)):
            name = f"<{page.name} block {number}>"
            linecache.cache[name] = (len(block), None, block.splitlines(keepends=True), name)
            exec(compile(block, name, "exec"), module.__dict__)
    finally:
        del sys.modules["documentation"]


def test_the_readme_opens_with_code_and_names_both_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "```python" in "\n".join(text.splitlines()[:25])
    assert "make demo" in text
    assert "make test" in text
