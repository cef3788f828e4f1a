"""One catalogue of a server, with the calls of `shelflens.Catalogue` where they make sense from afar."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from shelflens.client import answering, facts, reading, shopper
from shelflens.client.answering import Answer, Comparison
from shelflens.client.asking import Wish
from shelflens.client.facts import CalibrationInfo, Facet, Model, ReportInfo
from shelflens.client.products import RemoteProducts
from shelflens.client.reading import CatalogueInfo, Job
from shelflens.client.sending import PhotoLike, file_bytes, is_address, picture_json
from shelflens.client.shopper import Description, Event, FeedbackResult, Recommendation
from shelflens.client.watching import RemoteWatch
from shelflens.types import Box, Match, Metric


class RemoteCatalogue(RemoteProducts):
    """Made by `Client.catalogue`. Every call may raise ServerError."""

    def info(self) -> CatalogueInfo:
        return reading.catalogue_info(self._client.ask("GET", self._path))

    def facets(self, *fields: str, filter: str | None = None, values: int = 20) -> tuple[Facet, ...]:
        """What the products that meet the filter have in each field, with counts; without `fields`: in the usual."""
        given = {"fields": ",".join(fields) or None, "filter": filter, "values": values}
        parameters = {name: value for name, value in given.items() if value is not None}
        found = self._client.ask("GET", f"{self._path}/facets", params=parameters)["facets"]
        return tuple(map(facts.facet, found))

    def calibration(self) -> CalibrationInfo:
        """What the probabilities of matches come from, and how well they came true."""
        return facts.calibration(self._client.ask("GET", f"{self._path}/calibration"))

    def models(self) -> tuple[Model, ...]:
        """Those that the catalogue's photos have vectors of."""
        found = self._client.ask("GET", f"{self._path}/models")["models"]
        return tuple(Model(**one) for one in found)

    def reports(self) -> tuple[ReportInfo, ...]:
        """What `evaluate` and `promote` wrote there, the newest first."""
        return tuple(map(facts.report, self._client.ask("GET", f"{self._path}/reports")["reports"]))

    @property
    def watching(self) -> RemoteWatch:
        """Streams, where the server watches any. Nothing is asked yet."""
        return RemoteWatch(self._client, f"{self._path}/watch")

    # -- questions

    def search(
        self,
        *photos: PhotoLike,
        k: int = 10,
        filter: str | None = None,
        box: Box | None = None,
        text: str = "",
        minus: str = "",
        text_weight: float | None = None,
        more: Sequence[str] = (),
        less: Sequence[str] = (),
        user: str | None = None,
    ) -> list[Match]:
        """Products that look like the one thing that all `photos` show, best first. `text` says in words what is
        wanted, `minus` what is not; `more` and `less` are ids of products to find more or less like; `user` is whose
        taste orders what is about equally good."""
        wish = Wish(text, minus, text_weight, tuple(more), tuple(less))
        return list(self.answer(photos, k=k, filter=filter, box=box, wish=wish, user=user).matches)

    def like(self, product_id: str, *, k: int = 10, filter: str | None = None) -> list[Match]:
        """Products that look like one of the catalogue, itself left out."""
        return list(self.answer_like(product_id, k=k, filter=filter).matches)

    def answer(
        self,
        photos: Sequence[PhotoLike],
        *,
        k: int = 10,
        filter: str | None = None,
        metric: Metric = Metric.COSINE,
        threshold: float | None = None,
        box: Box | None = None,
        wish: Wish | None = None,
        user: str | None = None,
        explain: bool = False,
    ) -> Answer:
        """`search` with its verdict and times, and with `explain` why. Files and bytes go as a form, without base64's
        third more."""
        wish = wish or Wish()
        options = {**_options(k, filter, metric, threshold), **({} if user is None else {"user": user})}
        if explain:
            options["explain"] = True
        fields = {**options, **wish.in_form()}
        if box:
            fields["box"] = f"{box.left},{box.top},{box.right},{box.bottom}"
        files = [("picture", file_bytes(photo)) for photo in photos if not is_address(photo)]
        addresses = [{"url": str(photo)} for photo in photos if is_address(photo)]
        if not files:
            body = {**options, **wish.in_json(), "pictures": addresses}
            if box:
                body["box"] = _box(box)
            return answering.answer(self._client.ask("POST", f"{self._path}/search", json=body))
        if addresses:
            fields["pictures"] = json.dumps(addresses)
        return answering.answer(self._client.ask("POST", f"{self._path}/search", data=fields, files=files))

    def answer_like(
        self,
        product_id: str,
        *,
        k: int = 10,
        filter: str | None = None,
        metric: Metric = Metric.COSINE,
        threshold: float | None = None,
        wish: Wish | None = None,
        user: str | None = None,
    ) -> Answer:
        options = {**_options(k, filter, metric, threshold), **({} if user is None else {"user": user})}
        body = {"like": product_id, **options, **(wish or Wish()).in_json()}
        return answering.answer(self._client.ask("POST", f"{self._path}/search", json=body))

    def match(
        self, photo: PhotoLike, *, product_id: str | None = None, other: PhotoLike | None = None, box: Box | None = None
    ) -> Comparison:
        """A photo, or the box in it, and a product of the catalogue, or two photos."""
        body: dict[str, Any] = {"picture": picture_json(photo)}
        if product_id is not None:
            body["product_id"] = product_id
        if other is not None:
            body["other"] = picture_json(other)
        if box:
            body["box"] = _box(box)
        return answering.comparison(self._client.ask("POST", f"{self._path}/match", json=body))

    def preview(self, photo: PhotoLike) -> bytes:
        """Any picture that can be searched with, as an upright JPEG of at most 1600 pixels. Nothing is kept."""
        path = f"{self._path}/preview"
        if is_address(photo):
            found: bytes = self._client.ask("POST", path, json={"url": str(photo)})
        else:
            found = self._client.ask("POST", path, files={"photo": file_bytes(photo)})
        return found

    def describe(self, *photos: PhotoLike) -> list[Description]:
        """Category, main colours and other attributes of each photo by itself."""
        body = {"pictures": [picture_json(photo) for photo in photos]}
        data = self._client.ask("POST", f"{self._path}/describe", json=body)
        return list(map(shopper.description, data["descriptions"]))

    # -- shoppers

    def feedback(self, user: str, events: Sequence[Event]) -> FeedbackResult:
        """Keeps what a user did, durably, under a pseudonym. Nothing is sent twice: an event would count twice."""
        body = {"user": user, "events": list(map(shopper.event_json, events))}
        data = self._client.ask("POST", f"{self._path}/feedback", once=True, json=body)
        return shopper.feedback_result(data)

    def events(self, user: str) -> list[Event]:
        """What is kept of a user, the newest first."""
        data = self._client.ask("GET", f"{self._path}/users/{quote(user, safe='')}")
        return list(map(shopper.event, data["events"]))

    def forget_user(self, user: str) -> None:
        """Deletes all that is known of a user."""
        self._client.ask("DELETE", f"{self._path}/users/{quote(user, safe='')}")

    def recommend(
        self,
        *,
        user: str | None = None,
        like: str | None = None,
        goes_with: str | None = None,
        k: int = 10,
        filter: str | None = None,
    ) -> list[Recommendation]:
        """For a user, like a product, or going with one; the best first, each with its reasons."""
        asked = {"user": user, "like": like, "goes_with": goes_with, "k": k, "filter": filter}
        body = {name: value for name, value in asked.items() if value is not None}
        data = self._client.ask("POST", f"{self._path}/recommend", json=body)
        return list(map(shopper.recommendation, data["recommendations"]))

    def transcribe(self, recording: PhotoLike) -> str:
        """The words of a spoken question, in a WAV file; "" when none was understood."""
        answer = self._client.ask("POST", f"{self._path}/transcribe", files={"recording": file_bytes(recording)})
        return str(answer["text"])

    # -- long work

    def duplicates(self, *, near: float | None = None) -> Job:
        """Starts looking for what is there twice; the job's result lists it."""
        parameters = {} if near is None else {"near": near}
        return reading.job(self._client.ask("POST", f"{self._path}/duplicates", params=parameters))

    def start(self, kind: str, **request: Any) -> Job:
        """`duplicates`, `doctor`, `calibrate`, `learn-words`, `describe`, `look-closer` (evidence=[…]), `index`
        (rows=[…]); docs/serving.md has the options."""
        return reading.job(self._client.ask("POST", f"{self._path}/jobs", json={"kind": kind, **request}))

    def job(self, job_id: str) -> Job:
        return reading.job(self._client.ask("GET", f"{self._path}/jobs/{quote(job_id, safe='')}"))

    def jobs(self) -> list[Job]:
        return list(map(reading.job, self._client.ask("GET", f"{self._path}/jobs")["jobs"]))

    def cancel(self, job_id: str) -> Job:
        return reading.job(self._client.ask("POST", f"{self._path}/jobs/{quote(job_id, safe='')}/cancel"))

    def resume(self, job_id: str) -> Job:
        return reading.job(self._client.ask("POST", f"{self._path}/jobs/{quote(job_id, safe='')}/resume"))

    def wait(self, job: Job, *, every: float = 0.5, on_progress: Callable[[Job], None] | None = None) -> Job:
        """Until it has ended; `every` so many seconds it is asked for, and `on_progress` told."""
        while not job.ended:
            time.sleep(every)
            job = self.job(job.job_id)
            if on_progress:
                on_progress(job)
        return job


def _box(box: Box) -> dict[str, float]:
    return {"left": box.left, "top": box.top, "right": box.right, "bottom": box.bottom}


def _options(k: int, condition: str | None, metric: Metric, threshold: float | None) -> dict[str, Any]:
    given = {"k": k, "filter": condition, "metric": metric.value, "threshold": threshold}
    return {name: value for name, value in given.items() if value is not None}
