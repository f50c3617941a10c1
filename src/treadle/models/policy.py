"""Which credential and which model a call goes to, and what follows when it fails before the first token.

A model with one credential, without limits and fallbacks, takes the short way: nothing here is asked until its call
fails. Which credentials rest is known to every process (`rests.py`); how many calls are under way, to each by itself.

Source: spec models-and-tools §1.16.
"""

import asyncio
import logging
import math
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from treadle.engine.errors import (
    InvokeAuthorizationError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
    ModelNotExistError,
    QuotaExceededError,
)
from treadle.engine.ports import ModelRef

from .target import Target

if TYPE_CHECKING:
    from .catalogue import ModelKind
    from .state import Resolved

RETRIES = 2
"""How often a call that failed before its first token is made again."""

LONGEST_WAIT = 20.0
"""A provider that wants more seconds than this is not asked again within the call."""

_FIRST_WAIT = 0.25
_MINUTE = 60.0
_RATE_LIMIT_REST = 60.0
_LONGEST_REST = 3600.0
_SHORT_REST = 10.0

RestKey = tuple[str, str, str]
"""A credential's id, a kind of model, and a model's name at its provider."""

Result = TypeVar("Result")
Resolve = Callable[[ModelRef, "ModelKind"], Awaitable["Resolved"]]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one credential bears; None for no bound. `timeout` is in seconds of silence."""

    concurrency: int | None = None
    requests_per_minute: int | None = None
    timeout: float | None = None

    @property
    def bounded(self) -> bool:
        """Whether calls are to be counted."""
        return self.concurrency is not None or self.requests_per_minute is not None

    def share(self, processes: int) -> "Limits":
        """What each of several processes may ask of the credential, rounded up."""
        if processes == 1 or not self.bounded:
            return self
        return replace(
            self,
            concurrency=self.concurrency and math.ceil(self.concurrency / processes),
            requests_per_minute=self.requests_per_minute and math.ceil(self.requests_per_minute / processes),
        )


UNLIMITED = Limits()


@dataclass(slots=True)
class Rest:
    """Until when a credential is left alone for a model, and why."""

    until: float = 0.0
    reason: InvokeError | None = None


@dataclass(slots=True)
class Load:
    """The calls of a credential: those under way, and when those of the last minute began."""

    under_way: int = 0
    begun: deque[float] = field(default_factory=deque[float])
    freed: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Lane:
    """One credential of a model."""

    credential_id: str
    kind: str
    target: Target
    limits: Limits
    rest: Rest
    load: Load


@dataclass(slots=True)
class Pool:
    """The credentials of a model, used in turn."""

    lanes: tuple[Lane, ...]
    turn: int = -1


class Policy:
    """What a process knows about the health of credentials, and how patient it is. One for the whole process."""

    def __init__(
        self,
        *,
        retries: int = RETRIES,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`retries` 0 makes every call once. `clock` counts seconds; `jitter` gives a number of 0…1."""
        self.retries = retries
        self.clock = clock
        self.sleep = sleep
        self.jitter = jitter
        self.on_rest: Callable[[RestKey, float, InvokeError], None] | None = None
        """Called with a credential that begins to rest here, the seconds, and why."""
        self._rests: dict[RestKey, Rest] = {}
        self._loads: dict[str, Load] = {}

    def lane(self, credential_id: str, kind: str, target: Target, limits: Limits) -> Lane:
        """The credential for a model, with what is known about it."""
        if limits.timeout is not None:
            target = replace(target, read_timeout=limits.timeout)
        rest = self._rests.setdefault((credential_id, kind, target.name), Rest())
        return Lane(credential_id, kind, target, limits, rest, self._loads.setdefault(credential_id, Load()))

    def rest(self, lane: Lane, seconds: float, error: InvokeError) -> None:
        """Leaves a credential alone for a model, here and wherever `on_rest` tells of it."""
        key = (lane.credential_id, lane.kind, lane.target.name)
        lane.rest.until, lane.rest.reason = self.clock() + seconds, error
        _log.warning("a credential rests for %g s: %s", seconds, error)
        if self.on_rest is not None:
            self.on_rest(key, seconds, error)

    def set_rest(self, key: RestKey, seconds: float, error: InvokeError | None) -> None:
        """What another process found out about a credential: 0 seconds to use it again."""
        rest = self._rests.setdefault(key, Rest())
        rest.until, rest.reason = (self.clock() + seconds if seconds > 0 else 0.0), error

    def resting(self, credential_id: str, kind: str, model: str) -> tuple[float, str]:
        """For how many seconds the credential is still left alone for a model, and why: 0 and "" when it is not."""
        rest = self._rests.get((credential_id, kind, model))
        left = 0.0 if rest is None else rest.until - self.clock()
        return (left, str(rest.reason)) if rest is not None and left > 0 else (0.0, "")

    def forget(self, credential_id: str) -> None:
        """Drops what is known about a credential that changed or is gone."""
        for key in [key for key in self._rests if key[0] == credential_id]:
            del self._rests[key]
        self._loads.pop(credential_id, None)


