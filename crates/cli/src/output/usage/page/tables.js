// Everything that is not the map: head, tables and remarks.

/** A table: columns with a title and a cell for each row, rows, and a row at the foot. */
function table(id, columns, rows, foot = null) {
  const SHOWN = 25;
  const made = document.getElementById(id);
  const heads = columns.map(({ title, className = "" }) => element("th", { text: title, className, scope: "col" }));
  const line = (row) => element("tr", {}, columns.map(({ cell, className = "" }) => {
    const content = cell(row);
    return content instanceof Node ? element("td", { className }, [content]) : element("td", { className, text: content });
  }));
  const body = element("tbody", {}, rows.slice(0, SHOWN).map(line));
  made.replaceChildren(element("thead", {}, [element("tr", {}, heads)]), body);
  if (foot) made.append(element("tfoot", {}, [element("tr", {}, foot)]));
  if (rows.length > SHOWN) {
    const more = element("button", { className: "more", type: "button", text: `Show all ${grouped(rows.length)}` });
    more.addEventListener("click", () => {
      body.append(...rows.slice(SHOWN).map(line));
      more.remove();
    });
    made.after(more);
  }
}

/** Bars in proportion: pairs of bytes and kind, and the bytes of a bar as wide as the cell. */
function gauge(parts, whole) {
  const bars = parts.filter(([bytes]) => bytes > 0).map(([bytes, kind]) => {
    const bar = element("span", { className: kind });
    bar.style.width = `${(100 * bytes) / Math.max(whole, 1)}%`;
    return bar;
  });
  return element("div", { "aria-hidden": "true" }, bars);
}

function withColour(kind, text) {
  const made = document.createDocumentFragment();
  made.append(element("i", { className: kind, "aria-hidden": "true" }), text);
  return made;
}

function head() {
  const { source, counts } = account;
  const name = "path" in source && source.path === "-" ? "standard input" : shown(bytesOf(source, "path"));
  document.title = `${name}: where the bytes are`;
  document.getElementById("name").textContent = name;
  const packed = source.compression === "none" ? "" : `, ${source.compression}-compressed`;
  const facts = [
    `${source.kind}${packed}`,
    `${grouped(account.size)} bytes`,
    quantity(counts.liveKeys, "live key"),
    quantity(counts.oldRevisions, "old revision"),
    quantity(counts.tombstones, "deletion"),
  ];
  if (!account.sound) facts.unshift("damaged: not all could be read");
  document.getElementById("facts").textContent = facts.join("  ·  ");
  const remark = ({ id, message }) => element("li", { className: id.toLowerCase(), text: message });
  document.getElementById("hints").replaceChildren(...account.hints.map(remark));
  const kinds = Object.keys(KINDS).filter((kind) => bytesOfKind(kind) > 0);
  const card = (kind) => element("li", { className: kind }, [
    element("span", { text: KINDS[kind] }),
    element("b", { text: size(bytesOfKind(kind)) }),
    element("span", { text: share(bytesOfKind(kind)) }),
  ]);
  document.getElementById("cards").replaceChildren(...kinds.map(card));
  const entry = (kind) => element("li", {}, [withColour(kind, KINDS[kind])]);
  document.getElementById("legend").replaceChildren(...kinds.map(entry));
}

function columnsTable() {
  const rows = COLUMNS.filter(([name]) => account.columns[name] > 0);
  const most = Math.max(...rows.map(([name]) => account.columns[name]));
  const total = COLUMNS.reduce((sum, [name]) => sum + account.columns[name], 0);
  table("columns", [
    { title: "what", className: "text", cell: ([, words, kind]) => withColour(kind, words) },
    { title: "bytes", cell: ([name]) => grouped(account.columns[name]) },
    { title: "size", cell: ([name]) => size(account.columns[name]) },
    { title: "share", cell: ([name]) => share(account.columns[name]) },
    { title: "", className: "gauge", cell: ([name, , kind]) => gauge([[account.columns[name], kind]], most) },
  ], rows, [
    element("td", { className: "text", text: "= file size" }),
    element("td", { text: grouped(total) }),
    element("td", { text: size(total) }),
    element("td", { text: share(total) }),
    element("td", { className: "gauge" }),
  ]);
}

function prefixesTable() {
  const most = Math.max(...account.prefixes.map((row) => row.total), 1);
  const live = (row) => row.liveValues + row.liveKeys + row.liveOverhead;
  const parts = (row) => [[live(row), "live"], [row.oldRevisions, "history"], [row.tombstones, "deletions"]];
  table("prefixes", [
    { title: "prefix", className: "text key", cell: (row) => shownOr(bytesOf(row, "prefix"), account.depth === 0 ? "(all)" : "(no prefix)") },
    { title: "keys", cell: (row) => grouped(row.keys) },
    { title: "live", cell: (row) => size(live(row)) },
    { title: "old revisions", cell: (row) => size(row.oldRevisions) },
    { title: "deletions", cell: (row) => size(row.tombstones) },
    { title: "bytes", className: "total", cell: (row) => grouped(row.total) },
    { title: "share", cell: (row) => share(row.total) },
    { title: "", className: "gauge", cell: (row) => gauge(parts(row), most) },
  ], account.prefixes);
}

function shownOr(bytes, words) {
  return bytes === "" ? words : shown(bytes);
}

function keysTable(id, rows) {
  table(id, [
    { title: "key", className: "text key", cell: (row) => shown(bytesOf(row, "key")) },
    { title: "value", cell: (row) => (row.deleted ? "deleted" : size(row.valueSize)) },
    { title: "version", cell: (row) => (row.deleted ? "–" : grouped(row.version)) },
    { title: "records in the file", cell: (row) => grouped(row.records) },
    { title: "bytes of all records", className: "total", cell: (row) => grouped(row.bytes) },
  ], rows);
}

function bucketsTable() {
  const rows = [...account.buckets].sort((one, other) => other.total - one.total);
  table("buckets", [
    { title: "bucket", className: "text key", cell: (row) => (row.parent === null ? "(root)" : shown(bytesOf(row, "name"))) },
    { title: "elements", cell: (row) => grouped(row.elements) },
    { title: "content", cell: (row) => size(row.content) },
    { title: "leaf headers", cell: (row) => size(row.pageHeaders) },
    { title: "branch pages", cell: (row) => size(row.branchPages) },
    { title: "slack", cell: (row) => size(row.slack) },
    { title: "bytes", className: "total", cell: (row) => grouped(row.total) },
    { title: "share", cell: (row) => share(row.total) },
  ], rows);
}

function savingsTable() {
  const { savings, databaseSize } = account;
  document.getElementById("savings-section").hidden = savings === null;
  if (savings === null) return;
  const less = (to) => size(Math.max(databaseSize - to, 0));
  table("savings", [
    { title: "by", className: "text", cell: (row) => row[0] },
    { title: "gives back", className: "total", cell: (row) => row[1] },
    { title: "database afterwards", cell: (row) => row[2] },
  ], [
    ["compaction: room inside the file", `up to ${size(savings.compaction)}`, size(databaseSize)],
    ["defragmentation", `about ${less(savings.defragmentedSize)}`, `about ${size(savings.defragmentedSize)}`],
    ["both, compaction first", `about ${less(savings.compactedAndDefragmentedSize)}`, `about ${size(savings.compactedAndDefragmentedSize)}`],
  ]);
}

head();
columnsTable();
prefixesTable();
keysTable("largest", account.largestKeys);
keysTable("rewritten", account.mostRewrittenKeys);
bucketsTable();
savingsTable();
