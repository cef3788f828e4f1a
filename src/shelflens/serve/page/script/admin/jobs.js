// Long work: start it, see how far it is, stop it, take it up again.
import { element, icon } from "../element.js";
import { moment, number, say } from "../language.js";
import { ServerError, pause } from "../server.js";
import { announce, note } from "../status.js";
import { panel, table } from "./panels.js";

const EVERY = 1; // seconds between two looks while something runs
const IDLE = 5;
const EVIDENCE = ["barcode", "local", "words", "colour", "hash"];
const UNDER_WAY = new Set(["queued", "running"]);

export async function jobsRoom(place, { catalogue, signal }) {
  const list = element("div", { class: "room-body" });
  let wake = () => {};
  const begin = async (body) => {
    try {
      await catalogue.ask("/jobs", { method: "POST", json: body });
      announce(say("job-started", { kind: say(`job-${body.kind}`) }));
      wake();
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      note(error.detail || error.kind);
    }
  };
  place.append(starters(catalogue, begin), list);
  for (;;) {
    const { jobs } = await catalogue.ask("/jobs?limit=50", { signal });
    drawJobs(list, jobs, catalogue, () => wake());
    const seconds = jobs.some((job) => UNDER_WAY.has(job.state)) ? EVERY : IDLE;
    await Promise.race([pause(seconds, signal), new Promise((resolve) => (wake = resolve))]);
  }
}

function starters(catalogue, begin) {
  const button = (kind) =>
    element("button", { type: "button", class: "button", onclick: () => begin({ kind }) }, say(`job-${kind}`));
  const boxes = EVIDENCE.map((name) => {
    const box = element("input", { type: "checkbox", value: name });
    box.checked = catalogue.facts.evidence.includes(name);
    return { box, label: element("label", { class: "chip" }, box, say(`evidence-${name}`)) };
  });
  const closer = () =>
    begin({ kind: "look-closer", evidence: boxes.filter(({ box }) => box.checked).map(({ box }) => box.value) });
  return panel(
    say("jobs-start"),
    element("div", { class: "actions" }, ["duplicates", "doctor", "calibrate", "describe", "learn-words"].map(button)),
    element(
      "div",
      { class: "actions", role: "group", "aria-label": say("job-look-closer") },
      element("button", { type: "button", class: "button", onclick: closer }, say("job-look-closer")),
      boxes.map(({ label }) => label),
    ),
  );
}

function drawJobs(place, jobs, catalogue, changed) {
  const focused = document.activeElement?.dataset?.job;
  if (!jobs.length) place.replaceChildren(element("p", { class: "hint" }, say("jobs-none")));
  else place.replaceChildren(...jobs.map((job) => jobPanel(job, catalogue, changed)));
  if (focused) place.querySelector(`[data-job="${focused}"]`)?.focus();
}

function jobPanel(job, catalogue, changed) {
  const act = (what) => async () => {
    await catalogue.ask(`/jobs/${job.id}/${what}`, { method: "POST" }).catch((error) => note(error.detail));
    changed();
  };
  const running = UNDER_WAY.has(job.state);
  const again = ["cancelled", "failed"].includes(job.state);
  const made = panel(
    say(`job-${job.kind}`),
    running && progress(job),
    element(
      "p",
      { class: "hint" },
      [
        moment(job.created),
        job.bad ? say("jobs-bad", { n: job.bad }) : "",
        !running && job.done ? say("jobs-done", { n: job.done }) : "",
      ]
        .filter(Boolean)
        .join(" · "),
    ),
    job.error && element("p", {}, job.error),
    (running || again || job.state === "done") &&
      element(
        "div",
        { class: "actions" },
        running &&
          element(
            "button",
            { type: "button", class: "button small", "data-job": job.id, onclick: act("cancel") },
            icon("close"),
            say("job-cancel"),
          ),
        again &&
          element(
            "button",
            { type: "button", class: "button small", "data-job": job.id, onclick: act("resume") },
            icon("refresh"),
            say("job-resume"),
          ),
        job.state === "done" &&
          ["duplicates", "doctor"].includes(job.kind) &&
          element("a", { class: "button small", href: `#${job.kind}` }, say("job-see")),
        job.state === "done" &&
          job.bad > 0 &&
          element(
            "button",
            {
              type: "button",
              class: "button small",
              "data-job": job.id,
              onclick: (event) => showBad(event.target, job, catalogue),
            },
            say("bad-rows"),
          ),
      ),
  );
  made.firstChild.append(element("span", { class: `state state-${job.state}` }, say(`state-${job.state}`)));
  return made;
}

function progress({ stage, done, total }) {
  const label = [stage, total ? say("progress", { done, total }) : number(done)].filter(Boolean).join(": ");
  const bar = element("progress", { "aria-label": label });
  if (total) Object.assign(bar, { max: total, value: done });
  return element("div", {}, bar, element("p", { class: "hint" }, label));
}

async function showBad(button, job, catalogue) {
  const { result } = await catalogue.ask(`/jobs/${job.id}`);
  const rows = (result?.bad_rows ?? []).map((row) => [row.where, row.product_id ?? "", row.reason]);
  button
    .closest(".panel")
    .append(table(say("bad-rows"), [[say("bad-where")], [say("bad-product")], [say("bad-reason")]], rows));
  button.remove();
}
