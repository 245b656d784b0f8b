# The gateway. DATABASE_URL and REDIS_URL name its PostgreSQL and its Redis (compose.yaml does); without them it
# runs its embedded PostgreSQL in /data and wakes its workers in its own process.

FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
# The binaries of the embedded PostgreSQL lack their libraries until their install script has run.
RUN npm rebuild
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY bench ./bench
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:20.20.2-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
WORKDIR /app
RUN useradd --system --create-home --home-dir /home/gateway gateway \
  && install --directory --owner=gateway --group=gateway --mode=0750 /data
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/src ./src
COPY schemas ./schemas
COPY mappings ./mappings
COPY config ./config
USER gateway
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node is process 1: it handles SIGTERM itself and starts no process that outlives its parent.
CMD ["node", "dist/src/main.js", "serve"]
