// What the newest doctor job found: wrong labels, products that look alike, photos at fault, products with too few.
import { element } from "../element.js";
import { number, say } from "../language.js";
import { panel, table, thumb } from "./panels.js";
import { resultRoom } from "./result.js";

const SHOWN = 60;

export const doctorRoom = (place, where) =>
  resultRoom(place, where, "doctor", {
    told: (result) => [
      [
        say("doctor-recall"),
        number(result["recall@1"], { style: "percent", maximumFractionDigits: 1 }),
        say("doctor-recall-hint"),
      ],
      [say("doctor-judged"), result.photos_judged],
      [say("doctor-mislabelled"), result.mislabelled.filter((one) => one.likely).length],
      [say("doctor-faults"), result.pictures.faults.length],
      [say("doctor-without"), result.without_photos.length],
    ],
    parts: (result) => [
      mislabelled(where.catalogue, result),
      confused(result),
      faults(where.catalogue, result),
      tooFew(result),
      without(result),
    ],
  });

function mislabelled(catalogue, { mislabelled: found }) {
  if (!found.length) return null;
  const sorted = [...found].sort((a, b) => b.likely - a.likely || b.margin - a.margin).slice(0, SHOWN);
  const items = sorted.map((photo) =>
    thumb(
      catalogue,
      photo,
      element("span", {}, photo.product_id),
      element(
        "span",
        { class: "hint" },
        say(photo.likely ? "looks-like-surely" : "looks-like", { product: photo.looks_like }),
      ),
    ),
  );
  return panel(say("doctor-mislabelled-title"), element("ul", { class: "thumbs" }, items));
}

function confused({ confused: groups }) {
  const pairs = groups
    .flatMap((group) => group.pairs)
    .sort((a, b) => b.share - a.share)
    .slice(0, SHOWN);
  if (!pairs.length) return null;
  const rows = pairs.map((pair) => [
    pair.products.join(" · "),
    number(pair.taken.reduce((a, b) => a + b, 0)),
    number(pair.share, { style: "percent" }),
  ]);
  return panel(
    say("doctor-confused"),
    table(
      say("doctor-confused"),
      [[say("doctor-pair")], [say("doctor-times"), true], [say("doctor-share"), true]],
      rows,
    ),
  );
}

function faults(catalogue, { pictures }) {
  if (!pictures.faults.length) return null;
  const items = pictures.faults
    .slice(0, SHOWN)
    .map((photo) =>
      thumb(
        catalogue,
        photo,
        element("span", {}, photo.product_id),
        element("span", { class: "hint" }, measured(photo)),
      ),
    );
  return panel(say("doctor-faults"), element("ul", { class: "thumbs" }, items));
}

/** What is wrong in the reader's language; a file's name, or why it cannot be read, as the server says it. */
function measured({ fault, note, values }) {
  const told = Object.keys(values ?? {}).length ? say(`measured-${fault}`, values) : note;
  return `${say(`fault-${fault}`)}${told ? `: ${told}` : ""}`;
}

function tooFew({ too_few_photos: found, enough_photos: enough }) {
  if (!found?.length) return null;
  const rows = found.slice(0, SHOWN).map((one) => [one.product_id, number(one.photos), number(one.missed)]);
  const title = say("doctor-few", { n: enough ?? 0 });
  return panel(
    title,
    table(title, [[say("field-product_id")], [say("fact-photos"), true], [say("doctor-missed"), true]], rows),
  );
}

function without({ without_photos: ids }) {
  return ids.length ? panel(say("doctor-without"), element("p", {}, ids.slice(0, 200).join(", "))) : null;
}
