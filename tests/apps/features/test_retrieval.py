"""Basic apps that look things up (spec models-and-tools §2.3 to §2.5, app-dsl §7.5)."""

import itertools
from typing import Any

from tests.nodes.ports import Chunk, KnowledgeDouble, ScriptedModels, a_world
from treadle.apps.compile import CompiledApp, compile_app
from treadle.apps.definition import Definition
from treadle.apps.features.retrieval import base_ids, retrieval_data
from treadle.dsl import AppMode, ModelConfig
from treadle.engine.events import Citations, Event, RunStatus
from treadle.engine.pool import VariablePool
from treadle.engine.ports import KnowledgeBase
from treadle.engine.run import Run
from treadle.nodes import NODE_TYPES

BASES = {
    "retrieval_model": "multiple",
    "datasets": {"strategy": "router", "datasets": [{"dataset": {"enabled": True, "id": "kb"}}]},
    "top_k": 2,
}
KNOWN = KnowledgeDouble(
    chunks=[Chunk("kb", "Ferries leave at noon.", 0.9), Chunk("kb", "Bring boots.", 0.5)],
    known=[KnowledgeBase(id="kb", name="Travel")],
)


def config(**settings: Any) -> ModelConfig:
    model = {"provider": "p", "name": "m", "mode": "chat", "completion_params": {}}
    read, problems = ModelConfig.read({"model": model, "dataset_configs": BASES, **settings})
    assert problems == []
    return read


def compiled(mode: AppMode = AppMode.CHAT, **settings: Any) -> CompiledApp:
    return compile_app(Definition(mode=mode, model_config=config(**settings)), NODE_TYPES, version_id="v")


async def ask(app: CompiledApp, knowledge: KnowledgeDouble, query: str) -> tuple[ScriptedModels, list[Event]]:
    models, events, ids = ScriptedModels(), list[Event](), itertools.count()
    run = Run(
        app.graph,
        run_id="r",
        inputs={},
        pool=VariablePool({"sys": {"user_id": "u", "query": query, "files": [], "conversation_id": "c"}}),
        ports=a_world(models=models, knowledge=knowledge),
        emit=events.append,
        new_id=lambda: str(next(ids)),
    )
    finished = await run.execute()
    assert finished.status is RunStatus.SUCCEEDED, finished
    return models, events


def messages(models: ScriptedModels) -> list[tuple[str, object]]:
    return [(message.role, message.content) for message in models.requests[0].messages]


async def test_what_is_found_stands_in_the_prompt_best_first_and_is_cited() -> None:
    models, events = await ask(compiled(pre_prompt="Be kind."), KNOWN, "When?")
    [(role, prompt), question] = messages(models)
    assert (role, question) == ("system", ("user", "When?"))
    assert "<context>\nFerries leave at noon.\nBring boots.\n</context>" in str(prompt)
    assert str(prompt).endswith("Be kind.\n")
    cited = [item for event in events if isinstance(event, Citations) for item in event.resources]
    assert [(item["content"], item["retriever_from"]) for item in cited] == [
        ("Ferries leave at noon.", "api"),
        ("Bring boots.", "api"),
    ]


async def test_nothing_found_still_frames_the_prompt() -> None:
    models, _ = await ask(compiled(), KnowledgeDouble(known=KNOWN.known), "When?")
    assert "<context>\n\n</context>" in str(messages(models)[0][1])


async def test_an_advanced_prompt_puts_the_context_where_it_likes() -> None:
    prompt = {"prompt": [{"role": "system", "text": "Facts: {{#context#}}"}]}
    models, _ = await ask(compiled(prompt_type="advanced", chat_prompt_config=prompt), KNOWN, "When?")
    assert messages(models) == [("system", "Facts: Ferries leave at noon.\nBring boots."), ("user", "When?")]


async def test_an_app_without_knowledge_has_no_such_step() -> None:
    app = compiled(dataset_configs={"retrieval_model": "multiple"}, pre_prompt="Be kind.")
    assert [node.id for node in app.graph.nodes] == ["start", "llm", "answer"]
    models, _ = await ask(app, KNOWN, "When?")
    assert messages(models) == [("system", "Be kind.\n"), ("user", "When?")]


async def test_a_completion_app_asks_what_it_looked_up() -> None:
    form = [{"text-input": {"variable": "topic", "label": "Topic"}}]
    app = compiled(AppMode.COMPLETION, user_input_form=form, dataset_query_variable="topic", pre_prompt="Write.")
    assert app.extras.query_variable == "topic"
    models, _ = await ask(app, KNOWN, "ferries")
    assert [role for role, _ in messages(models)] == ["system", "user"]
    assert messages(models)[1] == ("user", "ferries")


def test_bases_of_old_files_count_and_switched_off_ones_do_not() -> None:
    datasets = [{"dataset": {"enabled": True, "id": "a"}}, {"dataset": {"enabled": False, "id": "b"}}]
    tools = [{"dataset": {"enabled": True, "id": "c"}}, {"dataset": {"enabled": False, "id": "d"}}]
    both = config(dataset_configs={"datasets": {"datasets": datasets}}, agent_mode={"enabled": True, "tools": tools})
    assert base_ids(both) == ["a", "c"]


def test_settings_become_those_of_a_node() -> None:
    settings = {
        **BASES,
        "score_threshold": 0.4,
        "score_threshold_enabled": True,
        "reranking_enable": True,
        "reranking_mode": "reranking_model",
        "reranking_model": {"reranking_provider_name": "jina", "reranking_model_name": "r1"},
    }
    assert retrieval_data(config(dataset_configs=settings), ("sys", "query")) == {
        "query_variable_selector": ["sys", "query"],
        "dataset_ids": ["kb"],
        "retrieval_mode": "multiple",
        "multiple_retrieval_config": {
            "top_k": 2,
            "score_threshold": 0.4,
            "reranking_enable": True,
            "reranking_mode": "reranking_model",
            "reranking_model": {"provider": "jina", "model": "r1"},
            "weights": None,
        },
    }
    single = retrieval_data(config(dataset_configs={**BASES, "retrieval_model": "single"}), ("sys", "query"))
    assert single["single_retrieval_config"]["model"]["name"] == "m"  # type: ignore[index,call-overload]
