"""One server: its address, our key, and what to do when it is busy or restarts."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import httpx

from shelflens.client.reading import CatalogueInfo, catalogue_info
from shelflens.client.sending import PhotoLike, picture_json
from shelflens.client.shopper import Classification, classification
from shelflens.errors import ShelflensError

if TYPE_CHECKING:
    from shelflens.client.catalogue import RemoteCatalogue

TRIES = 5  # in all, where the server was busy or the connection broke
LONGEST_WAIT = 30.0  # seconds that a busy server may ask us to wait
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Fault:
    field: str
    detail: str


class ServerError(ShelflensError):
    """The server refused. `kind` is the last part of the problem's type, such as "no-product"."""

    def __init__(self, status: int, kind: str, detail: str, faults: tuple[Fault, ...], request_id: str) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.faults = faults
        self.request_id = request_id


class Client:
    """Keeps its connections; safe to call from several threads. Close it after use."""

    def __init__(self, url: str, *, key: str | None = None, seconds: float = 60.0) -> None:
        """`seconds` that one request may take. Proxies and the like come from the environment, as httpx has it."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=seconds)
        self.url = url

    def catalogues(self) -> tuple[CatalogueInfo, ...]:
        """Those that the key may use."""
        found = self.ask("GET", "/v1/catalogues")["catalogues"]
        return tuple(map(catalogue_info, found))

    def catalogue(self, name: str) -> RemoteCatalogue:
        """Nothing is asked yet."""
        from shelflens.client.catalogue import RemoteCatalogue

        return RemoteCatalogue(self, name)

    def classify(self, *photos: PhotoLike, k: int = 3) -> Classification:
        """What each photo shows, by the trained model that the server was given."""
        body = {"pictures": list(map(picture_json, photos)), "k": k}
        return classification(self.ask("POST", "/v1/classify", json=body))

    def metrics(self) -> str:
        """In Prometheus' text format."""
        found: bytes = self.ask("GET", "/metrics")
        return found.decode()

    def version(self) -> str:
        """Of the shelflens that runs there."""
        return str(self.ask("GET", "/healthz")["version"])

    def ready(self) -> bool:
        try:
            return self._http.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def ask(self, method: str, path: str, *, once: bool = False, **options: Any) -> Any:
        """The answer's JSON (None: it has no body). Raises ServerError, and ShelflensError when nobody answers.

        A busy server (429) is asked again when it says so. A write carries an idempotency key, so that it may be sent
        again when the connection breaks; with `once` nothing is sent twice.
        """
        return self.send(method, path, once=once, **options)[1]

    def send(self, method: str, path: str, *, once: bool = False, **options: Any) -> tuple[httpx.Headers, Any]:
        """As `ask`, with the answer's headers."""
        headers: dict[str, str] = dict(options.pop("headers", {}))
        if method in _WRITES:
            headers.setdefault("Idempotency-Key", uuid.uuid4().hex)
        for attempt in range(1, TRIES + 1):
            last = once or attempt == TRIES
            try:
                response = self._http.request(method, path, headers=headers, **options)
            except httpx.TransportError as error:
                if last or isinstance(error, httpx.TimeoutException):
                    raise ShelflensError(f"{self.url}: no answer ({_reason(error)}); is the server up?") from error
                time.sleep(0.2 * 2**attempt)
                continue
            if response.status_code == 429 and not last:
                time.sleep(_wait(response.headers))
                continue
            if response.is_error:
                raise _refused(response, self.url)
            body = response.content
            return response.headers, response.json() if body and _is_json(response.headers) else body or None
        raise AssertionError("the last attempt returns or raises")

    def lines(self, path: str, *, headers: Mapping[str, str]) -> Iterator[str]:
        """An answer that comes by and by. Raises as `ask` does."""
        try:
            with self._http.stream("GET", path, headers=headers) as response:
                if response.is_error:
                    response.read()
                    raise _refused(response, self.url)
                yield from response.iter_lines()
        except httpx.TransportError as error:
            raise ShelflensError(f"{self.url}: no answer ({_reason(error)}); is the server up?") from error

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_json(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").partition(";")[0].endswith("json")


def _wait(headers: Mapping[str, str]) -> float:
    asked = headers.get("retry-after", "1")
    return min(LONGEST_WAIT, float(asked)) if asked.isdecimal() else 1.0


def _reason(error: httpx.TransportError) -> str:
    return str(error) or type(error).__name__


def _refused(response: httpx.Response, url: str) -> ServerError:
    problem: dict[str, Any] = {}
    if _is_json(response.headers):
        found = response.json()
        problem = found if isinstance(found, dict) else {}
    faults = tuple(Fault(one["field"], one["detail"]) for one in problem.get("errors") or ())
    detail = problem.get("detail") or f"HTTP {response.status_code}"
    kind = str(problem.get("type", "")).rpartition("/")[2]
    return ServerError(response.status_code, kind, f"{url}: {detail}", faults, problem.get("request_id") or "")
