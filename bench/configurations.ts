// Configuration files of the peers that want one. Each says what an administrator who cares about speed would:
// one worker, no access log where none is measured, sendfile, connections that live for as many requests as can be said.

import { writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { descriptorLimit } from "./descriptor-limit.ts";
import { CERTIFICATE, hostName, logFileOf, type Place, REDIRECT_COUNT, SITE_COUNT, siteName } from "./place.ts";

export function nginxConfiguration(place: Place, hasFileCache: boolean): string {
  // Each of them is an open descriptor, of which some systems allow 20,000.
  const cache = "open_file_cache max=15000 inactive=60s; open_file_cache_valid 60s; open_file_cache_errors on;";
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return write(
    place,
    "nginx.conf",
    `daemon off;
${asRoot("user root;")}
worker_processes 1;
worker_rlimit_nofile ${Math.min(65_536, descriptorLimit())};
pid nginx.pid;
error_log error.log crit;
events { worker_connections 4096; use epoll; }
http {
  types { text/plain txt; application/octet-stream bin; }
  default_type application/octet-stream;
  charset utf-8;
  ${nginxLog(place)}
  log_not_found off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  http2_max_concurrent_streams 256;
  keepalive_timeout 75s;
  ${hasFileCache ? cache : ""}
  ${temporary.map((name) => `${name}_temp_path ${name};`).join(" ")}
  server { listen 127.0.0.1:${place.port}${NGINX_PROTOCOL[place.setup] ?? ""} backlog=511; root ${place.root}; ${nginxRules(place)} }
  ${nginxSites(place)}
}
`,
  );
}

function nginxLog(place: Place): string {
  return place.setup === "log" ? `access_log ${logFileOf(place)} combined buffer=64k flush=1s;` : "access_log off;";
}

/** nginx 1.22 speaks HTTP/2 alone where it is switched on without TLS. */
const NGINX_PROTOCOL: Readonly<Partial<Record<Place["setup"], string>>> = { tls: " ssl http2", h2c: " http2" };

/** A location that begins with a path costs nginx nothing when it does not match, unlike a list of rewrites. */
function nginxRules({ setup }: Place): string {
  if (setup === "spa") return "try_files $uri /index.html;";
  if (setup === "tls")
    return `ssl_certificate ${CERTIFICATE.cert}; ssl_certificate_key ${CERTIFICATE.key}; ssl_protocols TLSv1.3;`;
  if (setup !== "redirects") return "";
  return numbered(REDIRECT_COUNT, (name) => {
    return `location ^~ /old/${name}/ { rewrite ^/old/${name}/(.*)$ /new/${name}/$1 permanent; }`;
  });
}

function nginxSites({ setup, root, port }: Place): string {
  if (setup !== "thousand-sites") return "";
  const servers = numbered(SITE_COUNT, (name, host) => {
    return `server { listen 127.0.0.1:${port}; server_name ${host}; root ${root}/${name}; }`;
  });
  return `server_names_hash_max_size 8192;\n${servers}`;
}

export function h2oConfiguration(place: Place): string {
  return write(
    place,
    "h2o.yaml",
    `${asRoot("user: root")}
num-threads: 1
max-connections: 4096
error-log: /dev/null
${h2oLog(place)}
listen: { host: 127.0.0.1, port: ${place.port}${h2oTls(place)} }
file.etag: ON
file.send-compressed: OFF
hosts:
  default:
    paths:
      "/":
        file.dir: ${place.root}
${h2oRules(place)}
${h2oSites(place)}
`,
  );
}

/** It cannot be told to buffer. */
function h2oLog(place: Place): string {
  return place.setup === "log" ? `access-log: ${logFileOf(place)}` : "";
}

function h2oTls({ setup }: Place): string {
  if (setup !== "tls") return "";
  return `, ssl: { certificate-file: ${CERTIFICATE.cert}, key-file: ${CERTIFICATE.key}, minimum-version: TLSv1.3 }`;
}

function h2oRules({ setup }: Place): string {
  if (setup !== "redirects") return "";
  return numbered(REDIRECT_COUNT, (name) => {
    return `      "/old/${name}/":\n        redirect: { status: 301, url: "/new/${name}/" }`;
  });
}

function h2oSites({ setup, root }: Place): string {
  if (setup !== "thousand-sites") return "";
  return numbered(SITE_COUNT, (name, host) => {
    return `  "${host}":\n    paths:\n      "/":\n        file.dir: ${root}/${name}`;
  });
}

export function lighttpdConfiguration(place: Place): string {
  // 65535 is the most that lighttpd 1.4.69 can be told.
  return write(
    place,
    "lighttpd.conf",
    `server.modules = (${lighttpdModules(place)})
server.document-root = "${place.root}"
server.bind = "127.0.0.1"
server.port = ${place.port}
server.errorlog = "/dev/null"
server.max-keep-alive-requests = 65535
server.max-keep-alive-idle = 75
server.max-fds = ${Math.min(65_536, descriptorLimit())}
server.max-connections = 4096
server.network-backend = "sendfile"
server.stat-cache-engine = "simple"
static-file.etags = "enable"
mimetype.assign = ( ".txt" => "text/plain; charset=utf-8", "" => "application/octet-stream" )
${lighttpdRules(place)}
`,
  );
}

function lighttpdModules({ setup }: Place): string {
  if (setup === "spa") return '"mod_rewrite"';
  if (setup === "redirects") return '"mod_redirect"';
  return setup === "thousand-sites" ? '"mod_evhost"' : "";
}

function lighttpdRules({ setup, root }: Place): string {
  if (setup === "spa") return 'url.rewrite-if-not-file = ( "" => "/index.html" )';
  // %2 is the name before the top-level domain, and .6 its sixth character: site-000.example.
  if (setup === "thousand-sites") return `evhost.path-pattern = "${root}/%{2.6}%{2.7}%{2.8}/"`;
  if (setup !== "redirects") return "";
  const rules = numbered(REDIRECT_COUNT, (name) => `"^/old/${name}/(.*)$" => "/new/${name}/$1",`);
  return `url.redirect = (\n${rules}\n)`;
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

/** A line for each number. */
function numbered(count: number, line: (name: string, host: string) => string): string {
  return Array.from({ length: count }, (_, index) => line(siteName(index), hostName(index))).join("\n");
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
