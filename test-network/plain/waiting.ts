/** Repeats an assertion until it holds; its last failure is the test's. */
export async function eventually(assertion: () => void | Promise<void>, timeoutMs = 8000): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      await assertion();
      return;
    } catch (cause) {
      if (Date.now() > end) throw cause;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
