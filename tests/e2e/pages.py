"""The pages of the product: where each is, what is on it once it is there, and what it is for."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Sight:
    """A page. `where` has gaps that the ids of a town fill; `route` is how the router calls it."""

    name: str
    route: str
    where: str
    sees: str | re.Pattern[str]
    title: str
    about: str
    signed_in: bool = True

    def address(self, ids: dict[str, str]) -> str:
        return self.where.format_map(ids)


def settings(section: str, sees: str, title: str, about: str) -> Sight:
    return Sight(f"settings-{section}", "/settings/$section", f"/settings/{section}", sees, title, about)


def public(name: str, where: str, sees: str, title: str, about: str, route: str = "") -> Sight:
    """A page for everybody."""
    return Sight(name, route or where, where, sees, title, about, signed_in=False)


ADDRESSES_WITHOUT_PAGE = [
    "/",
    "/setup",
    "/install",
    "/init",
    "/forgot-password",
    "/signin/check-code",
    "/account",
    "/explore",
    "/settings",
    "/app/$appId",
    "/app/$appId/",
]
"""Addresses that lead to another page, and the one of an installation without accounts, which has a test of its own."""

PAGES = [
    Sight("apps", "/apps", "/apps", "Ticket router", "Studio", "All apps of the workspace, by kind, tag and name."),
    Sight("explore", "/explore/apps", "/explore/apps", "Pocket guide", "Explore", "Apps to begin with."),
    Sight(
        "explore-chat",
        "/explore/installed/$appId",
        "/explore/installed/{chat}",
        "Why is the sky blue?",
        "An app in Explore",
        "The apps of the workspace, used without leaving the console.",
    ),
    Sight(
        "configuration",
        "/app/$appId/configuration",
        "/app/{chat}/configuration",
        "Instructions",
        "Building a chatbot",
        "What the app is told at the left, a conversation with it at the right.",
    ),
    Sight(
        "workflow",
        "/app/$appId/workflow",
        "/app/{workflow}/workflow",
        "Which desk?",
        "The canvas",
        "Workflows and chatflows as a graph.",
    ),
    Sight(
        "overview",
        "/app/$appId/overview",
        "/app/{chat}/overview",
        "Satisfaction",
        "Where an app can be used",
        "Its page, its API, embedding, and what happened there day by day.",
    ),
    Sight(
        "api-reference",
        "/app/$appId/develop",
        "/app/{chat}/develop",
        "Send a message",
        "API reference",
        "Every endpoint of an app, with programs that call it.",
    ),
    Sight(
        "logs",
        "/app/$appId/logs",
        "/app/{chat}/logs",
        "How do I fold",
        "Conversations",
        "Who asked what, and how it was rated.",
    ),
    Sight(
        "annotations",
        "/app/$appId/annotations",
        "/app/{chat}/annotations",
        "How do I cancel?",
        "Annotations",
        "Answers that people wrote, given whenever somebody asks the same.",
    ),
    Sight(
        "tracing",
        "/app/$appId/tracing",
        "/app/{chat}/tracing",
        "Langfuse",
        "Tracing",
        "Where the traces of an app are sent.",
    ),
    Sight("runs", "/logs", "/logs", "Ticket router", "Runs", "Every run of every app."),
    Sight("run", "/logs/$runId", "/logs/{run}", "Can I have a second workspace?", "A run", "Node by node."),
    Sight("bases", "/datasets", "/datasets", "Harbour handbook", "Knowledge", "The knowledge bases of the workspace."),
    Sight("base", "/datasets/$baseId", "/datasets/{base}", "Fees 2026.md", "A knowledge base", "Its documents."),
    Sight(
        "base-test",
        "/datasets/$baseId",
        "/datasets/{base}?tab=test",
        "Asked before",
        "Trying a question",
        "What a base finds, and with which score.",
    ),
    Sight(
        "base-keys",
        "/datasets/keys",
        "/datasets/keys",
        "New key for all knowledge bases",
        "Keys of knowledge",
        "What lets programs in.",
    ),
    Sight(
        "base-create",
        "/datasets/create",
        "/datasets/create",
        "Files",
        "A new knowledge base",
        "From files, from Notion, from a website.",
    ),
    Sight(
        "pipeline-create",
        "/datasets/create/pipeline",
        "/datasets/create/pipeline",
        "Blank pipeline",
        "A pipeline to begin with",
        "Knowledge bases whose documents a workflow makes.",
    ),
    Sight(
        "pipeline",
        "/datasets/$baseId/pipeline",
        "/datasets/{pipeline}/pipeline",
        "Chunks",
        "The canvas of a knowledge pipeline",
        "From a data source to chunks, step by step.",
    ),
    Sight(
        "pipeline-run",
        "/datasets/$baseId/run",
        "/datasets/{pipeline}/run",
        "Longest chunk",
        "Documents for a pipeline",
        "What a published pipeline reads and asks for.",
    ),
    Sight(
        "base-add",
        "/datasets/$baseId/add",
        "/datasets/{base}/add",
        "Files",
        "More documents",
        "The same ways lead into a base that is there.",
    ),
    Sight(
        "base-cut",
        "/datasets/$baseId/documents/$documentId/cut",
        "/datasets/{base}/documents/{document}/cut",
        "Preview",
        "Cutting a document again",
        "The chunks are shown before anything changes.",
    ),
    Sight(
        "base-progress",
        "/datasets/$baseId/progress/$batch",
        "/datasets/{base}/progress/{batch}",
        "Fees 2026.md",
        "Progress",
        "How far each document has come.",
    ),
    Sight("tools", "/tools", "/tools", "Wikipedia", "Tools", "Built in, from an OpenAPI document, MCP, workflows."),
    settings("models", "Default models", "Models", "Providers, their keys and models."),
    settings("prices", "List price", "Prices", "What models cost, by lists and by the workspace."),
    settings("members", "kim@example.com", "Members", "Who is in the workspace, and as what."),
    settings("data-sources", "Notion", "Data sources", "Where documents come from."),
    settings("api-extensions", "API extensions", "API extensions", "Own services that answer for apps."),
    settings("account", "Where you are signed in", "Account", "Name, address, password, sessions."),
    settings("appearance", "Dark", "Appearance", "Language, theme and time zone."),
    public("signin", "/signin", "Sign in", "Sign in", "With a password or a code."),
    public("signin-code", "/signin/code", "E-mail", "Sign in with a code", "A code by mail in place of a password."),
    public("signup", "/signup", "E-mail", "Sign up", "Where the operator allows it."),
    public("reset-password", "/reset-password", "E-mail", "A forgotten password", "A code by mail sets a new one."),
    public("activate", "/activate?token={invitation}", "Join", "An invitation", "Joining a workspace.", "/activate"),
    public(
        "chat", "/chat/{chat-page}", "Why is the sky blue?", "A published chat", "As visitors see it.", "/chat/$code"
    ),
    public(
        "chatbot",
        "/chatbot/{chat-page}",
        "Why is the sky blue?",
        "An embedded chat",
        "In a frame of another site.",
        "/chatbot/$code",
    ),
    public(
        "completion",
        "/completion/{completion-page}",
        "Tone",
        "A published text generator",
        "One text at a time, or a batch.",
        "/completion/$code",
    ),
    public(
        "webapp-workflow",
        "/workflow/{workflow-page}",
        "What did the customer write?",
        "A published workflow",
        "A form, and the steps while it runs.",
        "/workflow/$code",
    ),
    public(
        "form",
        "/form/{form}",
        "Kari wants",
        "A form that a run waits for",
        "Filled in by anybody who has its link.",
        "/form/$token",
    ),
]
