"""A real HTTP service whose description a real framework writes, and which says what it received."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any

import uvicorn
from fastapi import Cookie, FastAPI, File, Form, Header, Path, Query, Request, Response, UploadFile
from pydantic import BaseModel, Field

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cf00000301010018dd8db0000000"
    "0049454e44ae426082"
)


class Kind(StrEnum):
    DOG = "dog"
    CAT = "cat"


class Owner(BaseModel):
    """Who has the animal."""

    name: str
    age: int | None = None


class Pet(BaseModel):
    """An animal."""

    name: str = Field(description="What it is called.")
    kind: Kind
    legs: int = 4
    weight: float | None = None
    tags: list[str] = []
    owner: Owner | None = None
    vaccinated: bool = False


def kennel() -> FastAPI:
    """The service. `app.state.received` has what each operation was given."""
    app = FastAPI(title="Kennel", version="1.0")
    received: list[dict[str, Any]] = []
    app.state.received = received

    def got(request: Request, **values: Any) -> dict[str, Any]:
        seen = {"path": request.url.path, "query": request.url.query, **values}
        received.append(seen | {"headers": dict(request.headers)})
        return seen

    @app.get("/pets/{pet_id}", operation_id="get_pet", summary="Find one animal")
    async def get_pet(
        request: Request,
        pet_id: Annotated[int, Path(description="Its number.")],
        tags: Annotated[list[str] | None, Query(description="Only with these.")] = None,
        kind: Kind = Kind.DOG,
        limit: Annotated[int, Query(ge=1)] = 10,
        verbose: bool = False,
        x_trace: Annotated[str | None, Header()] = None,
        visit: Annotated[str | None, Cookie()] = None,
    ) -> dict[str, Any]:
        return got(
            request, pet_id=pet_id, tags=tags, kind=kind, limit=limit, verbose=verbose, x_trace=x_trace, visit=visit
        )

    @app.post("/pets", operation_id="add_pet")
    async def add_pet(request: Request, pet: Pet) -> dict[str, Any]:
        """Take in an animal."""
        return got(request, pet=pet.model_dump(mode="json"), sent=sorted(pet.model_fields_set))

    @app.post("/notes", operation_id="write_note")
    async def write_note(
        request: Request, title: Annotated[str, Form()], stars: Annotated[int, Form()] = 3
    ) -> dict[str, Any]:
        return got(request, title=title, stars=stars)

    @app.post("/scans", operation_id="scan")
    async def scan(
        request: Request,
        picture: Annotated[UploadFile, File(description="A photograph.")],
        pages: list[UploadFile],
        note: Annotated[str, Form()] = "",
    ) -> dict[str, Any]:
        return got(
            request,
            picture=[picture.filename, picture.content_type, len(await picture.read())],
            pages=[[page.filename, (await page.read()).decode("latin-1")] for page in pages],
            note=note,
        )

    @app.post("/names", operation_id="rename_all")
    async def rename_all(request: Request, names: list[str]) -> dict[str, Any]:
        return got(request, names=names)

    @app.get("/picture", operation_id="picture", response_class=Response)
    async def picture() -> Response:
        return Response(PNG, media_type="image/png")

    @app.delete("/pets/{pet_id}", operation_id="remove_pet", status_code=204)
    async def remove_pet(pet_id: int) -> None:
        return None

    @app.get("/closed", operation_id="closed")
    async def closed() -> Response:
        return Response('{"detail": "closed on Mondays"}', status_code=404, media_type="application/json")

    @app.get("/search", include_in_schema=False)
    async def search(request: Request, q: str) -> Response:
        """A search engine that knows two keys."""
        key = request.headers.get("x-subscription-token", "")
        received.append({"key": key, "q": q})
        if key not in ("first-key", "second-key"):
            return Response('{"error": "bad key"}', status_code=401, media_type="application/json")
        hit = '{"type": "search", "web": {"results": [{"title": "Looms", "url": "http://l", "description": "about"}]}}'
        return Response(hit, media_type="application/json")

    @app.get("/moved", operation_id="moved")
    async def moved(to: str) -> Response:
        return Response(status_code=302, headers={"Location": to})

    return app


class Running:
    """The service while it runs."""

    def __init__(self, app: FastAPI, url: str) -> None:
        self.url = url
        self._app = app

    @property
    def received(self) -> list[dict[str, Any]]:
        return self._app.state.received

    @property
    def last(self) -> dict[str, Any]:
        return self.received[-1]


@contextmanager
def running(app: FastAPI) -> Iterator[Running]:
    """`app` on a free port of this machine."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline, "the service did not start"
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Running(app, f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        thread.join(20)
