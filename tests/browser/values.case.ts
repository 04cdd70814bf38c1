// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import test from "node:test";
import { eventually } from "./eventually.js";
import { device, says, shows, Works } from "./works.js";

test("values appear as they are published, with names and units, and their age counts", async (t) => {
  const works = await Works.start(t);
  const page = await works.open();
  await says(page.locator("#connection"), "● live");
  await page.getByText("No device has said anything yet.").waitFor();

  const measure = (hz: number, ago = 0, more: object = {}): Promise<void> =>
    works.devices.publish("mfm/mains", { ts: Date.now() - ago, seq: 1, frequency_hz: hz, ...more });
  await measure(50.013, 0, { line_count: 3 });
  const mains = device(page, "mains");
  await shows(mains, "frequency", "50.013 Hz");
  await shows(mains, "line count", "3");
  assert.equal(await mains.getByText("seq").count(), 0);
  await measure(49.9);
  await shows(mains, "frequency", "49.9 Hz");

  const age = mains.locator(".head time");
  const seconds = async (): Promise<number> => Number(/^(\d+) s ago$/.exec((await age.textContent()) ?? "")?.[1]);
  await eventually("the age counts up", async () => (await seconds()) >= 2);
  await measure(50.1);
  await shows(mains, "frequency", "50.1 Hz");
  await eventually("a new reading is young", async () => (await seconds()) <= 1);

  // What comes late is stored, and not shown as the newest.
  await works.devices.publish("mfm/mains/history", { ts: Date.now() - 60_000, frequency_hz: 51.5 });
  await works.devices.publish("mfm/mains/10s", { ts: Date.now(), frequency_mean_hz: 50.02 });
  await shows(mains, "frequency mean", `50.02 Hz${await mains.locator("dd time").textContent()}`);
  await shows(mains, "frequency", "50.1 Hz");
});

test("what a value means is read from its name", async (t) => {
  const works = await Works.start(t);
  await works.devices.publish("luxtronik/heatpump", {
    ts: Date.now(), flow_temperature_c: 22.7, heat_heating_kwh: 80774.6, source_flow_l_h: 1240, compressor_1_runtime_s: 90061, pump_output: 1,
    operation_mode_code: 5, operation_mode_text: "no request", stored_error_count: 2, ratio_pct: 0, kh_dkh: 8.99,
  });
  const heatPump = device(await works.open(), "heatpump");
  await shows(heatPump, "flow temperature", "22.7 °C");
  await shows(heatPump, "heat heating", "80 774.6 kWh");
  await shows(heatPump, "source flow", "1240 l/h");
  await shows(heatPump, "compressor 1 runtime", "1 d 1 h");
  await shows(heatPump, "pump output", "on");
  await shows(heatPump, "operation mode", "no request");
  await shows(heatPump, "stored error count", "2");
  await shows(heatPump, "ratio", "0 %");
  await shows(heatPump, "kh", "8.99 °dKH");
  assert.equal(await heatPump.locator("dl > div").count(), 9);
});
