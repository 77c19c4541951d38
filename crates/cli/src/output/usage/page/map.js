// The map: areas as large as the bytes they stand for. Bruls, Huizing, van Wijk, "Squarified Treemaps", 2000.

/** Nodes with rectangles that fill `area` in proportion to their bytes, as square as can be. */
function squarify(nodes, area) {
  const placed = [];
  let { x, y, w, h } = area;
  let left = nodes.reduce((sum, node) => sum + node.bytes, 0);
  let from = 0;
  while (from < nodes.length && left > 0) {
    const side = Math.min(w, h);
    const scale = (w * h) / left;
    let bytes = 0;
    let worst = Infinity;
    let upto = from;
    while (upto < nodes.length) {
      const sum = bytes + nodes[upto].bytes;
      const thickness = (sum * scale) / side;
      const ratio = (node) => {
        const length = (node.bytes * scale) / thickness;
        return Math.max(length / thickness, thickness / length);
      };
      const next = Math.max(ratio(nodes[from]), ratio(nodes[upto]));
      if (next > worst) break;
      worst = next;
      bytes = sum;
      upto += 1;
    }
    const thickness = (bytes * scale) / side;
    let along = 0;
    for (const node of nodes.slice(from, upto)) {
      const length = (node.bytes * scale) / thickness;
      placed.push(w <= h
        ? { node, x: x + along, y, w: length, h: thickness }
        : { node, x, y: y + along, w: thickness, h: length });
      along += length;
    }
    if (w <= h) { y += thickness; h -= thickness; } else { x += thickness; w -= thickness; }
    left -= bytes;
    from = upto;
  }
  return placed;
}

/** Levels of folders that are open at once, and the room a folder needs to be open. */
const LEVELS = 4;
const ROOM = { w: 52, h: 44, head: 18, gap: 2 };
/** Smaller areas than this many pixels are not drawn: nobody could hit them. */
const SMALLEST = 12;

const map = document.getElementById("map");
const detail = document.getElementById("detail");
let trail = [file()];
let areas = [];

/** All areas below `node`, folders before what is in them. */
function lay(node, rectangle, level, path) {
  const laid = [];
  for (const placed of squarify(node.children, rectangle)) {
    const { node: child } = placed;
    const area = { ...placed, w: Math.max(placed.w - ROOM.gap, 1), h: Math.max(placed.h - ROOM.gap, 1), path: [...path, child] };
    if (placed.w * placed.h < SMALLEST) continue;
    const isOpen = child.children.length > 0 && level < LEVELS && area.w > ROOM.w && area.h > ROOM.h;
    laid.push({ ...area, isOpen });
    if (isOpen) {
      const inside = { x: area.x + ROOM.gap, y: area.y + ROOM.head, w: area.w - ROOM.gap, h: area.h - ROOM.head };
      laid.push(...lay(child, inside, level + 1, area.path));
    }
  }
  return laid;
}

/** Bytes of a node by kind. */
function kindsOf(node, kinds = new Map()) {
  for (const child of node.children) kindsOf(child, kinds);
  if (node.kind) kinds.set(node.kind, (kinds.get(node.kind) ?? 0) + node.bytes);
  return kinds;
}

/** How much of a folder is alive, of what is alive or history; in percent. */
function alive(node) {
  const kinds = kindsOf(node);
  return (100 * (kinds.get("live") ?? 0)) / Math.max(node.bytes, 1);
}

function describe({ path }) {
  const node = path[path.length - 1];
  const names = path.map((step) => step.name).join(" › ");
  const kinds = [...kindsOf(node)].sort(([, one], [, other]) => other - one);
  const mix = kinds.length > 1 ? kinds.map(([kind, bytes]) => `${KINDS[kind]} ${size(bytes)}`).join(", ") : node.note;
  const numbers = `${size(node.bytes)}, ${share(node.bytes)} of the file, ${grouped(node.bytes)} bytes`;
  return { names, numbers: mix ? `${numbers}: ${mix}` : numbers };
}

function tell(area) {
  const { names, numbers } = describe(area);
  detail.replaceChildren(element("strong", { text: names }), " ", element("span", { text: numbers }));
}

