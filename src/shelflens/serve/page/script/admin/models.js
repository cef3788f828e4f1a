// The models that the catalogue has vectors of, and what evaluations and promotions said of them.
import { element } from "../element.js";
import { moment, number, say } from "../language.js";
import { figures, panel, table } from "./panels.js";

const share = (value) =>
  value === null || value === undefined ? "–" : number(value, { style: "percent", maximumFractionDigits: 1 });
const within = (interval) => (interval ? `${share(interval[0])} – ${share(interval[1])}` : "");

export async function modelsRoom(place, { catalogue, signal }) {
  const [{ models, photos }, { reports }] = await Promise.all([
    catalogue.ask("/models", { signal }),
    catalogue.ask("/reports", { signal }),
  ]);
  place.append(spaces(models, photos));
  const evaluations = reports.filter(({ kind }) => kind === "evaluation");
  if (evaluations.length) place.append(compared(evaluations));
  place.append(...reports.filter(({ kind, report }) => kind === "promotion" && report.comparison).map(promotion));
  if (!reports.length) {
    const command = `shelflens evaluate ${catalogue.name}.lens --queries held-out.csv --report ${catalogue.name}.lens/reports/NAME`;
    place.append(
      panel(
        say("reports-none"),
        element("p", { class: "hint" }, say("reports-none-help")),
        element("pre", { class: "scrolls", tabindex: "0" }, element("code", {}, command)),
      ),
    );
  }
}

function spaces(models, photos) {
  const rows = models.map((one) => [
    one.model,
    element(
      "span",
      { class: `state ${one.active ? "state-ok" : ""}` },
      say(one.active ? "model-active" : "model-beside"),
    ),
    number(one.dimension),
    say("progress", { done: one.photos, total: photos }),
    one.licence,
  ]);
  const columns = [
    [say("fact-model")],
    [""],
    [say("model-dimension"), true],
    [say("model-photos"), true],
    [say("fact-licence")],
  ];
  return panel(
    say("models-here"),
    rows.length ? table(say("models-here"), columns, rows) : element("p", {}, say("fact-none")),
  );
}

function compared(reports) {
  const rows = reports.map(({ name, written, report }) => [
    name,
    report.model ?? "–",
    element("span", { title: within(report.intervals?.["recall@1"]) }, share(report["recall@1"])),
    within(report.intervals?.["recall@1"]),
    share(report["recall@5"]),
    report.ece === null || report.ece === undefined ? "–" : share(report.ece),
    number(report.queries ?? 0),
    moment(written),
  ]);
  const columns = [
    [say("report-name")],
    [say("fact-model")],
    ["Recall@1", true],
    [say("report-interval"), true],
    ["Recall@5", true],
    ["ECE", true],
    [say("report-queries"), true],
    [say("report-written")],
  ];
  return panel(say("reports-evaluations"), table(say("reports-evaluations"), columns, rows));
}

function promotion({ name, written, report }) {
  const { old, new: fresh, comparison, switched, reasons } = report;
  const change = comparison["recall@1"];
  const made = panel(
    `${name}: ${old.model} → ${fresh.model}`,
    figures([
      [
        "Recall@1",
        change && `${share(change.old)} → ${share(change.new)}`,
        change && say("report-change", { interval: within(change.interval) }),
      ],
      [say("report-won"), comparison.won],
      [say("report-lost"), comparison.lost],
      [say("report-queries"), comparison.queries],
    ]),
    reasons.length > 0 &&
      element(
        "ul",
        {},
        reasons.map((reason) => element("li", {}, reason)),
      ),
    element("p", { class: "hint" }, moment(written)),
  );
  made.firstChild.append(
    element(
      "span",
      { class: `state ${switched ? "state-ok" : ""}` },
      say(switched ? "report-switched" : "report-kept"),
    ),
  );
  return made;
}
