"""Snapshots of monty on their way through a store: sealed, because what is loaded decides what monty's process does.

A snapshot is the memory of an interpreter. Monty does not check one, so a forged one is an attack on a process that no
other wall surrounds. It is loaded only with a seal made by somebody who has the key.

Covered: changed, cut and foreign bytes; a snapshot of another version of monty, or of a session with other limits.
Not covered: an old snapshot put in the place of a newer one of the same key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import asdict
from typing import TYPE_CHECKING

from llm_strategy.errors import InputError

if TYPE_CHECKING:
    from llm_strategy.sandbox.limits import Limits

__all__ = ["PROCESS_KEY", "sealed", "unsealed"]

PROCESS_KEY = secrets.token_bytes(32)
"""The key of snapshots for which the user gave none: they are of use in this process only."""
_MAGIC = b"llm-strategy monty snapshot 1\n"
_SEAL = hashlib.sha256().digest_size


def sealed(state: bytes, *, key: bytes, version: str, limits: Limits) -> bytes:
    """Return a state of monty with a seal."""
    body = _about(version, limits) + state
    return _MAGIC + _seal(body, key) + body


def unsealed(snapshot: bytes, *, key: bytes, version: str, limits: Limits) -> bytes:
    """Return the state in a snapshot, once its seal was checked.

    Raises:
        InputError: it is none, was changed, or was made with another key, version or limits.
    """
    if not snapshot.startswith(_MAGIC):
        raise InputError(f"Setup.snapshot begins with {snapshot[:24]!r}: it is no snapshot of monty.")
    body = snapshot[len(_MAGIC) + _SEAL :]
    if not hmac.compare_digest(snapshot[len(_MAGIC) : len(_MAGIC) + _SEAL], _seal(body, key)):
        raise InputError(
            "The seal of Setup.snapshot is broken: it was changed, or made with another key. To go on in another "
            "process than the one that made it, give both the same key: Monty(key=...)."
        )
    about = _about(version, limits)
    if not body.startswith(about):
        made = body.split(b"\n", 1)[0].decode("utf-8", "replace")
        raise InputError(f"Setup.snapshot was made by {made}, and this session is {about.decode().strip()}.")
    return body[len(about) :]


def _about(version: str, limits: Limits) -> bytes:
    """What has to be the same where a snapshot goes on: monty restores the limits that it was made with."""
    return f"monty {version} with {json.dumps(asdict(limits))}\n".encode()


def _seal(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, body, "sha256")
