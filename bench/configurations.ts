// Configuration files of the peers that want one. Each says what an administrator who cares about speed would:
// one worker, no access log, sendfile, connections that live for as many requests as can be said.

import { writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { Place } from "./peers.ts";

export function nginxConfiguration(place: Place, hasFileCache: boolean): string {
  const cache = "open_file_cache max=20000 inactive=60s; open_file_cache_valid 60s; open_file_cache_errors on;";
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return write(
    place,
    "nginx.conf",
    `daemon off;
${asRoot("user root;")}
worker_processes 1;
pid nginx.pid;
error_log error.log crit;
events { worker_connections 4096; use epoll; }
http {
  types { text/plain txt; application/octet-stream bin; }
  default_type application/octet-stream;
  charset utf-8;
  access_log off;
  log_not_found off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  keepalive_timeout 75s;
  ${hasFileCache ? cache : ""}
  ${temporary.map((name) => `${name}_temp_path ${name};`).join(" ")}
  server { listen 127.0.0.1:${place.port} backlog=511; root ${place.root}; }
}
`,
  );
}

export function h2oConfiguration(place: Place): string {
  return write(
    place,
    "h2o.yaml",
    `${asRoot("user: root")}
num-threads: 1
max-connections: 4096
error-log: /dev/null
listen: { host: 127.0.0.1, port: ${place.port} }
hosts:
  default:
    paths:
      "/":
        file.dir: ${place.root}
        file.etag: ON
        file.send-compressed: OFF
`,
  );
}

export function lighttpdConfiguration(place: Place): string {
  // 65535 is the most that lighttpd 1.4.69 can be told.
  return write(
    place,
    "lighttpd.conf",
    `server.document-root = "${place.root}"
server.bind = "127.0.0.1"
server.port = ${place.port}
server.errorlog = "/dev/null"
server.max-keep-alive-requests = 65535
server.max-keep-alive-idle = 75
server.max-fds = 16384
server.max-connections = 4096
server.network-backend = "sendfile"
server.stat-cache-engine = "simple"
static-file.etags = "enable"
mimetype.assign = ( ".txt" => "text/plain; charset=utf-8", "" => "application/octet-stream" )
`,
  );
}

export function caddyfile(place: Place): string {
  return write(
    place,
    "Caddyfile",
    `{
  admin off
  auto_https off
  log {
    output discard
  }
}
http://127.0.0.1:${place.port} {
  root * ${place.root}
  file_server
}
`,
  );
}

/** Servers that change their user when root starts them could not read the folder otherwise. */
function asRoot(line: string): string {
  return userInfo().uid === 0 ? line : "";
}

function write(place: Place, name: string, text: string): string {
  const path = join(place.folder, name);
  writeFileSync(path, text);
  return path;
}
