// The document, and how its numbers and bytes are written.

const account = JSON.parse(document.getElementById("account").textContent);

/** A size in thousands, rounded as the other forms round it. */
function size(bytes) {
  const units = ["kB", "MB", "GB", "TB", "PB"];
  if (bytes < 1000) return `${bytes} B`;
  let unit = 1000;
  let name = 0;
  while (Math.floor(bytes / unit) >= 1000 && name + 1 < units.length) {
    unit *= 1000;
    name += 1;
  }
  const tenths = Math.floor((bytes * 10 + unit / 2) / unit);
  const [whole, rest] = [Math.floor(tenths / 10), tenths % 10];
  // From ten on what was rounded is rounded again, halves to the even number.
  const number = whole < 10 ? `${whole}.${rest}` : `${whole + (rest > 5 || (rest === 5 && whole % 2 === 1) ? 1 : 0)}`;
  return `${number} ${units[name]}`;
}

/** A number in groups of three digits, with narrow spaces. */
function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** A share in tenths of a percent, halves up, as the other forms round it. */
function share(part, whole = account.size) {
  const tenths = Math.floor((part * 1000 + Math.floor(whole / 2)) / Math.max(whole, 1));
  return `${Math.floor(tenths / 10)}.${tenths % 10}\u00a0%`;
}

/** A number of things; null when it is not known. */
function quantity(count, noun) {
  if (count === null) return `${noun}s unknown`;
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** The bytes under a key of the document, where they may also stand as base64; one character a byte. */
function bytesOf(row, key) {
  if (key in row) return String.fromCharCode(...new TextEncoder().encode(row[key]));
  return atob(row[`${key}Base64`] ?? "");
}

/** Bytes as people can read them: as text when all of it is printable, else quoted. */
function shown(bytes) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
    if (/^(?:(?![\p{C}\p{Z}"\\])[^]| )+$/u.test(text)) return text;
  } catch {
    // Not UTF-8: quoted below.
  }
  const quote = (byte) => (byte === '"' || byte === "\\" ? `\\${byte}` : `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return `"${bytes.replace(/[^ !#-[\]-~]/g, quote)}"`;
}

/** An element with a class, text and children. */
function element(name, { className = "", text = "", ...attributes } = {}, children = []) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== "") made.textContent = text;
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

/** Every column: name in the document, words, colour. */
const COLUMNS = [
  ["liveValues", "live values", "live"],
  ["liveKeys", "live keys", "live"],
  ["liveOverhead", "record overhead of live keys", "live"],
  ["oldRevisions", "old revisions", "history"],
  ["tombstones", "deletions (tombstones)", "deletions"],
  ["otherBuckets", "other buckets", "other"],
  ["pageHeaders", "headers of leaf pages", "structure"],
  ["branchPages", "branch pages", "structure"],
  ["slack", "slack in leaf pages", "structure"],
  ["freelist", "freelist", "structure"],
  ["metas", "meta pages", "structure"],
  ["trailer", "SHA-256 trailer", "structure"],
  ["freePages", "free pages", "free"],
  ["beyondHighWaterMark", "beyond the high-water mark", "free"],
  ["damaged", "damaged: in use, but not readable", "damaged"],
  ["unreached", "not reached: free, or lost", "damaged"],
];

/** Every colour: its words. */
const KINDS = {
  live: "live keys and values",
  history: "old revisions",
  deletions: "deletions",
  other: "other buckets",
  structure: "pages and slack",
  free: "free",
  damaged: "damaged or not reached",
};

/** Bytes of all columns of a kind. */
function bytesOfKind(kind) {
  return COLUMNS.filter(([, , of]) => of === kind).reduce((sum, [name]) => sum + account.columns[name], 0);
}
