"""A run of Weights & Biases: opened and finished within bounded times, offline where the server cannot be reached."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ExportedRun", "Mode", "RunAtHand", "open_run"]

Mode: TypeAlias = Literal["online", "offline", "disabled", "none"]
"""Where a run is: at the server, in a directory, nowhere by the user's wish, nowhere since it could not be opened."""

_BOUNDS: dict[str, Any] = {
    "init_timeout": 10.0,
    "finish_timeout": 30.0,
    "finish_timeout_raises": True,
    # The run is opened when everything is over: what the program prints and uses from now on is not about it.
    "console": "off",
    "x_disable_stats": True,
}


@dataclass(frozen=True, slots=True)
class ExportedRun:
    """The run that a trace went into."""

    id: str
    """Id of the run; empty where none could be opened."""
    mode: Mode
    """Where it is."""
    project: str = ""
    """Its project."""
    entity: str = ""
    """Whose project that is; empty where the run is not at the server."""
    url: str | None = None
    """Its page, where it is at the server."""
    directory: Path | None = None
    """Its directory on this machine."""
    problems: tuple[str, ...] = ()
    """What went wrong, a sentence each; empty where everything is at the server, or in the directory as was asked."""


@dataclass
class RunAtHand:
    """An open run, and what went wrong with it so far."""

    run: Any
    """The run, as wandb has it."""
    own: bool = False
    """Whether it was opened here: only then it is finished here."""
    problems: list[str] = field(default_factory=list[str])
    """What went wrong."""

    def finish(self, *, failed: bool) -> None:
        """End the run if it was opened here; `failed` is whether what it shows had failed."""
        if not self.own:
            return
        try:
            self.run.finish(exit_code=int(failed))
        except TimeoutError:
            seconds = self.run.settings.finish_timeout
            self.problems.append(
                f"Not everything could be sent within {seconds:g} s (the setting `finish_timeout`). `wandb sync "
                f"--no-skip-online {Path(self.run.dir).parent}` sends the rest, but not the trace file."
            )
        except Exception as error:  # noqa: BLE001 (whatever the SDK meets, the program has done its work)
            self.problems.append(f"The run could not be finished: {type(error).__name__}: {error}.")

    def exported(self) -> ExportedRun:
        """Say what the run is."""
        mode: Mode = "online"
        if self._told("disabled"):
            mode = "disabled"
        elif self._told("offline"):
            mode = "offline"
        files = self._told("dir") if mode != "disabled" else None
        return ExportedRun(
            str(self._told("id") or ""),
            mode,
            project=str(self._told("project") or ""),
            entity=str(self._told("entity") or ""),
            url=self._told("url") if mode == "online" else None,  # offline, asking for it is a warning
            directory=Path(files).parent if files else None,
            problems=tuple(self.problems),
        )

    def _told(self, name: str) -> Any:
        """What a run says of itself; None where it has no word for it, or will not say it any more."""
        try:
            return getattr(self.run, name, None)
        except Exception:  # noqa: BLE001 (whatever the SDK meets, the program has done its work)
            return None


def open_run(arguments: Mapping[str, Any]) -> RunAtHand | None:
    """Open a run with arguments of `wandb.init`, beside any run that is open already; None where wandb is disabled.

    Where nobody is signed in or the server cannot be reached, the run is an offline one, and that is a problem to tell.
    """
    wandb = cast("Any", import_module("wandb"))
    settings = _bounded(arguments.get("settings"))
    mode = arguments.get("mode") or settings.get("mode") or _mode_around(wandb)
    if mode == "disabled":
        return None  # a disabled run, and only that, would take the place of one that is open already
    given = {"reinit": "create_new", **arguments, "mode": mode, "settings": settings}
    try:
        if mode not in {"offline", "dryrun"} and not _signed_in(wandb, settings):
            return _offline(wandb, given, "Nobody is signed in: `wandb login` does that.")
        return RunAtHand(wandb.init(**given), own=True)
    except Exception as error:  # noqa: BLE001 (no network, a refused key, a server that is ill: nothing is lost)
        reason = (str(error).splitlines() or [""])[0].rstrip(".")
        return _offline(wandb, given, f"The server did not take the run: {type(error).__name__}: {reason}.")


def _mode_around(wandb: Any) -> str:
    """The mode where nobody names one: beside an offline run it is offline as well, else what wandb is set to."""
    beside_offline = wandb.run is not None and wandb.run.offline
    return "offline" if beside_offline else str(wandb.setup().settings.mode)


def _signed_in(wandb: Any, settings: Mapping[str, Any]) -> bool:
    """Whether there is a key, and the server takes it.

    Without a network this takes ten seconds (`WANDB_HTTP_TIMEOUT`). It asks nobody at the terminal for a key, as
    opening a run would: the program would wait for somebody to type it. Who names a key or a server has seen to it
    himself, and while a run is open at the server there is no question.
    """
    return bool({"api_key", "base_url"} & set(settings)) or wandb.run is not None or bool(wandb.login(prompt=False))


def _offline(wandb: Any, given: Mapping[str, Any], problem: str) -> RunAtHand:
    settings = {name: value for name, value in given["settings"].items() if name != "mode"}
    run = wandb.init(**{**given, "mode": "offline", "settings": settings})
    told = f"{problem} The run was made offline: `wandb sync {Path(run.dir).parent}` sends it."
    return RunAtHand(run, own=True, problems=[told])


def _bounded(settings: Any) -> dict[str, Any]:
    """Return settings with our bounds, where neither they nor the environment name others."""
    if settings is None:
        named: dict[str, Any] = {}
    elif hasattr(settings, "model_fields_set"):
        named = {name: getattr(settings, name) for name in settings.model_fields_set}
    else:
        named = dict(settings)
    ours = {name: value for name, value in _BOUNDS.items() if f"WANDB_{name.upper()}" not in os.environ}
    return {**ours, **named}
