"""The console API: prompts, code and schemas that a model writes (spec models-and-tools §7)."""

from typing import Any

from pydantic import BaseModel, Field

from treadle.server.console_api.access import EditorDep, ServicesDep, console_router

router = console_router("Generators")


class Wish(BaseModel):
    """What is wanted, and which model writes it."""

    instruction: str = Field(max_length=20_000)
    model: dict[str, Any] = Field(alias="model_config")


class PromptWish(Wish):
    no_variable: bool = False


class CodeWish(Wish):
    code_language: str = "javascript"


class ChangeWish(Wish):
    """`current` empty: it is written anew; `language` is then python, javascript or that of a prompt."""

    flow_id: str
    node_id: str = ""
    current: str = ""
    language: str = ""
    ideal_output: str = ""


@router.post("/rule-generate")
async def generate_prompt(body: PromptWish, services: ServicesDep, signed_in: EditorDep) -> dict[str, Any]:
    """A prompt for a description, and with variables also their names and an opening."""
    return await services.generators.prompt(
        signed_in.workspace_id, instruction=body.instruction, model=body.model, no_variable=body.no_variable
    )


@router.post("/rule-code-generate")
async def generate_code(body: CodeWish, services: ServicesDep, signed_in: EditorDep) -> dict[str, Any]:
    """Code of a code node."""
    return await services.generators.code(
        signed_in.workspace_id, instruction=body.instruction, model=body.model, language=body.code_language
    )


@router.post("/rule-structured-output-generate")
async def generate_schema(body: Wish, services: ServicesDep, signed_in: EditorDep) -> dict[str, Any]:
    """A JSON Schema of a model node's structured output."""
    return await services.generators.schema(signed_in.workspace_id, instruction=body.instruction, model=body.model)


@router.post("/instruction-generate")
async def generate_change(body: ChangeWish, services: ServicesDep, signed_in: EditorDep) -> dict[str, Any]:
    """A part of a node as its builder wants it; without a part, one that is written anew."""
    generators, workspace_id = services.generators, signed_in.workspace_id
    if body.current.strip():
        return await generators.change(
            workspace_id,
            app_id=body.flow_id,
            node_id=body.node_id,
            current=body.current,
            instruction=body.instruction,
            ideal_output=body.ideal_output,
            model=body.model,
        )
    if body.language in ("python", "python3", "javascript"):
        made = await generators.code(
            workspace_id, instruction=body.instruction, model=body.model, language=body.language
        )
        return {"modified": made["code"], "message": "", **made}
    made = await generators.prompt(workspace_id, instruction=body.instruction, model=body.model, no_variable=True)
    return {"modified": made["prompt"], "message": "", **made}
