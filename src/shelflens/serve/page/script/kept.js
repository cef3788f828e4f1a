// What the browser remembers for us: choices for ever, the key until the tab is closed.
const PREFIX = "shelflens.";

const shelf = (storage) => ({
  get(name) {
    try {
      return storage().getItem(PREFIX + name);
    } catch {
      return null; // storage is forbidden here; the page works without
    }
  },
  set(name, value) {
    try {
      if (value === null) storage().removeItem(PREFIX + name);
      else storage().setItem(PREFIX + name, value);
    } catch {
      // as above
    }
  },
});

export const choices = shelf(() => localStorage);
export const session = shelf(() => sessionStorage);
