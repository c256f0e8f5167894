"""A report in Weights & Biases: an offline run of the real SDK, read back record by record."""

import contextlib
import io
import json
import os
import subprocess
import sys
import types
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from llm_strategy.errors import ConfigurationError
from llm_strategy.optimize.report.page import report_page
from llm_strategy.optimize.report.parts import LeafRecord, MemberRecord, Spent
from llm_strategy.optimize.report.wandb import check_project, export_candidates, export_report
from llm_strategy.optimize.report.wandb_panels import importance_rows, parallel_lines
from llm_strategy.optimize.report.wandb_rows import candidate_rows, candidate_summary, history_rows, summary_of
from llm_strategy.testing.sample_optimizations import sample_report
from llm_strategy.testing.wandb_reader import read_wandb_run

BOUND = 120
EXPORT = """
import json
from llm_strategy.optimize.report.wandb import export_candidates, export_report
from llm_strategy.testing.sample_optimizations import sample_report

report = sample_report(12)
exported = [export_report(report, "essays"), *export_candidates(report, "essays", most=2)]
print(json.dumps([[one.mode, str(one.directory), one.problems] for one in exported]))
"""


@pytest.fixture(scope="module")
def offline(tmp_path_factory):
    """The runs that a process of its own has written, offline."""
    pytest.importorskip("wandb")
    home = tmp_path_factory.mktemp("offline")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
    quiet = {"WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false", "WANDB_X_DISABLE_META": "true"}
    env = {**kept, "HOME": str(home), "WANDB_DIR": str(home), "WANDB_MODE": "offline", **quiet}
    command = [sys.executable, "-c", EXPORT]
    done = subprocess.run(command, cwd=home, env=env, capture_output=True, text=True, timeout=BOUND, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("[")))
    assert [(mode, problems) for mode, _, problems in told] == [("offline", [])] * 3
    return [read_wandb_run(Path(directory)) for _, directory, _ in told]


def test_a_run_holds_the_settings_the_summary_and_the_best_score_over_rollouts(offline):
    report, run = sample_report(12), offline[0]
    assert (run.project, run.name, run.exit_code) == ("essays", report.task, 0)
    assert run.config["llm_strategy_optimization"]["budget"] == report.budget
    rows = [{key: value for key, value in row.items() if key[0] != "_"} for row in run.history]
    assert [row for row in rows if "optimization/score" in row] == history_rows(report)
    assert {key: run.summary[key] for key in summary_of(report)} == summary_of(report)
    steps = {metric.step for metric in run.metrics if metric.name == "optimization/best"}
    assert steps == {"optimization/rollouts"}


def test_the_candidates_are_a_table_and_the_page_is_in_the_run(offline):
    report, run = sample_report(12), offline[0]
    columns, rows = candidate_rows(report)
    assert run.table("optimization/candidates") == [dict(zip(columns, row, strict=True)) for row in rows]
    assert run.media("optimization/page").decode() == report_page(report)


def test_one_run_has_the_panels_of_a_sweep(offline):
    report, run = sample_report(12), offline[0]
    lines = parallel_lines(report)
    drawn = run.table("optimization/parallel_coordinates_table")
    assert {row["lineKey"] for row in drawn} == set(lines.names)
    assert all(0 <= row["lineVal"] <= 1 for row in drawn)
    bars = run.table("optimization/importance_table")
    assert [[row["hyperparameter"], row["importance"]] for row in bars] == importance_rows(report)
    charts = run.config["_wandb"]["visualize"]
    kinds = {key: chart["panel_config"]["panelDefId"] for key, chart in charts.items()}
    assert kinds == {
        "optimization/parallel_coordinates": "wandb/lineseries/v0",
        "optimization/importance": "wandb/bar/v0",
    }
    assert charts["optimization/parallel_coordinates"]["panel_config"]["stringSettings"]["xname"] == lines.axes


def test_the_report_is_an_artifact(offline):
    (artifact,) = [one for one in offline[0].artifacts if one.type == "optimization"]
    assert sorted(artifact.files) == ["best.json", "report.html", "report.json"]
    assert artifact.files["best.json"].read_text("utf-8") == sample_report(12).best


def test_candidates_are_runs_of_a_group_as_those_of_a_sweep(offline):
    report = sample_report(12)
    seed, best = offline[1], offline[2]
    assert seed.name == "candidate 0"
    assert best.name == f"candidate {report.best_number}"
    assert seed.config["hyperparameters"]["temperature"] == 1.0
    assert best.summary["optimization/score"] == report.member(report.best_number).mean


def test_a_target_that_is_none_is_refused_before_anything_is_paid():
    with pytest.raises(ConfigurationError, match="cannot go to 3"):
        check_project(3)


def test_what_is_not_known_is_absent():
    bare = sample_report(1).model_copy(update={"gain": None, "test_scores": {"seed": float("nan")}})
    assert not {"optimization/gain", "optimization/test_seed"} & set(summary_of(bare))
    assert candidate_summary(MemberRecord(number=1, fate="duplicate")) == {
        "optimization/cases": 0,
        "optimization/rollouts": 0,
        "optimization/fate": "duplicate",
    }
    one = MemberRecord(number=1, scores={"a": 0.5}, objectives={"score": 9.0, "how brief?": 2.0})
    summary = candidate_summary(one)
    assert summary["optimization/score"] == 0.5
    assert (summary["optimization/objective_score"], summary["optimization/objective_how_brief_"]) == (9.0, 2.0)
    members = (MemberRecord(number=0), MemberRecord(number=1, fate="rejected: gate", scores={"a": 0.5}))
    assert history_rows(bare.model_copy(update={"members": members, "leaves": ()})) == [
        {"optimization/rollouts": 0, "optimization/candidate": 1, "optimization/score": 0.5}
    ]


