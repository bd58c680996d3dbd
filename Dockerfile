# syntax=docker/dockerfile:1
# Debian, not Alpine: Temporal's native core has no musl build.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Not `npm ci`: it refuses a lock file that leaves out other platforms' optional binaries.
RUN npm install --omit=dev --no-save --no-audit --no-fund --loglevel=error
COPY tsconfig.json ./
COPY bin bin
COPY sql sql
COPY src src
COPY stack/buildWorkflows.ts stack/
RUN npm run --silent build:workflows

FROM node:20-bookworm-slim
ENV NODE_ENV=production \
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true \
    SEDIMENT_CONFIG=/etc/sediment/sediment.yaml \
    SEDIMENT_METRICS=0.0.0.0:9464
WORKDIR /app
COPY --from=build /app /app
# The image's user `node`, by number, so that a cluster can tell that it is no root. It can change nothing in /app.
USER 1000:1000
EXPOSE 9464
# SIGTERM reaches node itself, which lets slices end at their next transaction.
ENTRYPOINT ["node", "bin/sediment.mjs"]
CMD ["worker"]
