"use strict";
// Fills in what depends on the server: its address, which this page's own tells even behind a
// proxy with a path prefix, and its tools.
const { toolsets, version } = JSON.parse(document.getElementById("data").textContent);
const address = location.origin + location.pathname.replace(/\/+$/, "") + "/v1";
const shown = document.getElementById("address").textContent;
const secure = location.protocol === "https:";

for (const code of document.querySelectorAll("#address, pre code")) {
  code.textContent = code.textContent.replaceAll(shown, address);
}
if (!secure) {
  const bridge = document.getElementById("snippet-claude-desktop");
  bridge.textContent = bridge.textContent.replace('WIRO_AUTH}"]', 'WIRO_AUTH}", "--allow-http"]');
}
const local = /^(localhost|127\..*|\[::1\])$/.test(location.hostname);
document.getElementById("warning").hidden = secure || local;

const links = {
  cursor: "cursor://anysphere.cursor-deeplink/mcp/install?name=wiro&config=" +
    encodeURIComponent(btoa(JSON.stringify({ url: address, headers: { Authorization: "Bearer YOUR_API_KEY" } }))),
  vscode: "vscode:mcp/install?" + encodeURIComponent(JSON.stringify({
    name: "wiro", type: "http", url: address, headers: { Authorization: "Bearer ${input:wiro_api_key}" },
    inputs: [{ type: "promptString", id: "wiro_api_key", description: "Wiro API key, or KEY:SECRET", password: true }],
  })),
};
for (const link of document.querySelectorAll("[data-install]")) link.href = links[link.dataset.install];

/** An element with a class and content: texts and other elements. */
function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}
document.getElementById("version").textContent = version;
document.getElementById("count").textContent = toolsets.reduce((sum, { tools }) => sum + tools.length, 0);
document.getElementById("toolsets").append(...toolsets.map(({ name, tools }) => element("details", "",
  element("summary", "", name, " ", element("span", "count", String(tools.length))),
  element("dl", "", ...tools.flatMap(({ name, effect, description }) => [
    element("dt", "", element("code", "", name), " ", element("span", `effect ${effect}`, effect)),
    element("dd", "", description),
  ])),
)));

for (const button of document.querySelectorAll("button.copy")) {
  const idle = button.textContent;
  let timer;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
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
    document.getElementById("said").textContent = done;
    clearTimeout(timer);
    timer = setTimeout(() => {
      button.textContent = idle;
      document.getElementById("said").textContent = "";
    }, 2000);
  });
}
