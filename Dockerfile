# docker build --target controller --tag flux-externalsource-controller .
# docker build --target hooks --tag externalsource-hook-executor .
# For a release: --build-arg VERSION=1.2.3 --build-arg REVISION=<commit>

# Debian's package yq is another program; this one is pinned by its module's checksums.
FROM --platform=$BUILDPLATFORM golang:1.26-trixie AS yq
ARG TARGETOS TARGETARCH
WORKDIR /src
COPY tests/cluster/modules/yq ./
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -mod=readonly -trimpath -buildvcs=false -ldflags "-s -w" \
    -o /yq github.com/mikefarah/yq/v4

# One binary, compiled here also for the other architecture.
FROM --platform=$BUILDPLATFORM denoland/deno:2.9.6 AS binary
ARG TARGETARCH VERSION
WORKDIR /src
COPY deno.json deno.lock ./
COPY src src
COPY tests/run_command.ts tests/run_command.ts
COPY tests/binary tests/binary
RUN deno install --frozen --entrypoint src/main.ts \
    && target=linux-$([ "$TARGETARCH" = amd64 ] && echo x64 || echo "$TARGETARCH") \
    && deno task compile --target "$target" ${VERSION:+--version "$VERSION"} \
    && mv "dist/externalsource-controller-$target" dist/externalsource-controller

# What a program needs of Debian: its libc, and the authorities that it trusts if it is told to.
FROM debian:trixie-slim AS rootfs
WORKDIR /packages
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && apt-get download base-files libc6 libgcc-s1
COPY tests/image/make-rootfs.sh /usr/local/bin/
RUN make-rootfs.sh /rootfs ./*.deb && ln -s /manager /rootfs/app/externalsource-hook-executor

# The controller. It writes to its volumes and to /tmp only, so that the root may be read-only.
FROM scratch AS controller
ARG VERSION=0.3.0 REVISION
LABEL org.opencontainers.image.title="flux-externalsource-controller" \
    org.opencontainers.image.description="Makes documents behind HTTP APIs sources of Flux" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$REVISION"
COPY --from=rootfs /rootfs /
COPY --from=binary /src/dist/externalsource-controller /manager
# glibc gives each thread a heap of its own else: 15 MiB more of an idle controller.
ENV HOME=/home/nonroot MALLOC_ARENA_MAX=2
WORKDIR /home/nonroot
USER 65532:65532
# The manifests of the Go implementation make the root read-only and mount nothing here.
VOLUME /tmp
# Artifacts, probes, metrics.
EXPOSE 8080 8081 8443
ENTRYPOINT ["/manager"]

# The sidecar. Commands of users go into an image made of this one, into /usr/local/bin.
FROM debian:trixie-slim AS hooks
ARG VERSION=0.3.0 REVISION
LABEL org.opencontainers.image.title="externalsource-hook-executor" \
    org.opencontainers.image.description="Runs the hooks of flux-externalsource-controller" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$REVISION"
RUN apt-get update \
    && apt-get install --yes --no-install-recommends coreutils grep gzip jq procps sed tini util-linux \
    && rm -rf /var/lib/apt/lists/*
COPY --from=yq /yq /usr/local/bin/yq
COPY --from=binary /src/dist/externalsource-controller /app/externalsource-controller
# The names by which manifests start it: as the Go implementation had a program for each.
RUN ln -s externalsource-controller /app/externalsource-hook-executor && ln -s /app/externalsource-controller /manager
COPY manifests/hooks/whitelist.yaml /etc/hooks/whitelist.yaml
USER 65532:65532
VOLUME /tmp
EXPOSE 8082
# Hooks leave orphans, which only an init reaps.
ENTRYPOINT ["/usr/bin/tini", "--", "/app/externalsource-hook-executor", "hook-executor"]