function button(area) {
  const { node, isOpen } = area;
  const { names, numbers } = describe(area);
  const hasMore = node.children.length > 0;
  const className = isOpen ? "folder" : `tile ${hasMore ? "folder closed" : node.kind}`;
  const made = element("button", { className, type: "button", tabindex: "-1", "aria-label": `${names}: ${numbers}` });
  made.style.cssText = `left:${area.x}px;top:${area.y}px;width:${area.w}px;height:${area.h}px`;
  if (hasMore && !isOpen) {
    const kinds = [...kindsOf(node).keys()];
    made.className = kinds.length === 1 ? `tile ${kinds[0]}` : className;
    made.style.setProperty("--part", `${alive(node)}%`);
  }
  if (area.w > 48 && area.h > 16) {
    const label = isOpen && area.w > 150 ? `${node.name}  ·  ${size(node.bytes)}` : node.name;
    made.append(element("span", { text: label }));
    if (!isOpen && area.h > 34) made.append(element("span", { text: size(node.bytes) }));
  } else {
    made.style.padding = "0";
  }
  made.addEventListener("focus", () => tell(area));
  made.addEventListener("pointerenter", () => tell(area));
  made.addEventListener("click", () => open(area));
  return made;
}

/** Draws the folder at the end of the trail. */
function draw() {
  const hadFocus = map.contains(document.activeElement);
  const root = trail[trail.length - 1];
  const { clientWidth: w, clientHeight: h } = map;
  areas = lay(root, { x: ROOM.gap, y: ROOM.gap, w: w - ROOM.gap, h: h - ROOM.gap }, 1, trail);
  for (const area of areas) area.button = button(area);
  map.replaceChildren(...areas.map((area) => area.button));
  if (areas.length > 0) areas[0].button.tabIndex = 0;
  if (hadFocus) areas[0]?.button.focus();
  const steps = trail.map((node, at) => (at + 1 < trail.length
    ? step(node, () => goTo(trail.slice(0, at + 1)))
    : element("span", { text: `${node.name}, ${size(node.bytes)}`, "aria-current": "location" })));
  document.getElementById("path").replaceChildren(...steps.flatMap((made, at) => (at > 0 ? [element("span", { text: "›" }), made] : [made])));
  tell({ path: trail });
}

function step(node, act) {
  const made = element("button", { type: "button", text: node.name });
  made.addEventListener("click", act);
  return made;
}

function goTo(path) {
  trail = path;
  draw();
  areas[0]?.button.focus();
}

/** Opens the folder of an area, or the one that the area is in. */
function open(area) {
  const path = area.node.children.length > 0 ? area.path : area.path.slice(0, -1);
  if (path.length > trail.length) goTo(path);
}

/** The nearest area in a direction: little way ahead counts most, then little way aside. */
function nearest(from, [dx, dy]) {
  const middle = ({ x, y, w, h }) => [x + w / 2, y + h / 2];
  const [fx, fy] = middle(from);
  let best = null;
  let least = Infinity;
  for (const area of areas) {
    const [x, y] = middle(area);
    const ahead = (x - fx) * dx + (y - fy) * dy;
    const aside = Math.abs((x - fx) * dy) + Math.abs((y - fy) * dx);
    if (area !== from && ahead > 1 && ahead + 2 * aside < least) {
      best = area;
      least = ahead + 2 * aside;
    }
  }
  return best;
}

const DIRECTIONS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

map.addEventListener("keydown", (event) => {
  const from = areas.find((area) => area.button === document.activeElement);
  if (!from) return;
  const direction = DIRECTIONS[event.key];
  if (direction) {
    const next = nearest(from, direction);
    if (next) {
      from.button.tabIndex = -1;
      next.button.tabIndex = 0;
      next.button.focus();
    }
    event.preventDefault();
  } else if ((event.key === "Escape" || event.key === "Backspace") && trail.length > 1) {
    goTo(trail.slice(0, -1));
    event.preventDefault();
  }
});
map.addEventListener("pointerleave", () => tell({ path: trail }));
new ResizeObserver(draw).observe(map);
