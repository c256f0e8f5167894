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


def open_run(arguments: Mapping[str, Any]) -> RunAtHand:
    """Open a run with arguments of `wandb.init`, beside any run that is open already.

    Where nobody is signed in or the server cannot be reached, the run is an offline one, and that is a problem to tell.
    """
    wandb = cast("Any", import_module("wandb"))
    given = {"reinit": "create_new", **arguments, "settings": _bounded(arguments.get("settings"))}
    try:
        if not _asks_nobody(wandb, given) and not wandb.login(prompt=False):
            return _offline(wandb, given, "Nobody is signed in: `wandb login` does that.")
        return RunAtHand(wandb.init(**given), own=True)
    except Exception as error:  # noqa: BLE001 (no network, a key that is refused, a server that is ill: nothing is lost)
        reason = (str(error).splitlines() or [""])[0].rstrip(".")
        return _offline(wandb, given, f"The server did not take the run: {type(error).__name__}: {reason}.")


def _asks_nobody(wandb: Any, given: Mapping[str, Any]) -> bool:
    """Whether a run may be opened at once.

    Otherwise we sign in first: that takes ten seconds at most (`WANDB_HTTP_TIMEOUT`) where there is no network, and it
    is told not to ask for a key at the terminal, where the program would wait for somebody to type it.
    """
    settings: Mapping[str, Any] = given["settings"]
    mode = given.get("mode") or settings.get("mode") or wandb.setup().settings.mode
    away = mode in {"offline", "dryrun", "disabled"}
    return away or wandb.run is not None or bool({"api_key", "base_url"} & set(settings))


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
