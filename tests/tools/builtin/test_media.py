"""Makers of videos, slides and sound, each against its service's double (models-and-tools §4.9)."""

import re
from pathlib import Path

import pytest

from tests.doubles.upstreams import media
from tests.nodes.ports import MemoryFiles, file
from tests.tools.builtin.calls import a_call, given, open_http
from tests.tools.builtin.cases import KEY, Case, check_failures, check_good_call, check_said, every
from treadle.engine.errors import NodeError, ToolCredentialsError, ToolInvokeError, ToolParameterError
from treadle.tools.builtin import builtin_providers
from treadle.tools.messages import Blob, Json, Link, Text

FACE = {"source_url": "https://i.example/face.png"}
VIDEO = [
    Json({"id": "v1", "status": "done", "result_url": "https://v.example/1.mp4"}),
    Link("https://v.example/1.mp4", "video/mp4"),
]
DID_KEY = {"did_api_key": KEY}
TALK = Case("did/talks", {**FACE, "text_input": "Hi", "voice_id": "en-US-JennyNeural"}, media.did, VIDEO, DID_KEY)
SENT = [Text("The message was sent.")]
ONEBOT_KEY = {"ob11_http_url": "{origin}", "access_token": KEY}
GROUP = Case("onebot/send_group_msg", {"group_id": 7, "message": "Hi"}, media.onebot, SENT, ONEBOT_KEY)
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"

AIPPT_KEY = {"aippt_access_key": "ak", "aippt_secret_key": KEY}
NEWS = Json(
    {
        "news": [
            {
                "title": "Looms are back",
                "snippet": "All weave.",
                "link": "https://n.example/1",
                "publisher": "Mill Times",
                "timestamp": "1706690000000",
            }
        ]
    }
)
VIDEO_ID = "dQw4w9WgXcQ"
SUBTITLES = [
    Case("transcript/free_youtube_transcript", {"video_id": VIDEO_ID, **settings}, media.subtitles, [Text(text)])
    for settings, text in (
        ({}, "It's a loom\nBye"),
        ({"preserve_formatting": True}, "It's <i>a</i> loom\nBye"),
        (
            {"format": "srt", "language": "DE"},
            "1\n00:00:00,500 --> 00:00:01,750\nIt's a loom\n\n2\n01:01:01,000 --> 01:01:03,000\nBye",
        ),
        (
            {"format": "vtt"},
            "WEBVTT\n\n00:00:00.500 --> 00:00:01.750\nIt's a loom\n\n01:01:01.000 --> 01:01:03.000\nBye",
        ),
        (
            {"format": "json"},
            '[{"text":"It\'s a loom","start":0.5,"duration":1.25},{"text":"Bye","start":3661.0,"duration":2.0}]',
        ),
    )
]
CASES = [
    TALK,
    Case("did/animations", FACE, media.did, VIDEO, DID_KEY),
    Case(
        "slidespeak/slides_generator",
        {"plain_text": "Looms"},
        media.slidespeak,
        [Json({"url": "https://s.example/1.pptx"}), Link("https://s.example/1.pptx", SLIDES)],
        {"slidespeak_api_key": KEY},
    ),
    Case(
        "judge0ce/executeCode",
        {"source_code": "print(42)", "language_id": 71, "stdin": "x"},
        media.judge0,
        [Text("stdout: 42\n\nstatus: Accepted\ntime: 0.02 seconds\nmemory: 3000 kilobytes")],
        {"X_RAPIDAPI_KEY": KEY},
    ),
    Case(
        "aippt/aippt",
        {"title": "Looms"},
        lambda: media.aippt(looks=0),
        [
            Json({"url": "https://p.example/1.pptx", "cover_url": "https://p.example/c.png"}),
            Link("https://p.example/1.pptx", SLIDES),
        ],
        AIPPT_KEY,
    ),
    Case("rapidapi/google_news", {}, media.google_news, [NEWS], {"x-rapidapi-key": KEY}),
    *SUBTITLES,
    GROUP,
    Case("onebot/send_private_msg", {"user_id": 7, "message": "Hi"}, media.onebot, SENT, ONEBOT_KEY),
    Case(
        "podcast_generator/podcast_audio_generator",
        {"script": "Hello; Hi there ;Bye"},
        media.speech,
        [
            Text("The podcast is ready."),
            Blob(b"<alloy: Hello><echo: Hi there><alloy: Bye>", "audio/mpeg", "podcast.mp3"),
        ],
        {"api_key": KEY},
        malformed=False,
    ),
]


