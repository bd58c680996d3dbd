# syntax=docker/dockerfile:1
# Debian, not Alpine: Temporal's native core has no musl build.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Not `npm ci`: it refuses a lock file that leaves out other platforms' optional binaries.
RUN npm install --no-save --no-audit --no-fund --loglevel=error
COPY tsconfig.json tsconfig.build.json ./
COPY bin bin
COPY sql sql
COPY src src
COPY stack/build.ts stack/
# dist/ with the workflow bundle; then what only the build and the tests need goes.
RUN npm run --silent build && npm install --omit=dev --no-save --no-audit --no-fund --loglevel=error

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    SEDIMENT_CONFIG=/etc/sediment/sediment.yaml \
    SEDIMENT_METRICS=0.0.0.0:9464
WORKDIR /app
# No src/: with it, bin/sediment.mjs would look for tsx and run the sources.
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/bin bin
COPY --from=build /app/dist dist
COPY --from=build /app/sql sql
# The image's user `node`, by number, so that a cluster can tell that it is no root. It can change nothing in /app.
USER 1000:1000
EXPOSE 9464
# Of a worker: its event loop answers. compose.yaml asks for /readyz in its place; Kubernetes has probes of its own.
HEALTHCHECK --interval=20s --timeout=5s --start-period=30s CMD ["node", "bin/probe.mjs", "/livez"]
# SIGTERM reaches node itself, which lets slices end at their next transaction.
ENTRYPOINT ["node", "bin/sediment.mjs"]
CMD ["worker"]
