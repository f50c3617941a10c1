"""Image models and translators, each against its service's double (models-and-tools §4.9)."""

from pathlib import Path

import pytest

from tests.doubles.upstreams import pictures
from tests.nodes.ports import MemoryFiles, file
from tests.tools.builtin.calls import a_call, given, open_http
from tests.tools.builtin.cases import KEY, Case, check_failures, check_good_call, check_said, every
from treadle.engine.errors import ToolCredentialsError
from treadle.tools.builtin import builtin_providers
from treadle.tools.messages import Blob, ImageUrl, Json, Text

PICTURE = Blob(pictures.PNG, "image/png", "image.png")
LINK = ImageUrl("https://i.example/1.png")
LOOM = {"prompt": "a loom"}
API_KEY = {"api_key": KEY}
BAIDU_KEY = {"appid": "app", "secret": KEY}
BAIDU = Case("baidu_translate/translate", {"q": "苹果\n梨"}, pictures.baidu, [Text("Apple\nPear")], BAIDU_KEY)
NOVITA = Case(
    "novitaai/novitaai_txt2img",
    {**LOOM, "model_name": "sd_xl.safetensors", "negative_prompt": "cat"},
    lambda: pictures.novita(looks=0),
    [LINK],
    API_KEY,
)
SPARK_KEY = {"APPID": "a1", "APISecret": "secret", "APIKey": KEY}
SPARK = Case("spark/spark_img_generation", LOOM, pictures.spark, [PICTURE], SPARK_KEY)
WEBUI = Case(
    "stablediffusion/stable_diffusion",
    {**LOOM, "lora": "wool"},
    pictures.webui,
    [PICTURE],
    {"base_url": "{origin}", "model": "dream"},
)
SILICON = Json({"images": [{"url": "https://i.example/1.png"}], "seed": 7, "timings": {"inference": 1.5}})
FLUX = [ImageUrl("https://i.example/1.jpg"), Json({"seed": 7})]

CASES = [
    Case(
        "dalle/dalle2",
        {**LOOM, "n": 2, "size": "small"},
        pictures.dalle,
        [PICTURE, PICTURE],
        {"openai_api_key": KEY, "openai_organization_id": "org-1"},
    ),
    Case(
        "dalle/dalle3",
        {**LOOM, "size": "vertical", "quality": "hd", "style": "natural"},
        pictures.dalle,
        [PICTURE],
        {"openai_api_key": KEY, "openai_base_url": "{origin}/v1"},
    ),
    Case(
        "azuredalle/azure_dalle3",
        LOOM,
        pictures.azure,
        [PICTURE],
        {
            "azure_openai_api_key": KEY,
            "azure_openai_base_url": "{origin}",
            "azure_openai_api_model_name": "draw",
        },
    ),
    Case(
        "siliconflow/flux",
        {**LOOM, "model": "dev", "seed": 3},
        pictures.siliconflow,
        [SILICON, LINK],
        {"siliconFlow_api_key": KEY},
    ),
    Case(
        "siliconflow/stable_diffusion",
        {**LOOM, "negative_prompt": "cat"},
        pictures.siliconflow,
        [SILICON, LINK],
        {"siliconFlow_api_key": KEY},
    ),
    Case("stability/stability_text2image", LOOM, pictures.stability, [PICTURE], API_KEY, malformed=False),
    Case(
        "stability/stability_text2image",
        {**LOOM, "model": "sd3-turbo", "negative_prompt": "cat", "aspect_ratio": "16:9"},
        pictures.stability,
        [PICTURE],
        API_KEY,
        malformed=False,
    ),
    Case("fal/flux_1_1_pro", {**LOOM, "seed": 3}, pictures.fal, FLUX, {"fal_api_key": KEY}),
    Case("fal/flux_1_1_pro_ultra", {**LOOM, "raw": True}, pictures.fal, FLUX, {"fal_api_key": KEY}),
    Case("fal/flux_1_dev", LOOM, pictures.fal, FLUX, {"fal_api_key": KEY}),
    Case("getimgai/text2image", LOOM, pictures.getimg, [PICTURE], {"getimg_api_key": KEY}),
    Case(
        "getimgai/text2image",
        {**LOOM, "mode": "stable-diffusion-xl", "negative_prompt": "cat", "steps": 30},
        pictures.getimg,
        [PICTURE],
        {"getimg_api_key": KEY},
    ),
    NOVITA,
    Case(
        "novitaai/novitaai_modelquery",
        {"query": "xl"},
        pictures.novita,
        [Json({"models": [{"id": 1, "name": "SD XL", "sd_name": "sd_xl.safetensors"}]})],
        API_KEY,
    ),
    Case("cogview/cogview3", {**LOOM, "size": "vertical"}, pictures.zhipu, [LINK], {"zhipuai_api_key": KEY}),
    Case("stepfun/image", LOOM, pictures.stepfun, [PICTURE], {"stepfun_api_key": KEY}),
    Case(
        "gitee_ai/text-to-image",
        {"inputs": "a loom"},
        pictures.gitee,
        [Blob(pictures.JPEG, "image/jpeg", "image.jpeg")],
        API_KEY,
        malformed=False,
    ),
    WEBUI,
    Case(
        "xinference/stable_diffusion",
        LOOM,
        pictures.xinference,
        [PICTURE],
        {"base_url": "{origin}", "model": "sdxl", "api_key": KEY},
    ),
    SPARK,
    BAIDU,
    Case(
        "baidu_translate/field_translate",
        {"q": "苹果", "domain": "finance"},
        pictures.baidu,
        [Text("Apple\nPear")],
        BAIDU_KEY,
    ),
    Case("baidu_translate/language", {"q": "苹果"}, pictures.baidu, [Text("zh")], BAIDU_KEY),
    Case(
        "google_translate/translate",
        {"content": "Hallo. Welt.", "dest": "en"},
        pictures.google_translate,
        [Text("Hello. World.")],
    ),
]


