/*
 * Asks for one path at a steady rate, whatever the answers do (an open loop), and tells how long each reply took from the
 * moment when its request was due: what waits behind a slow reply counts as slow. One thread, a few connections.
 *
 *   steady <port> <path> <requests per second> <seconds>
 * prints the count of replies and p50, p99 and the longest in microseconds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 64, SPACE = 65536, MOST = 1 << 20 };

static int sockets[CONNECTIONS], idle[CONNECTIONS], idleCount, taken[MOST];
static int received[CONNECTIONS], wanted[CONNECTIONS];
static char input[CONNECTIONS][SPACE];
static int64_t due[CONNECTIONS];

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int byTime(const void *a, const void *b) {
  return *(const int *)a - *(const int *)b;
}

/* Bytes of the whole reply, 0 while its head is not there. */
static int replyLength(int index) {
  char *end = memmem(input[index], received[index], "\r\n\r\n", 4);
  if (end == NULL) return 0;
  input[index][received[index] < SPACE ? received[index] : SPACE - 1] = 0;
  char *field = strcasestr(input[index], "\r\ncontent-length:");
  return end + 4 - input[index] + (field != NULL && field < end ? atoi(field + 17) : 0);
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  setpriority(PRIO_PROCESS, 0, -15); /* where it may: the other load must not delay the clock */
  char request[4096];
  int requestLength = sprintf(request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\n\r\n", argv[2], argv[1]);
  int64_t period = 1000000000LL / atoi(argv[3]), count = atoi(argv[3]) * (int64_t)atoi(argv[4]), replies = 0, sent = 0;
  if (count > MOST) return 2;
  int loop = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int i = 0; i < CONNECTIONS; i++) {
    sockets[i] = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(sockets[i], (struct sockaddr *)&address, sizeof address)) return perror("steady"), 1;
    setsockopt(sockets[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event readable = {.events = EPOLLIN, .data.u32 = i};
    epoll_ctl(loop, EPOLL_CTL_ADD, sockets[i], &readable);
    idle[idleCount++] = i;
  }
  struct epoll_event ticks = {.events = EPOLLIN, .data.u32 = CONNECTIONS}, events[CONNECTIONS + 1];
  epoll_ctl(loop, EPOLL_CTL_ADD, timer, &ticks);
  int64_t start = now() + 1000000, end = start + count * period + 5000000000LL;

  while (replies < count && now() < end) {
    for (int64_t time = now(); idleCount > 0 && sent < count && start + sent * period <= time; sent++) {
      int index = idle[--idleCount];
      due[index] = start + sent * period;
      received[index] = wanted[index] = 0;
      if (send(sockets[index], request, requestLength, MSG_NOSIGNAL) != requestLength) return perror("steady"), 1;
    }
    int64_t next = start + sent * period;
    struct itimerspec at = {0}; /* never, while all connections wait for a reply */
    if (idleCount > 0 && sent < count) at.it_value = (struct timespec){next / 1000000000LL, next % 1000000000LL};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
    int ready = epoll_wait(loop, events, CONNECTIONS + 1, 1000);
    for (int i = 0; i < ready; i++) {
      int index = events[i].data.u32;
      if (index == CONNECTIONS) {
        uint64_t expirations;
        if (read(timer, &expirations, sizeof expirations) < 0 && errno != EAGAIN) return perror("steady"), 1;
        continue;
      }
      int bytes = recv(sockets[index], input[index] + received[index], SPACE - 1 - received[index], MSG_DONTWAIT);
      if (bytes == 0 || (bytes < 0 && errno != EAGAIN)) return fprintf(stderr, "steady: connection lost\n"), 1;
      if (bytes < 0) continue;
      received[index] += bytes;
      if (wanted[index] == 0) wanted[index] = replyLength(index);
      if (wanted[index] == 0 || received[index] < wanted[index]) continue;
      taken[replies++] = (now() - due[index]) / 1000;
      idle[idleCount++] = index;
    }
  }
  qsort(taken, replies, sizeof *taken, byTime);
  if (replies == 0) return 1;
  printf("%ld %d %d %d\n", (long)replies, taken[replies / 2], taken[replies * 99 / 100], taken[replies - 1]);
  return 0;
}
