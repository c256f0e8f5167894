"""The answers of the stand-in for Weights & Biases to the operations that clients ask of it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from llm_strategy.testing.wandb_stub_runs import ArrivedArtifact, ArrivedRun

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Answers"]

Variables: TypeAlias = "dict[str, Any]"


class Answers:
    """What arrived, and one answer for each operation."""

    def __init__(self) -> None:
        self.url = ""
        self.runs: dict[str, ArrivedRun] = {}
        self.artifacts: dict[str, ArrivedArtifact] = {}
        self.reports: list[dict[str, Any]] = []
        self.unknown: list[str] = []
        self._clients: dict[str, str] = {}
        self._operations: dict[str, Callable[[Variables], Any]] = {
            "Viewer": _viewer,
            "ServerInfo": _server,
            "ServerFeaturesQuery": _server,
            "OrgFeatureFlags": lambda _asked: {"organization": {"featureFlags": []}},
            "FetchOrgEntityFromEntity": lambda _asked: {"entity": {"organization": None}},
            "RunResumeStatus": lambda _asked: {"model": {"id": "p", "name": "p", "entity": _ENTITY, "bucket": None}},
            "RunStoppedStatus": lambda _asked: {"project": {"run": {"stopped": False}}},
            "UpsertBucket": self._run,
            "CreateRunFiles": self._run_files,
            "MarkRunFilesUploaded": lambda _asked: {"markRunFilesUploaded": {"success": True}},
            "ArtifactType": lambda _asked: {"project": {"artifact": None}},
            "CreateArtifact": self._artifact,
            "CreateArtifactManifest": self._manifest,
            "CreateArtifactFiles": self._artifact_files,
            "CommitArtifact": self._commit,
            "ClientIDMapping": lambda asked: {"clientIDMapping": {"serverID": self._clients[asked["clientID"]]}},
            "NotifyScriptableRunAlert": self._alert,
            "ProjectInternalId": lambda _asked: {"project": {"id": "project", "internalId": "project"}},
            "GetProjects": self._projects,
            "upsertView": self._report,
        }

    def answer(self, operation: str, variables: Variables) -> dict[str, Any]:
        """Return the answer to an operation; to one that is not known, an error as servers give it."""
        known = self._operations.get(operation)
        if known is None:
            self.unknown.append(operation)
            return {"errors": [{"message": f"The stand-in does not know the operation {operation!r}."}], "data": None}
        return {"data": known({**variables, **(variables.get("input") or {})})}  # some wrap their variables in one

    def _run(self, asked: Variables) -> dict[str, Any]:
        name = asked.get("name") or asked.get("id") or "run"
        inserted = name not in self.runs
        run = self.runs.setdefault(name, ArrivedRun(name, asked.get("project") or "uncategorized", "stub"))
        run.name = asked.get("displayName") or run.name or name
        config: dict[str, Any] = json.loads(asked.get("config") or "{}")
        run.config.update({key: entry.get("value") for key, entry in config.items()})
        if asked.get("summaryMetrics"):
            run.summary.update(json.loads(asked["summaryMetrics"]))
        project = {"id": "project", "name": run.project, "entity": _ENTITY}
        bucket = {
            "id": _id(f"Run:{name}"),
            "name": name,
            "displayName": run.name,
            "description": None,
            "config": json.dumps(config),
            "sweepName": None,
            "project": project,
            "historyLineCount": len(run.lines),
        }
        return {"upsertBucket": {"bucket": bucket, "inserted": inserted}}

    def _run_files(self, asked: Variables) -> dict[str, Any]:
        files = [{"name": name, "uploadUrl": self._upload("run", asked["run"], name)} for name in asked["files"]]
        return {"createRunFiles": {"runID": _id(f"Run:{asked['run']}"), "uploadHeaders": [], "files": files}}

    def _artifact(self, asked: Variables) -> dict[str, Any]:
        artifact = ArrivedArtifact(
            asked["artifactCollectionName"],
            asked["artifactTypeName"],
            tuple(one["alias"] for one in asked.get("aliases") or ()),
            json.loads(asked.get("metadata") or "{}"),
        )
        name = _id(f"Artifact:{len(self.artifacts)}")
        self.artifacts[name] = artifact
        self._clients[asked.get("clientID", "")] = name
        if asked.get("runName") in self.runs:
            self.runs[asked["runName"]].artifacts.append(artifact)
        made = {"id": name, "state": "PENDING", "artifactSequence": {"latestArtifact": None}}
        return {"createArtifact": {"artifact": made}}

    def _manifest(self, asked: Variables) -> dict[str, Any]:
        url = self._upload("manifest", asked["artifactID"], "wandb_manifest.json")
        file: dict[str, Any] = {"id": "file", "uploadUrl": url, "uploadHeaders": []}
        return {"createArtifactManifest": {"artifactManifest": {"id": f"manifest {asked['artifactID']}", "file": file}}}

    def _artifact_files(self, asked: Variables) -> dict[str, Any]:
        nodes: list[dict[str, Any]] = [
            {
                "storagePath": None,
                "uploadUrl": self._upload("artifact", file["artifactID"], file["name"]),
                "uploadHeaders": [],
                "uploadMultipartUrls": None,
                "artifact": {"id": file["artifactID"]},
            }
            for file in asked["artifactFiles"]
        ]
        return {"createArtifactFiles": {"files": {"edges": [{"node": node} for node in nodes]}}}

    def _commit(self, asked: Variables) -> dict[str, Any]:
        self.artifacts[asked["artifactID"]].committed = True
        return {"commitArtifact": {"artifact": {"id": asked["artifactID"], "digest": ""}}}

    def _alert(self, asked: Variables) -> dict[str, Any]:
        self.runs[asked["runName"]].alerts.append(asked["title"])
        return {"notifyScriptableRunAlert": {"success": True}}

    def _projects(self, _asked: Variables) -> dict[str, Any]:
        names = sorted({run.project for run in self.runs.values()})
        told = {"__typename": "Project", "entityName": "stub", "createdAt": _TIME, "isBenchmark": False, "user": None}
        page = {"__typename": "PageInfo", "endCursor": None, "hasNextPage": False}
        return {"models": {"pageInfo": page, "edges": [{"node": {"id": name, "name": name, **told}} for name in names]}}

    def _report(self, asked: Variables) -> dict[str, Any]:
        self.reports.append({"title": asked["displayName"], "spec": json.loads(asked["spec"])})
        project = {"id": "project", "name": asked["projectName"], "entityName": asked["entityName"]}
        told = {key: asked.get(key) for key in ("name", "displayName", "description", "type", "spec")}
        view = {"id": _id(f"View:{len(self.reports)}"), **told, "project": project, "updatedAt": _TIME}
        return {"upsertView": {"view": view, "inserted": True}}

    def _upload(self, kind: str, owner: str, name: str) -> str:
        return f"{self.url}/upload/{kind}/{quote(owner, safe='')}/{quote(name, safe='')}"

    def store(self, kind: str, owner: str, name: str, content: bytes) -> None:
        """Keep the bytes that came to an upload address. Raises KeyError where nobody asked for one."""
        if kind == "run":
            self.runs[owner].files[name] = content
        elif kind == "artifact":
            self.artifacts[owner].files[name] = content
        else:
            self.artifacts[owner].manifest = json.loads(content)

    def stream(self, run: str, sent: dict[str, Any]) -> None:
        """Keep what a stream of lines brought. Raises KeyError where there is no such run."""
        kept = self.runs[run]
        parts: dict[str, dict[str, Any]] = sent.get("files") or {}
        for name, part in parts.items():
            if name == "wandb-history.jsonl":
                lines: list[str] = part["content"]
                kept.lines.update(enumerate(lines, part["offset"]))
            elif name == "wandb-summary.json":
                kept.summary = json.loads(part["content"][-1])
        if sent.get("complete"):
            kept.exit_code = sent.get("exitcode", 0)


_TIME = "2026-01-01T00:00:00Z"
_ENTITY = {"id": "entity", "name": "stub"}


def _viewer(_asked: Variables) -> dict[str, Any]:
    return {"viewer": {"id": "viewer", "entity": "stub", "username": "stub", "teams": {"edges": []}}}


def _server(_asked: Variables) -> dict[str, Any]:
    return {"serverInfo": {"features": [], "cliVersionInfo": {}, "latestLocalVersionInfo": None}}


def _id(text: str) -> str:
    """Return an id of the form that clients take apart: they decode it to write references."""
    return base64.b64encode(text.encode()).decode()
