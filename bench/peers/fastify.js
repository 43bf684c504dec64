// @fastify/static as its documentation shows it, without a log.
import fastifyStatic from "@fastify/static";
import fastify from "fastify";

const [root, port] = process.argv.slice(2);
const server = fastify({ logger: false });
server.register(fastifyStatic, { root });
await server.listen({ host: "127.0.0.1", port: Number(port) });
