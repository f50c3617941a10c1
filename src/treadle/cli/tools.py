"""`treadle tool`: the tools of the workspace, their credentials, and tools made from APIs and workflows."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from treadle.cli.output import AsJson, DataDir, fail, pairs, print_json, run

if TYPE_CHECKING:
    from treadle.engine.ports import Tool, ToolMessage, ToolParameter
    from treadle.engine.values import Value
    from treadle.server.services import Services
    from treadle.tools.providers import ProviderInfo

app = typer.Typer(no_args_is_help=True)
credential = typer.Typer(no_args_is_help=True)
app.add_typer(credential, name="credential", help="Credentials of built-in tools.")

ProviderName = Annotated[str, typer.Option("--provider", help="As in `treadle tool list`.", show_default=False)]
Name = Annotated[str, typer.Option("--name", help="What it is called.", show_default=False)]


@app.command("list")
def list_tools(
    kind: Annotated[str, typer.Option("--type", help="builtin, api, workflow or mcp.", show_default=False)] = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List the providers of tools and what each offers."""
    from treadle.server.services import open_services

    if kind not in ("", "builtin", "api", "workflow", "mcp"):
        fail(f"--type takes builtin, api, workflow or mcp, not {kind!r}.", 2)

    async def work() -> list["ProviderInfo"]:
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            return await services.tools.providers(workspace.id, kind or None)  # type: ignore[arg-type]

    found = run(work)
    if as_json:
        print_json([_provider(each) for each in found])
        return
    for each in found:
        state = "" if each.authorized else "  (needs credentials)"
        print(f"{each.type:<9} {each.name:<20} {', '.join(tool.name for tool in each.tools)}{state}")


