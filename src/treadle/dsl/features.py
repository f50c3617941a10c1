"""The features around an app: opener, suggestions, speech, moderation, file upload (app-dsl §7.7 and §8.2)."""

from copy import deepcopy
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, JsonValue

from treadle.dsl.problems import Problem, ProblemKind
from treadle.dsl.sections import Count, Flag, JsonMap, Section, Text, is_map

DEFAULT_FILE_COUNT = 3


def _map_or_off(value: object) -> object:
    return value if is_map(value) or isinstance(value, Section) else {}


class Toggle(Section):
    """A feature that is only on or off."""

    enabled: Flag = False


class TextToSpeech(Section):
    """Reading answers aloud."""

    enabled: Flag = False
    voice: Text = ""
    language: Text = ""
    auto_play: Literal["enabled", "disabled"] = Field(default="disabled", alias="autoPlay")


class ModerationSide(Section):
    """What moderation does with the inputs or with the outputs."""

    enabled: Flag = False
    preset_response: Text = ""


class ModerationConfig(Section):
    """The settings of a moderation; which count depends on its type."""

    inputs_config: ModerationSide = ModerationSide()
    outputs_config: ModerationSide = ModerationSide()
    keywords: Text = ""
    api_based_extension_id: Text = ""


class SensitiveWordAvoidance(Section):
    """Moderation of inputs and outputs by keywords, by a model or by an extension."""

    enabled: Flag = False
    type: Text = ""
    config: ModerationConfig = ModerationConfig()


class ExternalDataTool(Section):
    """A value fetched from outside for a form variable before each turn."""

    enabled: Flag = False
    variable: Text = ""
    type: Text = ""
    config: JsonMap = Field(default_factory=dict)
    label: Text = ""


class FileType(StrEnum):
    """Kinds of files an app may take."""

    IMAGE = "image"
    DOCUMENT = "document"
    AUDIO = "audio"
    VIDEO = "video"
    CUSTOM = "custom"


TransferMethod = Literal["local_file", "remote_url"]


class ImageUpload(Section):
    """The older, images-only form of file upload."""

    enabled: Flag = False
    number_limits: Count = DEFAULT_FILE_COUNT
    detail: Literal["high", "low"] = "high"
    transfer_methods: list[TransferMethod] = Field(default_factory=lambda: ["remote_url", "local_file"])


class FileUpload(Section):
    """Which files people may send with a message."""

    enabled: Flag = False
    number_limits: Count = DEFAULT_FILE_COUNT
    allowed_file_types: list[FileType] = Field(default_factory=list[FileType])
    allowed_file_extensions: list[str] = Field(default_factory=list[str])
    allowed_file_upload_methods: list[TransferMethod] = Field(default_factory=lambda: ["local_file", "remote_url"])
    image: ImageUpload = ImageUpload()


FeatureToggle = Annotated[Toggle, BeforeValidator(_map_or_off)]
Speech = Annotated[TextToSpeech, BeforeValidator(_map_or_off)]
Moderation = Annotated[SensitiveWordAvoidance, BeforeValidator(_map_or_off)]
Uploads = Annotated[FileUpload, BeforeValidator(_map_or_off)]


class Features(Section):
    """A graph app's features with every default filled in."""

    opening_statement: Text = ""
    suggested_questions: list[Text] = Field(default_factory=list[str])
    suggested_questions_after_answer: FeatureToggle = Toggle()
    speech_to_text: FeatureToggle = Toggle()
    text_to_speech: Speech = TextToSpeech()
    retriever_resource: FeatureToggle = Toggle(enabled=True)
    sensitive_word_avoidance: Moderation = SensitiveWordAvoidance()
    file_upload: Uploads = FileUpload()


FEATURE_DEFAULTS: JsonMap = {
    "opening_statement": None,
    "suggested_questions": [],
    "suggested_questions_after_answer": {"enabled": False},
    "speech_to_text": {"enabled": False},
    "text_to_speech": {"enabled": False},
    "retriever_resource": {"enabled": True},
    "sensitive_word_avoidance": {"enabled": False, "type": "", "configs": []},
    "file_upload": {
        "image": {
            "enabled": False,
            "number_limits": DEFAULT_FILE_COUNT,
            "detail": "high",
            "transfer_methods": ["remote_url", "local_file"],
        }
    },
}
"""What an unset feature is written as (app-dsl §7.1)."""

VALIDATED_IN_WORKFLOWS = ("file_upload", "text_to_speech", "sensitive_word_avoidance")


def with_feature_defaults(raw: JsonMap, *, chat: bool) -> JsonMap:
    """A copy of a graph app's features as a draft keeps them: missing ones at their defaults, the rest verbatim."""
    wanted = FEATURE_DEFAULTS if chat else {key: FEATURE_DEFAULTS[key] for key in VALIDATED_IN_WORKFLOWS}
    return {**deepcopy(wanted), **raw}


def features_view(raw: JsonMap, *, chat: bool) -> tuple[Features, list[Problem]]:
    """The features of a graph app, typed; what is wrong stays at its default, with a warning each.

    A workflow (`chat=False`) has only uploads, speech and moderation; the rest is without effect there. An
    images-only upload is read as an upload of images (app-dsl §8.2). `raw` is not touched.
    """
    seen = raw if chat else {key: raw[key] for key in VALIDATED_IN_WORKFLOWS if key in raw}
    upload = seen.get("file_upload")
    if isinstance(upload, dict):
        seen = {**seen, "file_upload": _with_image_upload_raised(upload)}
    return Features.lenient(seen, "workflow.features", ProblemKind.BAD_FEATURE, "warning")


def _with_image_upload_raised(upload: JsonMap) -> JsonMap:
    image = upload.get("image")
    if "enabled" in upload or not isinstance(image, dict) or image.get("enabled") is not True:
        return upload
    raised: dict[str, JsonValue] = {
        "enabled": True,
        "number_limits": image.get("number_limits"),
        "allowed_file_upload_methods": image.get("transfer_methods"),
        "allowed_file_types": ["image"],
        "allowed_file_extensions": [],
    }
    return raised
