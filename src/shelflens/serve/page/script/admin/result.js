// A room that shows what the newest finished job of a kind has found, and starts another.
import { element, icon } from "../element.js";
import { moment, say } from "../language.js";
import { note } from "../status.js";
import { figures, panel } from "./panels.js";

/** `told(result)` gives the large figures, `parts(result)` the panels below them. */
export async function resultRoom(place, { catalogue, signal }, kind, { told, parts }) {
  const job = await newest(catalogue, kind, signal);
  place.append(runButton(catalogue, kind, say(job ? "run-again" : `run-${kind}`)));
  if (!job) return;
  place.append(panel(moment(job.changed), figures(told(job.result))), ...parts(job.result).filter(Boolean));
}

/** The newest finished job of a kind with its result, or null. */
async function newest(catalogue, kind, signal) {
  const { jobs } = await catalogue.ask("/jobs?limit=500", { signal });
  const done = jobs.find((job) => job.kind === kind && job.state === "done");
  return done ? catalogue.ask(`/jobs/${done.id}`, { signal }) : null;
}

/** Starts the job, where it has not been run yet or is to be run again. */
export function runButton(catalogue, kind, words) {
  const start = async () => {
    await catalogue.ask("/jobs", { method: "POST", json: { kind } });
    location.hash = "#jobs";
  };
  return element(
    "div",
    { class: "actions" },
    element(
      "button",
      { type: "button", class: "button", onclick: () => start().catch((error) => note(error.detail)) },
      icon("refresh"),
      words,
    ),
  );
}
