import { isProblem, NoAnswerError, ProblemError } from './problem.js';

export interface ClientOptions {
  /** The gateway's address: `http://127.0.0.1:3000`. */
  url: string;
  apiKey?: string;
  /** How long an answer may take, in milliseconds. */
  timeout?: number;
  /** By default the platform's. */
  fetch?: typeof fetch;
}

/** A query's parameters; a list of values is any of them. */
export type Parameters = Record<string, string | number | boolean | readonly string[] | undefined>;

/** An answer in the form that the gateway promises for the resource. */
export interface HttpAnswer<A> {
  status: number;
  answer: A;
}

const defaultTimeout = 90_000;

const json = 'application/json';
const ndjson = 'application/x-ndjson';

/** A request's body. */
interface Content {
  type: string;
  body: string;
}

/** One gateway over HTTP: JSON in, JSON out, problems thrown. */
export class Http {
  private readonly base: string;

  constructor(private readonly options: ClientOptions) {
    this.base = options.url.replace(/\/+$/, '');
  }

  /** `accepted` are the statuses beside 2xx that are answers and not problems. */
  get<A>(path: string, parameters: Parameters = {}, accepted: readonly number[] = []): Promise<HttpAnswer<A>> {
    return this.request<A>('GET', path, parameters, undefined, accepted);
  }

  post<A>(path: string, body: unknown, parameters: Parameters = {}): Promise<HttpAnswer<A>> {
    return this.request<A>('POST', path, parameters, body, []);
  }

  /** @throws ProblemError, NoAnswerError */
  private async request<A>(
    method: string,
    path: string,
    parameters: Parameters,
    body: unknown,
    accepted: readonly number[],
  ): Promise<HttpAnswer<A>> {
    let response: Response;
    let answer: unknown;
    try {
      const content = body === undefined ? undefined : { type: json, body: JSON.stringify(body) };
      response = await this.send(method, `${path}${queryOf(parameters)}`, json, content);
      answer = await response.json();
    } catch (cause) {
      throw new NoAnswerError(`${method} ${this.base}${path}: no answer of a gateway`, { cause });
    }
    const { status } = response;
    if (response.ok || accepted.includes(status)) return { status, answer: answer as A };
    throw this.failure(method, path, response, answer);
  }

  /**
   * The lines of an answer.
   *
   * @throws ProblemError, NoAnswerError
   */
  lines<L>(path: string, parameters: Parameters = {}): AsyncGenerator<L> {
    return this.linesOf<L>('GET', path, parameters);
  }

  private async *linesOf<L>(
    method: string,
    path: string,
    parameters: Parameters,
    content?: Content,
  ): AsyncGenerator<L> {
    const noAnswer = (cause: unknown) =>
      new NoAnswerError(`${method} ${this.base}${path}: no answer of a gateway`, { cause });
    let response: Response;
    try {
      response = await this.send(method, `${path}${queryOf(parameters)}`, ndjson, content);
      if (!response.ok) throw this.failure(method, path, response, parsed(await response.text()));
    } catch (cause) {
      if (cause instanceof ProblemError || cause instanceof NoAnswerError) throw cause;
      throw noAnswer(cause);
    }
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    try {
      for (;;) {
        // A connection that ends before the text does is an error here, so that half a list is not taken for the whole.
        const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
        const pieces = (rest + (value ?? '')).split('\n');
        rest = done ? '' : (pieces.pop() ?? '');
        for (const line of pieces) if (line !== '') yield JSON.parse(line) as L;
        if (done) return;
      }
    } catch (cause) {
      throw noAnswer(cause);
    } finally {
      await reader?.cancel().catch(() => undefined);
    }
  }

  /** Sends a body of lines, and answers the answer's lines. */
  async postLines<L>(path: string, lines: readonly unknown[]): Promise<L[]> {
    const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const answers: L[] = [];
    for await (const answer of this.linesOf<L>('POST', path, {}, { type: ndjson, body })) answers.push(answer);
    return answers;
  }

  private send(method: string, path: string, accept: string, content?: Content): Promise<Response> {
    const { apiKey, timeout = defaultTimeout, fetch: send = fetch } = this.options;
    return send(`${this.base}${path}`, {
      method,
      headers: {
        accept,
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        ...(content === undefined ? {} : { 'content-type': content.type }),
      },
      ...(content === undefined ? {} : { body: content.body }),
      signal: AbortSignal.timeout(timeout),
    });
  }

  private failure(method: string, path: string, { status, headers }: Response, answer: unknown): Error {
    if (!isProblem(answer))
      return new NoAnswerError(`${method} ${this.base}${path}: status ${status} of something else`);
    const retryAfter = Number(headers.get('retry-after') ?? Number.NaN);
    return new ProblemError(answer, Number.isFinite(retryAfter) ? retryAfter : undefined);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function queryOf(parameters: Parameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    for (const one of typeof value === 'object' ? value : [String(value)]) query.append(name, one);
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
