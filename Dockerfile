FROM node:24.21.0-slim

RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY bin bin
RUN npm ci --omit=dev && npm cache clean --force
COPY drizzle drizzle
COPY manifest.json ./
COPY src src
COPY docs/comfyui docs/comfyui

# What volumes are mounted over belongs to the user who writes there.
RUN mkdir -p /var/lib/vidgenie /var/lib/media && chown node:node /var/lib/vidgenie /var/lib/media
ENV NODE_ENV=production VIDGENIE_HOME=/var/lib/vidgenie
USER node
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--max-semi-space-size=8", "src/cli.ts"]
CMD ["start"]
