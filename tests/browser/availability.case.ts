// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import test from "node:test";
import { device, says, Works } from "./works.js";

test("devices whose bridge is gone are silent, whatever they said last", async (t) => {
  const works = await Works.start(t);
  for (const topic of ["mfm/mains", "isems/roof"]) {
    await works.devices.publish(topic, { ts: Date.now(), battery_v: 13.5 });
    await works.devices.publish(`${topic}/availability`, "online");
  }
  const page = await works.open();
  const mains = device(page, "mains").locator(".pill");
  await says(mains, "● online");
  // Its last will: the broker says it when the bridge was killed.
  await works.devices.publish("mfm/bridge/state", "offline");
  await says(mains, "○ silent");
  await says(page.locator("#summary"), "1 silent: mains");
  const later = await works.open();
  await says(device(later, "mains").locator(".pill"), "○ silent");
  await says(device(later, "roof").locator(".pill"), "● online");
  assert.equal(await later.locator("article").count(), 2);
  for (const topic of ["mfm/bridge/state", "mfm/mains/availability"]) await works.devices.publish(topic, "online");
  for (const one of [page, later]) await says(device(one, "mains").locator(".pill"), "● online");
});

test("online and silent are said in words as they change, and not where a device never said it", async (t) => {
  const works = await Works.start(t);
  const page = await works.open();
  const measure = (topic: string): Promise<void> => works.devices.publish(topic, { ts: Date.now(), battery_v: 13.5 });
  await measure("isems/roof");
  const pill = device(page, "roof").locator(".pill");
  await device(page, "roof").waitFor();
  assert.equal(await pill.isVisible(), false);

  await works.devices.publish("isems/roof/availability", "online");
  await says(pill, "● online");
  await measure("isems/shed");
  await works.devices.publish("isems/shed/availability", "online");
  await says(page.locator("h2 small"), "2 devices, 2 online");
  assert.equal(await page.locator("#summary").textContent(), "");

  await works.devices.publish("isems/roof/availability", "offline");
  await says(pill, "○ silent");
  await says(page.locator("#summary"), "1 silent: roof");
  await says(page.locator("h2 small"), "2 devices, 1 online");
  // What it measured last stays, with its age.
  await device(page, "roof").getByText("13.5").waitFor();

  await works.devices.publish("isems/roof/availability", "online");
  await says(pill, "● online");
  await says(page.locator("#summary"), "");
});
