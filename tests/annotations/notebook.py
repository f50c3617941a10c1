"""An app with annotations on a real server, as its editor keeps them."""

import time
from typing import Any

from tests.server.console_client import Console, console_of
from tests.server.harness import MadeApp, Workbench, eventually
from tests.server.http_client import Api, AppApi, JsonMap
from tests.server.knowledge import EMBEDDING, PROVIDER, shelf_of

MODEL = {"embedding_provider_name": PROVIDER, "embedding_model_name": EMBEDDING}


class Notebook:
    """The annotations of one app. `api` is the app for an end user, `console` an editor."""

    def __init__(self, bench: Workbench, file_text: str) -> None:
        shelf_of(bench)
        self.bench = bench
        self.app: MadeApp = bench.import_app(file_text)
        self.api: AppApi = bench.api(self.app)
        self.console: Console = console_of(bench, role="editor")

    @property
    def path(self) -> str:
        return f"/apps/{self.app.id}/annotations"

    def add(self, question: str, answer: str) -> str:
        """The id of a new annotation."""
        made = self.console.post(self.path, {"question": question, "answer": answer})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def rows(self, **query: Any) -> list[JsonMap]:
        answer = self.console.get(self.path, **query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["data"])

    def setting(self) -> JsonMap:
        return dict(self.console.get(f"/apps/{self.app.id}/annotation-setting").json())

    def switch(self, action: str, threshold: float = 0.9, **choice: str) -> JsonMap:
        """A job that switches replies on or off, once it is over."""
        body = {"score_threshold": threshold, **MODEL, **choice}
        begun = self.console.post(f"/apps/{self.app.id}/annotation-reply/{action}", body)
        assert begun.status_code == 200, begun.text
        return self.over(f"/apps/{self.app.id}/annotation-reply/{action}/status/{begun.json()['job_id']}")

    def on(self, threshold: float = 0.9, **choice: str) -> None:
        """Replies are switched on, and the server knows."""
        done = self.switch("enable", threshold, **choice)
        assert (done["job_status"], done["error_msg"]) == ("completed", "")

    def bring(self, text: str | bytes, name: str = "pairs.csv") -> Any:
        """The answer to an import of a file."""
        data = text.encode() if isinstance(text, str) else text
        return self.console.call("POST", f"{self.path}/batch-import", files={"file": (name, data, "text/csv")})

    def imported(self, text: str | bytes) -> JsonMap:
        """An import, once it is over."""
        begun = self.bring(text)
        assert begun.status_code == 200, begun.text
        return self.over(f"{self.path}/batch-import-status/{begun.json()['job_id']}")

    def over(self, path: str, api: Api | None = None) -> JsonMap:
        """A job, once it is over, as the console or another interface tells it."""
        deadline = time.monotonic() + 30
        while True:
            job = (api or self.console).get(path)
            assert job.status_code == 200, job.text
            if job.json()["job_status"] in ("completed", "error"):
                return dict(job.json())
            assert time.monotonic() < deadline, job.text
            time.sleep(0.02)

    def indexed(self) -> None:
        """Nothing waits to be indexed any more."""
        eventually(lambda: self.setting()["pending"] == 0, "the annotations are indexed")

    def hits(self, annotation_id: str) -> list[JsonMap]:
        return list(self.console.get(f"{self.path}/{annotation_id}/hit-histories").json()["data"])
