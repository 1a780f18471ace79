import { z } from 'zod';

/** RFC 3339 in UTC with milliseconds, the one form in which a time is hashed: `2026-01-31T12:00:00.000Z`. */
export const timeSchema = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'not of the form YYYY-MM-DDTHH:mm:ss.sssZ')
  .refine((text) => formatTime(Date.parse(text)) === text, 'not a time of the calendar');

export function formatTime(milliseconds: number): string {
  return Number.isNaN(milliseconds) ? 'invalid' : new Date(milliseconds).toISOString();
}
