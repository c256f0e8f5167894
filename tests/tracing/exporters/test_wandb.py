"""What is done with an SDK that is there, absent, offline or broken. The real one: test_wandb_real.py."""

import subprocess
import sys
import types
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from llm_strategy.errors import ConfigurationError, MissingExtraError, TransportError
from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing.exporters.wandb import check_target, export_trace, export_traces
from llm_strategy.tracing.exporters.wandb_parts import PARTS
from llm_strategy.tracing.exporters.wandb_report import make_report
from llm_strategy.tracing.exporters.wandb_run import ExportedRun
from llm_strategy.tracing.recorded import RecordedTrace
from llm_strategy.tracing.records import SpanRecord, line_of

NUMBERS = {"config", "calls", "summary"}


class Config(dict):
    def update(self, *args, allow_val_change=None, **kwargs):
        super().update(*args, **kwargs)


class Run:
    """As much of a run of wandb as we touch."""

    def __init__(self, sdk, arguments):
        self.sdk, self.arguments = sdk, arguments
        self.mode = arguments.get("mode", "online")
        self.offline, self.disabled = self.mode == "offline", self.mode == "disabled"
        self.id, self.project, self.entity = "r1", arguments.get("project", "uncategorized"), "me"
        self.dir, self.url = "/runs/r1/files", "https://host/me/r1"
        self.settings = types.SimpleNamespace(**arguments.get("settings", {}))
        self.config, self.summary = Config(), {}
        self.rows, self.metrics, self.artifacts, self.finished = [], {}, [], None

    def define_metric(self, name, step_metric=None, summary=None):
        self.metrics[name] = step_metric

    def log(self, row):
        if self.sdk.full:
            raise OSError("no space left")
        self.rows.append(row)
        self.summary.update(row)

    def log_artifact(self, artifact):
        self.artifacts.append(artifact)

    def finish(self, exit_code=None):
        self.finished = exit_code
        if self.sdk.ending is not None:
            raise self.sdk.ending


class Artifact:
    def __init__(self, name, **told):
        self.name, self.type, self.metadata, self.files = name, told["type"], told["metadata"], {}

    def add_file(self, path, name):
        self.files[name] = Path(path).read_bytes()

    def new_file(self, name, mode):
        return _Kept(self.files, name)


class _Kept:
    def __init__(self, files, name):
        self.files, self.name = files, name

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def writelines(self, lines):
        self.files[self.name] = b"".join(lines)


class Sdk(types.ModuleType):
    """The module `wandb`, as a server, a network and a user's account let it be."""

    Artifact = Artifact
    Table = types.SimpleNamespace

    @staticmethod
    def Html(page, **how):
        return types.SimpleNamespace(page=page, how=how)

    def __init__(self):
        super().__init__("wandb")
        self.__spec__ = ModuleSpec("wandb", None)
        self.run, self.runs, self.full, self.ending = None, [], False, None
        self.signed_in, self.logins, self.environment, self.refusals = True, 0, "online", {}

    def setup(self):
        return types.SimpleNamespace(settings=types.SimpleNamespace(mode=self.environment))

    def login(self, *, prompt):
        assert prompt is False
        self.logins += 1
        return self.signed_in

    def init(self, **arguments):
        if refusal := self.refusals.get(arguments.get("mode", "online")):
            raise refusal
        self.runs.append(Run(self, arguments))
        return self.runs[-1]


@pytest.fixture
def sdk(monkeypatch):
    made = Sdk()
    monkeypatch.setitem(sys.modules, "wandb", made)
    for name in ("WANDB_INIT_TIMEOUT", "WANDB_FINISH_TIMEOUT", "WANDB_CONSOLE", "WANDB_X_DISABLE_STATS"):
        monkeypatch.delenv(name, raising=False)
    return made


def test_a_project_name_opens_a_bounded_run_beside_others_and_finishes_it(sdk):
    exported = export_trace(sample_trace(2), "shop", parts=NUMBERS)

    (run,) = sdk.runs
    assert run.arguments["project"] == "shop"
    assert run.arguments["name"] == "sample"
    assert run.arguments["reinit"] == "create_new"
    assert run.settings.init_timeout == 10
    assert run.settings.finish_timeout == 30
    assert run.finished == 0
    assert [row["llm_strategy/call"] for row in run.rows] == [0, 1]
    assert run.metrics["llm_strategy/seconds"] == "llm_strategy/call"
    assert run.summary["llm_strategy/trace/calls"] == 2
    assert (exported.id, exported.mode, exported.url, exported.problems) == ("r1", "online", run.url, ())
    assert str(exported.directory) == "/runs/r1"