def test_a_row_of_the_history_has_the_hyperparameters_beside_the_score():
    leaves = (
        LeafRecord(path="m.f:temperature", kind="number", seed=0.5),
        LeafRecord(path="m.f:fields.Text[0].title", kind="text", seed="A title"),
        LeafRecord(path="m.f:fields.Text/0/title", kind="text", seed=["one", "two"]),
        LeafRecord(path="m.f:style", kind="choice", seed="x" * 300),
        LeafRecord(path="m.f:limit", kind="integer", seed=None),
    )
    changes = {"m.f:temperature": 0.9}
    member = MemberRecord(
        number=1,
        fate="pool",
        scores={"a": 0.5},
        changes=changes,
        objectives={"how brief?": 2.0},
        cost=Spent(tokens=8),
        rollouts=4,
    )
    report = sample_report(1).model_copy(update={"members": (MemberRecord(number=0), member), "leaves": leaves})
    assert history_rows(report) == [
        {
            "optimization/rollouts": 0,
            "optimization/candidate": 1,
            "optimization/score": 0.5,
            "optimization/best": 0.5,
            "optimization/objective_how_brief_": 2.0,
            "optimization/tokens_a_rollout": 2.0,
            "optimization/dollars_a_rollout": 0.0,
            "hyperparameters/temperature": 0.9,
            "hyperparameters/fields_Text_0_title_size": 7,
            "hyperparameters/fields_Text/0/title_size": 2,
            "hyperparameters/style": "x" * 200,
        }
    ]


class _Config(dict):
    def update(self, *args, allow_val_change=None):
        super().update(*args)


class _Run:
    """An open run of a program, which may have a full disk."""

    def __init__(self, *, full=False):
        self.full, self.config, self.summary, self.rows, self.artifacts = full, _Config(), {}, [], []
        self.id, self.offline, self.disabled, self.dir, self.project, self.entity = (
            "r1",
            True,
            False,
            "/r/files",
            "p",
            "",
        )
        self.finished = False

    def define_metric(self, name, step_metric=None, summary=None):
        pass

    def log(self, row):
        if self.full:
            raise OSError("no space left")
        self.rows.append(row)

    def log_artifact(self, artifact):
        self.artifacts.append(artifact)

    def finish(self, exit_code=None):
        self.finished = True


@pytest.fixture
def sdk(monkeypatch):
    """The module `wandb`, as far as a run that is handed in needs it."""
    made = types.ModuleType("wandb")
    made.__spec__ = ModuleSpec("wandb", None)
    made.Html = lambda page, **_: page
    made.Table = lambda **told: told
    made.plot = types.SimpleNamespace(line_series=lambda *_, **told: told, bar=lambda *_, **told: told)
    made.run = None

    def artifact(name, **told):
        raise OSError("no artifacts here")

    made.Artifact = artifact
    made.setup = lambda: types.SimpleNamespace(settings=types.SimpleNamespace(mode="disabled"))
    monkeypatch.setitem(sys.modules, "wandb", made)
    return made


def test_an_open_run_is_left_open_and_one_part_that_fails_keeps_no_other_away(sdk):
    run = _Run()
    with pytest.warns(RuntimeWarning, match="The part 'files' is missing: OSError: no artifacts here"):
        exported = export_report(sample_report(3), run)
    assert not run.finished
    assert run.summary["optimization/tried"] == 3
    assert len(exported.problems) == 1
    full = _Run(full=True)
    with pytest.warns(RuntimeWarning, match="'history' is missing"):
        export_report(sample_report(3), full)
    assert full.summary["optimization/tried"] == 3


def test_true_is_the_run_that_is_open(sdk):
    sdk.run = _Run()
    with pytest.warns(RuntimeWarning, match="not whole"):
        export_report(sample_report(2), True)
    assert sdk.run.rows


def test_where_wandb_is_disabled_nothing_goes_anywhere(sdk):
    assert export_report(sample_report(2), {"project": "p"}).mode == "disabled"
    assert [one.mode for one in export_candidates(sample_report(2), {"project": "p"})] == ["disabled"]


def test_a_run_that_cannot_be_opened_is_told_and_the_report_is_not_lost(sdk):
    def broken():
        raise RuntimeError("no service")

    sdk.setup = broken
    for exported in (export_report(sample_report(2), "p"), *export_candidates(sample_report(2), "p")):
        assert exported.mode == "none"
        assert "RuntimeError: no service. The report itself is on this machine." in exported.problems[0]


class _Artifact:
    def __init__(self, name, **told):
        self.files = {}

    @contextlib.contextmanager
    def new_file(self, name, mode):
        self.files[name] = io.BytesIO()
        yield self.files[name]


def test_a_run_that_is_opened_here_gets_all_parts_and_is_finished(sdk):
    runs = []
    sdk.Artifact = _Artifact
    sdk.setup = lambda: types.SimpleNamespace(settings=types.SimpleNamespace(mode="offline"))
    sdk.init = lambda **_: runs.append(_Run()) or runs[-1]
    report = sample_report(4)
    assert export_report(report, "p").problems == ()
    assert runs[0].artifacts[0].files["best.json"].getvalue().decode() == report.best
    assert len(export_candidates(report, {"project": "p"}, most=2)) == 2
    assert [run.finished for run in runs] == [True] * 3
