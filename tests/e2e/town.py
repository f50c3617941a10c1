"""A console as it looks after some weeks of use: people, talks, runs, documents, annotations and tools."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.doubles.mail import MailSink
from tests.e2e.site import EMAIL, PASSWORD, Site, open_to_everybody, running_site
from tests.e2e.test_form_page import asked

Ids = dict[str, str]

TALKS = {
    "mira": ("What does an API do?", "It lets one program ask another for something, by rules that both keep."),
    "jonas": ("Why is the sky blue?", "Air scatters blue light far more than red, so it reaches us from every side."),
    "aiko": ("How do I fold a fitted sheet?", "Tuck each corner into the next, then fold the sheet in thirds."),
    "lena": (
        "Give me three ideas for a rainy day.",
        "1. **Read** a book.\n2. **Bake** bread.\n3. Visit a museum.",
    ),
}
TICKETS = {
    "Where is the invoice of March?": "team",
    "The export has stopped at 40 % twice today.": "enterprise",
    "Can I have a second workspace?": "free",
}
DOCUMENTS = {
    "Harbour rules.md": (
        "# Harbour rules\n\nNo swimming in the harbour basin. Dogs stay on the lead.\n\n"
        "## Berths\n\nGuests tie up at the north pier and report to the harbour office within an hour.\n\n"
        "## Noise\n\nEngines stay off between ten at night and six in the morning.\n"
    ),
    "Timetable of the ferry.md": (
        "# Timetable\n\nThe ferry leaves the north pier at nine, at noon and at five.\n\n"
        "On Sundays the first crossing is at eleven. Bicycles travel free of charge.\n"
    ),
    "Fees 2026.md": (
        "# Fees\n\nA night costs 18 euro for boats up to ten metres, and 2 euro for each further metre.\n\n"
        "Electricity and water are included.\n"
    ),
}
ANNOTATIONS = {
    "When are you open?": "The office is open from eight to four, Monday to Friday.",
    "How do I cancel?": "Write to us until noon of the day before; it costs nothing.",
    "Where can I park?": "Behind the sail loft, free of charge for two hours.",
}
CLEANING = [{"id": "remove_extra_spaces", "enabled": True}]
CUT = {
    "mode": "custom",
    "rules": {"pre_processing_rules": CLEANING, "segmentation": {"separator": "\n\n", "max_tokens": 120}},
}


class Town:
    """A site with everything that a page can show. `ids` fills the gaps of addresses."""

    def __init__(self, site: Site, mails: MailSink) -> None:
        self.site = site
        self._mails = mails
        self._http = httpx.Client(timeout=60)
        self._ask("POST", "/signin", {"email": EMAIL, "password": PASSWORD})
        apps = {app["name"]: app["id"] for app in self._ask("GET", "/apps?limit=100")["data"]}
        self.ids: Ids = {
            "chat": apps["Pocket guide"],
            "completion": apps["Rewriter"],
            "workflow": apps["Ticket router"],
            "chatflow": apps["Study companion"],
            "form": asked(site).address.rsplit("/", 1)[1],
        }
        for name, app in (("Pocket guide", "chat"), ("Rewriter", "completion"), ("Ticket router", "workflow")):
            self.ids[f"{app}-page"] = site.address_of(name).rsplit("/", 1)[1]
        self.ids["invitation"] = self._invite("kim@example.com")
        self._use_the_model("chat", "completion")
        self._sort_apps()
        self._talk()
        self._run_tickets()
        self._annotate()
        self._fill_base()
        self._make_pipeline()

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        headers = {"X-CSRF-Token": self._http.cookies.get("treadle_csrf", "")}
        answer = self._http.request(method, f"{self.site.url}/console/api{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def _v1(self, key: str, path: str, body: object) -> Any:
        answer = self._http.post(f"{self.site.url}/v1{path}", json=body, headers={"Authorization": f"Bearer {key}"})
        assert answer.is_success, answer.text
        return answer.json()

    def _key(self, app: str) -> str:
        return str(self._ask("POST", f"/apps/{self.ids[app]}/api-keys")["token"])

    def _invite(self, email: str) -> str:
        """Invites by mail; what its link carries."""
        self._ask("POST", "/workspaces/current/invitations", {"emails": [email], "role": "editor"})
        self.site.until(lambda: bool(self._mails.mails_to(email)), "the invitation is there")
        link = re.search(r"token=([\w.~-]+)", self._mails.mails_to(email)[0].text)
        assert link is not None
        return link[1]

    def _use_the_model(self, *apps: str) -> None:
        """The examples ask the model that comes with Treadle, which this server does not load."""
        for app in apps:
            shown = self._ask("GET", f"/apps/{self.ids[app]}")
            config = {**shown["configuration"]}
            config["model"] = {**config["model"], "provider": "openai_api_compatible", "name": "stub"}
            path = f"/apps/{self.ids[app]}/model-config"
            self._ask("POST", path, {"hash": shown["draft_hash"], "configuration": config})

    def _sort_apps(self) -> None:
        for name, apps in {"Support": ("workflow",), "Learning": ("chat", "chatflow")}.items():
            tag = self._ask("POST", "/tags", {"name": name})["id"]
            for app in apps:
                self._ask("POST", "/tag-bindings/create", {"tag_ids": [tag], "target_id": self.ids[app]})

    def _talk(self) -> None:
        key = self._key("chat")
        for days, (user, (question, answer)) in enumerate(TALKS.items()):
            self.site.model.answer(question, answer)
            self.site.model.name_conversation(question, question.removesuffix("?").removesuffix("."))
            body = {"query": question, "inputs": {}, "user": user, "response_mode": "blocking"}
            said = self._v1(key, "/chat-messages", body)
            rating = {"rating": "dislike" if user == "jonas" else "like", "user": user}
            self._v1(key, f"/messages/{said['message_id']}/feedbacks", rating)
            self.site.date_back(said["message_id"], days)

    def _run_tickets(self) -> None:
        key = self._key("workflow")
        for ticket, plan in TICKETS.items():
            body = {"inputs": {"ticket": ticket, "plan": plan}, "user": "desk", "response_mode": "blocking"}
            self.ids["run"] = self._v1(key, "/workflows/run", body)["workflow_run_id"]

    def _annotate(self) -> None:
        for question, answer in ANNOTATIONS.items():
            self._ask("POST", f"/apps/{self.ids['chat']}/annotations", {"question": question, "answer": answer})

    def _fill_base(self) -> None:
        base = self._ask("POST", "/datasets", {"name": "Harbour handbook", "description": "What guests ask for."})
        self.ids["base"] = base["id"]
        key = self._ask("POST", "/datasets/api-keys", {})["token"]
        for name, text in DOCUMENTS.items():
            body = {"name": name, "text": text, "indexing_technique": "economy", "process_rule": CUT}
            made = self._v1(key, f"/datasets/{base['id']}/document/create-by-text", body)
            self.ids |= {"document": made["document"]["id"], "batch": made["batch"]}
        documents = f"/datasets/{base['id']}/documents?limit=20"
        self.site.until(
            lambda: all(row["display_status"] == "available" for row in self._ask("GET", documents)["data"]),
            "the documents can be searched",
        )

    def _make_pipeline(self) -> None:
        base = self._ask("POST", "/rag/pipelines", {"template_id": "general", "name": "Notices"})
        self._ask("POST", f"/rag/pipelines/{base['pipeline_id']}/workflows/publish")
        self.ids["pipeline"] = base["id"]


@contextmanager
def lived_in(folder: Path) -> Generator[Town]:
    """A server over an empty folder that sends mail and lets everybody in, then lived in."""
    with MailSink().in_thread() as mails, running_site(folder, open_to_everybody(mails)) as site:
        site.create_account()
        yield Town(site, mails)
