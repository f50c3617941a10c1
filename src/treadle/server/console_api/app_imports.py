"""The console API: apps from files."""

from typing import Literal

from fastapi import Response
from pydantic import BaseModel, JsonValue

from treadle.apps.editing.imports import ImportResult
from treadle.dsl import MAX_BYTES, ImportStatus, derive_dependencies
from treadle.models.catalogue import catalogue
from treadle.platform.refusals import InvalidParam, NotFound
from treadle.server.console_api.access import AppUserDep, EditorDep, ServicesDep, console_router
from treadle.server.console_api.apps import AppLooks
from treadle.server.examples import example_files

router = console_router("Imports")

_STATUS = {ImportStatus.PENDING: 202, ImportStatus.FAILED: 400}


class ImportRequest(AppLooks):
    """A file as text or at an address, for a new app or over the draft of `app_id`."""

    mode: Literal["yaml-content", "yaml-url"]
    yaml_content: str | None = None
    yaml_url: str | None = None
    app_id: str | None = None


class ImportAnswer(BaseModel):
    """How an import went: `pending` waits for a confirmation, `failed` made nothing and says why in `error`.

    `code` and `message` say that of a failure in the words of every other refusal; they are empty otherwise.
    """

    id: str
    status: ImportStatus
    app_id: str | None
    app_mode: str | None
    current_dsl_version: str
    imported_dsl_version: str
    error: str
    code: str
    message: str


class LeakedDependencies(BaseModel):
    """Plugins that an app's file names and this installation does not have."""

    leaked_dependencies: list[JsonValue]


class Template(BaseModel):
    """An app to begin with: import its `content`."""

    id: str
    content: str


class TemplateList(BaseModel):
    data: list[Template]


@router.post(
    "/apps/imports",
    responses={202: {"model": ImportAnswer}, 400: {"model": ImportAnswer}},
)
async def import_app(
    body: ImportRequest, response: Response, services: ServicesDep, signed_in: EditorDep
) -> ImportAnswer:
    """Import an app file: 200 when it is done, 202 when it must be confirmed, 400 when it failed."""
    await services.icons.check(signed_in.workspace_id, body.icon_type, body.icon)
    imports, workspace_id, app_id = services.editing.imports, signed_in.workspace_id, body.app_id or None
    if body.mode == "yaml-url":
        if not body.yaml_url:
            raise InvalidParam("`yaml_url` is required for an import from an address.", param="yaml_url")
        result = await imports.from_url(
            workspace_id, body.yaml_url, account_id=signed_in.account_id, looks=body.looks(), app_id=app_id
        )
    else:
        if not body.yaml_content:
            raise InvalidParam("`yaml_content` is required for an import from text.", param="yaml_content")
        if len(body.yaml_content.encode("utf-8", "replace")) > MAX_BYTES:
            raise InvalidParam(f"The file is larger than {MAX_BYTES // 2**20} MiB.", param="yaml_content")
        result = await imports.from_text(
            workspace_id, body.yaml_content, account_id=signed_in.account_id, looks=body.looks(), app_id=app_id
        )
    return _answer(result, response)


@router.post("/apps/imports/{import_id}/confirm", responses={400: {"model": ImportAnswer}})
async def confirm_import(
    import_id: str, response: Response, services: ServicesDep, signed_in: EditorDep
) -> ImportAnswer:
    """Import a file that waits, within ten minutes."""
    result = await services.editing.imports.confirm(signed_in.workspace_id, import_id, account_id=signed_in.account_id)
    return _answer(result, response)


@router.get("/apps/imports/{app_id}/check-dependencies")
async def check_dependencies(app_id: str, services: ServicesDep, signed_in: AppUserDep) -> LeakedDependencies:
    """The plugins that an app needs and that nothing here stands in for."""
    draft = await services.editing.drafts.read(signed_in.workspace_id, app_id)
    file = draft.definition.to_file(draft.app)
    known = {provider.rpartition("/")[2] for provider in catalogue()}
    wanted = file.dependencies or derive_dependencies(file)
    return LeakedDependencies(leaked_dependencies=[item for item in wanted if _plugin(item) not in known])


@router.get("/app-templates")
async def list_templates(_: AppUserDep) -> TemplateList:
    """Apps to begin with."""
    return TemplateList(
        data=[Template(id=path.stem, content=path.read_text(encoding="utf-8")) for path in example_files()]
    )


@router.get("/app-templates/{template_id}")
async def read_template(template_id: str, services: ServicesDep, signed_in: AppUserDep) -> Template:
    """The file of an app of the catalogue. Those of the workspace are as they are published, without secrets."""
    shipped = next((path for path in example_files() if path.stem == template_id), None)
    if shipped is not None:
        return Template(id=template_id, content=shipped.read_text(encoding="utf-8"))
    for app in await services.explore.templates(signed_in.workspace_id):
        if app.id == template_id:
            file = await services.apps.export(app.workspace_id, app.id, version_id=app.published_version_id)
            return Template(id=template_id, content=file)
    raise NotFound("The catalogue has no such app.")


def _answer(result: ImportResult, response: Response) -> ImportAnswer:
    response.status_code = _STATUS.get(result.status, 200)
    return ImportAnswer(
        id=result.id,
        status=result.status,
        app_id=result.app_id,
        app_mode=result.app_mode,
        current_dsl_version=result.current_version,
        imported_dsl_version=result.imported_version,
        error=result.error,
        code="import_failed" if result.status is ImportStatus.FAILED else "",
        message=result.error,
    )


def _plugin(dependency: JsonValue) -> str:
    """The name of the plugin that an entry asks for, without its owner and version."""
    value = dependency.get("value") if isinstance(dependency, dict) else None
    if not isinstance(value, dict):
        return ""
    found = next((str(text) for key, text in value.items() if key.endswith("unique_identifier") and text), "")
    name = found.partition(":")[0].rpartition("/")[2]
    return "google" if name == "gemini" else name
