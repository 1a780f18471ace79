import { StoryError } from './errors.js';

/** Between two lines: on a terminal one is written over by the next. */
const progressMs = process.stderr.isTTY ? 200 : 10_000;

/** Tells the story on standard output. What it tells has been looked at first. */
export class Narrator {
  private chapters = 0;
  private shown = 0;

  chapter(title: string): void {
    this.chapters += 1;
    this.print(`\n${this.chapters}. ${title}\n`);
  }

  say(sentence: string): void {
    this.print(`   ${sentence}`);
  }

  /**
   * Says a sentence that is so.
   *
   * @throws StoryError where it is not
   */
  that(isSo: boolean, sentence: string): void {
    if (!isSo) throw new StoryError(`it is not so that: ${sentence}`);
    this.say(sentence);
  }

  /** A refusal with this code, as the sentence says. Anything else that happens is no part of the story. */
  async refused(code: string, attempt: () => Promise<unknown>, sentence: string): Promise<void> {
    const found = await attempt().then(
      () => 'no refusal',
      (error: unknown) => codeOf(error) ?? Promise.reject(error as Error),
    );
    this.that(found === code, `${sentence} (${found})`);
  }

  /** How far something long is; on a terminal on one line. */
  progress(text: string): void {
    const now = performance.now();
    if (now - this.shown < progressMs) return;
    this.shown = now;
    process.stderr.write(process.stderr.isTTY ? `\x1b[2K\r   ... ${text}` : `   ... ${text}\n`);
  }

  private print(text: string): void {
    if (process.stderr.isTTY) process.stderr.write('\x1b[2K\r');
    process.stdout.write(`${text}\n`);
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** `10 000`: thousands apart, without a locale. */
export function counted(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** As many of them as there are: `1 record`, `303 records`. */
export function several(count: number, one: string, many = `${one}s`): string {
  return `${counted(count)} ${count === 1 ? one : many}`;
}
