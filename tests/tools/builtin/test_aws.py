"""S3 and Bedrock against a double that checks signatures (models-and-tools §4.9)."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.doubles.upstreams import aws
from tests.tools.builtin.calls import given
from tests.tools.builtin.cases import Case, calling, check_failures, check_good_call, every
from treadle.engine.errors import ToolCredentialsError, ToolInvokeError, ToolParameterError
from treadle.engine.values import Value
from treadle.tools.messages import Blob, Json, Text

KEYS = {"aws_access_key_id": aws.KEY, "aws_secret_access_key": aws.SECRET, "aws_region": aws.REGION}
FILE = "s3://mill/a b/loom.txt"
PASSAGE = {
    "content": "Looms weave.",
    "score": 0.7,
    "location": {"type": "S3", "s3Location": {"uri": "s3://mill/looms.md"}},
    "metadata": {"year": 2024},
}
MODEL = "arn:aws:bedrock:eu-west-1::foundation-model/m"


def case(tool: str, parameters: dict[str, Value], *gives: Text | Json | Blob, malformed: bool = True) -> Case:
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
CASES = [
    READ,
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


async def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolInvokeError, match="status 404: The specified key does not exist"):
        await check_good_call(case("s3_operator", {"s3_uri": "s3://mill/none.txt"}), tmp_path)


async def test_a_picture_is_kept_in_s3_too(tmp_path: Path) -> None:
    asked: dict[str, Value] = {"prompt": "A loom", "image_output_s3uri": "s3://mill/pictures/"}
    place = "s3://mill/pictures/canvas-output-1706690000.png"
    picture = Blob(b"TEXT_IMAGE", "image/png", "canvas-output-1706690000.png")
    await check_good_call(case("nova_canvas", asked, Text(f"The picture was written to {place}."), picture), tmp_path)
