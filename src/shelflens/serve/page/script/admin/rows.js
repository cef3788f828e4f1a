// A table's records, and photos chosen beside it, as the rows that the server takes: one for each product.

/** `records` of readTable, `columns` as the server assigns them, `files` that photos may be. Gives {rows, faults}: a row's `photos` are {url} or {file};
 * faults are [{where, product_id, field, key or detail}], key being a string's name. */
export function rowsOf(records, columns, files) {
  const rows = new Map();
  const faults = [];
  const pool = new Pool(files);
  for (const { where, cells, fault } of records) {
    if (fault || typeof cells !== "object" || cells === null) {
      faults.push({ where, product_id: "", field: "", key: fault ?? "not-json" });
      continue;
    }
    const row = rowOf(cells, columns);
    if (!row.product_id) {
      faults.push({ where, product_id: "", field: "product_id", key: "id-missing" });
      continue;
    }
    const known = rows.get(row.product_id);
    if (!known) rows.set(row.product_id, { ...row, where, photos: [] });
    const { photos } = rows.get(row.product_id);
    for (const place of row.photos) {
      const file = /^https?:\/\//i.test(place) ? null : pool.find(place);
      if (file === undefined)
        faults.push({ where, product_id: row.product_id, field: "photo", key: "photo-not-chosen", values: { place } });
      else photos.push(file ? { file } : { url: place });
    }
  }
  return { rows: [...rows.values()], faults };
}

/** Photos without a table: a folder is a product, and so is a photo that lies in none. */
export function rowsOfPhotos(files) {
  const rows = new Map();
  for (const file of files) {
    const folders = (file.webkitRelativePath || file.name).split("/");
    const id = folders.length > 2 ? folders.at(-2) : file.name.replace(/\.\w+$/, "");
    if (!rows.has(id)) rows.set(id, { product_id: id, title: id, where: rows.size + 1, photos: [] });
    rows.get(id).photos.push({ file });
  }
  return [...rows.values()];
}

function rowOf(cells, { product_id, photos, gtins, fields }) {
  const row = { attributes: {}, gtins: [], photos: [] };
  const field = new Map(Object.entries(fields).map(([name, column]) => [column, name]));
  if (product_id) field.set(product_id, "product_id");
  for (const [column, value] of Object.entries(cells)) {
    if (value === "" || value === null || value === undefined) continue;
    if (field.has(column)) row[field.get(column)] = String(value).trim();
    else if (gtins.includes(column)) row.gtins.push(...listOf(value));
    else if (photos.includes(column)) row.photos.push(...listOf(value).map((one) => one.url ?? one));
    else if (column === "attributes" && typeof value === "object") Object.assign(row.attributes, value);
    else row.attributes[column] = attributeOf(value);
  }
  return row;
}

const listOf = (value) =>
  Array.isArray(value)
    ? value
    : String(value)
        .split("|")
        .map((one) => one.trim())
        .filter(Boolean);

const attributeOf = (value) =>
  typeof value === "string" && /^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(value) ? Number(value) : value;

/** Chosen files by the end of their path: `photos/a.jpg` finds `shop/photos/a.jpg`. */
class Pool {
  constructor(files) {
    this.files = files.map((file) => [`/${file.webkitRelativePath || file.name}`, file]);
    this.byName = new Map(files.map((file) => [file.name, file]));
  }

  find(place) {
    const name = place.split(/[/\\]/).at(-1);
    return this.files.find(([path]) => path.endsWith(`/${place}`))?.[1] ?? this.byName.get(name);
  }
}