class Calls:
    """The calls that one request comes to: by the model's credentials, then by the models that stand behind it."""

    def __init__(self, resolved: "Resolved", kind: "ModelKind", policy: Policy, resolve: Resolve) -> None:
        self._resolved = resolved
        self._kind = kind
        self._policy = policy
        self._resolve = resolve
        self._fallbacks = list(resolved.fallbacks)
        self._guarded = bool(self._fallbacks)
        self._failures = 0
        self._error: InvokeError | None = None
        self._lane: Lane | None = None
        self.stands_in = False
        """Whether the model that is called is not the one that was asked for."""

    async def next(self) -> "Resolved":
        """What to call now, once its credential has room. Raises the last InvokeError when nothing is left."""
        while (pool := self._resolved.pool) is not None:
            lane = self._pick(pool)
            if lane is not None:
                self._lane = lane
                return replace(self._resolved, target=lane.target)
            awake = [each for each in pool.lanes if each.rest.until <= self._policy.clock()]
            if awake:
                await self._room(awake)
            elif not await self._fall_back():
                raise self._error or _asleep(pool, self._policy.clock())
        return self._resolved

    async def failed(self, error: InvokeError) -> None:
        """Settles what follows a call that failed before its first token. Raises `error` when nothing does."""
        lane, self._error = self._lane, error
        self.close()
        pool = self._resolved.pool
        seconds = _rest_of(error)
        several = pool is not None and len(pool.lanes) > 1
        if lane is not None and seconds and several:
            self._policy.rest(lane, seconds, error)
            return
        wait = self._wait(error)
        if wait is not None:
            self._failures += 1
            await self._policy.sleep(wait)
            return
        if lane is not None and seconds and self._guarded:
            self._policy.rest(lane, seconds, error)
        if not await self._fall_back():
            raise error

    def close(self) -> None:
        """Gives the credential's room back."""
        lane, self._lane = self._lane, None
        if lane is not None and lane.limits.bounded:
            lane.load.under_way -= 1
            lane.load.freed.set()

    def _pick(self, pool: Pool) -> Lane | None:
        """The next credential in turn that does not rest and has room."""
        now = self._policy.clock()
        pool.turn += 1
        for offset in range(len(pool.lanes)):
            lane = pool.lanes[(pool.turn + offset) % len(pool.lanes)]
            if lane.rest.until <= now and _enter(lane, now):
                return lane
        return None

    async def _room(self, lanes: Sequence[Lane]) -> None:
        """Waits until one of `lanes` may have room."""
        now = self._policy.clock()
        delays = [_delay(lane, now) for lane in lanes]
        timed = [delay for delay in delays if delay is not None]
        if timed:
            await self._policy.sleep(min(timed))
            return
        waits = [asyncio.ensure_future(_freed(lane.load)) for lane in lanes]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()

    def _wait(self, error: InvokeError) -> float | None:
        """Seconds after which the same model is called again; None for not at all."""
        if self._failures >= self._policy.retries:
            return None
        wait = _FIRST_WAIT * 2**self._failures * (1 + self._policy.jitter())
        if isinstance(error, QuotaExceededError):
            return None
        if isinstance(error, InvokeRateLimitError):
            if self._guarded or (error.retry_after or 0) > LONGEST_WAIT:
                return None
            return max(wait, error.retry_after or 0)
        return wait if isinstance(error, InvokeConnectionError | InvokeServerUnavailableError) else None

    async def _fall_back(self) -> bool:
        """Goes over to the next model that stands behind and can be called."""
        while self._fallbacks:
            ref = self._fallbacks.pop(0)
            try:
                found = await self._resolve(ref, self._kind)
            except (InvokeError, ModelNotExistError) as error:
                _log.warning("%s of %s cannot stand in: %s", ref.name, ref.provider, error)
                continue
            if found.asked is not None:
                continue  # it has no credentials, and another one would stand in for it
            key = self._resolved.usable.key
            _log.warning(
                "%s of %s answers instead of %s of %s: %s", ref.name, ref.provider, key.name, key.provider, self._error
            )
            self._resolved, self._failures, self.stands_in = replace(found, asked=self._resolved.ref), 0, True
            return True
        return False


