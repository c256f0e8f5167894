"""What the package exports, and what importing it costs."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import llm_strategy

EXPORTED = [
    "Audio",
    "ChainOfThought",
    "ChatChain",
    "Code",
    "CodeAct",
    "ContextThreadPoolExecutor",
    "Direct",
    "Example",
    "Executor",
    "Fence",
    "File",
    "Hyperparameters",
    "Image",
    "Markdown",
    "Message",
    "ModelLike",
    "Partial",
    "PythonCode",
    "RayExecutor",
    "Result",
    "SelfConsistency",
    "Templates",
    "ThreadExecutor",
    "Untrusted",
    "Verbatim",
    "Whole",
    "approving",
    "as_tool",
    "budget",
    "caching",
    "carried",
    "distrust",
    "durable",
    "fallback",
    "generate_book",
    "generate_codebase",
    "generate_custom",
    "growth",
    "is_untrusted",
    "limited",
    "llm_dataclass",
    "llm_explicit_function",
    "llm_function",
    "llm_strategy",
    "record_file",
    "record_score",
    "register_price",
    "register_reasoning",
    "register_type",
    "retrying",
    "span",
    "tool",
    "trace",
    "track_hyperparameters",
    "trust",
    "use_model",
]

HEAVY = (
    "jinja2",
    "langchain",
    "langchain_core",
    "langchain_openai",
    "openai",
    "opentelemetry",
    "wandb",
    "numpy",
    "pandas",
    "xllamacpp",
)

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(llm_strategy.__path__, "llm_strategy.")
    if not module.name.endswith("__main__")
)


def test_the_exported_names_are_pinned():
    assert llm_strategy.__all__ == EXPORTED
    assert sorted(llm_strategy._HOMES) == EXPORTED


@pytest.mark.parametrize("name", EXPORTED)
def test_every_exported_name_resolves(name):
    assert getattr(llm_strategy, name) is not None
    assert name in dir(llm_strategy)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'llm_strategy' has no attribute 'llm_funktion'"):
        _ = llm_strategy.llm_funktion


def test_the_version_is_told():
    assert llm_strategy.__version__
    assert "__version__" in dir(llm_strategy)


@pytest.mark.parametrize("name", MODULES)
def test_every_name_that_a_module_lists_exists(name):
    module = importlib.import_module(name)
    assert [each for each in getattr(module, "__all__", ()) if not hasattr(module, each)] == []


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("import llm_strategy", id="package"),
        pytest.param("from llm_strategy import llm_function, llm_strategy", id="decorators"),
        pytest.param("from llm_strategy import *", id="everything"),
        pytest.param(
            "from llm_strategy import llm_function\n"
            "@llm_function\n"
            "def capital(model, country: str) -> str:\n"
            "    '''The capital of the country.'''\n"
            "assert capital.prompt('France')",
            id="definition",
        ),
    ],
)
def test_importing_loads_nothing_heavy(statement):
    code = f"{statement}\nimport sys\nprint(sorted(set(sys.modules) & set({HEAVY!r})))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
