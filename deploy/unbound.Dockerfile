# A validating resolver for the probes: DNSSEC is checked here, and nobody outside is asked to do it for us.
FROM debian:bookworm-slim
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends unbound dns-root-data ca-certificates \
 && rm -rf /var/lib/apt/lists/*
COPY deploy/unbound.conf /etc/unbound/unbound.conf
# Debian's package makes this user; its number is not fixed.
# hadolint ignore=DL3066
USER unbound
EXPOSE 5300/udp 5300/tcp
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/5300"]
CMD ["unbound", "-d", "-p", "-c", "/etc/unbound/unbound.conf"]
