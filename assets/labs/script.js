// Tells, under the dog, how the files of this page came: in which order, over which protocol, and how
// long each was on its way. All of it is what the browser itself measured.

"use strict";

/** The names of protocols as the browser says them, and as people do. */
const PROTOCOLS = new Map([
  ["http/1.0", "HTTP/1.0"],
  ["http/1.1", "HTTP/1.1"],
  ["h2", "HTTP/2"],
  ["h3", "HTTP/3"],
]);

/** The last part of an address, without its query. */
function nameOf(address) {
  const path = new URL(address).pathname;
  return path.slice(path.lastIndexOf("/") + 1) || path;
}

/** A protocol's name for people. */
function protocolOf(entry) {
  return PROTOCOLS.get(entry.nextHopProtocol) ?? "an unknown protocol";
}

/** A time in whole milliseconds. */
function millis(time) {
  return `${Math.round(time).toLocaleString("en")} ms`;
}

/** A length in bytes. */
function bytes(count) {
  return `${count.toLocaleString("en")} bytes`;
}

/** What the browser knows of each file, in the order in which the answers were complete. */
function files() {
  const [page] = performance.getEntriesByType("navigation");
  const others = performance.getEntriesByType("resource");
  const all = page ? [page, ...others] : others;
  return all
    .filter((entry) => entry.responseEnd > 0)
    .sort((one, other) => one.responseEnd - other.responseEnd);
}

/** A row of the table: cells with plain text in them. */
function row(kind, cells) {
  const line = document.createElement("tr");
  for (const text of cells) {
    const cell = document.createElement(kind);
    cell.textContent = text;
    line.append(cell);
  }
  return line;
}

/** All files as a table. */
function table(entries) {
  const whole = document.createElement("table");
  const head = document.createElement("thead");
  head.append(row("th", ["File", "Asked", "Answered", "Size"]));
  const body = document.createElement("tbody");
  for (const entry of entries) {
    body.append(
      row("td", [
        nameOf(entry.name),
        millis(entry.requestStart),
        millis(entry.responseEnd),
        bytes(entry.encodedBodySize ?? 0),
      ]),
    );
  }
  whole.append(head, body);
  return whole;
}

/** Who waited for whom: files that were asked for first and came last. */
function overtaken(entries) {
  const late = (entry, index) =>
    entries.slice(0, index).some((other) => other.requestStart > entry.requestStart);
  return entries.filter(late).map((entry) => nameOf(entry.name));
}

/** Says it on the page. */
function tell() {
  const place = document.getElementById("told");
  const entries = files();
  if (!place || entries.length === 0) {
    return;
  }
  const protocols = [...new Set(entries.map(protocolOf))].join(" and ");
  const slow = overtaken(entries);
  const words = [`${entries.length} files came over ${protocols}.`];
  if (slow.length > 0) {
    words.push(`Others overtook ${slow.join(", ")}.`);
  } else {
    words.push("None overtook another.");
  }
  place.textContent = words.join(" ");
  place.after(table(entries));
}

window.addEventListener("load", () => {
  // The page's own entry is complete only after its load event.
  setTimeout(tell, 0);
});
