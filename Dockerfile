# docker build --target hooks --tag externalsource-hook-executor .

# Debian's package yq is another program; this one is pinned by its module's checksums.
FROM --platform=$BUILDPLATFORM golang:1.26-trixie AS yq
ARG TARGETOS TARGETARCH
WORKDIR /src
COPY tests/cluster/modules/yq ./
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -mod=readonly -trimpath -buildvcs=false -ldflags "-s -w" \
    -o /yq github.com/mikefarah/yq/v4

FROM denoland/deno:2.9.6 AS binary
WORKDIR /src
COPY deno.json deno.lock ./
COPY src src
RUN deno install --frozen --entrypoint src/main.ts && deno task compile

# The sidecar. Commands of users go into an image made of this one, into /usr/local/bin.
FROM debian:trixie-slim AS hooks
RUN apt-get update \
    && apt-get install --yes --no-install-recommends coreutils grep gzip jq procps sed tini util-linux \
    && rm -rf /var/lib/apt/lists/*
COPY --from=yq /yq /usr/local/bin/yq
COPY --from=binary /src/dist/externalsource-controller /app/externalsource-controller
# The name by which manifests of the Go implementation start it.
RUN ln -s externalsource-controller /app/externalsource-hook-executor
COPY manifests/hooks/whitelist.yaml /etc/hooks/whitelist.yaml
USER 65532:65532
EXPOSE 8082
# Hooks leave orphans, which only an init reaps.
ENTRYPOINT ["/usr/bin/tini", "--", "/app/externalsource-hook-executor", "hook-executor"]