def test_settings_of_the_user_and_of_the_environment_come_first(sdk, monkeypatch):
    monkeypatch.setenv("WANDB_FINISH_TIMEOUT", "5")
    settings = types.SimpleNamespace(model_fields_set={"init_timeout"}, init_timeout=3)
    export_trace(sample_trace(1), {"settings": settings, "name": "mine", "parts": ["summary"]})

    (run,) = sdk.runs
    assert run.arguments["name"] == "mine"
    assert run.settings.init_timeout == 3
    assert not hasattr(run.settings, "finish_timeout")
    assert (run.rows, run.artifacts) == ([], [])


def test_a_failed_session_is_a_failed_run(sdk):
    failed = RecordedTrace.of([SpanRecord("t", "s", None, "job", "session", 1, 2, "error")])
    export_trace(failed, {"parts": ["summary"]})
    assert sdk.runs[0].finished == 1


def test_a_run_that_was_handed_in_stays_open_and_goes_on_counting(sdk):
    run = Run(sdk, {})
    export_trace(sample_trace(2), run, parts=NUMBERS)
    export_trace(sample_trace(3), run, parts=NUMBERS)

    assert run.finished is None
    assert sdk.runs == []
    assert [row["llm_strategy/call"] for row in run.rows] == [0, 1, 2, 3, 4]
    assert len(run.config["llm_strategy"]["traces"]) == 2


def test_true_is_the_open_run_and_where_there_is_none_a_new_one(sdk):
    assert export_trace(sample_trace(1), True, parts=NUMBERS).id == "r1"
    assert len(sdk.runs) == 1
    sdk.run = Run(sdk, {})
    export_trace(sample_trace(1), True, parts=NUMBERS)
    assert len(sdk.runs) == 1
    assert sdk.run.rows


def test_anything_with_a_log_takes_what_it_can(sdk):
    class Sink:
        rows = []

        def log(self, row):
            self.rows.append(row)

    with pytest.warns(RuntimeWarning, match="'config' is missing") as told:
        exported = export_trace(sample_trace(1), Sink(), parts=NUMBERS)
    assert len(told) == 1
    assert len(exported.problems) == 4  # one for each part, and what to do
    assert (exported.id, exported.directory) == ("", None)


def test_a_run_that_is_over_is_told_by_one_warning(sdk):
    class Over:
        def __getattr__(self, name):
            if name == "log":
                return print
            raise RuntimeError("the run is finished")

    with pytest.warns(RuntimeWarning, match="'calls' is missing: RuntimeError: the run is finished") as told:
        exported = export_trace(sample_trace(1), Over(), parts={"calls"})
    assert len(told) == 1
    assert (exported.id, exported.mode) == ("", "online")


def test_arguments_of_the_run_never_get_into_its_configuration(sdk):
    export_trace(sample_trace(1), {"project": "shop", "settings": {"api_key": "hush-hush"}})
    assert "hush-hush" not in repr((sdk.runs[0].config, sdk.runs[0].rows, sdk.runs[0].summary))


def test_nobody_signed_in_makes_an_offline_run_without_asking(sdk):
    sdk.signed_in = False
    with pytest.warns(RuntimeWarning, match=r"Nobody is signed in: .*`wandb sync /runs/r1` sends it"):
        exported = export_trace(sample_trace(1), {"settings": {"mode": "online"}}, parts=NUMBERS)

    (run,) = sdk.runs
    assert (exported.mode, exported.url, run.finished) == ("offline", None, 0)
    assert not hasattr(run.settings, "mode")


def test_a_server_that_cannot_be_reached_makes_an_offline_run(sdk):
    sdk.refusals["online"] = OSError("no network.\nand more")
    with pytest.warns(
        RuntimeWarning, match=r"The server did not take the run: OSError: no network\. The run was"
    ) as told:
        exported = export_trace(sample_trace(1), "shop", parts=NUMBERS)
    assert len(told) == 1
    assert exported.mode == "offline"
    assert sdk.runs[0].rows


@pytest.mark.parametrize(("setting", "value"), [("mode", "offline"), ("settings", {"api_key": "k"})])
def test_who_asks_no_server_or_brings_a_key_need_not_be_signed_in(sdk, setting, value):
    sdk.signed_in = False
    exported = export_trace(sample_trace(1), {setting: value}, parts=NUMBERS)
    assert exported.mode == (value if setting == "mode" else "online")
    assert exported.problems == ()
    assert sdk.logins == 0


