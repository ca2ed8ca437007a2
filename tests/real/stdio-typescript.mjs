// MCP server on the official TypeScript SDK, over stdin and stdout, for 2026-07-28 and the revisions before it.

import { setTimeout as sleep } from 'node:timers/promises';

import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

function newServer() {
  const server = new McpServer({ name: 'real-typescript-stdio-server', version: '1.0.0' });
  const text = (value) => ({ content: [{ type: 'text', text: String(value) }] });
  server.registerTool(
    'add',
    { description: 'Add two numbers.', inputSchema: z.object({ a: z.number(), b: z.number() }) },
    async ({ a, b }) => text(a + b),
  );
  server.registerTool('pid', { description: 'Tell the process by its number.' }, async () => text(process.pid));
  server.registerTool(
    'slow_count',
    {
      description: 'Count slowly, with a progress notification after each step.',
      inputSchema: z.object({ steps: z.number(), interval_ms: z.number() }),
    },
    async ({ steps, interval_ms: interval }, context) => {
      const token = context.mcpReq._meta?.progressToken;
      for (let step = 1; step <= steps; step += 1) {
        await sleep(interval);
        if (token === undefined) continue;
        const params = { progress: step, progressToken: token, total: steps };
        await context.mcpReq.notify({ method: 'notifications/progress', params });
      }
      return text(`counted to ${steps}`);
    },
  );
  return server;
}

serveStdio(newServer);
