/*
 * The floor of this machine's TCP stack: one thread that waits in epoll, takes bytes with recv and gives fixed
 * bytes back with send. It reads nothing of a request but its length, which is taken from the first one of each
 * connection. It is not a web server; no web server can cost less.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BODY = 1024, MOST = 64, CONNECTIONS = 65536 };

static char input[16384], output[MOST * (BODY + 512)];
static int requestLength[CONNECTIONS], pending[CONNECTIONS], replyLength;

/* How many whole requests `count` more bytes complete. */
static int requests(int fd, ssize_t count) {
  if (requestLength[fd] == 0) {
    char *end = memmem(input, count, "\r\n\r\n", 4);
    if (end == NULL) return 0;
    requestLength[fd] = end + 4 - input;
  }
  int whole = (pending[fd] + count) / requestLength[fd];
  pending[fd] = (pending[fd] + count) % requestLength[fd];
  return whole < MOST ? whole : MOST;
}

int main(int argc, char **argv) {
  replyLength = sprintf(output,
                        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"
                        "Last-Modified: Mon, 05 Jan 2026 00:00:00 GMT\r\nETag: \"0123456789abcdef\"\r\nAccept-Ranges: bytes\r\n"
                        "Cache-Control: no-cache\r\nDate: Mon, 05 Jan 2026 00:00:00 GMT\r\nContent-Length: %d\r\n\r\n",
                        BODY);
  memset(output + replyLength, 'x', BODY);
  replyLength += BODY;
  for (int i = 1; i < MOST; i++) memcpy(output + i * replyLength, output, replyLength);

  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1, loop = epoll_create1(0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(argc > 1 ? atoi(argv[1]) : 8080)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 511)) return perror("floor"), 1;
  struct epoll_event events[512], wanted = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(loop, EPOLL_CTL_ADD, listener, &wanted);

  for (;;) {
    int ready = epoll_wait(loop, events, 512, -1);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        if ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) < 0 || fd >= CONNECTIONS) continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        requestLength[fd] = pending[fd] = 0;
        wanted.data.fd = fd;
        epoll_ctl(loop, EPOLL_CTL_ADD, fd, &wanted);
        continue;
      }
      ssize_t count = recv(fd, input, sizeof input, 0);
      if (count <= 0) close(fd);
      else send(fd, output, requests(fd, count) * replyLength, MSG_NOSIGNAL);
    }
  }
}
