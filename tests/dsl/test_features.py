"""Features of graph apps (app-dsl §8.2)."""

from copy import deepcopy

from treadle.dsl import ProblemKind, features_view, with_feature_defaults
from treadle.dsl.features import Features, FileType


def test_missing_features_take_their_defaults():
    features, problems = features_view({}, chat=True)
    assert (features, problems) == (Features(), [])
    assert features.retriever_resource.enabled is True
    assert features.speech_to_text.enabled is features.file_upload.enabled is False
    assert features.file_upload.number_limits == 3


def test_an_images_only_upload_is_read_as_an_upload_of_images_and_left_alone_in_the_file():
    raw = {"file_upload": {"image": {"enabled": True, "number_limits": 2, "transfer_methods": ["remote_url"]}}}
    before = deepcopy(raw)
    upload = features_view(raw, chat=True)[0].file_upload
    assert (upload.enabled, upload.number_limits) == (True, 2)
    assert upload.allowed_file_types == [FileType.IMAGE]
    assert upload.allowed_file_upload_methods == ["remote_url"]
    assert (upload.allowed_file_extensions, upload.image.enabled) == ([], False)
    assert raw == before


def test_an_upload_switched_off_stays_off_and_keeps_its_images_part():
    raw = {"file_upload": {"enabled": False, "image": {"enabled": True}}}
    upload = features_view(raw, chat=True)[0].file_upload
    assert (upload.enabled, upload.image.enabled) == (False, True)


def test_a_workflow_has_only_uploads_speech_and_moderation():
    raw = {"opening_statement": "Hello", "suggested_questions": 3, "text_to_speech": {"enabled": True, "voice": "v"}}
    features, problems = features_view(raw, chat=False)
    assert (features.opening_statement, features.text_to_speech.voice, problems) == ("", "v", [])


def test_toggles_that_are_no_map_are_off_and_other_wrong_features_are_told_about():
    raw = {
        "speech_to_text": None,
        "retriever_resource": "yes",
        "suggested_questions": ["a"],
        "opening_statement": ["x"],
        "file_upload": {"enabled": "maybe"},
    }
    features, problems = features_view(raw, chat=True)
    assert features.speech_to_text.enabled is features.retriever_resource.enabled is False
    assert (features.suggested_questions, features.opening_statement) == (["a"], "")
    assert [(p.kind, p.severity, p.message) for p in problems] == [
        (
            ProblemKind.BAD_FEATURE,
            "warning",
            "workflow.features.opening_statement must be text, but is a list.",
        ),
        (
            ProblemKind.BAD_FEATURE,
            "warning",
            "workflow.features.file_upload.enabled must be true or false, but is text.",
        ),
    ]


def test_a_draft_gets_the_missing_features_and_keeps_unknown_ones():
    raw = {"unknown": 1, "speech_to_text": {"enabled": True}}
    saved = with_feature_defaults(raw, chat=True)
    assert saved["unknown"] == 1
    assert saved["speech_to_text"] == {"enabled": True}
    assert saved["sensitive_word_avoidance"] == {"enabled": False, "type": "", "configs": []}
    assert set(with_feature_defaults(raw, chat=False)) == {
        "unknown",
        "speech_to_text",
        "file_upload",
        "text_to_speech",
        "sensitive_word_avoidance",
    }
