// Takes in a table and photos in portions, shows how far it is, and lists what could not be used.
import { element, icon } from "../element.js";
import { number, say } from "../language.js";
import { announce, explained } from "../status.js";
import { panel, table } from "./panels.js";
import { rowsOf, rowsOfPhotos } from "./rows.js";
import { readTable } from "./table.js";

const ROWS = 16; // of a portion
const BYTES = 8_000_000; // of a portion's photos; a third more as base64, well within a request's limit
const LISTED = 500;

export async function uploadRoom(place, { catalogue, signal }) {
  const tableField = element("input", {
    type: "file",
    id: "upload-table",
    accept: ".csv,.tsv,.json,.jsonl,.ndjson,text/csv",
  });
  const photoField = element("input", {
    type: "file",
    id: "upload-photos",
    accept: "image/*,.heic,.heif,.avif",
    multiple: true,
  });
  const folderField = element("input", { type: "file", id: "upload-folder", webkitdirectory: true });
  const found = element("p", { id: "upload-found", role: "status" });
  const start = element(
    "button",
    { type: "button", class: "button main", id: "upload-start", disabled: true },
    icon("upload"),
    say("upload-start"),
  );
  const outcome = element("div", { class: "room-body" });
  const pick = (field, label, hint) =>
    element(
      "div",
      { class: "pick" },
      element("label", { for: field.id }, element("b", {}, say(label))),
      field,
      element("p", { class: "hint" }, say(hint)),
    );
  place.append(
    panel(
      null,
      pick(tableField, "upload-table", "upload-table-hint"),
      pick(photoField, "upload-photos", "upload-photos-hint"),
      pick(folderField, "upload-folder", "upload-folder-hint"),
      found,
      element("div", { class: "actions" }, start),
    ),
    outcome,
  );

  let ready = { rows: [], faults: [] };
  const read = async () => {
    try {
      ready = await gathered(catalogue, tableField.files[0], [...photoField.files, ...folderField.files]);
      const photos = ready.rows.reduce((count, row) => count + row.photos.length, 0);
      found.textContent = say("upload-found", { products: ready.rows.length, photos, bad: ready.faults.length });
    } catch (error) {
      ready = { rows: [], faults: [] };
      found.textContent = say("upload-unreadable", { reason: error.message });
    }
    start.disabled = !ready.rows.length;
  };
  for (const field of [tableField, photoField, folderField]) field.addEventListener("change", read);
  start.addEventListener("click", async () => {
    start.disabled = true;
    await send(catalogue, ready, outcome, signal);
    start.disabled = false;
  });
}

async function gathered(catalogue, file, photos) {
  const pictures = photos.filter((one) => one.type.startsWith("image/") || /\.(heic|heif|avif)$/i.test(one.name));
  if (!file) return { rows: rowsOfPhotos(pictures), faults: [] };
  const records = readTable(await file.text(), file.name);
  const header = new Set(records.flatMap(({ cells }) => (cells && typeof cells === "object" ? Object.keys(cells) : [])));
  return rowsOf(records, await catalogue.columns([...header]), pictures);
}

async function send(catalogue, { rows, faults }, place, leaving) {
  const stopping = new AbortController();
  leaving.addEventListener("abort", () => stopping.abort());
  const bar = element("progress", { max: rows.length, value: 0, "aria-label": say("room-upload") });
  const words = element(
    "p",
    { class: "hint", id: "upload-progress" },
    say("progress", { done: 0, total: rows.length }),
  );
  const stop = element(
    "button",
    { type: "button", class: "button small", onclick: () => stopping.abort() },
    icon("close"),
    say("upload-stop"),
  );
  place.replaceChildren(panel(say("upload-running"), bar, words, element("div", { class: "actions" }, stop)));
  const bad = faults.map((fault) => ({ ...fault, detail: say(fault.key, fault.values) }));
  let taken = 0;
  let done = 0;
  let halted = null;
  try {
    for (const portion of portions(rows)) {
      const json = { rows: await Promise.all(portion.map(sendable)) };
      const { rows: answers } = await catalogue.ask("/products/bulk", {
        method: "POST",
        json,
        signal: stopping.signal,
      });
      for (const { row, status, errors } of answers) {
        taken += status < 400;
        bad.push(
          ...errors.map(({ field, detail }) => ({
            where: portion[row].where,
            product_id: portion[row].product_id,
            field,
            detail,
          })),
        );
      }
      done += portion.length;
      bar.value = done;
      words.textContent = say("progress", { done, total: rows.length });
    }
  } catch (error) {
    halted = error.name === "AbortError" ? say("upload-stopped") : explained(error).filter(Boolean).join(". ");
  }
  if (leaving.aborted) return;
  const told = say("upload-done", { taken, bad: bad.length });
  announce(told);
  place.replaceChildren(...report(catalogue, told, halted, bad));
}

function report(catalogue, told, halted, bad) {
  const closer = catalogue.facts.evidence.length > 0;
  const look = async () => {
    await catalogue.ask("/jobs", { method: "POST", json: { kind: "look-closer", evidence: catalogue.facts.evidence } });
    location.hash = "#jobs";
  };
  const rows = bad.slice(0, LISTED).map((one) => [number(one.where), one.product_id, one.field, one.detail]);
  return [
    panel(
      told,
      halted && element("p", { role: "alert" }, halted),
      closer && element("p", { class: "hint" }, say("upload-closer-hint")),
      closer &&
        element(
          "div",
          { class: "actions" },
          element("button", { type: "button", class: "button", onclick: look }, say("job-look-closer")),
        ),
    ),
    bad.length > 0 &&
      panel(
        say("bad-rows"),
        table(
          say("bad-rows"),
          [[say("bad-where"), true], [say("bad-product")], [say("bad-field")], [say("bad-reason")]],
          rows,
        ),
        element(
          "div",
          { class: "actions" },
          element("button", { type: "button", class: "button small", onclick: () => save(bad) }, say("bad-save")),
        ),
      ),
  ].filter(Boolean);
}

function* portions(rows) {
  let portion = [];
  let bytes = 0;
  for (const row of rows) {
    const its = row.photos.reduce((sum, { file }) => sum + (file?.size ?? 0), 0);
    if (portion.length && (portion.length === ROWS || bytes + its > BYTES)) {
      yield portion;
      [portion, bytes] = [[], 0];
    }
    portion.push(row);
    bytes += its;
  }
  if (portion.length) yield portion;
}

async function sendable({ where: _where, photos, ...row }) {
  return {
    ...row,
    photos: await Promise.all(photos.map(async ({ url, file }) => (url ? { url } : { base64: await base64(file) }))),
  };
}

async function base64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return btoa(text);
}

function save(bad) {
  const cell = (value) => `"${String(value).replaceAll('"', '""')}"`;
  const lines = [
    ["row", "product_id", "field", "reason"],
    ...bad.map((one) => [one.where, one.product_id, one.field, one.detail]),
  ];
  const link = element("a", {
    href: URL.createObjectURL(
      new Blob([lines.map((line) => line.map(cell).join(",")).join("\r\n")], { type: "text/csv" }),
    ),
    download: "bad-rows.csv",
  });
  link.click();
  URL.revokeObjectURL(link.href);
}
