// One catalogue of the server: what can be asked of it.
import { ask, request } from "./server.js";

export const listCatalogues = (options) => ask("/v1/catalogues", options);

export class Catalogue {
  constructor(facts) {
    this.facts = facts; // as GET /v1/catalogues tells them
    this.name = facts.name;
    this.path = `/v1/catalogues/${encodeURIComponent(facts.name)}`;
  }

  may(scope) {
    const order = ["read", "write", "admin"];
    return order.indexOf(this.facts.scope) >= order.indexOf(scope);
  }

  ask(path, options) {
    return ask(this.path + path, options);
  }

  products({ filter, limit, cursor }, options) {
    return this.ask(`/products?${parameters({ filter, limit, cursor })}`, options);
  }

  product(id, options) {
    return this.ask(`/products/${encodeURIComponent(id)}`, options);
  }

  facets({ filter, fields }, options) {
    return this.ask(`/facets?${parameters({ filter, fields })}`, options);
  }

  /** `question` is what Query.question() gives. */
  async search(question, options) {
    return this.ask("/search", { method: "POST", ...(await body(question)), ...options });
  }

  /** A JPEG that every browser can show, of any picture that the server can open. */
  async preview(picture, options) {
    const sent = picture.url
      ? { json: { url: picture.url } }
      : { body: picture.blob, headers: { "Content-Type": imageType(picture.blob) } };
    const response = await request(`${this.path}/preview`, { method: "POST", ...sent, ...options });
    return response.blob();
  }

  /** The words of a spoken question; "" when none was understood. */
  async transcribe(recording) {
    const { text } = await this.ask("/transcribe", { method: "POST", body: form({ recording }) });
    return text;
  }

  /** Which of a table's columns is which field: {product_id, photos, gtins, fields}. */
  columns(header) {
    return this.ask("/columns", { method: "POST", json: { columns: header } });
  }

  async describe(picture, options) {
    const pictures = [picture.url ? { url: picture.url } : { base64: await base64(picture.blob) }];
    const { descriptions } = await this.ask("/describe", { method: "POST", json: { pictures }, ...options });
    return descriptions[0];
  }
}

function parameters(values) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return new URLSearchParams(given).toString();
}

/** A form where one will do, since it carries a photo's bytes as they are; JSON for addresses and lists. */
async function body({ picture, ...rest }) {
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => !isEmpty(value)));
  const plain = Object.values(given).every((value) => !Array.isArray(value));
  if (picture?.blob && plain) {
    const { box, ...fields } = given;
    if (box) fields.box = [box.left, box.top, box.right, box.bottom].join(",");
    return { body: form({ picture: picture.blob, ...fields }) };
  }
  if (picture) given.pictures = [picture.url ? { url: picture.url } : { base64: await base64(picture.blob) }];
  return { json: given };
}

const isEmpty = (value) =>
  value === null || value === undefined || value === "" || value === false || value.length === 0;

/** The server goes by the bytes; the type only says that they are a picture. */
const imageType = (blob) => (blob.type.startsWith("image/") ? blob.type : "application/octet-stream");

function form(fields) {
  const made = new FormData();
  for (const [name, value] of Object.entries(fields)) made.append(name, value);
  return made;
}

function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
