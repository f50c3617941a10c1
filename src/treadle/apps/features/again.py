"""Another text like one that was written: the same request once more, with a warmer model.

Source: spec models-and-tools §2.9.
"""

from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import select

from treadle.apps.conversations.history import Owner
from treadle.apps.conversations.service import ConversationService
from treadle.apps.definition import Definition
from treadle.apps.editing.debugging import Person, TryOut
from treadle.apps.editing.drafts import Drafts
from treadle.apps.running.active_run import ActiveRun
from treadle.apps.running.requests import StartRun
from treadle.apps.running.runs import RunHost
from treadle.apps.service import AppService
from treadle.apps.tables import App, CreatedFrom, Message, Run
from treadle.dsl import JsonMap, ModelConfig
from treadle.engine.values import FILE_MARK, JsonValue
from treadle.platform.db import Database
from treadle.platform.refusals import Forbidden, NotFound

TEMPERATURE = 0.9


class Again:
    """Repeats what completion apps wrote."""

    def __init__(self, db: Database, apps: AppService, conversations: ConversationService, host: RunHost) -> None:
        self._db = db
        self._apps = apps
        self._conversations = conversations
        self._host = host

    async def more_like(
        self, app: App, owner: Owner, message_id: str, *, created_from: CreatedFrom, user: str, aloud: bool
    ) -> ActiveRun:
        """A new run of the request behind a message, for the one who made it.

        Raises NotFound, and Forbidden when the app's feature is off.
        """
        message = await self._conversations.message(owner, message_id)
        published = await self._apps.published(app)
        feature = published.feature_map.get("more_like_this")
        if not (isinstance(feature, dict) and feature.get("enabled")):
            raise _switched_off()
        definition = warmer(await self._apps.definition(app, await self._version_id(message)))
        return await self._host.start(
            StartRun(
                app=app,
                created_from=created_from,
                user_id=owner.user_id,
                user=user,
                inputs=_inputs(message),
                files=_files(message),
                query=message.query,
                compiled=self._apps.compile(definition, published.version_id),
                aloud=aloud,
            )
        )

    async def tried_like(self, person: Person, drafts: Drafts, app_id: str, message_id: str) -> TryOut:
        """What a member tries to get another text like one of his own, on the draft as it is now.

        Raises NotFound, and Forbidden when the draft's feature is off.
        """
        definition = (await drafts.read(person.workspace_id, app_id)).definition
        message = await self._conversations.message(Owner(app_id, person.account_id), message_id)
        if definition.model_config is None or not definition.model_config.more_like_this.enabled:
            raise _switched_off()
        config = warmer(definition).model_config
        return TryOut(
            inputs=_inputs(message),
            files=_files(message),
            query=message.query,
            model_config=config.as_map() if config else None,
        )

    async def _version_id(self, message: Message) -> str:
        query = select(Run.version_id).where(Run.id == message.run_id, Run.app_id == message.app_id)
        async with self._db.session() as session:
            version_id = (await session.execute(query)).scalar_one_or_none()
        if version_id is None:
            raise NotFound("The run of this message is gone.")
        return version_id


def warmer(definition: Definition) -> Definition:
    """The same app with a higher temperature."""
    assert definition.model_config is not None
    settings = definition.model_config.as_map()
    model = settings["model"]
    if isinstance(model, dict):
        parameters = model.get("completion_params")
        known: JsonMap = parameters if isinstance(parameters, dict) else {}
        settings["model"] = {**model, "completion_params": {**known, "temperature": TEMPERATURE}}
    return replace(definition, model_config=ModelConfig.read(settings)[0])


def _switched_off() -> Forbidden:
    return Forbidden("This app offers no texts alike.", code="app_more_like_this_disabled")


def _inputs(message: Message) -> dict[str, Any]:
    """The inputs that were sent, files as a request names them."""
    return {name: _named(value) for name, value in msgspec.json.decode(message.inputs).items() if value is not None}


def _files(message: Message) -> list[dict[str, Any]]:
    """The files that were sent beside the inputs, as a request names them."""
    return [_named(entry["file"]) for entry in msgspec.json.decode(message.files) if entry["belongs_to"] == "user"]


def _named(value: JsonValue) -> Any:
    match value:
        case list():
            return [_named(item) for item in value]
        case dict() if FILE_MARK in value:
            return {
                "type": value.get("type"),
                "transfer_method": value.get("transfer_method"),
                "upload_file_id": value.get("related_id"),
                "url": value.get("remote_url"),
            }
        case _:
            return value
