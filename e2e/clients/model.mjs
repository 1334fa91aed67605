// A model that follows a script, behind the APIs that coding agents speak: Anthropic's Messages, OpenAI's Responses and
// Chat Completions, and Gemini's. It shows what a client offers to its model, and what it makes of a tool's result.
import { createServer } from 'node:http';

/**
 * Starts the model. A script is a list of steps: a step returns calls, [{tool, args}], which are made at once, or the
 * last words of the model. It is given the results of the step before it, and all tools that the client offers.
 */
export async function startModel(script) {
  const model = { offered: [], turns: [], errors: [], requests: [] };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { pathname } = new URL(request.url, 'http://model');
    model.requests.push(`${request.method} ${request.url}`);
    const api = apis.find(({ path }) => path.test(pathname));
    if (!api || request.method !== 'POST') return json(response, 404, { error: { type: 'not_found_error', message: 'not here' } });
    try {
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      api.answer(response, body, answerTo(api, body), pathname);
    } catch (error) {
      model.errors.push(error);
      json(response, 500, { error: { message: String(error) } });
    }
  });

  function answerTo(api, body) {
    const tools = api.tools(body);
    const wiro = tools.filter(({ name }) => /wiro/.test(name));
    if (wiro.length === 0 && !api.results(body).length) return 'A picture'; // the client wants a title, or looks whether the model is there
    const offered = wiro.map(short);
    if (offered.length >= model.offered.length) [model.offered, model.schemas] = [offered, wiro];
    const all = api.results(body); // one list of results for each step that was made
    const rounds = all.filter((results) => !results.every(({ text }) => text === 'Not connected')); // Claude Code connects again after some time-outs
    const step = all.length < script.length + 5 && script[rounds.length];
    if (rounds.length > model.turns.length) model.turns = rounds;
    if (!step) return 'done';
    const made = step(rounds.at(-1), offered);
    if (typeof made === 'string') return made;
    return made.map(({ tool, args }) => {
      const found = wiro.find((one) => short(one) === tool) ?? { name: tool };
      return { ...found, args };
    });
  }

  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  model.url = `http://127.0.0.1:${server.address().port}`;
  model.stop = () => { server.closeAllConnections(); server.close(); };
  return model;
}

/** A tool's name without what a client puts in front of it. */
const short = ({ name, inner }) => inner ?? name.replace(/^.*wiro_+/, '');

const json = (response, status, body) => {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
};

const events = (response, list, format, last) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  for (const event of list) response.write(format(event));
  response.end(last);
};

let ids = 0;
const id = (prefix) => `${prefix}_${++ids}_${Math.random().toString(36).slice(2)}`;

/** Results in the order of their rounds; `add` begins a round where the model has spoken. */
const byRound = (entries, { isCall, isResult, result }) => {
  const rounds = [];
  let calling = false;
  for (const entry of entries) {
    if (isCall(entry)) {
      if (!calling) rounds.push([]);
      calling = true;
    } else if (isResult(entry)) {
      rounds.at(-1)?.push(result(entry));
      calling = false;
    } else {
      calling = false;
    }
  }
  return rounds.filter((round) => round.length > 0);
};

/** What a model is told of a result: its text, and how many pictures. */
const told = (blocks, error = false) => {
  const list = typeof blocks === 'string' ? [{ text: blocks }] : blocks;
  return {
    text: list.map((block) => block.text ?? '').join('\n'),
    images: list.filter((block) => /image/.test(block.type ?? '') || block.inlineData).length,
    error,
  };
};

