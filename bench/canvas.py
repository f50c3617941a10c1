"""The canvas of large workflows in a real browser: the time of each frame while one pans, zooms and drags.

Frames are those of the browser's own trace (`DrawFrame` of the compositor), with no graphics card: every pixel is
painted by the processor, beside the server and whatever else runs on the machine.
"""

import itertools
import json
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from bench import Measurement
from bench.served import Served, served
from scripts.browser import find

_KINDS = ("llm", "code", "template-transform", "if-else", "http-request", "knowledge-retrieval")
_DATA: dict[str, dict[str, Any]] = {
    "llm": {"model": {"provider": "x", "name": "smollm2", "mode": "chat", "completion_params": {}}},
    "code": {"code_language": "python3", "code": "", "variables": [], "outputs": {}},
    "template-transform": {"template": "{{ q }}", "variables": [{"variable": "q", "value_selector": ["start", "q"]}]},
    "if-else": {"cases": [{"case_id": "true", "id": "true", "logical_operator": "and", "conditions": []}]},
    "http-request": {"method": "get", "url": "https://example.com/items", "headers": "", "params": ""},
    "knowledge-retrieval": {"query_variable_selector": ["start", "q"], "dataset_ids": []},
}
_CARD = ".react-flow__node-card"
_BUDGETS = {300: 16.7, 1000: 50.0}


