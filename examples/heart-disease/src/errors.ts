/** What the story says did not come out so. */
export class StoryError extends Error {
  override readonly name = 'StoryError';
}