const apis = [
  {
    path: /\/v1\/messages\/count_tokens$/,
    tools: () => [],
    results: () => [],
    answer: (response) => json(response, 200, { input_tokens: 100 }),
  },
  {
    path: /\/v1\/messages$/,
    tools: ({ tools = [] }) => tools.map(({ name, input_schema: schema }) => ({ name, schema })),
    results: ({ messages }) => byRound(messages.flatMap(({ content }) => (typeof content === 'string' ? [{ type: 'text', text: content }] : content)).filter(({ type }) => type !== 'text' && type !== 'thinking'), {
      isCall: ({ type }) => type === 'tool_use',
      isResult: ({ type }) => type === 'tool_result',
      result: ({ content, is_error: error }) => told(content, error),
    }),
    answer(response, body, said) {
      const content = typeof said === 'string' ? [{ type: 'text', text: said }]
        : said.map(({ name, args }) => ({ type: 'tool_use', id: id('toolu'), name, input: args }));
      const message = { id: id('msg'), type: 'message', role: 'assistant', model: body.model, stop_reason: null, stop_sequence: null, usage: { input_tokens: 10, output_tokens: 10 } };
      const reason = typeof said === 'string' ? 'end_turn' : 'tool_use';
      if (!body.stream) return json(response, 200, { ...message, content, stop_reason: reason });
      events(response, [
        { type: 'message_start', message: { ...message, content: [] } },
        ...content.flatMap((block, index) => [
          { type: 'content_block_start', index, content_block: block.type === 'text' ? { type: 'text', text: '' } : { ...block, input: {} } },
          { type: 'content_block_delta', index, delta: block.type === 'text' ? { type: 'text_delta', text: block.text } : { type: 'input_json_delta', partial_json: JSON.stringify(block.input) } },
          { type: 'content_block_stop', index },
        ]),
        { type: 'message_delta', delta: { stop_reason: reason, stop_sequence: null }, usage: { output_tokens: 10 } },
        { type: 'message_stop' },
      ], (event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    },
  },
  {
    path: /\/responses$/,
    tools: ({ tools = [] }) => tools.flatMap(({ type, name, parameters: schema, tools: inner }) => (type === 'namespace'
      ? inner.map((tool) => ({ name: name + tool.name, namespace: name, inner: tool.name, schema: tool.parameters })) : [{ name: name ?? type, schema }])),
    results: ({ input }) => byRound(input.filter(({ type }) => type !== 'reasoning'), {
      isCall: ({ type }) => type === 'function_call',
      isResult: ({ type }) => type === 'function_call_output',
      result: ({ output }) => told(output),
    }),
    answer(response, body, said) {
      const output = typeof said === 'string'
        ? [{ type: 'message', id: id('msg'), role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: said, annotations: [] }] }]
        : said.map(({ name, namespace, inner, args }) => ({ type: 'function_call', id: id('fc'), call_id: id('call'), name: inner ?? name, ...(namespace && { namespace }), arguments: JSON.stringify(args), status: 'completed' }));
      const made = { id: id('resp'), object: 'response', created_at: 1, status: 'completed', model: body.model, output, usage: { input_tokens: 10, input_tokens_details: { cached_tokens: 0 }, output_tokens: 10, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 20 } };
      events(response, [
        { type: 'response.created', response: { ...made, status: 'in_progress', output: [] } },
        ...output.flatMap((item, index) => [{ type: 'response.output_item.added', output_index: index, item }, { type: 'response.output_item.done', output_index: index, item }]),
        { type: 'response.completed', response: made },
      ], (event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    },
  },
  {
    path: /\/chat\/completions$/,
    tools: ({ tools = [] }) => tools.map(({ function: { name, parameters: schema } }) => ({ name, schema })),
    results: ({ messages }) => byRound(messages, {
      isCall: ({ tool_calls: calls }) => calls?.length > 0,
      isResult: ({ role }) => role === 'tool',
      result: ({ content }) => told(content),
    }),
    answer(response, body, said) {
      const delta = typeof said === 'string' ? { content: said }
        : { tool_calls: said.map(({ name, args }, index) => ({ index, id: id('call'), type: 'function', function: { name, arguments: JSON.stringify(args) } })) };
      const reason = typeof said === 'string' ? 'stop' : 'tool_calls';
      const made = { id: id('chat'), created: 1, model: body.model };
      const usage = { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 };
      if (!body.stream) return json(response, 200, { ...made, object: 'chat.completion', usage, choices: [{ index: 0, message: { role: 'assistant', content: null, ...delta }, finish_reason: reason }] });
      events(response, [
        { choices: [{ index: 0, delta: { role: 'assistant', ...delta }, finish_reason: null }] },
        { choices: [{ index: 0, delta: {}, finish_reason: reason }], usage },
      ], (event) => `data: ${JSON.stringify({ ...made, object: 'chat.completion.chunk', ...event })}\n\n`, 'data: [DONE]\n\n');
    },
  },
  {
    path: /:(streamG|g)enerateContent$/,
    tools: ({ tools = [] }) => tools.flatMap(({ functionDeclarations = [] }) => functionDeclarations).map(({ name, parameters, parametersJsonSchema }) => ({ name, schema: parametersJsonSchema ?? parameters })),
    results: ({ contents }) => byRound(contents.flatMap(({ parts = [] }) => parts).filter((part) => !part.text && !part.thought), {
      isCall: (part) => part.functionCall,
      isResult: (part) => part.functionResponse || part.inlineData,
      result: (part) => (part.inlineData ? told([part]) : told([{ text: JSON.stringify(part.functionResponse.response) }, ...(part.functionResponse.parts ?? [])], 'error' in part.functionResponse.response)),
    }),
    answer(response, body, said, pathname) {
      const parts = typeof said === 'string' ? [{ text: said }] : said.map(({ name, args }) => ({ functionCall: { id: id('call'), name, args } }));
      const made = { candidates: [{ index: 0, content: { role: 'model', parts }, finishReason: 'STOP' }], usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 10, totalTokenCount: 20 } };
      if (pathname.endsWith(':generateContent')) return json(response, 200, made);
      events(response, [made], (event) => `data: ${JSON.stringify(event)}\n\n`);
    },
  },
];
