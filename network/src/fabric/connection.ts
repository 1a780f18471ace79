import { z } from 'zod';

const connectionSchema = z.record(z.string(), z.union([z.string(), z.boolean(), z.number()]));

/** Puts a peer's own settings into the string fields of a package's connection.json: `{{.address}}`. */
export function fillConnection(template: string, settings: Readonly<Record<string, string>>): string {
  const connection = connectionSchema.parse(JSON.parse(template));
  const filled = Object.entries(connection).map(([field, value]) => [
    field,
    typeof value === 'string'
      ? value.replaceAll(/\{\{\s*\.(\w+)\s*\}\}/g, (_, name: string) => setting(settings, name))
      : value,
  ]);
  return JSON.stringify(Object.fromEntries(filled));
}

function setting(settings: Readonly<Record<string, string>>, name: string): string {
  const value = settings[name];
  if (value === undefined) throw new Error(`connection.json asks for ${name}, which this peer does not set`);
  return value;
}