def large_workflow(size: int) -> str:
    """An app file with `size` nodes in rows that all lead to one end."""
    rows = max(10, size // 30)
    nodes: list[dict[str, Any]] = []
    edges: list[dict[str, Any]] = []

    def node(name: str, kind: str, x: int, y: int, data: dict[str, Any]) -> None:
        made = {"type": kind, "title": f"{kind} {name}", "desc": "", **data}
        nodes.append({"id": name, "type": "custom", "data": made, "position": {"x": x, "y": y}})

    def edge(source: tuple[str, str], target: str) -> None:
        handle = "true" if source[1] == "if-else" else "source"
        ends = {"source": source[0], "sourceHandle": handle, "target": target, "targetHandle": "target"}
        edges.append({"id": f"{source[0]}-{target}", "type": "custom", "data": {}, **ends})

    question = {"variable": "q", "label": "q", "type": "text-input", "required": True}
    node("start", "start", 80, 282, {"variables": [question]})
    ends = [("start", "start")] * rows
    for number in range(size - 2):
        column, row = divmod(number, rows)
        kind = _KINDS[number * 7 % len(_KINDS)]
        name = f"n{number}"
        node(name, kind, 400 + column * 320, row * 190, _DATA[kind])
        edge(ends[row], name)
        ends[row] = (name, kind)
    node("end", "end", 400 + (size // rows + 1) * 320, 800, {"outputs": []})
    for last in ends:
        edge(last, "end")
    app = {"name": f"Large {size}", "mode": "workflow", "icon": "🧵", "icon_background": "#FFFFFF", "description": ""}
    workflow = {"graph": {"nodes": nodes, "edges": edges, "viewport": {"x": 0, "y": 0, "zoom": 1}}, "features": {}}
    return yaml.safe_dump({"version": "0.5.0", "kind": "app", "app": app, "workflow": workflow})


def _frames(trace: dict[str, Any]) -> list[float]:
    """Milliseconds between the frames that the compositor drew."""
    drawn = sorted(event["ts"] for event in trace["traceEvents"] if event.get("name") == "DrawFrame")
    return [(after - before) / 1000 for before, after in itertools.pairwise(drawn)]


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


_STEPS = 90
_MOVE = """
kind => new Promise(done => {
  const pane = document.querySelector(".react-flow__pane");
  const cards = [...document.querySelectorAll(".react-flow__node-card")];
  const card = cards.find(each => each.getBoundingClientRect().left > 200) ?? cards[0];
  const box = card.getBoundingClientRect();
  const from = {x: box.left + box.width / 2, y: box.top + Math.min(20, box.height / 2)};
  const mouse = (target, type, step) => target.dispatchEvent(new MouseEvent(type, {
    bubbles: true, cancelable: true, view: window, button: 0, buttons: type === "mouseup" ? 0 : 1,
    clientX: from.x + step * 3, clientY: from.y + step * 2,
  }));
  const wheel = options => pane.dispatchEvent(new WheelEvent("wheel", {
    bubbles: true, cancelable: true, clientX: 640, clientY: 420, ...options,
  }));
  let step = 0;
  if (kind === "drag") mouse(card, "mousedown", 0);
  const next = () => {
    if (step === STEPS) {
      if (kind === "drag") mouse(window, "mouseup", step);
      return done();
    }
    const forth = step < STEPS / 2 ? 1 : -1;
    if (kind === "pan") wheel({deltaX: 20 * forth, deltaY: 5 * forth});
    if (kind === "zoom") wheel({deltaY: 6 * forth, ctrlKey: true});
    if (kind === "drag") mouse(window, "mousemove", step + 1);
    step += 1;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
})
""".replace("STEPS", str(_STEPS))
"""Moves once in each frame, as fast as frames come."""


class Tab:
    """A page on the canvas, with a way to trace what its browser does."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self._devtools = page.context.browser.new_browser_cdp_session()
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def traced(self, work: Callable[[], None]) -> list[float]:
        """The frame times while `work` goes on."""
        chunks: list[dict[str, Any]] = []
        done: list[bool] = []
        self._devtools.on("Tracing.dataCollected", lambda event: chunks.extend(event["value"]))
        self._devtools.once("Tracing.tracingComplete", lambda _: done.append(True))
        categories = "disabled-by-default-devtools.timeline.frame,devtools.timeline.frame,devtools.timeline"
        self._devtools.send("Tracing.start", {"transferMode": "ReportEvents", "categories": categories})
        work()
        self._devtools.send("Tracing.end")
        while not done:
            self.page.wait_for_timeout(50)
        return _frames({"traceEvents": chunks})

    def main_thread(self) -> float:
        """Processor seconds that the page's main thread has used so far."""
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")

    def pan(self) -> None:
        self.page.evaluate(_MOVE, "pan")

    def zoom(self) -> None:
        self.page.evaluate(_MOVE, "zoom")

    def drag(self) -> None:
        self.page.evaluate(_MOVE, "drag")


def _opened(page: Any, url: str, app_id: str) -> float:
    """Seconds from the address to the first card."""
    began = time.perf_counter()
    page.goto(f"{url}/app/{app_id}/workflow")
    page.locator(_CARD).first.wait_for()
    return time.perf_counter() - began


def measure(url: str, page: Any, apps: dict[int, str]) -> Iterator[Measurement]:
    """Frame times of one signed-in page on apps by their number of nodes."""
    tab = Tab(page)
    for size, app_id in apps.items():
        what = f"canvas, {size:,} nodes"
        yield Measurement(f"{what}: address to cards", _opened(page, url, app_id), "s")
        for view in ("at 100 %", "all in view"):
            if view == "all in view":
                page.keyboard.press("Control+1")
            page.locator(_CARD).nth(min(size - 1, 5)).wait_for()
            page.wait_for_timeout(1000)
            for motion in ("pan", "zoom", "drag"):
                before = tab.main_thread()
                frames = tab.traced(getattr(tab, motion))
                busy = (tab.main_thread() - before) * 1000 / _STEPS
                where = f"{what}, {view}, {motion}"
                yield Measurement(f"{where}: main thread a frame", busy, "ms", _BUDGETS.get(size))
                yield Measurement(f"{where}: median frame", statistics.median(frames), "ms")
                yield Measurement(f"{where}: p95 frame", _quantile(frames, 0.95), "ms")
                page.keyboard.press("Escape")


def _imported(server: Served, size: int) -> str:
    path = server.data_dir / f"large-{size}.yml"
    path.write_text(large_workflow(size))
    return str(json.loads(server.cli("app", "import", str(path), "--json"))["app_id"])


def run() -> Iterator[Measurement]:
    """300 and 1,000 nodes, and two as the yardstick."""
    from playwright.sync_api import sync_playwright

    with served() as server, sync_playwright() as playwright:
        email, password = "bench@example.com", "correct-horse-1"
        server.cli("admin", "create", "--email", email, "--password", password)
        apps = {size: _imported(server, size) for size in (2, 300, 1000)}
        path = find() or playwright.chromium.executable_path
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
        context.request.post(f"{server.url}/console/api/signin", data={"email": email, "password": password})
        yield from measure(server.url, context.new_page(), apps)
        browser.close()
