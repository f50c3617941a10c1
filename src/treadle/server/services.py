"""Everything that serves, put together once: by the server, and by each command that works on the same data."""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from treadle.accounts.code_sign_in import CodeSignIn
from treadle.accounts.codes import MailCodes
from treadle.accounts.end_users import EndUserService
from treadle.accounts.identity_sign_in import IdentitySignIn
from treadle.accounts.invitations import InvitationService
from treadle.accounts.keys import KEYS_TOPIC, ApiKeyService
from treadle.accounts.members import MemberService
from treadle.accounts.own_address import OwnAddress
from treadle.accounts.password_reset import PasswordReset
from treadle.accounts.profile import ProfileService
from treadle.accounts.service import AccountService
from treadle.annotations.replies import AnnotationReplies
from treadle.annotations.service import AnnotationService
from treadle.annotations.work import AnnotationWorker
from treadle.apps.conversations.asides import Asides
from treadle.apps.conversations.service import ConversationService
from treadle.apps.editing.conversion import AppConversion
from treadle.apps.editing.drafts import Drafts
from treadle.apps.editing.service import Editing
from treadle.apps.explore import ExploreService
from treadle.apps.features.again import Again
from treadle.apps.features.around import Surroundings
from treadle.apps.features.check import FeatureCheck
from treadle.apps.features.gate import Gate
from treadle.apps.features.generators import Generators
from treadle.apps.features.speech_costs import SpeechCosts
from treadle.apps.features.spoken import Speech
from treadle.apps.forms.delivery import FormDelivery
from treadle.apps.forms.service import FormService
from treadle.apps.icons import Icons
from treadle.apps.running.beginning import Beginning
from treadle.apps.running.elsewhere import Elsewhere
from treadle.apps.running.leases import LeaseKeeper
from treadle.apps.running.recorder import Recording
from treadle.apps.running.resumption import Resumer
from treadle.apps.running.runs import RunHost
from treadle.apps.running.world import RunWorld
from treadle.apps.sealing import seal_tool_secrets
from treadle.apps.served import ServedApps
from treadle.apps.service import APPS_TOPIC, AppService
from treadle.apps.sites import SiteService
from treadle.apps.tags import TagService
from treadle.apps.uploads import FileOrigin, Uploads
from treadle.apps.workflow_calls import WorkflowCalls
from treadle.extensions.code import CodeExtensions
from treadle.extensions.service import EXTENSIONS_TOPIC, ExtensionService
from treadle.knowledge.app_use import note_use
from treadle.knowledge.evaluation.work import EvaluationWorker
from treadle.knowledge.ingest.embedding import Embedder
from treadle.knowledge.ingest.ingestion import Ingestion
from treadle.knowledge.pipeline_rescue import PipelineRescue
from treadle.knowledge.pipeline_runs import PipelineRuns
from treadle.knowledge.pipelines import Pipelines
from treadle.knowledge.retrieval.port import KnowledgePort
from treadle.knowledge.retrieval.questions import QuestionVectors
from treadle.knowledge.service import KnowledgeService
from treadle.logs.service import LogService
from treadle.logs.statistics import StatisticsService
from treadle.logs.talks import TalkLog
from treadle.models.catalogue import use_folder
from treadle.models.local import EmbeddedModel, LocalModel
from treadle.models.service import ModelService
from treadle.nodes import node_types
from treadle.platform.changes import ChangeWatcher
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.egress import GuardedHttp
from treadle.platform.egress_rules import EgressRules
from treadle.platform.files import FileStore
from treadle.platform.ids import new_id
from treadle.platform.mail import Mailer
from treadle.platform.signed_links import SignedLinks
from treadle.platform.writer import GroupWriter
from treadle.sandbox import Sandbox
from treadle.server.dissolution import dissolve
from treadle.server.example_folder import pipeline_examples
from treadle.server.knowledge import open_knowledge
from treadle.server.limits import node_limits
from treadle.server.links import Links
from treadle.server.tool_speech import ToolSpeech
from treadle.settings import Settings
from treadle.tools.builtin import offer_own, shipped_providers
from treadle.tools.mcp.connections import McpConnections
from treadle.tools.mcp.service import McpService
from treadle.tools.mcp.source import McpSource
from treadle.tools.own.folder import OwnTools
from treadle.tools.service import ToolService
from treadle.tools.sources import Caller, ToolWorld
from treadle.tools.topic import TOOLS_TOPIC
from treadle.tracing.delivery import TracingDelivery
from treadle.tracing.server_export import server_export
from treadle.tracing.service import TracingService
from treadle.triggers.service import TriggerService
from treadle.triggers.ticker import Ticker
from treadle.triggers.webhooks import Webhooks

