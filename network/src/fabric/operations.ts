/** The operations endpoint of a node: its health, and what it measures of itself (Prometheus' text format). */

export async function isHealthy(port: number): Promise<boolean> {
  const response = await get(port, 'healthz');
  return response !== undefined;
}

/** The value of a gauge for a channel, or undefined when the node does not answer or does not know it. */
export async function channelGauge(port: number, gauge: string, channel: string): Promise<number | undefined> {
  const text = await get(port, 'metrics');
  const prefix = `${gauge}{channel="${channel}"} `;
  const line = text?.split('\n').find((candidate) => candidate.startsWith(prefix));
  return line === undefined ? undefined : Number(line.slice(prefix.length));
}

async function get(port: number, path: string): Promise<string | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/${path}`, { signal: AbortSignal.timeout(2000) });
    const text = await response.text();
    return response.ok ? text : undefined;
  } catch {
    return undefined;
  }
}
