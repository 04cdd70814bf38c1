// SPDX-License-Identifier: MIT

/** Asks until the condition holds; an error that names it after `deadline` ms. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>, deadline = 30_000): Promise<void> {
  const end = Date.now() + deadline;
  while (!(await condition())) {
    if (Date.now() >= end) throw new Error(`not within ${deadline / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
