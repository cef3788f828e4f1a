// Reads the tables that shops export: CSV (RFC 4180; comma, semicolon or tab), JSON, and JSON lines.

/** Records as objects by column, each with `where`, the line or entry that it stands in. Raises SyntaxError. */
export function readTable(text, name) {
  const plain = text.replace(/^﻿/, "");
  if (/\.(jsonl|ndjson)$/i.test(name)) return jsonLines(plain);
  if (/\.json$/i.test(name)) return entries(JSON.parse(plain));
  return csv(plain);
}

function jsonLines(text) {
  const found = [];
  text.split("\n").forEach((line, index) => {
    if (!line.trim()) return;
    try {
      found.push({ where: index + 1, cells: JSON.parse(line) });
    } catch {
      found.push({ where: index + 1, fault: "not-json" });
    }
  });
  return found;
}

function entries(data) {
  const rows = Array.isArray(data) ? data : (data.rows ?? data.products);
  if (!Array.isArray(rows)) throw new SyntaxError("a list of products, or {rows: [...]}");
  return rows.map((cells, index) => ({ where: index + 1, cells }));
}

function csv(text) {
  const lines = cellsOf(text, separatorOf(text));
  const [header, ...rest] = lines;
  if (!header) return [];
  const columns = header.cells.map((name) => name.trim());
  return rest.map(({ where, cells }) =>
    cells.length > columns.length
      ? { where, fault: "too-many-cells" }
      : { where, cells: Object.fromEntries(columns.map((name, index) => [name, cells[index] ?? ""])) },
  );
}

/** The sign that the header has most of, outside quotes. */
function separatorOf(text) {
  const header = text.slice(0, text.search(/\r?\n|$/)).replace(/"[^"]*"/g, "");
  const count = (sign) => header.split(sign).length;
  return [",", ";", "\t"].reduce((best, sign) => (count(sign) > count(best) ? sign : best));
}

function cellsOf(text, separator) {
  const lines = [];
  let cells = [];
  let cell = "";
  let quoted = false;
  let line = 1;
  let start = 1;
  const endCell = () => {
    cells.push(cell);
    cell = "";
  };
  const endLine = () => {
    endCell();
    if (cells.some((one) => one !== "")) lines.push({ where: start, cells });
    cells = [];
    start = line + 1;
  };
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (quoted) {
      if (sign === '"' && text[at + 1] === '"') cell += text[++at];
      else if (sign === '"') quoted = false;
      else cell += sign;
    } else if (sign === '"' && cell === "") quoted = true;
    else if (sign === separator) endCell();
    else if (sign === "\n") endLine();
    else if (sign !== "\r" || text[at + 1] !== "\n") cell += sign;
    if (sign === "\n") line++;
  }
  if (cell || cells.length) endLine();
  return lines;
}
