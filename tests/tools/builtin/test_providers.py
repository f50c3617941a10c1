"""Every provider's file follows the schema, and its code has what the file names."""

import inspect
from importlib import import_module

import msgspec
import pytest

from tests.tools.builtin.calls import a_call
from treadle.engine.errors import ToolNodeError
from treadle.tools.builtin import BuiltinProvider, builtin_providers
from treadle.tools.builtin.provider_file import LANGUAGES, ProviderFileError, read_provider

PROVIDERS = list(builtin_providers().values())
every_provider = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)


@every_provider
def test_every_tool_has_its_code(provider: BuiltinProvider) -> None:
    code = import_module(f"treadle.tools.builtin.{provider.name}.tools")
    written = [name for name, member in vars(code).items() if inspect.isasyncgenfunction(member) and name[0] != "_"]
    assert sorted(written) == sorted(tool.name.replace("-", "_") for tool in provider.tools)


@every_provider
def test_every_text_is_in_every_language(provider: BuiltinProvider) -> None:
    texts = [provider.identity.label, provider.identity.description]
    for field in provider.credentials_for_provider.values():
        texts.append(field.label)
    for tool in provider.tools:
        texts += [tool.label, tool.description.human]
        for parameter in tool.parameters:
            texts += [parameter.label, *(option.label for option in parameter.options)]
    assert [text for text in texts if tuple(text) != LANGUAGES or not all(text.values())] == []


@every_provider
def test_every_parameter_can_be_filled_in(provider: BuiltinProvider) -> None:
    for tool in provider.tools:
        assert tool.description.llm
        names = [parameter.name for parameter in tool.parameters]
        assert len(set(names)) == len(names)
        for parameter in tool.parameters:
            assert parameter.llm_description, f"{tool.name}.{parameter.name}"
            if parameter.type == "select":
                values = [option.value for option in parameter.options]
                assert values
                assert parameter.default is None or parameter.default in values


@every_provider
def test_credentials_are_tried_by_a_call_that_exists(provider: BuiltinProvider) -> None:
    if provider.trial is not None:
        names = [parameter.name for parameter in provider.tool(provider.trial.tool).parameters]
        assert set(provider.trial.parameters) <= set(names)


@every_provider
def test_addresses_are_https(provider: BuiltinProvider) -> None:
    plain = {"tianditu"}  # answers on http alone
    assert provider.name in plain or all(url.startswith("https://") for url in provider.urls.values())


def test_an_unknown_tool_is_refused_with_the_names_of_those_there_are() -> None:
    with pytest.raises(ToolNodeError, match='"time" has no tool "tomorrow"; it has current_time'):
        builtin_providers()["time"].invoke("tomorrow", a_call())


def test_a_wrong_file_is_refused_by_name_and_place() -> None:
    text = (
        "identity: {name: x, label: X, description: X, icon: {background: b, content: c}, labels: [nowhere]}\ntools: []"
    )
    with pytest.raises(ProviderFileError, match=r"^x: Invalid enum value 'nowhere' - at `\$\.identity\.labels"):
        read_provider("x", text.encode())


def test_a_provider_is_read_when_it_is_asked_for() -> None:
    providers = type(builtin_providers())()
    assert "time" in providers
    assert "no/such" not in providers
    assert len(providers) == len(PROVIDERS)
    assert providers["time"] is providers["time"]
    assert list(vars(providers)["_read"]) == ["time"]
    with pytest.raises(KeyError):
        providers["no/such"]


def test_the_schema_of_the_files_is_json_schema() -> None:
    schema = msgspec.json.schema(BuiltinProvider)
    assert schema["$ref"] == "#/$defs/BuiltinProvider"
    assert {"identity", "tools", "credentials_for_provider", "trial", "own_check", "urls"} == set(
        schema["$defs"]["BuiltinProvider"]["properties"]
    )
