# SPDX-License-Identifier: MIT
# What stands in for the images of others that compose.yaml names: the same programs from Debian, laid out as there.

FROM debian:trixie-slim AS eclipse-mosquitto
RUN groupadd --gid 1883 mosquitto && useradd --uid 1883 --gid 1883 mosquitto \
    && apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends mosquitto mosquitto-clients \
    && install -d -o mosquitto -g mosquitto /mosquitto/config /mosquitto/data
VOLUME /mosquitto/data
ENTRYPOINT ["/usr/bin/env"]

FROM debian:trixie-slim AS influxdb
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends influxdb influxdb-client
COPY influxdb-start /
VOLUME /var/lib/influxdb
ENTRYPOINT ["/influxdb-start"]
