// How evidence becomes a probability here, and how well those probabilities came true.
import { drawn, element } from "../element.js";
import { number, say } from "../language.js";
import { runButton } from "./result.js";
import { figures, panel, table } from "./panels.js";

const SIZE = 300;
const MARGIN = 44;

export async function calibrationRoom(place, { catalogue, signal }) {
  let found = null;
  try {
    found = await catalogue.ask("/calibration", { signal });
  } catch (error) {
    if (error.kind !== "no-calibration") throw error;
    place.append(element("p", {}, say("calibration-none")));
  }
  if (found)
    place.append(
      summary(found),
      element(
        "div",
        { class: "panels" },
        panel(say("calibration-curve"), curve(found), element("p", { class: "hint" }, say("calibration-curve-hint"))),
        panel(say("calibration-weights"), weights(found)),
      ),
    );
  place.append(runButton(catalogue, "calibrate", say("run-calibrate")));
}

function summary(found) {
  const share = (value) => number(value, { style: "percent", maximumFractionDigits: 1 });
  return panel(
    say(found.own ? "calibration-own" : "calibration-shipped"),
    element("p", { class: "hint" }, found.data),
    figures([
      [say("calibration-ece"), share(found.ece), say("calibration-ece-hint")],
      [say("calibration-brier"), number(found.brier, { maximumFractionDigits: 3 })],
      [say("calibration-queries"), found.queries, say("calibration-products", { n: found.products })],
      [
        say("calibration-accept"),
        found.accept === null ? say("calibration-never") : share(found.accept),
        say("calibration-precision", { share: share(found.precision) }),
      ],
    ]),
  );
}

/** Before the correction below, after it at the side; the broken line would leave all as it is. */
function curve({ curve: points, accept }) {
  const x = (value) => MARGIN + value * SIZE;
  const y = (value) => 12 + (1 - value) * SIZE;
  const path = points.map(({ before, after }, index) => `${index ? "L" : "M"}${x(before)} ${y(after)}`).join("");
  const marks = [0, 0.25, 0.5, 0.75, 1].flatMap((value) => [
    drawn("line", { class: "grid", x1: x(0), x2: x(1), y1: y(value), y2: y(value) }),
    drawn("line", { class: "grid", y1: y(0), y2: y(1), x1: x(value), x2: x(value) }),
    drawn("text", { x: x(0) - 8, y: y(value) + 4, "text-anchor": "end" }, number(value, { style: "percent" })),
    drawn("text", { x: x(value), y: y(0) + 20, "text-anchor": "middle" }, number(value, { style: "percent" })),
  ]);
  const line =
    accept !== null && drawn("line", { class: "threshold", x1: x(0), x2: x(1), y1: y(accept), y2: y(accept) });
  return drawn(
    "svg",
    {
      class: "chart",
      viewBox: `0 0 ${SIZE + MARGIN + 26} ${SIZE + 44}`,
      role: "img",
      "aria-label": say("calibration-curve-hint"),
    },
    marks,
    drawn("line", { class: "even", x1: x(0), y1: y(0), x2: x(1), y2: y(1) }),
    line,
    drawn("path", { class: "curve", d: path }),
  );
}

function weights({ weights: found }) {
  const rows = Object.entries(found)
    .filter(([, weight]) => weight !== 0)
    .sort(([, a], [, b]) => b - a);
  const most = Math.max(...rows.map(([, weight]) => Math.abs(weight)), 1e-9);
  const cells = rows.map(([name, weight]) => {
    const bar = element("span", { class: "weight", "aria-hidden": "true" });
    bar.style.width = `${(100 * Math.abs(weight)) / most}%`;
    return [name, bar, number(weight, { maximumFractionDigits: 2 })];
  });
  return table(say("calibration-weights"), [[say("weights-column")], [""], [say("weights-weight"), true]], cells);
}