@pytest.mark.parametrize("settings", [{"mode": "disabled"}, {"settings": {"mode": "disabled"}}, {}])
def test_where_wandb_is_disabled_no_run_is_opened(sdk, settings):
    sdk.environment = "disabled"
    assert export_trace(sample_trace(1), settings) == ExportedRun("", "disabled")
    assert sdk.runs == []


def test_a_disabled_run_that_was_handed_in_is_nowhere_and_no_problem(sdk):
    exported = export_trace(sample_trace(1), Run(sdk, {"mode": "disabled"}), parts=NUMBERS)
    assert (exported.mode, exported.directory, exported.problems) == ("disabled", None, ())


@pytest.mark.parametrize(("mode", "then"), [("offline", "offline"), ("online", "online")])
def test_a_run_beside_an_open_one_needs_no_signing_in_and_is_where_that_is(sdk, mode, then):
    sdk.signed_in, sdk.run = False, Run(sdk, {"mode": mode})
    exported = export_trace(sample_trace(1), "shop", parts=NUMBERS)
    assert (exported.mode, exported.problems, sdk.logins) == (then, (), 0)


def test_the_mode_of_the_environment_counts(sdk):
    sdk.environment, sdk.signed_in = "offline", False
    assert export_trace(sample_trace(1), "shop", parts=NUMBERS).problems == ()


def test_where_nothing_can_be_opened_there_is_one_warning_and_no_exception(sdk):
    sdk.refusals = {"online": OSError("no network"), "offline": PermissionError("no directory")}
    with pytest.warns(RuntimeWarning, match=r"No run could be opened: PermissionError: no directory\. `llm-strategy"):
        exported = export_trace(sample_trace(1), "shop")
    assert (exported.mode, exported.id) == ("none", "")


def test_one_part_that_fails_does_not_keep_the_others_away(sdk):
    sdk.full = True
    with pytest.warns(RuntimeWarning, match=r"The part 'calls' is missing: OSError: no space left\. `llm-strategy"):
        export_trace(sample_trace(1), "shop", parts=NUMBERS)
    assert sdk.runs[0].summary["llm_strategy/trace/calls"] == 1


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        (TimeoutError(), r"within 30 s .* `wandb sync --no-skip-online /runs/r1` sends the rest"),
        (OSError("gone"), "could not be finished: OSError: gone"),
    ],
)
def test_an_end_that_fails_is_told(sdk, ending, told):
    sdk.ending = ending
    with pytest.warns(RuntimeWarning, match=told):
        export_trace(sample_trace(1), "shop", parts=NUMBERS)


def test_the_table_and_the_page_are_logged_once_each_and_the_page_as_it_is(sdk):
    export_traces([sample_trace(1), sample_trace(2)], parts={"spans", "page"}, together=True)
    page, table = sdk.runs[0].rows

    assert len(table["llm_strategy/spans"].data) == len(sample_trace(1).spans) + len(sample_trace(2).spans)
    assert page["llm_strategy/page"].page.lower().startswith("<!doctype html>")
    assert page["llm_strategy/page"].how == {"inject": False, "data_is_not_path": True}


def test_the_classic_tree_is_logged_where_it_is_asked_for(sdk, monkeypatch):
    form = types.ModuleType("wandb.sdk.data_types.trace_tree")
    form.Span, form.Result = types.SimpleNamespace, lambda *parts: parts
    form.WBTraceTree = lambda root, model: root
    monkeypatch.setitem(sys.modules, form.__name__, form)
    export_trace(sample_trace(1), {"parts": ["tree"]})
    assert sdk.runs[0].rows[0]["llm_strategy/tree"].span_id == sample_trace(1).session.span


def test_the_file_of_the_trace_goes_in_as_it_is(sdk, tmp_path):
    file = tmp_path / "t.jsonl"
    file.write_bytes(b"half a li" + b"".join(map(line_of, sample_trace(1).spans)))
    export_trace(RecordedTrace(sample_trace(1).spans, file), "shop", parts={"file"})
    export_trace(RecordedTrace(sample_trace(1).spans, tmp_path / "gone"), "shop", parts={"file"})

    first, second = (run.artifacts[0] for run in sdk.runs)
    name = f"{sample_trace(1).id}.jsonl"
    assert first.files == {name: file.read_bytes()}
    assert second.files == {name: b"".join(map(line_of, sample_trace(1).spans))}
    assert (first.name, first.type, first.metadata["spans"]) == ("trace-sample", "trace", len(sample_trace(1).spans))


def test_the_name_of_an_artifact_is_one_that_is_allowed(sdk):
    session = SpanRecord("t", "s", None, "säle/2026 #1", "session", 1, 2)
    export_trace(RecordedTrace.of([session]), "shop", parts={"file"})
    assert sdk.runs[0].artifacts[0].name == "trace-s-le-2026-1"


