# SPDX-License-Identifier: MIT
"""A logger as owners of devices write it, for sink_throughput to measure against: paho-mqtt and sqlite3.

paho_sqlite.py PORT DATABASE each|batched     a commit for each message, or one for a thousand or a second
"""
import json
import signal
import sqlite3
import sys
import time

import paho.mqtt.client as mqtt

port, database, mode = int(sys.argv[1]), sys.argv[2], sys.argv[3]
FIELDS = ("ts", "seq", "frequency_hz", "mean_hz", "min_hz", "max_hz", "rocof_mhz_s", "deviation_s", "temp_c",
          "voltage_v", "line", "load_mw", "a_w", "b_w")
INSERT = f"INSERT INTO readings (device, {', '.join(FIELDS)}) VALUES (?{', ?' * len(FIELDS)})"
store = sqlite3.connect(database, check_same_thread=False)
pending = 0
committed = time.monotonic()


def commit():
    global pending, committed
    store.commit()
    pending = 0
    committed = time.monotonic()


def on_message(client, userdata, message):
    global pending
    reading = json.loads(message.payload)
    store.execute(INSERT, [message.topic.split("/")[1]] + [reading[field] for field in FIELDS])
    pending += 1
    if mode == "each" or pending == 1000 or time.monotonic() - committed > 1:
        commit()


def on_connect(client, userdata, flags, code, properties=None):
    client.subscribe("mfm/+", qos=1)


if hasattr(mqtt, "CallbackAPIVersion"):  # paho-mqtt 2
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
else:
    client = mqtt.Client()
client.on_connect = on_connect
client.on_message = on_message
client.connect("127.0.0.1", port)
signal.signal(signal.SIGTERM, lambda number, frame: client.disconnect())
client.loop_forever()
commit()
