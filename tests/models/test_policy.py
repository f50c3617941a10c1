"""Several credentials, limits, retries and models that stand behind (spec models-and-tools §1.16)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.doubles import media
from tests.doubles.script import StreamStyle
from tests.doubles.scripted_model import ScriptedModel
from treadle.engine.errors import (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
    ModelCurrentlyNotSupportError,
)
from treadle.engine.ports import ChatRequest, Message, ModelRef
from treadle.models.administration import CredentialInfo
from treadle.models.catalogue import ModelKind, Pricing
from treadle.models.credentials import HIDDEN
from treadle.models.errors import (
    CredentialsValidateFailedError,
    ModelSetupError,
    UnknownCredentialError,
    UnknownModelError,
)
from treadle.models.policy import LONGEST_WAIT, Limits, Policy
from treadle.models.service import ModelService
from treadle.models.state import INHERIT, Owner
from treadle.platform.changes import ChangeWatcher
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database

HERE = "workspace-1"
KEY = "sk-scripted"
GENERIC = "openai_api_compatible"
OWNER: Owner = (GENERIC, "stub-chat", ModelKind.LLM)


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def service(db: Database, tmp_path: Path, time: Time) -> AsyncIterator[ModelService]:
    policy = Policy(clock=time, sleep=time.sleep, jitter=lambda: 0.0)
    models = ModelService(db, Crypto.open(tmp_path / "key"), policy=policy)
    yield models
    await models.close()


@pytest.fixture
async def second() -> AsyncIterator[ScriptedModel]:
    async with ScriptedModel() as model:
        yield model


def form(upstream: ScriptedModel, **more: str) -> dict[str, str | bool]:
    return {"endpoint_url": upstream.url, "api_key": KEY, **more}


async def balanced(service: ModelService, *upstreams: ScriptedModel) -> list[str]:
    """A model with a credential for each server, used in turn; the requests of the checks are forgotten."""
    administration = service.administration
    ids = [await administration.add_credential(HERE, OWNER, form(each), validate=False) for each in upstreams]
    await administration.decide(HERE, OWNER, balanced=True)
    return ids


async def ask(service: ModelService, name: str = "stub-chat", provider: str = GENERIC) -> str:
    request = ChatRequest(model=ModelRef(provider, name), messages=(Message(role="user", content="Hi"),))
    return "".join([delta.text async for delta in service.for_workspace(HERE).chat(request)])


async def test_credentials_take_turns(service: ModelService, upstream: ScriptedModel, second: ScriptedModel) -> None:
    await balanced(service, upstream, second)
    counts: list[tuple[int, int]] = []
    for _ in range(4):
        await ask(service)
        counts.append((len(upstream.requests), len(second.requests)))
    assert counts == [(1, 0), (1, 1), (2, 1), (2, 2)]


@pytest.mark.parametrize(("status", "seconds"), [(429, 60), (401, 10)])
async def test_a_refused_credential_rests_and_the_next_one_answers_in_the_same_call(
    service: ModelService, upstream: ScriptedModel, second: ScriptedModel, time: Time, status: int, seconds: int
) -> None:
    await balanced(service, upstream, second)
    upstream.fail(status=status, message="Not now")
    second.reply("the second")
    assert await ask(service) == "the second"
    first, other = await service.administration.credentials(HERE, OWNER)
    assert (first.in_cooldown, first.ttl, other.in_cooldown) == (True, seconds, False)
    assert KEY not in first.reason
    assert first.reason
    await ask(service)
    assert (len(upstream.requests), len(second.requests), time.slept) == (1, 2, [])
    time.now += seconds
    await ask(service)
    await ask(service)
    assert len(upstream.requests) == 2
    assert not (await service.administration.credentials(HERE, OWNER))[0].in_cooldown


@pytest.mark.parametrize(("demanded", "seconds"), [(5, 60), (300, 300), (10**6, 3600)])
async def test_a_credential_rests_as_long_as_its_provider_asks_for(
    service: ModelService, upstream: ScriptedModel, second: ScriptedModel, demanded: int, seconds: int
) -> None:
    await balanced(service, upstream, second)
    upstream.fail(status=429, retry_after=demanded)
    await ask(service)
    assert (await service.administration.credentials(HERE, OWNER))[0].ttl == seconds


async def test_reading_aloud_goes_to_the_next_credential_before_its_first_sound(
    service: ModelService, upstream: ScriptedModel, second: ScriptedModel
) -> None:
    owner: Owner = (GENERIC, "stub-voice", ModelKind.TTS)
    for each in (upstream, second):
        await service.administration.add_credential(HERE, owner, form(each, voices="anna"), validate=False)
    await service.administration.decide(HERE, owner, balanced=True)
    upstream.fail(status=429, message="Not now")
    pieces = service.media_for(HERE).speak("Hello there.", ModelRef(GENERIC, "stub-voice"), voice="anna")
    assert b"".join([piece async for piece in pieces]) == media.mp3()
    assert (len(upstream.requests), len(second.requests)) == (1, 1)


async def test_when_all_rest_the_last_reason_is_told_and_nobody_is_asked(
    service: ModelService, upstream: ScriptedModel, second: ScriptedModel
) -> None:
    await balanced(service, upstream, second)
    for each in (upstream, second):
        each.fail(status=429, message="Slow down")
    with pytest.raises(InvokeRateLimitError, match="Slow down"):
        await ask(service)
    with pytest.raises(InvokeRateLimitError, match=r"Slow down.*Every credential rests.*60 s") as caught:
        await ask(service)
    assert caught.value.retry_after == 60
    assert (len(upstream.requests), len(second.requests)) == (1, 1)


@pytest.fixture
async def other_process(db: Database, tmp_path: Path, time: Time, service: ModelService) -> AsyncIterator[ModelService]:
    policy = Policy(clock=time, sleep=time.sleep, jitter=lambda: 0.0)
    models = ModelService(db, Crypto.open(tmp_path / "key"), policy=policy, processes=2)
    yield models
    await models.close()


async def test_what_one_process_finds_out_about_a_credential_the_others_hear(
    db: Database, service: ModelService, other_process: ModelService, upstream: ScriptedModel, second: ScriptedModel
) -> None:
    watcher = ChangeWatcher(db, interval=0.02)

    async def until(resting: bool) -> CredentialInfo:
        async with asyncio.timeout(60):
            while True:
                there = (await other_process.administration.credentials(HERE, OWNER))[0]
                if there.in_cooldown is resting:
                    return there
                await asyncio.sleep(0.02)

    await watcher.start(other_process.on_change)
    first, _ = await balanced(service, upstream, second)
    upstream.fail(status=429, message="Not now", retry_after=300)
    await ask(service)
    there = await until(resting=True)
    assert "Not now" in there.reason
    assert 298 <= there.ttl <= 300
    for _ in range(3):
        await ask(other_process)
    assert (len(upstream.requests), len(second.requests)) == (1, 4)

    await service.administration.change_credential(HERE, first, submitted=form(upstream), validate=False)
    await until(resting=False)
    await ask(other_process)
    await ask(other_process)
    assert len(upstream.requests) == 2
    await watcher.close()


async def test_a_restart_does_not_wake_a_credential(
    service: ModelService, other_process: ModelService, upstream: ScriptedModel, second: ScriptedModel
) -> None:
    await balanced(service, upstream, second)
    for each in (upstream, second):
        each.fail(status=401, message="No such key")
    with pytest.raises(InvokeAuthorizationError):
        await ask(service)
    await service.rests.close()
    await other_process.rests.load()
    with pytest.raises(InvokeAuthorizationError, match=r"refused the API key.*Every credential rests"):
        await ask(other_process)
    assert (len(upstream.requests), len(second.requests)) == (1, 1)


async def test_processes_share_what_a_credential_bears() -> None:
    assert Limits(10, 3, 5.0).share(4) == Limits(3, 1, 5.0)
    assert Limits(1, None).share(4) == Limits(1, None)
    assert Limits(timeout=5.0).share(4) == Limits(timeout=5.0)


async def test_a_wrong_request_is_nobodys_fault(
    service: ModelService, upstream: ScriptedModel, second: ScriptedModel
) -> None:
    await balanced(service, upstream, second)
    upstream.fail(status=400, message="No such parameter")
    with pytest.raises(InvokeBadRequestError):
        await ask(service)
    assert len(second.requests) == 0
    assert not any(each.in_cooldown for each in await service.administration.credentials(HERE, OWNER))


async def test_a_switched_off_credential_has_no_turn(
    service: ModelService, upstream: ScriptedModel, second: ScriptedModel
) -> None:
    (_, other) = await balanced(service, upstream, second)
    await service.administration.change_credential(HERE, other, enabled=False)
    for _ in range(3):
        await ask(service)
    assert (len(upstream.requests), len(second.requests)) == (3, 0)


async def test_the_keys_of_a_provider_take_turns_for_its_models(
    service: ModelService, upstream: ScriptedModel, second: ScriptedModel
) -> None:
    owner: Owner = ("openai", None, None)
    for each in (upstream, second):
        fields: dict[str, str | bool] = {"openai_api_key": KEY, "openai_api_base": each.url}
        await service.administration.add_credential(HERE, owner, fields, validate=False)
    await ask(service, "gpt-4o-mini", "openai")
    await ask(service, "gpt-4o-mini", "openai")
    assert (len(upstream.requests), len(second.requests)) == (2, 0)
    await service.administration.decide(HERE, owner, balanced=True)
    await ask(service, "gpt-4o-mini", "openai")
    await ask(service, "gpt-4o", "openai")
    await ask(service, "gpt-4o-mini", "openai")
    assert (len(upstream.requests), len(second.requests)) == (4, 1)


async def test_a_listed_model_takes_turns_between_its_providers_key_and_its_own(
    service: ModelService, upstream: ScriptedModel, second: ScriptedModel
) -> None:
    provider: Owner = ("openai", None, None)
    model: Owner = ("openai", "gpt-4o-mini", ModelKind.LLM)
    administration = service.administration
    fields: dict[str, str | bool] = {"openai_api_key": KEY, "openai_api_base": upstream.url}
    await administration.add_credential(HERE, provider, fields, validate=False)
    await administration.add_credential(HERE, model, {**fields, "openai_api_base": second.url}, validate=False)
    await ask(service, "gpt-4o-mini", "openai")
    assert (len(upstream.requests), len(second.requests)) == (1, 0)
    await administration.decide(HERE, model, balanced=True)
    assert [each.name for each in await administration.credentials(HERE, model)] == [INHERIT, "API KEY 1"]
    for _ in range(4):
        await ask(service, "gpt-4o-mini", "openai")
    assert (len(upstream.requests), len(second.requests)) == (3, 2)


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_call_that_failed_before_its_first_token_is_made_again(
    service: ModelService, upstream: ScriptedModel, time: Time, status: int
) -> None:
    await service.add_model(HERE, GENERIC, "llm", "stub-chat", form(upstream), validate=False)
    upstream.fail(times=2, status=status)
    upstream.reply("at last")
    assert await ask(service) == "at last"
    assert time.slept == [0.25, 0.5]
    upstream.fail(times=3, status=status)
    with pytest.raises((InvokeRateLimitError, InvokeServerUnavailableError)):
        await ask(service)


async def test_what_the_provider_says_about_waiting_is_heeded(
    service: ModelService, upstream: ScriptedModel, time: Time
) -> None:
    await service.add_model(HERE, GENERIC, "llm", "stub-chat", form(upstream), validate=False)
    upstream.fail(status=429, retry_after=3)
    await ask(service)
    assert time.slept == [3.0]
    upstream.fail(status=429, retry_after=LONGEST_WAIT + 1)
    with pytest.raises(InvokeRateLimitError):
        await ask(service)
    assert time.slept == [3.0]


@pytest.mark.parametrize("status", [400, 401])
async def test_a_refusal_is_not_asked_again(
    service: ModelService, upstream: ScriptedModel, time: Time, status: int
) -> None:
    await service.add_model(HERE, GENERIC, "llm", "stub-chat", form(upstream), validate=False)
    upstream.fail(status=status)
    with pytest.raises((InvokeBadRequestError, InvokeAuthorizationError)):
        await ask(service)
    assert (len(upstream.requests), time.slept) == (1, [])


async def two_models(service: ModelService, upstream: ScriptedModel, second: ScriptedModel) -> None:
    await service.add_model(HERE, GENERIC, "llm", "stub-chat", form(upstream), validate=False)
    await service.add_model(HERE, GENERIC, "llm", "spare", form(second), validate=False)
    await service.administration.decide(HERE, OWNER, fallbacks=[(GENERIC, "spare")])


async def test_a_model_that_stands_behind_answers_and_is_named(
    service: ModelService, upstream: ScriptedModel, second: ScriptedModel, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    await two_models(service, upstream, second)
    upstream.fail(status=429, message="Slow down")
    second.reply("the spare one")
    request = ChatRequest(
        model=ModelRef(GENERIC, "stub-chat"), messages=(Message(role="user", content="Hi"),), parameters={"top_p": 0.5}
    )
    deltas = [delta async for delta in service.for_workspace(HERE).chat(request)]
    assert "".join(delta.text for delta in deltas) == "the spare one"
    assert [delta.model for delta in deltas if delta.model is not None] == [ModelRef(GENERIC, "spare")]
    assert "spare of openai_api_compatible answers instead of stub-chat" in caplog.text
    assert second.requests[0].json["top_p"] == 0.5
    await ask(service)
    assert (len(upstream.requests), len(second.requests), time.slept) == (1, 2, [])
    time.now += 60
    await ask(service)
    assert len(upstream.requests) == 2


async def test_without_a_usable_spare_the_first_error_stays(
    service: ModelService, upstream: ScriptedModel, second: ScriptedModel
) -> None:
    await two_models(service, upstream, second)
    await service.remove(HERE, GENERIC, "llm", "spare")
    upstream.fail(status=400, message="First reason")
    with pytest.raises(InvokeBadRequestError, match="First reason"):
        await ask(service)


async def test_a_reply_that_broke_off_is_not_begun_again(
    service: ModelService, upstream: ScriptedModel, second: ScriptedModel
) -> None:
    await two_models(service, upstream, second)
    upstream.reply("one two three four")
    upstream.stream_as(StreamStyle(cut_after=3))
    with pytest.raises((InvokeConnectionError, InvokeServerUnavailableError)):
        await ask(service)
    assert len(second.requests) == 0


async def test_a_credential_bears_so_many_calls_at_once(
    service: ModelService, upstream: ScriptedModel, time: Time
) -> None:
    await service.administration.add_credential(
        HERE, OWNER, form(upstream), limits=Limits(concurrency=1), validate=False
    )
    models = service.for_workspace(HERE)
    request = ChatRequest(model=ModelRef(GENERIC, "stub-chat"), messages=(Message(role="user", content="Hi"),))
    first = models.chat(request)
    await anext(first)
    second = asyncio.ensure_future(ask(service))
    for _ in range(20):
        await asyncio.sleep(0)
    assert (len(upstream.requests), second.done()) == (1, False)
    await first.aclose()
    assert await second
    assert len(upstream.requests) == 2


async def test_a_credential_bears_so_many_calls_a_minute(
    service: ModelService, upstream: ScriptedModel, time: Time
) -> None:
    await service.administration.add_credential(
        HERE, OWNER, form(upstream), limits=Limits(requests_per_minute=2), validate=False
    )
    for _ in range(3):
        await ask(service)
    assert (time.slept, len(upstream.requests)) == ([60.0], 3)


async def test_a_full_credential_leaves_the_call_to_the_next(
    service: ModelService, upstream: ScriptedModel, second: ScriptedModel, time: Time
) -> None:
    first, _ = await balanced(service, upstream, second)
    await service.administration.change_credential(HERE, first, limits=Limits(requests_per_minute=1))
    for _ in range(4):
        await ask(service)
    assert (len(upstream.requests), len(second.requests), time.slept) == (1, 3, [])


async def test_a_model_can_be_switched_off(service: ModelService, upstream: ScriptedModel) -> None:
    await service.add_model(HERE, GENERIC, "llm", "stub-chat", form(upstream), default=True, validate=False)
    await service.administration.decide(HERE, OWNER, enabled=False)
    assert await service.list_models(HERE) == []
    assert await service.default_model(HERE) is None
    with pytest.raises(ModelCurrentlyNotSupportError, match="switched off"):
        await ask(service)
    (status,) = await service.administration.models(HERE, GENERIC)
    assert status.status == "disabled"
    await service.administration.decide(HERE, OWNER, enabled=True)
    assert await ask(service)
    await service.administration.decide(HERE, (GENERIC, None, None), enabled=False)
    assert await service.list_models(HERE) == []


async def test_a_workspace_states_its_own_price(service: ModelService, upstream: ScriptedModel) -> None:
    await service.add_model(HERE, GENERIC, "llm", "stub-chat", form(upstream), validate=False)
    pricing = Pricing(input="2", output="4", currency="RMB")  # type: ignore[arg-type]
    await service.administration.decide(HERE, OWNER, pricing=pricing)
    price = (await service.for_workspace(HERE).profile(ModelRef(GENERIC, "stub-chat"))).price
    assert (str(price.input), str(price.output), price.currency) == ("2", "4", "RMB")
    await service.administration.decide(HERE, OWNER, pricing="listed")
    assert (await service.for_workspace(HERE).profile(ModelRef(GENERIC, "stub-chat"))).price.input == 0


async def test_the_price_in_a_form_is_that_of_its_model(service: ModelService, upstream: ScriptedModel) -> None:
    fields = form(upstream, input_price="0.5", output_price="1.5", unit="0.001")
    await service.add_model(HERE, GENERIC, "llm", "stub-chat", fields, validate=False)
    price = (await service.for_workspace(HERE).profile(ModelRef(GENERIC, "stub-chat"))).price
    assert [str(each) for each in (price.input, price.output, price.unit)] == ["0.5", "1.5", "0.001"]


async def test_credentials_are_named_switched_and_removed(
    service: ModelService, upstream: ScriptedModel, second: ScriptedModel
) -> None:
    administration = service.administration
    first = await administration.add_credential(HERE, OWNER, form(upstream))
    other = await administration.add_credential(HERE, OWNER, form(second), name="Spare key")
    rows = await administration.credentials(HERE, OWNER)
    assert [(each.name, each.active) for each in rows] == [("API KEY 1", True), ("Spare key", False)]
    assert all(KEY not in str(each) for each in rows)
    for name in ("Spare key", INHERIT, "n" * 65):
        with pytest.raises(ModelSetupError):
            await administration.add_credential(HERE, OWNER, form(second), name=name)
    await administration.activate(HERE, other)
    await ask(service)
    assert len(second.requests) == 2
    await administration.change_credential(HERE, other, submitted=form(second, api_key=HIDDEN))
    await administration.remove_credential(HERE, other)
    assert [(each.id, each.active) for each in await administration.credentials(HERE, OWNER)] == [(first, True)]
    for workspace, credential in ((HERE, other), ("workspace-2", first)):
        with pytest.raises(UnknownCredentialError):
            await administration.remove_credential(workspace, credential)
    await administration.remove_all(HERE, OWNER)
    with pytest.raises(UnknownModelError):
        await administration.remove_all(HERE, OWNER)


async def test_turns_need_two_credentials(service: ModelService, upstream: ScriptedModel) -> None:
    await service.administration.add_credential(HERE, OWNER, form(upstream), validate=False)
    with pytest.raises(ModelSetupError, match="two credentials"):
        await service.administration.decide(HERE, OWNER, balanced=True)


@pytest.mark.parametrize(
    ("owner", "fallbacks", "reason"),
    [
        (OWNER, [(GENERIC, "stub-chat")], "itself"),
        ((GENERIC, "e", ModelKind.EMBEDDING), [(GENERIC, "f")], "Only chat and rerank"),
        (OWNER, [("acme", "x")], "no model provider"),
        (OWNER, [(GENERIC, str(number)) for number in range(11)], "At most 10"),
    ],
)
async def test_what_cannot_stand_behind_is_refused(
    service: ModelService, owner: Owner, fallbacks: list[tuple[str, str]], reason: str
) -> None:
    with pytest.raises(ModelSetupError, match=reason):
        await service.administration.decide(HERE, owner, fallbacks=fallbacks)


async def test_a_provider_is_asked_for_its_models(service: ModelService) -> None:
    async with ScriptedModel(models=["one", "two"]) as model:
        fields: dict[str, str | bool] = {"openai_api_key": model.key, "openai_api_base": model.url}
        found = await service.administration.remote_models(HERE, "openai", fields)
        assert [each.name for each in found] == ["one", "two"]
        await service.administration.add_credential(HERE, ("openai", None, None), fields, validate=False)
        assert await service.administration.remote_models(HERE, "openai") == found
    with pytest.raises(ModelSetupError, match="No credential is stored"):
        await service.administration.remote_models(HERE, "groq")
    with pytest.raises(ModelSetupError, match="cannot be asked"):
        await service.administration.remote_models(HERE, "voyage", {"api_key": "x"})


async def test_a_retired_model_does_not_spoil_the_check_of_a_key(service: ModelService) -> None:
    async with ScriptedModel(models=["new-model"]) as model:
        owner: Owner = ("deepseek", None, None)
        fields: dict[str, str | bool] = {"api_key": model.key, "endpoint_url": model.url}
        await service.administration.validate(HERE, owner, fields)
        assert [request.path for request in model.requests] == ["/v1/chat/completions", "/v1/models"]
        model.take_violations()
        with pytest.raises(CredentialsValidateFailedError, match="HTTP 401"):
            await service.administration.validate(HERE, owner, {**fields, "api_key": "sk-wrong"})
        model.take_violations()
