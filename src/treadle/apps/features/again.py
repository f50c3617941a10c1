"""Another text like one that was written: the same request once more, with a warmer model.

Source: spec models-and-tools §2.9.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import select

from treadle.apps.active_run import ActiveRun
from treadle.apps.conversations import ConversationService
from treadle.apps.definition import Definition
from treadle.apps.history import Owner
from treadle.apps.runs import RunHost, StartRun
from treadle.apps.service import AppService
from treadle.apps.tables import App, CreatedFrom, Message, Run
from treadle.dsl import JsonMap, ModelConfig
from treadle.engine.values import revive
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
        published = await self._apps.published(app)
        feature = published.feature_map.get("more_like_this")
        if not (isinstance(feature, dict) and feature.get("enabled")):
            raise Forbidden("This app offers no texts alike.", code="app_more_like_this_disabled")
        message = await self._conversations.message(owner, message_id)
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


def _inputs(message: Message) -> Mapping[str, Any]:
    return {name: revive(value) for name, value in msgspec.json.decode(message.inputs).items() if value is not None}


def _files(message: Message) -> list[dict[str, Any]]:
    """The files that were sent, as a request names them."""
    sent = [entry["file"] for entry in msgspec.json.decode(message.files) if entry["belongs_to"] == "user"]
    return [
        {
            "type": file.get("type"),
            "transfer_method": file.get("transfer_method"),
            "upload_file_id": file.get("related_id"),
            "url": file.get("remote_url"),
        }
        for file in sent
    ]
