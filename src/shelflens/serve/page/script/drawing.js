// Draws over a query and a photo what agrees between them: lines between points, frames round words and barcodes.
import { drawn } from "./element.js";
import { say } from "./language.js";

const SIDE = 420; // units of the longer side of each picture
const GAP = 28;
const LINES = 60; // at most, of each kind; more hide the pictures

/** `query` and `photo`: {href, width, height}; `explanation` as the server tells it; `box`: what of the query it saw;
 * `shown`: names of the evidence to draw; `stacked`: one above the other, as on a telephone. */
export function drawing({ query, photo, explanation, box, shown, stacked }) {
  const left = placed(query, 0, 0);
  const right = stacked ? placed(photo, 0, left.height + GAP) : placed(photo, left.width + GAP, 0);
  const width = stacked ? Math.max(left.width, right.width) : right.x + right.width;
  const height = stacked ? right.y + right.height : Math.max(left.height, right.height);
  if (stacked) for (const place of [left, right]) place.x = (width - place.width) / 2;
  else for (const place of [left, right]) place.y = (height - place.height) / 2;
  const inQuery = (x, y) =>
    at(left, box ? box.left + x * (box.right - box.left) : x, box ? box.top + y * (box.bottom - box.top) : y);
  const inPhoto = (x, y) => at(right, x, y);
  const marks = [];
  if (box) marks.push(frame(inQuery(0, 0), inQuery(1, 1), "seen"));
  for (const name of shown) {
    for (const line of (explanation.lines[name] ?? []).slice(0, LINES))
      marks.push(...joined(inQuery(...line.query), inPhoto(...line.photo)));
    (explanation.regions[name] ?? []).forEach((region, index) =>
      marks.push(...framed(region, index, inQuery, inPhoto)),
    );
  }
  return drawn(
    "svg",
    {
      class: "drawing",
      viewBox: `-12 -12 ${width + 24} ${height + 24}`,
      role: "img",
      "aria-label": summary(explanation),
    },
    picture(query, left),
    picture(photo, right),
    drawn("g", { "aria-hidden": "true" }, marks),
  );
}

/** In words, what the drawing shows. */
export function summary(explanation) {
  const points = Object.values(explanation.lines).reduce((count, lines) => count + lines.length, 0);
  const read = Object.values(explanation.regions)
    .flat()
    .map((region) => region.text);
  const parts = [say("drawing-points", { n: points })];
  if (read.length) parts.push(say("drawing-words", { words: read.join(", ") }));
  return parts.join(" ");
}

function placed({ width, height }, x, y) {
  const scale = SIDE / Math.max(width, height);
  return { x, y, width: width * scale, height: height * scale };
}

const at = (place, x, y) => [place.x + x * place.width, place.y + y * place.height];

const picture = ({ href }, { x, y, width, height }) =>
  drawn("image", { href, x, y, width, height, preserveAspectRatio: "none" });

const joined = ([x1, y1], [x2, y2]) => [
  drawn("line", { class: "agree", x1, y1, x2, y2 }),
  drawn("circle", { class: "agree-end", cx: x1, cy: y1, r: 3 }),
  drawn("circle", { class: "agree-end", cx: x2, cy: y2, r: 3 }),
];

function frame([x1, y1], [x2, y2], kind) {
  return drawn("rect", {
    class: `frame ${kind}`,
    x: x1,
    y: y1,
    width: Math.max(0, x2 - x1),
    height: Math.max(0, y2 - y1),
    rx: 2,
  });
}

function framed(region, index, inQuery, inPhoto) {
  const kind = region.share > 0 ? "fits" : "fits-not";
  const [x, y] = inQuery(region.query.left, region.query.top);
  const marks = [frame([x, y], inQuery(region.query.right, region.query.bottom), kind)];
  marks.push(drawn("circle", { class: `tag ${kind}`, cx: x, cy: y, r: 9 }));
  marks.push(drawn("text", { class: "tag-number", x, y: y + 4 }, String(index + 1)));
  if (region.photo)
    marks.push(
      frame(inPhoto(region.photo.left, region.photo.top), inPhoto(region.photo.right, region.photo.bottom), kind),
    );
  return marks;
}
