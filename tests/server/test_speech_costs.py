"""What speech beside the runs of an app costs, on both databases: in the log, in the charts, and gone with the app."""

import pytest

from tests.conformance.features import add_openai
from tests.doubles import media
from tests.server.app_files import chat
from tests.server.console_client import console_of
from tests.server.harness import Workbench
from tests.server.payloads import unique

SPEAKING = {"enabled": True, "voice": "nova", "language": "en-US", "autoPlay": "enabled"}
PRICE_E7 = 150
"""Of a character that tts-1 reads, at 15 dollars a million."""


@pytest.mark.usefixtures("speaking")
def test_speech_is_counted_where_answers_are(any_workbench: Workbench) -> None:
    bench = any_workbench
    source = chat(name="Voice", text_to_speech=SPEAKING, speech_to_text={"enabled": True})
    api = bench.api(bench.import_app(source))
    (app, *_) = bench.rows("SELECT app_id FROM api_keys ORDER BY created_at DESC LIMIT 1")[0]
    console = console_of(bench, role="editor")

    events = api.chat_events(unique("aloud"))
    message = next(event for event in events if event["event"] == "message_end")
    answer = "".join(event["answer"] for event in events if event["event"] == "message")
    logged = f"/apps/{app}/messages/{message['message_id']}"
    assert console.get(logged).json()["speech_price"] == f"{len(answer) * PRICE_E7 / 1e7:.7f}"

    again = api.post("/text-to-audio", {"user": api.user, "message_id": message["message_id"]})
    assert (again.status_code, again.content) == (200, media.mp3())
    assert console.get(logged).json()["speech_price"] == f"{2 * len(answer) * PRICE_E7 / 1e7:.7f}"
    assert console.get(logged).json()["total_price"] == "0.0000000"

    heard = api.post("/audio-to-text", files={"file": ("a.wav", media.wav(), "audio/wav")}, data={"user": api.user})
    assert heard.status_code == 200
    assert api.post("/text-to-audio", {"user": api.user, "text": "Ten letter"}).status_code == 200
    assert console.post(f"/apps/{app}/text-to-audio", {"text": "A trial is not counted."}).status_code == 200

    (day,) = console.get(f"/apps/{app}/statistics/token-costs").json()["data"]
    calls = bench.rows(
        f"SELECT kind, created_from, characters, seconds, total_price_e7 FROM speech_calls WHERE app_id = '{app}'"
    )
    assert sorted((kind, source, characters) for kind, source, characters, _, _ in calls) == sorted(
        [
            ("tts", "service-api", len(answer)),
            ("tts", "service-api", len(answer)),
            ("tts", "service-api", 10),
            ("tts", "console", 23),
            ("speech2text", "service-api", 0),
        ]
    )
    (recorded,) = [(seconds, price) for kind, _, _, seconds, price in calls if kind == "speech2text"]
    assert recorded[0] > 0
    counted = sum(price for _, source, _, _, price in calls if source != "console")
    assert counted == (2 * len(answer) + 10) * PRICE_E7 + recorded[1]
    assert (day["total_price"], day["currency"]) == (f"{counted / 1e7:.7f}", "USD")

    assert console.delete(f"/apps/{app}").status_code == 204
    assert bench.rows(f"SELECT id FROM speech_calls WHERE app_id = '{app}'") == []


@pytest.fixture
def speaking(any_workbench: Workbench) -> None:
    """The workspace has models that speak and listen."""
    add_openai(any_workbench)
