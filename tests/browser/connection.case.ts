// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import test from "node:test";
import type { Page } from "playwright-core";
import { device, says, shows, Works } from "./works.js";

async function withMains(works: Works): Promise<Page> {
  await works.devices.publish("mfm/mains", { ts: Date.now(), frequency_hz: 50.013 });
  await works.devices.publish("mfm/mains/availability", "online");
  const page = await works.open();
  await shows(device(page, "mains"), "frequency", "50.013 Hz");
  await says(device(page, "mains").locator(".pill"), "● online");
  await says(page.locator("#connection"), "● live");
  return page;
}

async function isNotLive(page: Page, pill: string, notice: RegExp): Promise<void> {
  await says(page.locator("#connection"), pill);
  assert.match((await page.getByRole("status").textContent()) ?? "", notice);
  await says(device(page, "mains").locator(".pill"), "was online");
}

async function isLive(page: Page): Promise<void> {
  await says(page.locator("#connection"), "● live");
  await says(page.getByRole("status"), "");
  await says(device(page, "mains").locator(".pill"), "● online");
}

test("a sink that is gone is said, and the page goes on by itself when it is back", async (t) => {
  const works = await Works.start(t);
  const page = await withMains(works);
  await works.sink.stop();
  await isNotLive(page, "○ connection lost", /^Connection to mqtt-sink lost at /);
  await works.devices.publish("mfm/mains", { ts: Date.now(), frequency_hz: 49.5 });
  works.sink.start();
  await isLive(page);
  await shows(device(page, "mains"), "frequency", "49.5 Hz");
  await works.devices.publish("mfm/mains", { ts: Date.now(), frequency_hz: 49.6 });
  await shows(device(page, "mains"), "frequency", "49.6 Hz");
});

test("a sink that hangs is noticed without its connection ending", async (t) => {
  const works = await Works.start(t);
  const page = await withMains(works);
  works.sink.signal("SIGSTOP");
  await isNotLive(page, "○ connection lost", /^Connection to mqtt-sink lost at /);
  works.sink.signal("SIGCONT");
  await isLive(page);
});

test("a sink without its broker is said to hear nothing", async (t) => {
  const works = await Works.start(t);
  const page = await withMains(works);
  await works.broker.stop();
  await isNotLive(page, "○ not live", /^mqtt-sink hears nothing new: broker /);
  works.broker.start();
  await isLive(page);
});