def test_many_traces_are_many_runs_or_one(sdk):
    traces = [sample_trace(1), sample_trace(2)]
    assert len(export_traces(traces, settings={"project": "shop"}, parts=NUMBERS)) == len(sdk.runs) == 2
    assert len(export_traces(traces, settings={"parts": ["calls"]}, together=True)) == 1
    assert [row["llm_strategy/call"] for row in sdk.runs[2].rows] == [0, 1, 2]
    assert export_traces([], together=True) == ()


def test_what_fails_for_many_traces_is_returned_and_not_warned_of(sdk):
    sdk.signed_in = False
    (exported,) = export_traces([sample_trace(1)], parts=NUMBERS)
    assert "Nobody is signed in" in exported.problems[0]


@pytest.mark.parametrize("target", [None, False, 3, object()])
def test_what_is_no_target_is_told_before_anything_is_traced(sdk, target):
    with pytest.raises(ConfigurationError, match="Pass an open run, a mapping"):
        check_target(target)
    with pytest.raises(ConfigurationError, match="A trace cannot go to"):
        export_trace(sample_trace(1), target)


@pytest.mark.parametrize(
    "ask", [lambda: check_target({"parts": ["page", "pie"]}), lambda: export_traces([], parts={"pie"})]
)
def test_a_part_that_does_not_exist_is_told(sdk, ask):
    with pytest.raises(ConfigurationError, match=r"no part 'pie' .* Parts are: 'config', 'calls'"):
        ask()


def test_without_wandb_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    for ask in (check_target, lambda to: export_trace(sample_trace(1), to), lambda _: export_traces([sample_trace(1)])):
        with pytest.raises(MissingExtraError, match=r"pip install 'llm-strategy\[wandb\]'"):
            ask("shop")


def test_the_module_loads_no_wandb_before_it_is_used():
    code = "import sys, llm_strategy.tracing.exporters.wandb as room; room.check_target('x'); print('wandb' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_tree_is_not_among_the_parts_where_nothing_else_is_said():
    assert "tree" not in PARTS


ONLINE = ExportedRun("r1", "online", "shop", "me")


def test_a_report_is_about_runs_at_the_server_and_of_one_project():
    with pytest.raises(ConfigurationError, match="'r2' is offline"):
        make_report([ONLINE, ExportedRun("r2", "offline")])
    with pytest.raises(ConfigurationError, match="they are of 2 projects"):
        make_report([ONLINE, ExportedRun("r2", "online", "other", "me")])
    with pytest.raises(ConfigurationError, match="they are of 0 projects"):
        make_report([])


def test_a_report_without_its_package_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb_workspaces", None)
    monkeypatch.setitem(sys.modules, "wandb_workspaces.reports.v2", None)
    with pytest.raises(ConfigurationError, match="pip install wandb-workspaces"):
        make_report([ONLINE])


class Form(types.ModuleType):
    """As much of `wandb_workspaces.reports.v2` as we touch: everything is a namespace of its arguments."""

    saved = []
    refusal = None

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: types.SimpleNamespace(kind=name, args=args, **kwargs)

    def Report(self, **kwargs):
        def save():
            if self.refusal:
                raise self.refusal
            self.saved.append(kwargs)

        return types.SimpleNamespace(save=save, url="https://host/report", **kwargs)


@pytest.fixture
def form(monkeypatch):
    made = Form("wandb_workspaces.reports.v2")
    made.saved = []
    monkeypatch.setitem(sys.modules, "wandb_workspaces.reports.v2", made)
    return made


def test_a_report_draws_calls_hyperparameters_and_pages_of_its_runs(form):
    second = ExportedRun("r2", "online", "shop", "me")
    url = make_report([ONLINE, second], title="Nightly", hyperparameters=["shop.describe.temperature"])

    (saved,) = form.saved
    (grid,) = saved["blocks"]
    *lines, axes, media = grid.panels
    assert (url, saved["title"]) == ("https://host/report", "Nightly")
    assert grid.runsets[0].filters == "Metric('ID') in ['r1', 'r2']"
    assert {line.x for line in lines} == {"llm_strategy/call"}
    assert axes.columns[0].metric.args == ("llm_strategy.hyperparameters.shop.describe.temperature",)
    assert media.media_keys == ["llm_strategy/page"]


def test_a_report_that_is_refused_is_told(form):
    form.refusal = ValueError("project not found")
    with pytest.raises(
        TransportError, match="'Calls of LLM functions' could not be saved: ValueError: project not found"
    ):
        make_report([ONLINE])
