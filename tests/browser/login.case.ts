// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { says, Works } from "./works.js";

function tokenFile(t: TestContext, token: string): string {
  const folder = mkdtempSync(join(tmpdir(), "browser-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "token");
  writeFileSync(file, `${token}\n`);
  return file;
}

test("a browser logs in once with the token", async (t) => {
  const token = "correct horse & battery";
  const file = tokenFile(t, token);
  const works = await Works.start(t, ["--api-token-file", file], "0.0.0.0");
  assert.equal((await works.ask("/")).status, 401);
  assert.equal((await works.ask("/api/v1/stream")).status, 401);
  assert.equal((await works.ask("/measurements/latest")).status, 200);

  const page = await works.open();
  const field = page.getByLabel("Token");
  const enter = page.getByRole("button");
  await field.fill("wrong");
  await enter.click();
  await says(page.getByRole("alert"), "That is not the token. It is in the file that api_token_file names.");
  await field.fill(token);
  await enter.click();
  await says(page.locator("#connection"), "● live");
  assert.equal(page.url(), works.url);

  const [cookie] = await page.context().cookies();
  assert.ok(cookie?.httpOnly);
  assert.equal(cookie.sameSite, "Strict");
  assert.ok(!decodeURIComponent(cookie.value).includes(token));
  assert.equal((await works.ask("/api/v1/devices", { headers: { cookie: `${cookie.name}=${cookie.value}` } })).status, 200);
  assert.equal((await works.ask("/api/v1/devices", { headers: { authorization: `Bearer ${token}` } })).status, 200);

  // It outlives a restart of the sink, and ends with the token.
  await works.sink.stop();
  await says(page.locator("#connection"), "○ connection lost");
  works.sink.start();
  await says(page.locator("#connection"), "● live");
  await works.sink.stop();
  writeFileSync(file, "another\n");
  works.sink.start();
  await field.waitFor();
});

test("tokens cannot be tried out quickly", async (t) => {
  const works = await Works.start(t, ["--api-token-file", tokenFile(t, "secret")]);
  const attempt = (token: string) =>
    works.ask("/login", { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: `token=${token}` });
  // Many at once, as who guesses would: what is too much is kept waiting.
  const begun = Date.now();
  const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => attempt(`wrong${i}`)));
  const lookedAt = answers.filter(({ status }) => status === 401).length;
  assert.ok(Date.now() - begun >= 1000);
  assert.ok(lookedAt <= 6 + (Date.now() - begun) / 1000, `${lookedAt} were looked at`);
  assert.equal(answers.filter(({ status }) => status === 429).length, 30 - lookedAt);
  // Who has the right one is not kept out by it.
  assert.equal((await attempt("secret")).status, 303);
});

test("other machines and other names are kept out where there is no token", async (t) => {
  const open = await Works.start(t, [], "0.0.0.0");
  assert.equal((await open.ask("/")).status, 403);
  assert.equal((await open.ask("/api/v1/devices")).status, 403);
  assert.equal((await open.ask("/readyz")).status, 200);

  const local = await Works.start(t);
  const host = `evil.example:${local.port}`;
  assert.equal((await local.ask("/api/v1/devices", { headers: { host } })).status, 403);
  assert.equal((await local.ask("/api/v1/devices", { headers: { host: `localhost:${local.port}` } })).status, 200);
});
