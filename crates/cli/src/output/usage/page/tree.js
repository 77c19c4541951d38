// The file as a tree: what the map draws. A node has a name, bytes, a kind when it is a tile, and children when it is a folder.

/** The components of a prefix. Further separators in front of a component belong to it. */
function components(prefix) {
  const separator = bytesOf(account, "separator");
  const parts = [];
  let start = 0;
  while (start < prefix.length) {
    let end = start;
    while (prefix[end] === separator) end += 1;
    while (end < prefix.length && prefix[end] !== separator) end += 1;
    parts.push(prefix.slice(start, end + 1));
    start = end + 1;
  }
  return parts;
}

function tile(name, bytes, kind, note = "") {
  return { name, bytes, kind, note, children: [] };
}

function folder(name, children) {
  const used = children.filter((child) => child.bytes > 0).sort((one, other) => other.bytes - one.bytes);
  return { name, bytes: used.reduce((sum, child) => sum + child.bytes, 0), note: "", children: used };
}

/** What the records of one prefix are: alive, old, deleted. */
function tilesOf(row) {
  const live = row.liveValues + row.liveKeys + row.liveOverhead;
  return [
    tile("live", live, "live", quantity(row.keys, "key")),
    tile("old revisions", row.oldRevisions, "history", quantity(row.oldRecords, "record")),
    tile("deletions", row.tombstones, "deletions", quantity(row.deletions, "record")),
  ];
}

/** The prefixes as folders in folders. */
function keyspace() {
  const root = { folders: new Map(), row: null };
  for (const row of account.prefixes) {
    let at = root;
    for (const part of components(bytesOf(row, "prefix"))) {
      if (!at.folders.has(part)) at.folders.set(part, { folders: new Map(), row: null });
      at = at.folders.get(part);
    }
    at.row = row;
  }
  const close = (name, { folders, row }) => {
    const inner = [...folders].map(([part, inside]) => close(part, inside));
    // A folder with nothing but another one in it is one folder.
    if (inner.length === 1 && !row && inner[0].folders) return { ...inner[0], path: name + inner[0].path };
    return { path: name, folders: inner, row };
  };
  const node = ({ path, folders, row }) => {
    const own = row ? tilesOf(row) : [];
    const inside = folders.map(node);
    const direct = inside.length > 0 && own.length > 0 ? [folder("(keys right here)", own)] : own;
    return folder(path === "" ? "Keys" : shown(path), [...inside, ...direct]);
  };
  const whole = close("", root);
  return folder("Keys", whole.path === "" ? node(whole).children : [node(whole)]);
}

/** The whole file. */
function file() {
  const { columns } = account;
  const others = account.buckets.filter((bucket) => bucket.parent !== 0 || bytesOf(bucket, "name") !== "key");
  const bucket = (row) => tile(row.parent === null ? "(root)" : shown(bytesOf(row, "name")), row.content, "other", quantity(row.elements, "element"));
  const named = (kind) => COLUMNS.filter(([, , of]) => of === kind).map(([name, words]) => tile(words, columns[name], kind));
  const buckets = folder("Other buckets", others.map(bucket));
  const rest = columns.otherBuckets - buckets.bytes;
  return folder("File", [
    keyspace(),
    buckets,
    tile("other elements of the bucket key", rest, "other"),
    folder("Pages", named("structure")),
    folder("Free", named("free")),
    ...named("damaged"),
  ]);
}
