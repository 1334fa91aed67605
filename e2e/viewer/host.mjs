// A host of MCP Apps, for a browser: the official client and the official bridge. It shows the
// view of one call in a frame without an origin, under the policy that the view's resource asks for.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { AppBridge, PostMessageTransport, buildAllowAttribute, getToolUiResourceUri } from '@modelcontextprotocol/ext-apps/app-bridge';

/** What happened, for the test to look at. */
const host = { heights: [], opened: [], downloads: [], calls: [] };
globalThis.host = host;

/** Connects to a server. */
host.connect = async (url, key) => {
  host.client = new Client({ name: 'viewer-host', version: '1.0.0' }, {
    capabilities: { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } } },
    versionNegotiation: { mode: { pin: '2026-07-28' } },
  });
  await host.client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { Authorization: `Bearer ${key}` } } }));
  host.callTool = (params) => host.client.callTool(params);
  host.tools = (await host.client.listTools()).tools;
};

/** The policy as the specification builds it. A host that ignores resourceDomains loads data: alone. */
function policy(csp = {}, ignoreDomains) {
  const media = ['data:', ...(ignoreDomains ? [] : csp.resourceDomains ?? [])].join(' ');
  return `default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src ${media}; media-src ${media}; `
    + `font-src ${media}; connect-src ${csp.connectDomains?.join(' ') || "'none'"}; frame-src 'none'; object-src 'none'; base-uri 'none'`;
}

/** Opens the view of a tool, and resolves once it is ready. */
host.open = async (tool, { theme = 'light', variables, ignoreDomains = false } = {}) => {
  const uri = getToolUiResourceUri(host.tools.find(({ name }) => name === tool));
  const { contents: [page] } = await host.client.readResource({ uri });
  const frame = document.createElement('iframe');
  frame.title = 'view';
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.allow = buildAllowAttribute(page._meta.ui.permissions);
  document.body.append(frame);
  document.documentElement.style.colorScheme = theme;
  const bridge = new AppBridge(null, { name: 'viewer-host', version: '1.0.0' }, {
    openLinks: {}, downloadFile: {}, serverTools: {}, serverResources: {}, logging: {},
  }, { hostContext: { theme, displayMode: 'inline', availableDisplayModes: ['inline'], ...(variables && { styles: { variables } }) } });
  bridge.onsizechange = ({ height }) => {
    host.heights.push(height);
    frame.style.height = `${height}px`;
  };
  bridge.onopenlink = async ({ url }) => { host.opened.push(url); return {}; };
  bridge.ondownloadfile = async ({ contents }) => { host.downloads.push(...contents); return {}; };
  const ready = new Promise((resolve) => { bridge.oninitialized = resolve; });
  bridge.oncalltool = (params) => {
    host.calls.push(params.name);
    return host.callTool(params);
  };
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  frame.srcdoc = page.text.replace(/<head>/, `$&<meta http-equiv="Content-Security-Policy" content="${policy(page._meta.ui.csp, ignoreDomains)}">`);
  await ready;
  Object.assign(host, { bridge, frame });
};

/** Calls a tool as the assistant would, and hands its arguments and its result to the view. */
host.run = async (name, args) => {
  await host.bridge.sendToolInput({ arguments: args });
  const result = await host.client.callTool({ name, arguments: args });
  await host.bridge.sendToolResult(result);
  return result;
};
