"""Start-form inputs (spec workflow-engine §5)."""

from collections.abc import Mapping

import pytest

from treadle.engine.values import File, JsonValue, Value
from treadle.nodes.inputs import InputError, InputVariable, validate_inputs

from .ports import file


class GivenUploads:
    """Uploads by their id."""

    def __init__(self, *files: File) -> None:
        self._files = {item.id: item for item in files}

    async def resolve(self, mapping: Mapping[str, JsonValue]) -> File:
        upload = mapping.get("upload_file_id")
        if upload not in self._files:
            raise ValueError("the file was not found.")
        return self._files[str(upload)]


UPLOADS = GivenUploads(file("a.png"), file("b.PDF", kind="document"), file("c.xyz", kind="custom"))


async def accept(
    variable: Mapping[str, JsonValue], value: JsonValue, *, stored: Mapping[str, Value] | None = None
) -> Value:
    form = [InputVariable.model_validate({"variable": "v", **variable})]
    given: dict[str, JsonValue] = {} if value is None else {"v": value}
    return (await validate_inputs(form, given, stored=stored, files=UPLOADS))["v"]


async def refuse(variable: Mapping[str, JsonValue], value: JsonValue) -> str:
    with pytest.raises(InputError) as caught:
        await accept(variable, value)
    assert caught.value.variable == "v"
    return caught.value.message


@pytest.mark.parametrize(
    ("variable", "value", "accepted"),
    [
        ({"type": "text-input", "required": True}, "", ""),
        ({"type": "text-input", "max_length": 3}, "五言詩", "五言詩"),
        ({"type": "paragraph", "max_length": 0}, "x" * 999, "x" * 999),
        ({"type": "paragraph", "max_length": None}, "x", "x"),
        ({"type": "paragraph"}, None, None),
        ({"type": "text-input", "default": "d"}, None, "d"),
        ({"type": "text-input", "default": "d"}, "", ""),
        ({"type": "number", "default": 3}, None, 3),
        ({"type": "number", "default": ""}, None, None),
        ({"type": "number"}, 2.5, 2.5),
        ({"type": "number"}, "-7", -7),
        ({"type": "select", "options": ["a"]}, "", None),
        ({"type": "select", "options": ["a"], "default": "a"}, "", "a"),
        ({"type": "select", "options": ["a"]}, None, None),
        ({"type": "checkbox"}, True, True),
        ({"type": "checkbox"}, "off", False),
        ({"type": "checkbox"}, 1, True),
        ({"type": "json_object"}, {"a": ["x\0"]}, {"a": ["x"]}),
        ({"type": "file"}, "", None),
        ({"type": "external_data_tool"}, "x\0", "x"),
    ],
)
async def test_values_that_are_accepted(variable: dict[str, JsonValue], value: JsonValue, accepted: Value) -> None:
    result = await accept(variable, value)
    assert (result, type(result)) == (accepted, type(accepted))


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ({"type": "text-input", "required": True}, None, "v is required in input form"),
        ({"type": "text-input", "required": True, "default": "d"}, None, "v is required in input form"),
        ({"type": "text-input"}, 3, "v in input form must be a string"),
        ({"type": "text-input", "max_length": "2"}, "abc", "v in input form must be less than 2 characters"),
        ({"type": "select", "options": ["a"], "required": True}, "", "v in input form must be one of the following: a"),
        ({"type": "select", "options": ["a", "b"]}, "c", "v in input form must be one of the following: a, b"),
        ({"type": "number"}, "1.2.3", "v in input form must be a valid number"),
        ({"type": "number"}, "nan", "v in input form must be a valid number"),
        ({"type": "number"}, True, "v in input form must be a valid number"),
        ({"type": "number"}, [1], "v in input form must be a valid number"),
        ({"type": "checkbox"}, "maybe", "v in input form must be true or false"),
        ({"type": "checkbox"}, 2, "v in input form must be true or false"),
        ({"type": "json_object"}, "{}", "v in input form must be a JSON object"),
        ({"type": "file"}, "x", "v in input form must be a file"),
        ({"type": "file"}, {"upload_file_id": "no"}, "v in input form: the file was not found"),
        ({"type": "file-list"}, {}, "v in input form must be a list of files"),
        ({"type": "external_data_tool"}, {"a": 1}, "v in input form has an invalid input type"),
        ({"type": "external_data_tool"}, [{"a": 1}], "v in input form has an invalid input type"),
    ],
)
async def test_values_that_are_refused(variable: dict[str, JsonValue], value: JsonValue, reason: str) -> None:
    assert await refuse(variable, value) == reason


async def test_a_map_that_looks_like_a_file_does_not_become_one() -> None:
    faked: dict[str, JsonValue] = {"dify_model_identity": "__dify__file__", "related_id": "a.png", "type": "image"}
    kept = {
        "related_id": "a.png",
        "type": "image",
    }  # without the mark, by which a stored value would be revived as a file
    assert await accept({"type": "json_object"}, {"f": dict(faked)}) == {"f": kept}
    assert await refuse({"type": "file"}, faked) == "v in input form: the file was not found"


@pytest.mark.parametrize(
    ("rules", "upload", "allowed"),
    [
        ({}, "a.png", True),
        ({"allowed_file_types": ["image"]}, "a.png", True),
        ({"allowed_file_types": ["document"]}, "a.png", False),
        ({"allowed_file_types": ["image", "custom"], "allowed_file_extensions": [".pdf"]}, "b.PDF", True),
        ({"allowed_file_types": ["custom"], "allowed_file_extensions": ["pdf"]}, "a.png", False),
        ({"allowed_file_types": ["custom"], "allowed_file_extensions": ["XYZ"]}, "c.xyz", True),
        ({"allowed_file_types": ["image"], "allowed_file_extensions": [".xyz"]}, "c.xyz", False),
        ({"allowed_file_upload_methods": ["local_file"]}, "a.png", True),
        ({"allowed_file_upload_methods": ["remote_url"]}, "a.png", False),
    ],
)
async def test_files_must_be_of_an_allowed_kind(rules: dict[str, JsonValue], upload: str, allowed: bool) -> None:
    mapping: JsonValue = {"type": "image", "transfer_method": "local_file", "upload_file_id": upload}
    if allowed:
        accepted = await accept({"type": "file", **rules}, mapping)
        assert isinstance(accepted, File)
        assert accepted.filename == upload
    else:
        assert "not allowed" in await refuse({"type": "file", **rules}, mapping)


async def test_a_file_list_has_a_limit() -> None:
    mapping: JsonValue = {"upload_file_id": "a.png"}
    assert await accept({"type": "file-list", "max_length": 2}, [mapping, mapping]) == [file("a.png"), file("a.png")]
    assert await refuse({"type": "file-list", "max_length": 1}, [mapping, mapping]) == (
        "v in input form must have at most 1 files"
    )


async def test_a_conversation_keeps_its_inputs() -> None:
    text: dict[str, JsonValue] = {"type": "text-input", "required": True, "default": "d"}
    assert await accept(text, "new", stored={"v": "old"}) == "new"
    assert await accept(text, None, stored={"v": "old"}) == "old"
    assert await accept({"type": "file"}, None, stored={"v": file("a.png")}) == file("a.png")


async def test_a_kept_input_that_the_form_no_longer_takes_counts_as_absent() -> None:
    choice: dict[str, JsonValue] = {"type": "select", "options": ["new"], "default": "new"}
    assert await accept(choice, None, stored={"v": "old"}) == "new"
