"use strict";
// Fills in what depends on the server: its address, which this page's own tells even behind a
// proxy with a path prefix, its clients and its tools; and the visitor's key, which stays here.
const { clients, demoKey, toolsets, version } = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const address = location.origin + location.pathname.replace(/\/+$/, "") + "/v1";
const shown = $("address").textContent;
const secure = location.protocol === "https:";
const local = /^(localhost|127\..*|\[::1\])$/.test(location.hostname);
const noKey = "YOUR_API_KEY";
const updates = []; // of what has the key in it

/** An element with a class and content: texts and other elements. */
function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

// Only what stands unescaped in JSON, YAML and a shell is taken for a key.
const field = $("key-field");
const typed = () => field.value.trim();
const isKey = (text) => /^[\w.~+/=-]{8,512}(:[\w.~+/=-]{1,512})?$/.test(text);
const key = () => (isKey(typed()) ? typed() : noKey);
const fill = (text) => text.replaceAll(shown, () => address).replaceAll(noKey, key);

function update() {
  const wrong = typed() !== "" && !isKey(typed());
  field.setAttribute("aria-invalid", wrong);
  $("key-fault").textContent = wrong ? "That is not a Wiro key: copy the whole key from your panel, and nothing else." : "";
  for (const each of updates) each();
}
field.value = demoKey;
field.addEventListener("input", update);
$("reveal").addEventListener("click", ({ currentTarget: button }) => {
  const hide = field.type === "text";
  field.type = hide ? "password" : "text";
  button.textContent = hide ? "Show" : "Hide";
  button.setAttribute("aria-pressed", !hide);
});
if (demoKey) $("key-note").textContent = "This server has an emulator of Wiro behind it: nothing costs anything, and this key is everybody's.";

/** A text to copy, kept up to date with the key. */
function copyable(id, template, label) {
  const code = element("code");
  const pre = element("pre", "", code);
  const button = element("button", "copy", "Copy");
  code.id = id;
  pre.tabIndex = 0;
  button.type = "button";
  button.dataset.copy = id;
  button.ariaLabel = label;
  updates.push(() => { code.textContent = fill(template); });
  return element("div", "copyable", pre, button);
}

/** The address of a link: its template with the filled entry, escaped as it needs it. */
function linkTo({ template, entry }) {
  const filled = fill(entry);
  const parts = {
    json: filled, named: filled, base64: btoa(filled), url: address,
    authorization: encodeURIComponent("Bearer " + key()),
  };
  return template.replace(/\{(\w+)\}/g, (_, part) => encodeURIComponent(parts[part]));
}

function panel(client) {
  const made = element("div", "panel");
  made.id = "panel-" + client.id;
  const links = (client.links ?? []).map((link) => {
    const a = element("a", "install", "Add to " + link.title);
    a.rel = "noreferrer";
    updates.push(() => { a.href = linkTo(link); });
    return a;
  });
  let file = client.file;
  if (client.bridge && !secure && !local) file = file.replace('"Authorization:${WIRO_API_KEY}"', '$&, "--allow-http"');
  if (links.length) made.append(element("p", "links", ...links));
  if (client.command) made.append(element("p", "", "In a terminal:"), copyable("command-" + client.id, client.command, "Copy the command for " + client.title));
  made.append(element("p", "", links.length || client.command ? "Or put this into " : "Put this into ", element("code", "", client.place),
    client.project ? ", or for one project " : "", client.project ? element("code", "", client.project) : "", ":"),
  copyable("snippet-" + client.id, file, "Copy the configuration for " + client.title));
  const notes = [];
  if (client.links?.some((link) => link.website) && !file.includes("${input:")) notes.push("The button leads through a website, so the key is not in it: set the variable WIRO_API_KEY, or put the key in afterwards.");
  if (client.bridge) notes.push("This needs Node.js. With a server on https:// you can add its address as a connector in the settings instead.");
  else if (file.includes("WIRO_API_KEY")) notes.push("The key is read from the variable WIRO_API_KEY.");
  notes.push(client.after);
  made.append(element("p", "note", notes.join(" ")));
  return made;
}

