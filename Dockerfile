FROM node:24.21.0-slim

ARG REVISION=unknown
LABEL org.opencontainers.image.title="VidGenie" \
  org.opencontainers.image.description="A self-hosted chat bot that turns a prompt into an image and a video, with honest credits per workspace." \
  org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.revision="$REVISION" \
  org.opencontainers.image.base.name="docker.io/library/node:24.21.0-slim"

RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY bin bin
RUN npm ci --omit=dev && npm cache clean --force
# What npm has installed, with the checksums of the lock file, in the format CycloneDX. npm would miss what only developers need, so it is
# not told of it. Debian's packages are in the attestation of `docker buildx build --sbom=true`.
RUN cp package.json /tmp/package.json && npm pkg delete devDependencies \
  && npm sbom --sbom-format=cyclonedx --sbom-type=application > sbom.cdx.json \
  && mv /tmp/package.json package.json
COPY drizzle drizzle
COPY manifest.json ./
COPY src src
COPY docs/comfyui docs/comfyui

# What volumes are mounted over belongs to the user who writes there.
RUN mkdir -p /var/lib/vidgenie /var/lib/media && chown node:node /var/lib/vidgenie /var/lib/media
ENV NODE_ENV=production VIDGENIE_HOME=/var/lib/vidgenie
EXPOSE 3000
# The user `node`, by its number: Kubernetes sees by it that this is not root.
USER 1000:1000
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--max-semi-space-size=8", "src/cli.ts"]
CMD ["start"]
