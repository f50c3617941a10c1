"""The embedded model, for real."""

import asyncio
import os
import signal
import sys
import textwrap
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from treadle.engine.errors import InvokeConnectionError
from treadle.engine.ports import ChatRequest, Message, ModelRef
from treadle.models import local
from treadle.models.catalogue import ModelKind, provider_of
from treadle.models.connection import target_of
from treadle.models.http import ModelHttp
from treadle.models.local import MODEL_NAME, LocalModel, LocalModelError
from treadle.models.pricing import price_of
from treadle.models.state import ModelKey, Resolved, Usable
from treadle.models.workspace import WorkspaceModels

pytestmark = [pytest.mark.local_model, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model() -> AsyncIterator[LocalModel]:
    running = LocalModel()
    if not running.available():
        pytest.skip(running.unavailable_reason or "")
    yield running
    await running.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def models(model: LocalModel) -> AsyncIterator[WorkspaceModels]:
    provider = provider_of("local")
    schema = provider.models[0]
    target = target_of(provider, schema, {}, await price_of(provider, schema))
    usable = Usable(ModelKey("local", MODEL_NAME, ModelKind.LLM), provider, schema, {}, "built-in")

    async def resolve(_model: ModelRef, _kind: ModelKind) -> Resolved:
        return Resolved(usable, target, None)

    http = ModelHttp()
    yield WorkspaceModels(resolve, http, model)
    await http.close()


def ask(text: str, **parameters: float | str) -> ChatRequest:
    return ChatRequest(
        model=ModelRef("local", MODEL_NAME), messages=(Message(role="user", content=text),), parameters=parameters
    )


async def gone(pid: int) -> None:
    """Waits until the process has ended."""
    ended = asyncio.Event()
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    asyncio.get_running_loop().add_reader(process, ended.set)
    try:
        async with asyncio.timeout(5):
            await ended.wait()
    finally:
        asyncio.get_running_loop().remove_reader(process)
        os.close(process)


async def test_it_starts_when_it_is_needed_and_answers(model: LocalModel, models: WorkspaceModels) -> None:
    await model.endpoint()
    deltas = [delta async for delta in models.chat(ask("What is the capital of France?", max_tokens=30, temperature=0))]
    assert "Paris" in "".join(delta.text for delta in deltas)
    assert len([delta for delta in deltas if delta.text]) > 3
    usage = deltas[-1].usage
    assert usage is not None
    assert usage.prompt_tokens > 10
    assert usage.completion_tokens >= len(deltas) - 2
    assert usage.total_price == 0


async def test_the_same_seed_gives_the_same_reply(models: WorkspaceModels) -> None:
    first, second = [await models.complete(ask("Name a colour.", seed=7, max_tokens=12)) for _ in range(2)]
    assert first.text == second.text
    assert first.text


async def test_a_schema_binds_the_reply(models: WorkspaceModels) -> None:
    schema = '{"name":"a","schema":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}}'
    said = await models.complete(
        ask("Pick a number.", response_format="json_schema", json_schema=schema, max_tokens=40)
    )
    assert said.text.replace(" ", "").replace("\n", "").startswith('{"n":')


async def test_closing_the_reply_stops_the_writing(model: LocalModel, models: WorkspaceModels) -> None:
    chats = [models.chat(ask(f"Tell a very long story number {n}.", max_tokens=2000)) for n in range(local.SLOTS)]
    for chat in chats:
        await anext(chat)
    for chat in chats:
        await chat.aclose()
    # Every slot is free again at once, or this would wait for thousands of tokens.
    async with asyncio.timeout(10):
        assert (await models.complete(ask("Say hello.", max_tokens=3))).text


async def test_nobody_else_may_use_it(model: LocalModel) -> None:
    endpoint = await model.endpoint()
    assert endpoint.base_url.startswith("http://127.0.0.1:")
    body = {"messages": [{"role": "user", "content": "hi"}]}
    async with aiohttp.ClientSession() as session:
        for headers in ({}, {"Authorization": "Bearer guess"}):
            async with session.post(f"{endpoint.base_url}/chat/completions", json=body, headers=headers) as response:
                assert response.status == 401
    command = open(f"/proc/{model.pid}/cmdline").read()  # noqa: ASYNC230, SIM115
    assert endpoint.key not in command


async def test_it_comes_back_after_a_crash_with_another_key(model: LocalModel, models: WorkspaceModels) -> None:
    before = await model.endpoint()
    pid = model.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await model.notice_end()  # the loop learns of the death a moment after it
    assert (await models.complete(ask("Say hello.", max_tokens=3))).text
    after = await model.endpoint()
    assert after.key != before.key
    assert model.pid != pid


async def test_a_crash_breaks_the_reply_and_not_the_next_one(model: LocalModel, models: WorkspaceModels) -> None:
    chat = models.chat(ask("Tell a very long story.", max_tokens=2000))
    await anext(chat)
    pid = model.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(InvokeConnectionError, match=r"^\[local\] smollm2-135m-instruct: the connection .* broke"):
        _ = [delta async for delta in chat]
    assert (await models.complete(ask("Say hello.", max_tokens=3))).text


async def test_it_ends_with_the_process_that_started_it() -> None:
    program = textwrap.dedent("""
        import asyncio
        from treadle.models.local import LocalModel

        async def main() -> None:
            model = LocalModel()
            await model.endpoint()
            print(model.pid, flush=True)
            await asyncio.sleep(600)

        asyncio.run(main())
    """)
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    await gone(pid)


async def test_a_model_that_cannot_be_loaded_is_explained(
    monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]
) -> None:
    broken = os.path.join(tmp_path, "broken.gguf")
    with open(broken, "wb") as file:  # noqa: ASYNC230
        file.write(b"not a model")
    monkeypatch.setattr(local, "model_file", lambda: broken)
    model = LocalModel()
    with pytest.raises(LocalModelError, match=r"smollm2-135m-instruct did not start: ."):
        await model.endpoint()
    assert model.pid is None


async def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "model_file", lambda: None)
    model = LocalModel()
    assert not model.available()
    with pytest.raises(LocalModelError, match=r"pip install 'treadle\[local\]'"):
        await model.endpoint()
