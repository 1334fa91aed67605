// Holds every message of the server against the schema of the protocol version that was agreed. The files in protocol are
// the published schemas, as far as a server's messages need them, without the descriptions.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const results = {
  initialize: 'InitializeResult', 'server/discover': 'DiscoverResult', ping: 'EmptyResult',
  'tools/list': 'ListToolsResult', 'tools/call': ['CallToolResult', 'InputRequiredResult'],
  'resources/list': 'ListResourcesResult', 'resources/templates/list': 'ListResourceTemplatesResult', 'resources/read': 'ReadResourceResult',
  'prompts/list': 'ListPromptsResult', 'prompts/get': 'GetPromptResult', 'completion/complete': 'CompleteResult',
};
const notifications = {
  'notifications/progress': 'ProgressNotification', 'notifications/cancelled': 'CancelledNotification',
  'notifications/message': 'LoggingMessageNotification', 'elicitation/create': 'ElicitRequest',
};

const validators = new Map();
function validatorOf(version) {
  if (!validators.has(version)) {
    const schema = JSON.parse(readFileSync(path.join(import.meta.dirname, 'protocol', `${version}.json`), 'utf8'));
    const dialect = /2020-12/.test(schema.$schema) ? Ajv2020 : Ajv;
    const ajv = addFormats.default(new dialect({ strict: false, allErrors: false }));
    ajv.addFormat('byte', true).addFormat('uri-template', true);
    ajv.addSchema(schema, 'protocol');
    const key = schema.$defs ? '$defs' : 'definitions';
    const valid = (name, message) => {
      if (!schema[key][name]) return `${version} has no ${name}`;
      const validate = ajv.getSchema(`protocol#/${key}/${name}`);
      return validate(message) ? '' : `${name} of ${version}: ${ajv.errorsText(validate.errors)}`;
    };
    validators.set(version, valid);
  }
  return validators.get(version);
}

/** Watches a client's transport from its start. What is invalid is collected in transport.invalid. */
export function watchMessages(transport, version) {
  const valid = validatorOf(version);
  const asked = new Map();
  transport.invalid = [];
  const check = (message) => {
    const method = asked.get(message.id);
    let fault = '';
    if (message.result) {
      const faults = [results[method] ?? `a result of ${method}`].flat().map((name) => valid(name, message.result));
      fault = faults.includes('') ? '' : faults[0];
    } else if (message.error) {
      fault = valid(version >= '2025-11-25' ? 'JSONRPCErrorResponse' : 'JSONRPCError', message);
    } else if (notifications[message.method]) {
      fault = valid(notifications[message.method], message);
    }
    if (fault) transport.invalid.push(`${fault} in ${JSON.stringify(message).slice(0, 500)}`);
  };
  const send = transport.send.bind(transport);
  transport.send = (message, ...rest) => {
    for (const one of [message].flat()) if (one.id !== undefined && one.method) asked.set(one.id, one.method);
    return send(message, ...rest);
  };
  let handle;
  Object.defineProperty(transport, 'onmessage', {
    configurable: true,
    get: () => handle,
    set(next) {
      handle = next && ((message, ...rest) => {
        check(message);
        return next(message, ...rest);
      });
    },
  });
}
