"""`/jobs`: long work with progress, cancel and resume. `/duplicates` is one."""

from __future__ import annotations

import json
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Response

from shelflens.audit.copies import NEAR
from shelflens.serve.answers import JobAnswer, JobsAnswer, problems
from shelflens.serve.bodies import GOES_WITH, JobBody
from shelflens.serve.ledger import JobRow
from shelflens.serve.problems import Problem
from shelflens.serve.service import Access, Administering, PathText

router = APIRouter(prefix="/v1/catalogues/{name}", tags=["jobs"], responses=problems(401, 403, 404, 429))
MAX_WAITING = 100  # jobs of a catalogue


@router.post("/jobs", status_code=202, responses=problems(409, 413, 422))
async def start_job(access: Administering, body: JobBody, response: Response) -> JobAnswer:
    """Starts long work; ask for the job to see how far it is."""
    for field, kind in GOES_WITH.items():
        if field in body.model_fields_set and kind != body.kind:
            raise Problem.at(f"/{field}", f"goes with kind {kind}, not with {body.kind}")
    if body.kind == "index" and not body.rows:
        raise Problem.at("/rows", "kind index needs rows")
    return await _start(access, body, response)


@router.post("/duplicates", status_code=202, responses=problems(409, 422))
async def find_duplicates(
    access: Administering,
    response: Response,
    near: Annotated[float, Query(ge=0, le=1, description="The least cosine to compare at.")] = NEAR,
) -> JobAnswer:
    """Starts looking for pictures and products that are there twice; the job's result lists them."""
    return await _start(access, JobBody.model_validate({"kind": "duplicates", "near": near}), response)


@router.get("/jobs")
async def list_jobs(access: Administering, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> JobsAnswer:
    """The newest first, without their results."""
    rows = await access.ask(partial(access.opened.ledger.jobs, limit=limit))
    return JobsAnswer(jobs=[JobAnswer.of(row) for row in rows])


@router.get("/jobs/{job_id}")
async def get_job(access: Administering, job_id: PathText) -> JobAnswer:
    """How far it is and, when it is done, its result."""
    return JobAnswer.of(await _job(access, job_id))


@router.post("/jobs/{job_id}/cancel")
async def cancel_job(access: Administering, job_id: PathText) -> JobAnswer:
    """Stops a job; what it wrote so far stays. A job that has ended is left as it is."""
    await _job(access, job_id)
    await access.ask(partial(access.opened.ledger.stop, job_id))
    return JobAnswer.of(await _job(access, job_id))


@router.post("/jobs/{job_id}/resume", responses=problems(409))
async def resume_job(access: Administering, job_id: PathText) -> JobAnswer:
    """Takes a cancelled or failed job up again: indexing and looking closer where they stopped, the rest anew."""
    row = await _job(access, job_id)
    if not await access.ask(partial(access.opened.ledger.resume, job_id)):
        raise Problem(409, "job-not-stopped", f"the job is {row.state}; only a cancelled or failed one is resumed")
    access.service.runner.wake()
    return JobAnswer.of(await _job(access, job_id))


async def _start(access: Access, body: JobBody, response: Response) -> JobAnswer:
    ledger = access.opened.ledger
    if await access.ask(ledger.waiting) >= MAX_WAITING:
        raise Problem(409, "too-many-jobs", f"{MAX_WAITING} jobs wait already; cancel one or come back later")
    request = json.dumps(body.model_dump(exclude={"kind"}, exclude_unset=True))
    row = await access.ask(partial(ledger.add, body.kind, request))
    access.service.runner.wake()
    response.headers["Location"] = f"/v1/catalogues/{access.opened.name}/jobs/{row.id}"
    return JobAnswer.of(row)


async def _job(access: Access, job_id: str) -> JobRow:
    row = await access.ask(partial(access.opened.ledger.job, job_id))
    if row is None:
        raise Problem.at("job_id", f"there is no job {job_id[:64]!r}", status=404, kind="no-job")
    return row
