// Chosen facets as a filter in the server's language (docs/searching.md): brand in ("A", "B") and price <= 30.

/** What is chosen: field -> {values: Set, low, high}. */
export class Condition {
  constructor() {
    this.fields = new Map();
  }

  of(field) {
    return this.fields.get(field) ?? { values: new Set(), low: null, high: null };
  }

  toggle(field, value) {
    const chosen = this.of(field);
    if (!chosen.values.delete(value)) chosen.values.add(value);
    this.#keep(field, chosen);
  }

  /** From `low` to `high`; null leaves that end open. */
  between(field, low, high) {
    this.#keep(field, { ...this.of(field), low, high });
  }

  clear(field) {
    if (field === undefined) this.fields.clear();
    else this.fields.delete(field);
  }

  get size() {
    let count = 0;
    for (const { values, low, high } of this.fields.values()) count += values.size + (low !== null || high !== null);
    return count;
  }

  /** Without the field `but`: what its own values are counted among. */
  text({ but } = {}) {
    const parts = [];
    for (const [field, { values, low, high }] of this.fields) {
      if (field === but) continue;
      if (values.size) parts.push(`${quoted(field)} in (${[...values].map(literal).join(", ")})`);
      if (low !== null) parts.push(`${quoted(field)} >= ${low}`);
      if (high !== null) parts.push(`${quoted(field)} <= ${high}`);
    }
    return parts.join(" and ");
  }

  #keep(field, chosen) {
    if (chosen.values.size || chosen.low !== null || chosen.high !== null) this.fields.set(field, chosen);
    else this.fields.delete(field);
  }
}

const literal = (value) => (typeof value === "string" ? quoted(value) : String(value));
const quoted = (text) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
