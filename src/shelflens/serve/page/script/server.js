// Requests to the server: the key, one kind of error, patience when it is busy.
import { session } from "./kept.js";

const WAITS = 3; // times that a busy server is asked again
const LONGEST_WAIT = 10; // seconds, whatever Retry-After says

/** What the server, or the way to it, said instead of an answer. */
export class ServerError extends Error {
  constructor(kind, status, detail = "", faults = []) {
    super(detail || kind);
    this.kind = kind; // offline, key, or the last part of the problem's type: picture-not-usable ...
    this.status = status;
    this.detail = detail;
    this.faults = faults; // [{field, detail}]
  }
}

let key = session.get("key");
let askForKey = null; // resolves with a key, or null

export const hasKey = () => key !== null;
export function useKey(given) {
  key = given;
  session.set("key", given);
}
export const onKeyNeeded = (asker) => (askForKey = asker);

/** The answer's JSON; `waiting(seconds)` is told when the server is busy and is asked again. */
export async function ask(path, options = {}) {
  const response = await request(path, options);
  return response.status === 204 ? null : response.json();
}

/** The answer itself. Raises ServerError, and AbortError when `options.signal` says stop. */
export async function request(path, options = {}) {
  const { json, waiting, quiet, ...rest } = options;
  for (let tried = 0; ; tried++) {
    const headers = new Headers(rest.headers);
    const used = key;
    if (used) headers.set("Authorization", `Bearer ${used}`);
    if (json !== undefined) headers.set("Content-Type", "application/json");
    const body = json === undefined ? rest.body : JSON.stringify(json);
    const response = await sent(path, { ...rest, headers, body });
    if (response.ok) return response;
    if (response.status === 429 && tried < WAITS) {
      const seconds = Math.min(Number(response.headers.get("Retry-After")) || 1, LONGEST_WAIT);
      waiting?.(seconds);
      await pause(seconds, rest.signal);
    } else if (response.status === 401 && askForKey && !quiet) {
      if (used === key && !(await askForKey(used !== null))) throw await problem(response);
    } else {
      throw await problem(response);
    }
  }
}

async function sent(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServerError("offline", 0);
  }
}

async function problem(response) {
  let said = {};
  try {
    said = await response.json();
  } catch {
    // not a problem document: a proxy's page, perhaps
  }
  const kind = response.status === 401 ? "key" : (said.type ?? "").split("/").pop() || `http-${response.status}`;
  return new ServerError(kind, response.status, said.detail, said.errors ?? []);
}

export function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