@app.command("show")
def show(
    provider: Annotated[str, typer.Argument(help="Name or id, as in `treadle tool list`.")],
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Show the tools of a provider with their parameters, and the credentials that it asks for."""
    from treadle.server.services import open_services

    async def work() -> tuple["ProviderInfo", list[str]]:
        async with open_services(data_dir) as services:
            found = await _find(services, provider)
            asked = (
                [] if found.type != "builtin" else list(services.tools.builtin_named(found.id).credentials_for_provider)
            )
            return found, asked

    found, asked = run(work)
    if as_json:
        print_json({**_provider(found), "credentials_asked": asked})
        return
    print(f"{found.name} ({found.type})")
    if asked:
        print(f"credentials: {', '.join(asked)}")
    for tool in found.tools:
        print(f"\n{tool.name}: {tool.description.strip()}")
        if tool.has_runtime_parameters:
            print("  (asks for more or for other things, by the credentials and the app)")
        for parameter in tool.parameters:
            print(f"  {_line(parameter)}")


def _line(parameter: "ToolParameter") -> str:
    notes = [parameter.type]
    if parameter.form != "llm":
        notes.append("setting")
    if parameter.required:
        notes.append("required")
    if parameter.default is not None:
        notes.append(f"default {parameter.default}")
    if parameter.options:
        notes.append("one of " + ", ".join(option.value for option in parameter.options))
    said = f": {parameter.llm_description}" if parameter.llm_description else ""
    return f"{parameter.name} ({', '.join(notes)}){said}"


@app.command("test")
def try_tool(
    provider: Annotated[str, typer.Argument(help="Name or id of the provider.")],
    tool: Annotated[str, typer.Argument(help="Name of the tool.")],
    given: Annotated[
        list[str] | None,
        typer.Option("--input", "-i", metavar="NAME=VALUE", show_default=False, help="May be repeated."),
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Call a tool, and print what it says. A file is given as NAME=@PATH."""
    from treadle.engine.errors import NodeError
    from treadle.server.services import open_services

    inputs = pairs(given or [], "--input")

    async def work() -> list["ToolMessage"]:
        async with open_services(data_dir) as services:
            found = await _find(services, provider)
            try:
                return await _call(services, found, tool, inputs)
            except NodeError as error:
                fail(str(error))

    messages = run(work)
    if as_json:
        import msgspec

        print_json([msgspec.to_builtins(message) for message in messages])
        return
    for message in messages:
        text = _said(message)
        if text:
            print(text)


async def _call(
    services: "Services", provider: "ProviderInfo", name: str, inputs: dict[str, str]
) -> list["ToolMessage"]:
    from treadle.engine.ports import ToolRef
    from treadle.nodes.tool_parameters import call_values
    from treadle.tools.sources import Caller

    workspace = await services.accounts.only_workspace()
    caller = Caller(workspace_id=workspace.id)
    port = services.tools.for_run(caller, services.tools.world_for(caller))
    tool = await port.find(ToolRef(provider_type=provider.type, provider_id=provider.id, tool_name=name))
    values = await _values(services, workspace.id, tool, inputs)
    settings = {parameter.name for parameter in tool.parameters if parameter.form == "form"}
    chosen = {name: value for name, value in values.items() if name in settings}
    given = {name: value for name, value in values.items() if name not in settings}
    return [message async for message in port.invoke(tool, call_values(tool, chosen, given))]


async def _values(services: "Services", workspace_id: str, tool: "Tool", inputs: dict[str, str]) -> dict[str, "Value"]:
    """The inputs with files uploaded. Raises InvalidParam for a name that the tool does not know."""
    from treadle.apps.uploads import FileOrigin
    from treadle.nodes.tool_parameters import FILE_TYPES
    from treadle.platform.refusals import InvalidParam

    known = {parameter.name: parameter for parameter in tool.parameters}
    values: dict[str, Value] = {}
    for name, text in inputs.items():
        if name not in known:
            raise InvalidParam(f"{tool.name} has no parameter {name}; it has {', '.join(known) or 'none'}.")
        values[name] = text
        if known[name].type in FILE_TYPES:
            file_name, data = _file(text)
            origin = FileOrigin(workspace_id, "", "account", "", None)
            kept = await services.uploads.upload(origin, name=file_name, declared_type="", data=data)
            values[name] = services.uploads.descriptor(kept)
    return values


def _file(text: str) -> tuple[str, bytes]:
    from pathlib import Path

    path = Path(text.removeprefix("@")).expanduser()
    return path.name, path.read_bytes()


def _said(message: "ToolMessage") -> str:
    from treadle.engine.ports import ToolFile, ToolJson, ToolLink, ToolText, ToolVariable
    from treadle.engine.values import json_text, to_text

    match message:
        case ToolText():
            return message.text
        case ToolLink():
            return message.url
        case ToolFile():
            return f"{message.file.filename}: {message.file.url}"
        case ToolJson() if not message.suppressed:
            return json_text(message.value)  # type: ignore[arg-type]
        case ToolVariable():
            return f"{message.name} = {to_text(message.value)}"
        case _:
            return ""


@app.command("import")
def import_api(
    source: Annotated[str, typer.Argument(help="File or web address of an OpenAPI or Swagger document.")],
    name: Name,
    auth: Annotated[str, typer.Option("--auth", help="none, header or query: where the key goes.")] = "none",
    key: Annotated[str, typer.Option("--key", help="The key that the API asks for.", show_default=False)] = "",
    parameter: Annotated[
        str, typer.Option("--key-name", help="Name of the header or query parameter.", show_default=False)
    ] = "",
    prefix: Annotated[str, typer.Option("--key-prefix", help="basic, bearer or custom: before the key.")] = "bearer",
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of the API of this name.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Make every operation of an HTTP API a tool."""
    from treadle.server.services import open_services
    from treadle.tools.api.service import ApiDraft

    credentials: dict[str, Any] = {"auth_type": "none"}
    if auth == "header":
        credentials = {
            "auth_type": "api_key_header",
            "api_key_value": key,
            "api_key_header": parameter,
            "api_key_header_prefix": prefix,
        }
    elif auth == "query":
        credentials = {"auth_type": "api_key_query", "api_key_value": key, "api_key_query_param": parameter}
    elif auth != "none":
        fail(f"--auth takes none, header or query, not {auth!r}.", 2)

    async def work() -> "ProviderInfo":
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            apis = services.tools.apis
            text = await apis.fetch(source) if source.startswith(("http://", "https://")) else _text_of(source)
            draft = ApiDraft(name=name, schema=text, credentials=credentials)
            if replace and await apis.find(workspace.id, name) is not None:
                return await apis.update(workspace.id, name, draft)
            return await apis.add(workspace.id, draft)

    made = run(work)
    if as_json:
        print_json(_provider(made))
    else:
        print(f"{made.name} has {len(made.tools)} tools: {', '.join(tool.name for tool in made.tools)}.")


def _text_of(source: str) -> str:
    from pathlib import Path

    try:
        return Path(source).expanduser().read_text("utf-8")
    except UnicodeDecodeError:
        fail(f"{source} is no text; give an OpenAPI or Swagger document.")


@app.command("workflow")
def from_workflow(
    workflow: Annotated[str, typer.Argument(help="Name or id of a published workflow.")],
    name: Annotated[
        str, typer.Option("--name", help="What models call it by: letters, digits, _.", show_default=False)
    ],
    description: Annotated[
        str, typer.Option("--description", help="What it does, for models.", show_default=False)
    ] = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Make a workflow a tool, or bind the tool to the version that is published now."""
    from treadle.platform.refusals import NotFound
    from treadle.server.services import open_services
    from treadle.tools.workflow.forms import PinnedForm, declared_for
    from treadle.tools.workflow.service import WorkflowToolDraft

    async def work() -> "ProviderInfo":
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            found = await services.apps.find(workspace.id, workflow)
            published = await services.tools.workflows.published(workspace.id, found.id)
            form = PinnedForm(variables=published.variables, takes_files=published.takes_files)
            draft = WorkflowToolDraft(name=name, description=description, parameters=declared_for(form))
            try:
                shown = await services.tools.workflows.get(workspace.id, app_id=found.id)
            except NotFound:
                return await services.tools.workflows.create(workspace.id, found.id, draft)
            return await services.tools.workflows.update(workspace.id, str(shown["workflow_tool_id"]), draft)

    made = run(work)
    if as_json:
        print_json(_provider(made))
    else:
        asked = ", ".join(parameter.name for parameter in made.tools[0].parameters)
        print(f"{workflow} is the tool {made.tools[0].name}; it asks for {asked or 'nothing'}.")


@app.command("remove")
def remove(
    provider: Annotated[str, typer.Argument(help="Name or id of an API or of a workflow that is a tool.")],
    data_dir: DataDir = None,
) -> None:
    """Remove an API or a workflow from the tools. Apps that call it fail from now on."""
    from treadle.server.services import open_services

    async def work() -> None:
        async with open_services(data_dir) as services:
            found = await _find(services, provider)
            workspace = await services.accounts.only_workspace()
            if found.type == "api":
                await services.tools.apis.delete(workspace.id, found.name)
            elif found.type == "workflow":
                await services.tools.workflows.delete(workspace.id, found.id)
            else:
                fail(f"{found.name} is of the kind {found.type}, which cannot be removed here.")

    run(work)
    print(f"Removed {provider}.")


@credential.command("add")
def add_credential(
    provider: ProviderName,
    values: Annotated[
        list[str] | None,
        typer.Option("--credential", "-c", metavar="NAME=VALUE", show_default=False, help="May be repeated."),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="What to call them.", show_default=False)] = "",
    default: Annotated[bool, typer.Option("--default", help="Use them where none are chosen.")] = False,
    validate: Annotated[bool, typer.Option(help="Check them with a real call.")] = True,
    data_dir: DataDir = None,
) -> None:
    """Add credentials of a built-in provider; they are checked with a real call and stored encrypted."""
    from treadle.engine.values import JsonValue
    from treadle.server.services import open_services

    given: dict[str, JsonValue] = {**pairs(values or [], "--credential")}

    async def work() -> str:
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            found = services.tools.builtin_named(provider)
            made = await services.tools.credentials.add(
                workspace.id, found.name, given, name=name, default=default, check=validate
            )
            return f"{made.name} of {made.provider}{' as the default' if made.is_default else ''}"

    print(f"Added {run(work)}.")


@credential.command("list")
def list_credentials(
    provider: Annotated[str, typer.Option("--provider", help="Only those of one.", show_default=False)] = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List credentials, secrets masked."""
    import msgspec

    from treadle.server.services import open_services
    from treadle.tools.credentials import CredentialInfo

    async def work() -> list[CredentialInfo]:
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            wanted = services.tools.builtin_named(provider).name if provider else None
            return await services.tools.credentials.list_credentials(workspace.id, wanted)

    rows = run(work)
    if as_json:
        print_json([msgspec.to_builtins(row) for row in rows])
        return
    for row in rows:
        print(f"{row.provider:<20} {row.name}{'  (default)' if row.is_default else ''}  {row.id}")


@credential.command("default")
def default_credential(
    credential_name: Annotated[str, typer.Argument(metavar="NAME", help="Name or id of the credentials.")],
    provider: ProviderName,
    data_dir: DataDir = None,
) -> None:
    """Use these credentials where none are chosen."""
    from treadle.server.services import open_services

    async def work() -> None:
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            found = await _credential_id(services, workspace.id, provider, credential_name)
            await services.tools.credentials.set_default(workspace.id, found)

    run(work)
    print(f"{credential_name} is the default of {provider} now.")


@credential.command("remove")
def remove_credential(
    credential_name: Annotated[str, typer.Argument(metavar="NAME", help="Name or id of the credentials.")],
    provider: ProviderName,
    data_dir: DataDir = None,
) -> None:
    """Forget credentials."""
    from treadle.server.services import open_services

    async def work() -> None:
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            found = await _credential_id(services, workspace.id, provider, credential_name)
            await services.tools.credentials.remove(workspace.id, found)

    run(work)
    print(f"Removed {credential_name} of {provider}.")


async def _credential_id(services: "Services", workspace_id: str, provider: str, name: str) -> str:
    """Raises NotFound."""
    from treadle.platform.refusals import NotFound

    wanted = services.tools.builtin_named(provider).name
    listed = await services.tools.credentials.list_credentials(workspace_id, wanted)
    for each in listed:
        if name in (each.id, each.name):
            return each.id
    names = ", ".join(each.name for each in listed) or "none"
    raise NotFound(f"{wanted} has no credentials called {name}; it has {names}.")


async def _find(services: "Services", name: str) -> "ProviderInfo":
    """The provider with an id or a name, whatever its kind. Raises NotFound."""
    from treadle.platform.refusals import NotFound

    workspace = await services.accounts.only_workspace()
    listed = await services.tools.providers(workspace.id)
    for each in listed:
        if name == each.id:
            return each
    for each in listed:
        if name == each.name or (each.type == "workflow" and name == each.tools[0].name):
            return each
    raise NotFound(f"There is no tool provider {name}; see `treadle tool list`.")


def _provider(provider: "ProviderInfo") -> dict[str, Any]:
    return {
        "id": provider.id,
        "type": provider.type,
        "name": provider.name,
        "authorized": provider.authorized,
        "labels": list(provider.labels),
        "tools": [
            {
                "name": tool.name,
                "description": tool.description,
                "parameters": [
                    {
                        "name": parameter.name,
                        "type": parameter.type,
                        "form": parameter.form,
                        "required": parameter.required,
                        "default": parameter.default,
                        "options": [option.value for option in parameter.options],
                        "description": parameter.llm_description,
                    }
                    for parameter in tool.parameters
                ],
            }
            for tool in provider.tools
        ],
    }