_NOTE_KEYS_EVERY = 60.0
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The services of one process."""

    settings: Settings
    links: Links
    visitor_key: bytes
    db: Database
    writer: GroupWriter
    mailer: Mailer
    accounts: AccountService
    members: MemberService
    profiles: ProfileService
    invitations: InvitationService
    password_reset: PasswordReset
    code_sign_in: CodeSignIn
    identity_sign_in: IdentitySignIn
    own_address: OwnAddress
    keys: ApiKeyService
    end_users: EndUserService
    models: ModelService
    apps: AppService
    tags: TagService
    icons: Icons
    sites: SiteService
    explore: ExploreService
    conversations: ConversationService
    asides: Asides
    uploads: Uploads
    knowledge: KnowledgeService
    pipelines: Pipelines
    pipeline_runs: PipelineRuns
    ingestion: Ingestion
    evaluation: EvaluationWorker
    extensions: ExtensionService
    code_extensions: CodeExtensions
    annotations: AnnotationService
    annotating: AnnotationWorker
    speech: Speech
    again: Again
    conversion: AppConversion
    generators: Generators
    logs: LogService
    talks: TalkLog
    statistics: StatisticsService
    tools: ToolService
    mcp: McpService
    served: ServedApps
    host: RunHost
    elsewhere: Elsewhere
    resumer: Resumer
    editing: Editing
    triggers: TriggerService
    webhooks: Webhooks
    ticker: Ticker
    forms: FormService
    form_delivery: FormDelivery
    tracing: TracingService
    tracing_delivery: TracingDelivery


def settings_for(data_dir: Path | None = None, **overrides: Any) -> Settings:
    """The settings of this environment, with what a command was told."""
    given = {name: value for name, value in {"data_dir": data_dir, **overrides}.items() if value is not None}
    return Settings.model_validate(given)


def sandbox_of(settings: Settings) -> Sandbox:
    """The sandbox of code nodes, as the operator bounds it."""
    return Sandbox(
        time_limit=settings.code_time_limit,
        memory_limit=settings.code_memory_limit * _MIB,
        workers=settings.code_workers,
        queue_limit=settings.code_queue_limit,
        packages=settings.code_packages.resolve() if settings.code_packages else None,
        sets=settings.code_package_sets,
        jail_root=settings.data_dir / "sandbox",
    )


@asynccontextmanager
async def open_services(
    data_dir: Path | None = None,
    *,
    settings: Settings | None = None,
    serving: bool = False,
    local: EmbeddedModel | None = None,
) -> AsyncGenerator[Services]:
    """Open the data folder (made, and its schema brought up to date, where needed) and everything above it.

    With `serving`, changes of other processes are watched for and abandoned runs are taken up. `local` is the embedded
    model that this process shares with others; without it, it has its own. Raises DatabaseError, SecretError and
    FileStoreError.
    """
    settings = settings or settings_for(data_dir)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with AsyncExitStack() as stack:
        db = Database(settings.resolved_database_url, pool_size=settings.database_pool_size)
        stack.push_async_callback(db.close)
        await db.migrate()
        crypto = Crypto.open(settings.resolved_secret_key_file)
        await seal_tool_secrets(db, crypto)
        writer = GroupWriter(
            db, flush_interval=settings.recorder_flush_interval, max_pending=settings.recorder_max_pending
        )
        writer.start()
        speech_costs = SpeechCosts(writer)
        stack.push_async_callback(writer.close)
        owner = f"{socket.gethostname()}:{os.getpid()}:{new_id()}"
        leases = LeaseKeeper(db, owner, seconds=settings.run_lease_seconds)
        stack.push_async_callback(leases.close)
        recording = Recording(writer, crypto, leases, tick=settings.recorder_tick)
        recording.start()
        stack.push_async_callback(recording.close)
        if local is None and settings.local_model:
            own = local = LocalModel(settings.data_dir / "models")
            stack.push_async_callback(own.close)
        use_folder(settings.model_catalogue_dir)
        models = ModelService(db, crypto, local, processes=settings.workers)
        stack.push_async_callback(models.close)
        http = GuardedHttp(settings)
        stack.push_async_callback(http.close)
        sandbox = sandbox_of(settings)
        await sandbox.start()
        stack.push_async_callback(sandbox.close)
        links = Links.of(settings)
        signed = SignedLinks(crypto, links.base, settings.files_access_timeout)
        store = FileStore(settings.resolved_files_url, settings.files_options)
        uploads = Uploads(db, store, signed, http, settings)
        knowledge = open_knowledge(
            stack,
            settings=settings,
            db=db,
            crypto=crypto,
            models=models,
            uploads=uploads,
            store=store,
            http=http,
            links=links,
            owner=owner,
        )
        apps = AppService(db, crypto, node_types(node_limits(settings)))
        conversations = ConversationService(db, recording.settle)
        asides = Asides(models, apps, conversations, writer)
        stack.push_async_callback(asides.close)
        extensions = ExtensionService(db, crypto, http)
        code_extensions = CodeExtensions.load(settings.extensions_dir)
        offer_own(OwnTools.load(settings.extensions_dir, taken=shipped_providers()).providers)
        replies = AnnotationReplies(db, knowledge.indexes, QuestionVectors(models))
        annotations = AnnotationService(db, knowledge.indexes, models, replies, settings, recording.settle)
        annotating = AnnotationWorker(db, knowledge.indexes, Embedder(db, models), owner)
        stack.push_async_callback(annotating.close)
        apps.annotations = replies
        apps.delete_hooks.append(annotations.forget_app)
        tracing = TracingService(db, crypto, apps, http)
        await tracing.load()
        tracing_delivery = TracingDelivery(
            db,
            http,
            tracing,
            writer,
            server_export(settings),
            interval=settings.tracing_interval,
            batch=settings.tracing_batch_size,
        )
        stack.push_async_callback(tracing_delivery.close)
        recording.on_end.append(tracing_delivery.rows_of)
        asides.tell = tracing_delivery.tell
        apps.delete_hooks.append(tracing.forget_app)
        apps.delete_hooks.append(lambda session, app: keys.forget_app(session, app.id))
        gate = Gate(
            extensions=extensions,
            code=code_extensions,
            models=models,
            annotations=replies,
            tell=tracing_delivery.tell,
        )

        def world_for(caller: Caller) -> ToolWorld:
            workspace_id = caller.workspace_id
            return ToolWorld(
                models=models.for_workspace(workspace_id),
                code=sandbox.for_workspace(workspace_id),
                http=http,
                files=uploads.for_run(FileOrigin(workspace_id, "", caller.role, caller.user_id, None)),
            )

        tools = ToolService(
            db=db,
            crypto=crypto,
            http=http,
            settings=settings,
            world_for=world_for,
            default_model=models.default_model,
            speech=lambda workspace_id: ToolSpeech(models.media_for(workspace_id)),
        )
        forms = FormService(db, crypto)
        host = RunHost(
            settings=settings,
            crypto=crypto,
            beginning=Beginning(
                db=db, crypto=crypto, apps=apps, uploads=uploads, recording=recording, asides=asides, tools=tools
            ),
            world=RunWorld(
                settings=settings,
                models=models,
                uploads=uploads,
                code=sandbox,
                http=http,
                tools=tools,
                forms=forms,
                knowledge=lambda caller: KnowledgePort(db, knowledge.retrieval, uploads, caller),
                pipeline=knowledge.pipeline,
            ),
            uploads=uploads,
            recording=recording,
            asides=asides,
            surroundings=Surroundings(gate, models, speech_costs, buffer=settings.moderation_buffer_size),
            forms=forms,
        )
        stack.push_async_callback(host.close)
        tools.call_workflows_with(WorkflowCalls(db, apps, host))
        connections = McpConnections(EgressRules(settings.egress_allow), settings.mcp_stdio_commands)
        mcp = McpService(db, crypto, connections, callback=links.mcp_callback())
        stack.push_async_callback(mcp.close)
        tools.add_source("mcp", McpSource(mcp.find, connections), mcp, headers_named=mcp.headers_named)
        keys = ApiKeyService(db)
        end_users = EndUserService(db)
        leases.start(host.lose)
        elsewhere = Elsewhere(db, host.stop_run)
        stack.push_async_callback(elsewhere.close)
        resumer = Resumer(
            settings=settings,
            db=db,
            crypto=crypto,
            apps=apps,
            uploads=uploads,
            recording=recording,
            leases=leases,
            host=host,
        )
        stack.push_async_callback(resumer.close)
        drafts = Drafts(db, crypto, apps)
        editing = Editing.over(
            db=db,
            crypto=crypto,
            apps=apps,
            models=models,
            drafts=drafts,
            uploads=uploads,
            http=http,
            host=host,
            recording=recording,
            features=FeatureCheck(extensions, code_extensions),
            tools=tools,
        )
        resumer.debugging_again = editing.runs.again
        pipelines = Pipelines(db, apps, drafts, knowledge.service.bases, pipeline_examples)
        pipeline_runs = PipelineRuns(db, pipelines, host, uploads, knowledge.pages)
        rescue = PipelineRescue(
            db, pipeline_runs, lease_seconds=settings.run_lease_seconds, max_attempts=settings.run_max_attempts
        )
        stack.push_async_callback(rescue.close)
        triggers = TriggerService(
            db=db, apps=apps, drafts=drafts, end_users=end_users, uploads=uploads, host=host, settle=recording.settle
        )
        apps.publish_hooks += [pipelines.check_version, triggers.on_publish, note_use]
        forms.go_on = resumer.go_on
        elsewhere.end_paused = resumer.end_paused
        accounts = AccountService(db, crypto, settings)
        mailer = Mailer(settings)
        codes = MailCodes(db, mailer)
        stack.push_async_callback(codes.close)
        form_delivery = FormDelivery(db, forms, mailer, links.form)
        stack.push_async_callback(form_delivery.close)
        ticker = Ticker(triggers)
        stack.push_async_callback(ticker.close)
        services = Services(
            settings=settings,
            links=links,
            visitor_key=crypto.derive("visitor passport"),
            db=db,
            writer=writer,
            mailer=mailer,
            accounts=accounts,
            members=MemberService(db, accounts, creatable=settings.allow_create_workspace),
            profiles=ProfileService(db),
            invitations=InvitationService(db, accounts, mailer, links.activation, hours=settings.invite_expiry_hours),
            password_reset=PasswordReset(db, accounts, codes),
            code_sign_in=CodeSignIn(db, accounts, codes, settings),
            identity_sign_in=IdentitySignIn(db, accounts, crypto, settings),
            own_address=OwnAddress(db, codes, partial(dissolve, db, apps, knowledge.service)),
            keys=keys,
            end_users=end_users,
            models=models,
            apps=apps,
            tags=TagService(db),
            icons=Icons(uploads),
            sites=SiteService(db),
            explore=ExploreService(db),
            conversations=conversations,
            asides=asides,
            uploads=uploads,
            knowledge=knowledge.service,
            pipelines=pipelines,
            pipeline_runs=pipeline_runs,
            ingestion=knowledge.ingestion,
            evaluation=knowledge.evaluation,
            extensions=extensions,
            code_extensions=code_extensions,
            annotations=annotations,
            annotating=annotating,
            speech=Speech(models, speech_costs),
            again=Again(db, apps, conversations, host),
            conversion=AppConversion(apps, extensions),
            generators=Generators(
                db,
                models,
                prompt_tokens=settings.prompt_generation_max_tokens,
                code_tokens=settings.code_generation_max_tokens,
            ),
            logs=LogService(db, recording.settle),
            talks=TalkLog(db, recording.settle),
            statistics=StatisticsService(db, recording.settle),
            tools=tools,
            mcp=mcp,
            served=ServedApps(db, apps, end_users, host),
            host=host,
            elsewhere=elsewhere,
            resumer=resumer,
            editing=editing,
            triggers=triggers,
            webhooks=Webhooks(settings=settings, db=db, apps=apps, drafts=drafts, triggers=triggers),
            ticker=ticker,
            forms=forms,
            form_delivery=form_delivery,
            tracing=tracing,
            tracing_delivery=tracing_delivery,
        )
        if serving:
            await _watch(services, stack)
            await elsewhere.clear()
            resumer.start()
            rescue.start()
            ticker.start()
            form_delivery.start()
            knowledge.ingestion.worker.start()
            knowledge.evaluation.start()
            annotating.start()
            tracing_delivery.start()
        yield services


async def _watch(services: Services, stack: AsyncExitStack) -> None:
    """See within a second what other processes change."""

    def on_change(topic: str) -> None:
        services.models.on_change(topic)
        services.tools.on_change(topic)
        if topic == TOOLS_TOPIC:
            services.mcp.forget()
        services.elsewhere.on_change(topic)
        services.webhooks.on_change(topic)
        services.ticker.on_change(topic)
        services.form_delivery.on_change(topic)
        services.ingestion.worker.on_change(topic)
        services.evaluation.on_change(topic)
        services.annotations.replies.on_change(topic)
        services.annotating.on_change(topic)
        services.tracing_delivery.on_change(topic)
        if topic == APPS_TOPIC:
            services.apps.forget()
        elif topic == EXTENSIONS_TOPIC:
            services.extensions.forget()
        elif topic == KEYS_TOPIC:
            services.keys.forget()

    watcher = ChangeWatcher(services.db)
    await watcher.start(on_change)
    await services.models.rests.load()
    stack.push_async_callback(watcher.close)
    noting = asyncio.create_task(_note_key_uses(services.keys))
    stack.push_async_callback(services.keys.write_uses)
    stack.callback(noting.cancel)


async def _note_key_uses(keys: ApiKeyService) -> None:
    while True:
        await asyncio.sleep(_NOTE_KEYS_EVERY)
        await keys.write_uses()
