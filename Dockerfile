# elanus serve in a container. `npm run build` comes first: only what it made is copied in.
# CI has no container engine and does not run this.
FROM node:22-slim
WORKDIR /app
COPY pkg/package.json LICENSE ./
COPY pkg/dist/cli.js pkg/dist/cli.licenses.txt pkg/dist/elanus-server.wasm ./dist/
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 19530
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s CMD ["node", "-e", "fetch('http://127.0.0.1:19530/healthz').then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# ELANUS_TOKEN=user:password is needed, since other machines can reach a container. A container that was killed leaves
# a lock that the next one cannot judge: processes of other containers do not show. One container at a time owns /data.
ENTRYPOINT ["node", "/app/dist/cli.js", "serve", "/data", "--host", "0.0.0.0", "--break-lock"]