for (const client of [...clients, { id: "other", title: "Any other" }]) {
  const input = element("input");
  const label = element("label", "", client.title);
  Object.assign(input, { type: "radio", name: "client", id: "tab-" + client.id });
  label.htmlFor = input.id;
  if (client.id !== "other") $("panels").append(panel(client));
  input.addEventListener("change", () => show(client.id));
  $("clients").append(input, label);
}
function show(id) {
  for (const each of document.querySelectorAll(".panel")) each.hidden = each.id !== "panel-" + id;
}
const other = $("snippet-other"), otherText = other.textContent;
updates.push(() => { other.textContent = fill(otherText); });
$("tab-cursor").checked = true;
show("cursor");

$("address").textContent = address;
$("warning").hidden = secure || local;
$("version").textContent = version;
$("count").textContent = toolsets.reduce((sum, { tools }) => sum + tools.length, 0);
$("toolsets").append(...toolsets.map(({ name, tools }) => element("details", "",
  element("summary", "", name, " ", element("span", "count", String(tools.length)),
    ...(tools.some(({ effect }) => effect === "spends") ? [" ", element("span", "effect spends", "spends")] : [])),
  element("dl", "", ...tools.flatMap(({ name, effect, description }) => [
    element("dt", "", element("code", "", name), " ", element("span", `effect ${effect}`, effect)),
    element("dd", "", description),
  ])),
)));
for (const each of document.querySelectorAll(".script")) each.hidden = false;
if (!toolsets.some(({ tools }) => tools.some(({ name }) => name === "search_models"))) {
  $("try").hidden = true;
  $("tools").firstElementChild.textContent = "3";
  $("key-note").textContent = "It stays in this page and is gone when you close it.";
}
update();

/** Calls a tool as a client does, and returns its structured result. */
async function callTool(name, args) {
  const response = await fetch(address, {
    method: "POST", credentials: "omit", redirect: "error",
    headers: { Authorization: "Bearer " + key(), "Content-Type": "application/json", Accept: "application/json, text/event-stream" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args } }),
  });
  let text = await response.text();
  if (response.headers.get("Content-Type")?.startsWith("text/event-stream")) text = text.match(/^data: ?(.*"result".*|.*"error".*)$/m)?.[1] ?? "";
  let answer;
  try { answer = JSON.parse(text); } catch { throw new Error(`The server answers ${response.status}.`); }
  const { error, result } = answer;
  if (error) throw new Error(error.message);
  if (result.isError) throw new Error(result.content[0].text);
  return result.structuredContent;
}

let searches = 0;
$("search").addEventListener("submit", async (event) => {
  event.preventDefault();
  const mine = ++searches;
  if (key() === noKey) {
    $("found").textContent = "Put your key into the field of step 1 first.";
    field.focus();
    return;
  }
  $("found").textContent = "Searching…";
  let said, models = [];
  try {
    const found = await callTool("search_models", { search: $("words").value.trim(), limit: 8 });
    models = found.models;
    said = models.length ? `${found.total ?? models.length} models` + (found.total > models.length ? `, the first ${models.length}:` : ":") : "No model has these words.";
  } catch (error) {
    said = error.message;
  }
  if (mine !== searches) return;
  $("found").textContent = said;
  $("results").replaceChildren(...models.map(({ slug, pricing, description }) => element("li", "",
    element("div", "model", element("code", "", slug), element("span", "price", pricing || "price unknown")),
    element("p", "note", description),
  )));
});

const timers = new WeakMap();
document.addEventListener("click", async ({ target: button }) => {
  if (!button.matches("button.copy")) return;
  const source = $(button.dataset.copy);
  let done = "Copied";
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    // Pages that came over http:// have no clipboard: select the text and copy it the old way.
    const range = document.createRange();
    range.selectNodeContents(source);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    if (!document.execCommand("copy")) done = "Selected";
  }
  button.textContent = done;
  $("said").textContent = done;
  clearTimeout(timers.get(button));
  timers.set(button, setTimeout(() => {
    button.textContent = "Copy";
    $("said").textContent = "";
  }, 2000));
});
