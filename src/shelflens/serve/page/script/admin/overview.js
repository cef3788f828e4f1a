// What there is and whether it is well: the server's health, and each catalogue's facts.
import { element } from "../element.js";
import { number, say, size } from "../language.js";
import { evidenceName } from "../why.js";
import { ask, request } from "../server.js";
import { figures, panel } from "./panels.js";
import { readMetrics } from "./metrics.js";

export async function overviewRoom(place, { catalogues, signal }) {
  place.append(...catalogues.map(facts));
  const [{ version }, ready, text] = await Promise.all([
    ask("/healthz", { signal }),
    ask("/readyz", { signal }).then(
      () => true,
      () => false,
    ),
    request("/metrics", { signal }).then((response) => response.text()),
  ]);
  place.prepend(health(version, ready, readMetrics(text)));
}

function facts(catalogue) {
  const made = panel(
    catalogue.name,
    figures([
      [say("fact-products"), catalogue.products],
      [say("fact-photos"), catalogue.photos],
      [say("fact-model"), catalogue.model, catalogue.dimension && say("fact-dimension", { n: catalogue.dimension })],
      [say("fact-disk"), size(catalogue.bytes_on_disk)],
    ]),
    element(
      "dl",
      { class: "facts" },
      element("dt", {}, say("fact-evidence")),
      element("dd", {}, catalogue.evidence.map(evidenceName).join(", ") || say("fact-none")),
      element("dt", {}, say("fact-calibrated")),
      element("dd", {}, say(catalogue.calibrated ? "yes" : "no")),
      element("dt", {}, say("fact-licence")),
      element("dd", {}, catalogue.licence ?? say("fact-none")),
    ),
  );
  made.firstChild.append(element("span", { class: "state" }, say(`scope-${catalogue.scope}`)));
  return made;
}

function health(version, ready, metrics) {
  const refused = metrics.sum("shelflens_requests_total", ({ status }) => status === "429");
  const mistakes = metrics.sum("shelflens_requests_total", ({ status }) => status.startsWith("5"));
  const made = panel(
    say("health"),
    figures([
      [say("health-searches"), metrics.sum("shelflens_requests_total", ({ route }) => route?.endsWith("/search"))],
      [
        say("health-median"),
        milliseconds(metrics.median("shelflens_request_seconds", ({ route }) => route?.endsWith("/search"))),
      ],
      [say("health-refused"), refused],
      [say("health-mistakes"), mistakes],
      [say("health-memory"), size(metrics.sum("process_resident_memory_bytes"))],
      [say("health-version"), version],
    ]),
  );
  made.firstChild.append(
    element(
      "span",
      { class: `state ${ready ? "state-ok" : "state-failed"}` },
      say(ready ? "health-ready" : "health-not-ready"),
    ),
  );
  return made;
}

const milliseconds = (seconds) =>
  seconds && number(1000 * seconds, { style: "unit", unit: "millisecond", maximumFractionDigits: 0 });