@every(CASES)
async def test_a_good_call(case: Case, tmp_path: Path) -> None:
    await check_good_call(case, tmp_path)


@every(CASES)
async def test_a_failure_says_why(case: Case, tmp_path: Path) -> None:
    await check_failures(case, tmp_path)


async def test_a_video_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("treadle.tools.builtin.did.tools._PAUSE", 0)
    await check_good_call(Case(TALK.tool, TALK.parameters, lambda: media.did(looks=2), VIDEO, DID_KEY), tmp_path)
    failing = Case(TALK.tool, TALK.parameters, lambda: media.did(outcome="error"), [], DID_KEY)
    with pytest.raises(ToolInvokeError, match="D-ID could not make the video: face not detected"):
        await check_good_call(failing, tmp_path)


async def test_a_refusal_inside_a_good_status_is_a_failure(tmp_path: Path) -> None:
    refused = {"status": "failed", "retcode": 100, "wording": "group not found"}
    assert await check_said(GROUP, tmp_path, refused) == (
        "ToolInvokeError: The OneBot server failed: group not found (100)."
    )
    podcast = CASES[-1]
    assert "something unexpected instead of sound" in await check_said(podcast, tmp_path, {"detail": "later"})


async def test_a_picture_becomes_a_vector_graphic(tmp_path: Path) -> None:
    async with media.vectorizer() as vendor, open_http(tmp_path) as http:
        provider = builtin_providers()["vectorizer"].at(api=f"{vendor.origin}/api/v1")
        credentials = {"api_key_name": "vk1", "api_key_value": KEY}
        files = MemoryFiles({"cat.png": b"\x89PNG"})
        call = a_call({"image": file("cat.png")}, credentials=credentials, http=http, files=files)
        assert await given(provider, "vectorizer", call) == [Blob(media.SVG, "image/svg+xml", "image.svg")]
        await provider.validate(credentials, call)
        with pytest.raises(ToolParameterError, match='"image" is empty'):
            await given(provider, "vectorizer", a_call({}, credentials=credentials, http=http))


async def test_slides_are_made_of_an_outline_and_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("treadle.tools.builtin.aippt.tools._PAUSE", 0)
    link = Link("https://p.example/1.pptx", SLIDES)
    gives = [Json({"url": link.url, "cover_url": "https://p.example/c.png"}), link]
    for parameters in ({"outline": "# Looms"}, {"llm": "wenxin"}):
        case = Case("aippt/aippt", {"title": "Looms", **parameters}, media.aippt, gives, AIPPT_KEY)
        await check_good_call(case, tmp_path)
    wrong = Case("aippt/aippt", {"title": "Looms"}, media.aippt, gives, {**AIPPT_KEY, "aippt_secret_key": "another"})
    with pytest.raises(ToolCredentialsError, match="AiPPT refused the keys: signature mismatch"):
        await check_good_call(wrong, tmp_path)


@pytest.mark.parametrize(
    "given_id", [VIDEO_ID, f"https://www.youtube.com/watch?v={VIDEO_ID}&t=3", f"https://youtu.be/{VIDEO_ID}"]
)
async def test_a_video_is_named_by_id_or_address(given_id: str, tmp_path: Path) -> None:
    case = SUBTITLES[0]
    await check_good_call(Case(case.tool, {"video_id": given_id}, case.vendor, case.gives), tmp_path)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"video_id": "Loom"}, '"Loom" is no video of YouTube'),
        ({"video_id": "nosubtitles"}, "The video nosubtitles has no subtitles."),
        ({"video_id": "gonegonegon"}, "YouTube does not give the video gonegonegon: Video unavailable."),
        ({"video_id": VIDEO_ID, "language": "fr"}, f'{VIDEO_ID} has no subtitles in "fr"; it has them in en, de.'),
    ],
)
async def test_missing_subtitles_are_told(parameters: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(NodeError, match=re.escape(words)):
        await check_good_call(Case(SUBTITLES[0].tool, {**parameters}, media.subtitles, []), tmp_path)
