// The documentation as resources, and the prompts, for clients of every version.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, modern, versions } from './client.mjs';
import { startSandbox } from './lib.mjs';

let sandbox;
before(async () => { sandbox = await startSandbox(); });
after(() => sandbox.stop());

for (const version of [...versions, modern]) {
  describe(`a client of ${version}`, () => {
    let session;
    let client;
    before(async () => {
      session = await launch({ version, env: sandbox.env });
      client = session.client;
    });
    after(() => session.close());

    test('lists the pages of the documentation and reads each', async () => {
      const { resources } = await client.listResources();
      assert.ok(resources.length > 50);
      const pages = await Promise.all(resources.map(({ uri }) => client.readResource({ uri })));
      for (const [i, { contents: [page] }] of pages.entries()) {
        assert.equal(page.uri, resources[i].uri);
        assert.equal(page.mimeType, 'text/markdown');
        assert.ok(page.text.length > 200, page.uri);
      }
    });

    test('reads a page by the template, and completes its name', async () => {
      const { resourceTemplates: [template] } = await client.listResourceTemplates();
      const ref = { type: 'ref/resource', uri: template.uriTemplate };
      const { completion } = await client.complete({ ref, argument: { name: 'slug', value: 'task' } });
      assert.ok(completion.values.includes('tasks'));
      const uri = template.uriTemplate.replace('{slug}', 'tasks');
      assert.match((await client.readResource({ uri })).contents[0].text, /Task\/Detail/);
    });

    test('is told of a page that does not exist', async () => {
      await assert.rejects(client.readResource({ uri: 'wiro://docs/no-such-page' }), /no-such-page|not found/i);
    });

    test('lists the prompts and gets each', async () => {
      const { prompts } = await client.listPrompts();
      assert.ok(prompts.length > 0);
      for (const { name, arguments: parameters = [] } of prompts) {
        const given = Object.fromEntries(parameters.map((parameter) => [parameter.name, 'a lighthouse']));
        const { messages } = await client.getPrompt({ name, arguments: given });
        assert.ok(messages.length > 0 && messages.every((message) => message.content.text), name);
      }
    });
  });
}
