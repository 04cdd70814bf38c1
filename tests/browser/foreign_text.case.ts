// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import test from "node:test";
import { device, shows, Works } from "./works.js";

const markup = "<img src=x onerror=window.broken=1>";

test("what devices say is shown as text, markup or not", async (t) => {
  const works = await Works.start(t);
  const page = await works.open();
  await works.devices.publish("isems/roof", { ts: Date.now(), name: `A ${markup}`, status_text: markup, [`${markup}_c`]: 1.5 });
  await works.devices.publish(`isems/${markup}`, { ts: Date.now(), battery_v: 13.5 });
  await works.devices.publish(`isems/shed/${markup}`, { ts: Date.now(), a_v: 1.5, b_v: 2.5, c_v: 3.5 });
  await works.devices.publish(`isems/${markup}/availability`, "offline");
  await shows(device(page, `A ${markup}`), "status", markup);
  await shows(device(page, `A ${markup}`), markup, "1.5 °C");
  await shows(device(page, markup), "battery", "13.5 V");
  await page.getByText(`1 silent: ${markup}`).waitFor();
  await device(page, "shed").getByRole("heading", { level: 4 }).getByText(markup).waitFor();
  assert.equal(await page.locator("img").count(), 0);
  assert.equal(await page.evaluate("window.broken"), undefined);
});

test("a script that got into the page would not run", async (t) => {
  const works = await Works.start(t);
  const page = await works.open();
  page.removeAllListeners("console");
  const refusal = page.waitForEvent("console", (message) => /Content Security Policy/i.test(message.text()));
  await page.evaluate((html) => document.body.insertAdjacentHTML("beforeend", html), markup);
  await refusal;
  assert.equal(await page.evaluate("window.broken"), undefined);
});
