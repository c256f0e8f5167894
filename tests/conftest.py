"""What tests of several rooms need: a real browser, driven over a pipe without any socket, and to know of bubblewrap."""

import gc
import itertools
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

OPTIONS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-sync", "--disable-background-networking", "--disable-component-update", "--hide-scrollbars"),
]
LONGEST_WAIT = 60
# The protocol is spoken on the file descriptors 3 and 4 of the browser.
ON_3_AND_4 = """
import os, sys
theirs = [os.dup(int(number)) for number in sys.argv[1:3]]
while min(theirs) < 5:
    theirs = [os.dup(number) for number in theirs]
os.dup2(theirs[0], 3)
os.dup2(theirs[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """Speaks the DevTools protocol over two pipes: messages of JSON, each with a zero byte behind it."""

    def __init__(self, folder, draw):
        self.folder = folder
        self._draw = draw
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-c", ON_3_AND_4, str(theirs_in), str(theirs_out), CHROMIUM, *OPTIONS),
                *("--remote-debugging-pipe", f"--user-data-dir={folder / 'profile'}", "about:blank"),
            ],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._numbers = itertools.count(1)
        self._rest = b""
        self.events = []
        self._session = None
        targets = self.call("Target.getTargets")["targetInfos"]
        target = next(one["targetId"] for one in targets if one["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def close(self):
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def call(self, method, **params):
        number = next(self._numbers)
        session = {"sessionId": self._session} if self._session else {}
        os.write(self._out, json.dumps({"id": number, "method": method, "params": params, **session}).encode() + b"\0")
        while True:
            message = self._read()
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            self.events.append(message)

    def _read(self):
        end = time.monotonic() + LONGEST_WAIT
        while b"\0" not in self._rest:
            assert select.select([self._in], [], [], max(0, end - time.monotonic()))[0], "the browser is silent"
            piece = os.read(self._in, 1 << 16)
            assert piece, "the browser has closed the pipe"
            self._rest += piece
        first, _, self._rest = self._rest.partition(b"\0")
        return json.loads(first)

    def run(self, code):
        found = self.call("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def press(self, key, code):
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def wait_for(self, condition):
        end = time.monotonic() + LONGEST_WAIT
        while not self.run(f"Boolean({condition})"):
            assert time.monotonic() < end, f"never true: {condition}"

    def open(self, shown, width=1280, *, dark=False):
        """Open a page, and wait until it is drawn."""
        path = self.folder / "page.html"
        self._draw(shown, path)
        self.events.clear()
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=path.as_uri())
        self.wait_for("document.readyState === 'complete' && document.documentElement.dataset.ready")
        self.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def problems(self):
        """Return what went wrong: errors, anything on the console, and requests for anything but the page."""
        told = {"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded", "Page.javascriptDialogOpening"}
        found = [event for event in self.events if event.get("method") in told]
        asked = [event for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        addresses = [event["params"]["request"]["url"] for event in asked]
        own = {(self.folder / "page.html").as_uri(), "data:,"}
        noted = self.run("document.documentElement.dataset.errors ?? null")
        return [*found, *(address for address in addresses if address not in own), *([noted] if noted else [])]

    def weak_texts(self):
        """Return texts that do not stand out from what is behind them."""
        return self.run(CONTRAST)


def pytest_collection_finish():
    """Leave a million objects of modules and tests out of each search for garbage: no test can make garbage of them."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def own_garbage():
    """What a test collects is its own: what others have left takes time, and may warn, and that is not its fault."""
    gc.freeze()  # for good, as above


@pytest.fixture(scope="module")
def browser(request, tmp_path_factory):
    """A browser that opens what the function `draw` of a test's module writes: `draw(what, path)`."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on the PATH")
    found = Browser(tmp_path_factory.mktemp("browser"), request.module.draw)
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def dumped(tmp_path):
    """A function that opens a page in a browser of its own, and returns its elements as its script left them."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on the PATH")

    def dump(path):
        command = [CHROMIUM, *OPTIONS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", path.as_uri()]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=LONGEST_WAIT).stdout

    return dump


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


# Texts whose contrast is below 4.5, as WCAG level AA asks for, on what is painted behind them.
CONTRAST = r"""(() => {
  const channel = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const behind = (node) => {
    const layers = [];
    for (let one = node; one; one = one.parentElement) layers.unshift(getComputedStyle(one).backgroundColor);
    return layers;
  };
  const light = (layers) => {
    canvas.fillStyle = "#fff";
    canvas.fillRect(0, 0, 1, 1);
    for (const layer of layers) { canvas.fillStyle = layer; canvas.fillRect(0, 0, 1, 1); }
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((one) => channel(one / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!node.checkVisibility() || node.closest("script, noscript, svg, :disabled, .skip") || !walker.currentNode.data.trim()) continue;
    const layers = behind(node);
    const [a, b] = [light(layers), light([...layers, getComputedStyle(node).color])].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) found.add(`${node.className} ${node.textContent.slice(0, 20)}`);
  }
  return [...found];
})()"""
