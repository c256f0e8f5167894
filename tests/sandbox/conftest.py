"""What tests of sandboxes share: whether this machine has one at all."""

import shutil
import subprocess
import sys

import pytest


@pytest.fixture(scope="session")
def bubblewrap_works():
    """Skip where bubblewrap is not installed, or the system gives it no namespaces, whatever the library says."""
    if sys.platform != "linux":
        pytest.skip("bubblewrap is for Linux")
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    tried = subprocess.run(["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"], capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"the system gives bubblewrap no namespaces: {tried.stderr.decode().strip()}")
