"""The datasource node: what a knowledge pipeline begins with, one file or page (workflow-nodes §27).

The run says which source it was given, in `sys.datasource_type` and `sys.datasource_info`. Online documents and drives
are read by plugins alone.
"""

from typing import Literal

import msgspec
from pydantic import Field

from treadle.engine.errors import DatasourceError, FileFetchError
from treadle.engine.node import NodeContext, NodeFailure, NodeResult, NodeType
from treadle.engine.source_port import SourceCall
from treadle.engine.values import JsonValue, Value, plain

from .about import NodeAbout, Words
from .config import JsonField, NodeConfig, reader

SourceKind = Literal["local_file", "online_document", "website_crawl", "online_drive"]

_PAGE = ("source_url", "title", "description", "content")


class DatasourceConfig(NodeConfig):
    """Where documents come from."""

    plugin_id: str = Field(json_schema_extra={"ui": "hidden"})
    provider_name: str = Field(json_schema_extra={"ui": "hidden"})
    provider_type: SourceKind
    plugin_unique_identifier: str = Field(default="", json_schema_extra={"ui": "hidden"})
    datasource_name: str = "local_file"
    datasource_label: str = Field(default="", json_schema_extra={"ui": "hidden"})
    datasource_parameters: dict[str, JsonField] = Field(default_factory=dict, json_schema_extra={"ui": "hidden"})
    datasource_configurations: JsonField = Field(default=None, json_schema_extra={"ui": "hidden"})
    file_extensions: tuple[str, ...] = Field(
        default=(), alias="fileExtensions", json_schema_extra={"shown_if": {"provider_type": "local_file"}}
    )


async def run(ctx: NodeContext, config: DatasourceConfig) -> NodeResult:
    """Raises DatasourceError: the run names no source, or the source cannot be read."""
    info = ctx.pool.get(("sys", "datasource_info"))
    if not isinstance(info, dict):
        raise DatasourceError("This run names no source; a datasource works in runs of a knowledge pipeline.")
    given: dict[str, JsonValue] = {name: plain(value) for name, value in info.items()}
    result = NodeResult(inputs=info, metadata={"datasource_info": given})
    try:
        _check_kind(ctx, config)
        result.outputs = {**await _outputs(ctx, config, info), "datasource_type": config.provider_type}
    except DatasourceError as error:
        raise NodeFailure(result) from error
    return result


def _check_kind(ctx: NodeContext, config: DatasourceConfig) -> None:
    kind = ctx.pool.get(("sys", "datasource_type"))
    if isinstance(kind, str) and kind != config.provider_type:
        raise DatasourceError(f"The run was given a source of type {kind}; this node takes {config.provider_type}.")


async def _outputs(ctx: NodeContext, config: DatasourceConfig, info: dict[str, Value]) -> dict[str, Value]:
    match config.provider_type:
        case "local_file":
            return {"file": await _file(ctx, config, info)}
        case "website_crawl":
            return _page(info)
        case "online_document":
            return await ctx.ports.sources.document(_call(config, info))
        case "online_drive":
            got = await ctx.ports.sources.download(_call(config, info))
            saved = await ctx.ports.files.save(got.data, filename=got.filename, mime_type=got.mime_type)
            return {"file": msgspec.structs.replace(saved, type="custom")}


def _call(config: DatasourceConfig, info: dict[str, Value]) -> SourceCall:
    credential = info.get("credential_id")
    return SourceCall(
        plugin_id=config.plugin_id,
        provider=config.provider_name,
        name=config.datasource_name,
        credential_id=credential if isinstance(credential, str) else "",
        info={name: plain(value) for name, value in info.items()},
        parameters=config.datasource_parameters,
    )


async def _file(ctx: NodeContext, config: DatasourceConfig, info: dict[str, Value]) -> Value:
    file_id = info.get("related_id")
    if not isinstance(file_id, str) or not file_id:
        raise DatasourceError("`related_id` of `datasource_info` is missing: name an uploaded file.")
    try:
        file = await ctx.ports.files.uploaded(file_id)
    except FileFetchError as error:
        raise DatasourceError(str(error)) from error
    accepted = {name.lower().lstrip(".") for name in config.file_extensions}
    if accepted and (file.extension or "").lower().lstrip(".") not in accepted:
        raise DatasourceError(f"{file.filename} is not accepted here; use one of {', '.join(sorted(accepted))}.")
    return msgspec.structs.replace(file, type="custom")


def _page(info: dict[str, Value]) -> dict[str, Value]:
    page: dict[str, Value] = {}
    for name in _PAGE:
        text = info.get(name)
        if not isinstance(text, str):
            raise DatasourceError(f"`{name}` of `datasource_info` must be a text.")
        page[name] = text
    return page


DATASOURCE = NodeType("datasource", load=reader(DatasourceConfig), run=run)

ABOUT = NodeAbout(
    kind="datasource",
    family="knowledge",
    icon="FileInput",
    title=Words("Data source", "数据源", "データソース"),
    description=Words(
        "Begins a knowledge pipeline with a file or a page.",
        "以一个文件或网页开始知识流水线。",
        "ファイルやページからナレッジパイプラインを始めます。",
    ),
)