@every(CASES)
async def test_a_good_call(case: Case, tmp_path: Path) -> None:
    await check_good_call(case, tmp_path)


@every(CASES)
async def test_a_failure_says_why(case: Case, tmp_path: Path) -> None:
    await check_failures(case, tmp_path)


async def test_a_picture_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("treadle.tools.builtin.novitaai.tools._PAUSE", 0)
    waiting = Case(NOVITA.tool, NOVITA.parameters, lambda: pictures.novita(looks=2), [LINK], API_KEY)
    await check_good_call(waiting, tmp_path)


async def test_refusals_inside_a_good_status_are_failures(tmp_path: Path) -> None:
    assert await check_said(BAIDU, tmp_path, {"error_code": "54003", "error_msg": "Invalid Access Limit"}) == (
        "ToolInvokeError: Baidu could not translate: Invalid Access Limit (54003)."
    )
    moderated = {"header": {"code": 10021, "message": "prompt is not allowed", "sid": "s"}}
    assert await check_said(SPARK, tmp_path, moderated) == (
        "ToolInvokeError: Spark could not draw the picture: prompt is not allowed (10021)."
    )
    assert await check_said(WEBUI, tmp_path, [{"title": "other", "model_name": "other"}]) == (
        'ToolInvokeError: Stable Diffusion has no model "dream"; it has other.'
    )
    stepfun = next(case for case in CASES if case.provider == "stepfun")
    assert await check_said(stepfun, tmp_path, {"data": [{"b64_json": "!"}]}) == (
        "ToolInvokeError: The service gave a picture that cannot be read."
    )
    assert await check_said(stepfun, tmp_path, {"data": [{"b64_json": "aGVsbG8="}]}) == (
        "ToolInvokeError: The service gave no picture."
    )


@pytest.mark.parametrize(
    ("case", "credentials"),
    [(BAIDU, {**BAIDU_KEY, "secret": "x"}), (SPARK, {**SPARK_KEY, "APISecret": "x"})],
    ids=str,
)
async def test_a_wrong_secret_is_told(case: Case, credentials: dict[str, str], tmp_path: Path) -> None:
    wrong = Case(case.tool, case.parameters, case.vendor, [], {**credentials})
    with pytest.raises(ToolCredentialsError, match="refused the"):
        await check_good_call(wrong, tmp_path)


async def test_speech_is_written_down(tmp_path: Path) -> None:
    async with pictures.fal() as vendor, open_http(tmp_path) as http:
        files = MemoryFiles({"talk.mp3": b"ID3 sound"})
        parameters = {"audio_file": file("talk.mp3", kind="audio", mime_type="audio/mpeg")}
        call = a_call(parameters, credentials={"fal_api_key": KEY}, http=http, files=files)
        provider = builtin_providers()["fal"].at(api=f"{vendor.origin}/fal-ai")
        assert await given(provider, "wizper", call) == [Text("Hello.")]