async def called(
    resolved: "Resolved",
    kind: "ModelKind",
    policy: Policy,
    resolve: Resolve,
    call: "Callable[[Resolved], Awaitable[Result]]",
) -> Result:
    """The result of `call`, which is made until one comes of it. Raises InvokeError."""
    calls = Calls(resolved, kind, policy, resolve)
    while True:
        now = await calls.next()
        try:
            return await call(now)
        except InvokeError as error:
            await calls.failed(error)
        finally:
            calls.close()


def _rest_of(error: InvokeError) -> float:
    """Seconds for which a credential is left alone after this error (§1.16)."""
    if isinstance(error, InvokeRateLimitError):
        return min(max(_RATE_LIMIT_REST, error.retry_after or 0), _LONGEST_REST)
    return _SHORT_REST if isinstance(error, InvokeAuthorizationError | InvokeConnectionError) else 0.0


def _asleep(pool: Pool, now: float) -> InvokeError:
    """The error of the credential that rests last, and for how long."""
    rest = max((lane.rest for lane in pool.lanes), key=lambda rest: rest.until)
    reason = f"{rest.reason} Every credential rests; the next call is made in {rest.until - now:.0f} s at the latest."
    if isinstance(rest.reason, InvokeRateLimitError):
        return InvokeRateLimitError(reason, rest.until - now)
    return type(rest.reason)(reason) if rest.reason is not None else InvokeError(reason)


def _enter(lane: Lane, now: float) -> bool:
    """Takes a place among the calls of the credential, if there is one."""
    limits, load = lane.limits, lane.load
    if not limits.bounded:
        return True
    if limits.concurrency is not None and load.under_way >= limits.concurrency:
        return False
    if limits.requests_per_minute is not None:
        while load.begun and load.begun[0] <= now - _MINUTE:
            load.begun.popleft()
        if len(load.begun) >= limits.requests_per_minute:
            return False
        load.begun.append(now)
    load.under_way += 1
    return True


def _delay(lane: Lane, now: float) -> float | None:
    """Seconds until the minute of the credential has room; None when it waits for a call to end."""
    limit = lane.limits.requests_per_minute
    if limit is None or len(lane.load.begun) < limit:
        return None
    return max(lane.load.begun[0] + _MINUTE - now, 0.0)


async def _freed(load: Load) -> None:
    load.freed.clear()
    await load.freed.wait()
