// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import test from "node:test";
import { eventually } from "./eventually.js";
import { device, says, shows, Works } from "./works.js";

test("of eighty values a dozen are shown until all are asked for, and they stay open as they change", async (t) => {
  const works = await Works.start(t);
  const fields = (first: number): object =>
    Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`sensor_${i}_temperature_c`, i === 0 ? first : i]));
  await works.devices.publish("luxtronik/heatpump", { ts: Date.now(), ...fields(20.5) });
  const page = await works.open();
  const heatPump = device(page, "heatpump");
  const rows = heatPump.locator("dl > div");
  await shows(heatPump, "sensor 0 temperature", "20.5 °C");
  assert.equal(await rows.count(), 12);
  await heatPump.getByText("All 80 values").click();
  await eventually("all are shown", async () => (await rows.count()) === 80);
  await heatPump.getByRole("heading", { level: 4, name: "Temperatures" }).waitFor();
  await works.devices.publish("luxtronik/heatpump", { ts: Date.now(), ...fields(21.5) });
  await shows(heatPump, "sensor 0 temperature", "21.5 °C");
  assert.equal(await rows.count(), 80);
  await heatPump.getByText("Less").click();
  await eventually("a dozen is shown", async () => (await rows.count()) === 12);
});

test("forty devices fit a phone, light and dark", async (t) => {
  const works = await Works.start(t);
  for (let i = 0; i < 40; ++i) {
    const fields = Object.fromEntries(Array.from({ length: 20 }, (_, k) => [`a_rather_long_name_of_a_value_number_${k}_v`, 10_000.5 + k]));
    await works.devices.publish(`isems/node-with-a-long-name-that-does-not-end-soon-${i}`, { ts: Date.now(), ...fields });
  }
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await works.open({ viewport: { width: 360, height: 640 }, colorScheme });
    await says(page.locator("h2 small"), "40 devices");
    assert.equal(await page.locator("article").count(), 40);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 360, `${width} pixels wide`);
    const [ground, text] = await page.evaluate(() => {
      const style = getComputedStyle(document.body);
      return [style.backgroundColor, style.color].map((color) => Number(/\d+/.exec(color)?.[0]));
    });
    assert.ok(colorScheme === "dark" ? ground! < text! : ground! > text!);
    await page.close();
  }
});
