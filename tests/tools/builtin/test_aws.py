"""S3, Bedrock, SageMaker, Transcribe and Lambda against a double that checks signatures (models-and-tools §4.9)."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from tests.doubles.upstreams import aws
from tests.tools.builtin.calls import given
from tests.tools.builtin.cases import Case, calling, check_failures, check_good_call, every
from treadle.engine.errors import ToolCredentialsError, ToolInvokeError, ToolParameterError
from treadle.engine.values import Value
from treadle.tools.messages import Blob, Json, Link, Text

KEYS = {"aws_access_key_id": aws.KEY, "aws_secret_access_key": aws.SECRET, "aws_region": aws.REGION}
FILE = "s3://mill/a b/loom.txt"
PASSAGE = {
    "content": "Looms weave.",
    "score": 0.7,
    "location": {"type": "S3", "s3Location": {"uri": "s3://mill/looms.md"}},
    "metadata": {"year": 2024},
}
MODEL = "arn:aws:bedrock:eu-west-1::foundation-model/m"


def case(tool: str, parameters: dict[str, Value], *gives: Text | Json | Blob | Link, malformed: bool = True) -> Case:
    return Case(f"aws/{tool}", parameters, aws.aws, gives, KEYS, malformed)


READ = case("s3_operator", {"s3_uri": FILE}, Text("All about looms."), malformed=False)
ANSWER = Json({"session_id": "s1", "citations": [{**PASSAGE}]})
ASKED: dict[str, Value] = {"knowledge_base_id": "KB1", "query": "looms", "model_arn": MODEL}
CAT: dict[str, Value] = {"prompt": "A cat", "image_input_s3uri": "s3://mill/loom.png", "mask_prompt": "the cat"}
PICTURES = [
    case(
        "nova_canvas",
        {**parameters, "task_type": task},
        Blob(task.encode(), "image/png", "canvas-output-1706690000.png"),
        malformed=task == "TEXT_IMAGE",  # the others ask S3 first
    )
    for task, parameters in (
        ("TEXT_IMAGE", {"prompt": "A loom", "negative_prompt": "people"}),
        ("COLOR_GUIDED_GENERATION", {**CAT, "colors": '["#FF8800", "#003366"]'}),
        ("IMAGE_VARIATION", CAT),
        ("INPAINTING", CAT),
        ("OUTPAINTING", CAT),
        ("BACKGROUND_REMOVAL", CAT),
    )
]
REEL: dict[str, Value] = {"prompt": "A loom at work", "video_output_s3uri": "s3://mill/videos"}
TEXTS = '[{"content": "Warp", "id": 1}, {"content": "Looms weave"}, {"content": "Madder"}]'
SOUND = "https://mill.s3.amazonaws.com/hello.wav?sig=1"
SAYS = (Text(SOUND), Link(SOUND, "audio/wav"))
TRANSLATED = {"translations": [{"translated_text": "loom", "term_mapping": [["织机", "loom"]]}]}
TERMS: dict[str, Value] = {"text_content": "织机", "src_lang": "CHS", "dest_lang": "EN", "dictionary_id": "d1"}
SPOKEN = "spk_0: Good morning.\nspk_1: Hello"
SERVED = [
    case(
        "sagemaker_text_rerank",
        {"sagemaker_endpoint": "ranker", "query": "looms", "candidate_texts": TEXTS, "topk": 2},
        Json({"content": "Looms weave", "score": 0.11}),
        Json({"content": "Madder", "score": 0.06}),
    ),
    *(
        case("sagemaker_tts", {"sagemaker_endpoint": "speaker", "text": "Hello", "tts_type": kind, **more}, *SAYS)
        for kind, more in (
            ("PresetVoice", {"voice": "Ada"}),
            ("CloneVoice", {"prompt_audio": "s3://mill/a.wav", "prompt_text": "Hi"}),
            ("CloneVoice_CrossLingual", {"prompt_audio": "s3://mill/a.wav", "lang_tag": "<|en|>"}),
            ("InstructVoice", {"voice": "Ada", "instruct_text": "Slowly"}),
        )
    ),
    *(
        case(
            "sagemaker_chinese_toxicity_detector",
            {"sagemaker_endpoint": "judge", "content_text": words},
            Text(verdict),
        )
        for words, verdict in (("你好", "SAFE"), ("坏", "NO_SAFE"), ("函数：坏", "NO_SAFE"))
    ),
    case("lambda_translate_utils", TERMS, Text(msgspec.json.encode(TRANSLATED).decode()), Json(TRANSLATED)),
    case(
        "nova_reel",
        {**REEL, "async": True},
        Text(f"The video is being made. Ask for it under {aws.ARN}; it is written to s3://mill/videos."),
        Json({"invocation_arn": aws.ARN, "output": "s3://mill/videos"}),
    ),
    case("transcribe_asr", {"file_url": "s3://mill/talk.mp3"}, Text(SPOKEN)),
    case(
        "transcribe_asr",
        {"file_url": "s3://mill/talk", "language_code": "en-US", "ShowSpeakerLabels": False},
        Text(SPOKEN),
    ),
    case(
        "transcribe_asr",
        {"file_url": "s3://mill/talk.wav", "identify_multiple_languages": True, "language_options": "en-US, zh-CN"},
        Text(SPOKEN),
    ),
]
CASES = [
    READ,
    *SERVED,
    case("s3_operator", {"s3_uri": "s3://mill/loom.png"}, Blob(b"\x89PNG", "text/plain", "loom.png"), malformed=False),
    case(
        "s3_operator",
        {"s3_uri": "s3://mill/new.txt", "operation_type": "write", "text_content": "Weave 木"},
        Text("The text was written to s3://mill/new.txt."),
        malformed=False,
    ),
    case(
        "apply_guardrail",
        {"guardrail_id": "g1", "guardrail_version": "2", "text": "Tell"},
        Text("I cannot say."),
        Json({"action": "GUARDRAIL_INTERVENED", "outputs": ["I cannot say."], "assessments": [{"wordPolicy": {}}]}),
    ),
    case(
        "bedrock_retrieve",
        {"knowledge_base_id": "KB1", "query": "looms", "metadata_filter": '{"equals": {"key": "year", "value": 2024}}'},
        Text("Looms weave."),
        Json({"results": [{**PASSAGE}]}),
    ),
    *PICTURES,
    case("lambda_yaml_to_json", {"yaml_content": "a: 1"}, Text('{"a": 1}')),
    case("bedrock_retrieve_and_generate", ASKED, Text("They weave."), ANSWER),
    case(
        "bedrock_retrieve_and_generate",
        {
            **ASKED,
            "session_id": "s0",
            "guardrail_id": "g1",
            "guardrail_version": "2",
            "prompt_template": "$search_results$",
        },
        Text("They weave."),
        ANSWER,
    ),
]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("reel", "transcribe"):
        monkeypatch.setattr(f"treadle.tools.builtin.aws.{module}._PAUSE", 0)


@every(CASES)
async def test_a_good_call(case: Case, tmp_path: Path) -> None:
    await check_good_call(case, tmp_path)


@every(CASES)
async def test_a_failure_says_why(case: Case, tmp_path: Path) -> None:
    await check_failures(case, tmp_path)


async def test_credentials_are_tried(tmp_path: Path) -> None:
    async with READ.vendor() as vendor, calling(READ, vendor, tmp_path) as (provider, call):
        await provider.validate(KEYS, call)
        with pytest.raises(ToolCredentialsError, match="refused the credentials"):
            await provider.validate({**KEYS, "aws_secret_access_key": "another"}, call)
        vendor.requests.clear()
        with pytest.raises(ToolCredentialsError, match='"aws_access_key_id" of aws is missing'):
            await provider.validate({"aws_secret_access_key": "x"}, call)
        assert vendor.requests == []


async def test_a_link_to_a_file_is_signed_and_asks_nobody(tmp_path: Path) -> None:
    async with READ.vendor() as vendor, calling(READ, vendor, tmp_path) as (provider, call):
        asked = {"s3_uri": FILE, "generate_presign_url": True, "presign_expiry": 60, "operation_type": "read"}
        [message] = await given(provider, "s3_operator", replace(call, parameters=asked))
        assert isinstance(message, Text)
        query = parse_qs(urlsplit(message.text).query)
        assert urlsplit(message.text).path == "/s3/mill/a%20b/loom.txt"
        assert query["X-Amz-Expires"] == ["60"]
        assert "X-Amz-Signature" in query
        assert aws.SECRET not in message.text
        assert vendor.requests == []


@pytest.mark.parametrize(
    ("tool", "parameters", "error", "words"),
    [
        ("s3_operator", {"s3_uri": "https://mill/loom.txt"}, ToolParameterError, "is no file in S3"),
        (
            "lambda_yaml_to_json",
            {"yaml_content": "a", "lambda_name": "broken"},
            ToolInvokeError,
            "The function broken failed: no yaml",
        ),
        ("nova_canvas", {"prompt": "forbidden"}, ToolInvokeError, "made no picture: Content was blocked"),
        (
            "nova_canvas",
            {"prompt": "x", "task_type": "COLOR_GUIDED_GENERATION"},
            ToolParameterError,
            '"colors" names no colour',
        ),
        ("transcribe_asr", {"file_url": "s3://mill/broken.mp3"}, ToolInvokeError, "The media format is not valid"),
        (
            "transcribe_asr",
            {"file_url": "s3://mill/talk.mp3", "identify_language": False},
            ToolParameterError,
            "Name the language",
        ),
        (
            "nova_reel",
            {**REEL, "image_input_s3uri": "s3://mill/loom.gif"},
            ToolParameterError,
            "no picture that a video can begin with",
        ),
        (
            "sagemaker_text_rerank",
            {"sagemaker_endpoint": "ranker", "query": "q", "candidate_texts": '["Warp"]'},
            ToolParameterError,
            '"candidate_texts" is no JSON list',
        ),
        (
            "sagemaker_tts",
            {"sagemaker_endpoint": "speaker", "text": "Hello", "tts_type": "CloneVoice"},
            ToolParameterError,
            '"prompt_text" is empty',
        ),
        ("s3_operator", {"s3_uri": "s3://mill"}, ToolParameterError, "is no file in S3"),
        ("s3_operator", {"s3_uri": FILE, "aws_region": "x.example/"}, ToolParameterError, "is no region of AWS"),
        (
            "bedrock_retrieve",
            {"knowledge_base_id": "KB1", "query": "x", "metadata_filter": "year"},
            ToolParameterError,
            '"metadata_filter" is no JSON object',
        ),
    ],
)
async def test_wrong_values_are_told(
    tool: str, parameters: dict[str, Value], error: type[Exception], words: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=words):
        await check_good_call(case(tool, parameters), tmp_path)


async def test_a_video_is_waited_for_and_can_be_opened_for_a_day(tmp_path: Path) -> None:
    asked: dict[str, Value] = {**REEL, "image_input_s3uri": "s3://mill/loom.png"}
    filmed = case("nova_reel", asked)
    async with filmed.vendor() as vendor, calling(filmed, vendor, tmp_path) as (provider, call):
        said, told, opened = await given(provider, "nova_reel", call)
        place = "s3://mill/videos/reel7/output.mp4"
        assert said == Text(f"The video was written to {place}.")
        assert told == Json({"invocation_arn": aws.ARN, "output": place})
        assert isinstance(opened, Link)
        assert opened.mime_type == "video/mp4"
        assert urlsplit(opened.url).path == "/s3/mill/videos/reel7/output.mp4"
        assert parse_qs(urlsplit(opened.url).query)["X-Amz-Expires"] == ["86400"]


async def test_a_recording_from_the_web_goes_through_the_bucket_and_out_of_it_again(tmp_path: Path) -> None:
    heard = case("transcribe_asr", {"file_url": "{origin}/recordings/talk", "s3_bucket_name": "mill"})
    async with heard.vendor() as vendor, calling(heard, vendor, tmp_path) as (provider, call):
        assert await given(provider, "transcribe_asr", call) == [Text(SPOKEN)]
        fetched, put, started, *_, last = vendor.requests
        assert "authorization" not in fetched.headers
        assert (put.method, put.headers["content-type"], put.raw) == ("PUT", "audio/mpeg", b"\xff\xfbsound")
        place = f"s3:/{put.path.removeprefix('/s3')}"
        job = msgspec.json.decode(started.raw)
        assert (job["Media"], job["MediaFormat"]) == ({"MediaFileUri": place}, "mp3")
        assert place.endswith(".mp3")
        assert (last.method, last.path) == ("GET", "/transcripts/talk.json")
        assert [each.path for each in vendor.requests if each.method == "DELETE"] == [put.path]
        assert all("authorization" not in each.headers for each in vendor.requests if "transcripts" in each.path)


async def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolInvokeError, match="status 404: The specified key does not exist"):
        await check_good_call(case("s3_operator", {"s3_uri": "s3://mill/none.txt"}), tmp_path)


async def test_a_picture_is_kept_in_s3_too(tmp_path: Path) -> None:
    asked: dict[str, Value] = {"prompt": "A loom", "image_output_s3uri": "s3://mill/pictures/"}
    place = "s3://mill/pictures/canvas-output-1706690000.png"
    picture = Blob(b"TEXT_IMAGE", "image/png", "canvas-output-1706690000.png")
    await check_good_call(case("nova_canvas", asked, Text(f"The picture was written to {place}."), picture), tmp_path)
