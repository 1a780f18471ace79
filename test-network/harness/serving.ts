import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { ProofwardClient } from '@proofward/client';
import { createServing, type ServingOptions } from '@proofward/client/serving';
import express from 'express';

/** A model's process: what it needs comes as JSON on standard input, and where it listens goes to standard output. */
const { gateway, ...options } = JSON.parse(await text(process.stdin)) as Omit<ServingOptions, 'client'> & {
  gateway: { url: string; apiKey: string };
};
const serving = await createServing({
  ...options,
  client: new ProofwardClient(gateway),
  pauses: { idle: 100, first: 200, longest: 1_000 },
});

const risk = (body: unknown) => ({ risk: (body as { age: number }).age / 100, model: serving.model });
const application = express();
application.post('/bare', express.json(), (request, response) => {
  response.json(risk(request.body));
});
application.post('/risk', serving.middleware(), (request, response) => {
  response.json(risk(request.body));
});
const server = application.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
