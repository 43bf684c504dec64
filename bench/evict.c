/*
 * Drops the pages of all files below a folder from the page cache, again and again, until it is killed: as if the files had
 * never been read. Names and inodes stay.
 *
 *   evict <folder> <milliseconds between two passes>
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

static int isFirst = 1;

static int drop(const char *path, const struct stat *status, int type, struct FTW *place) {
  (void)status, (void)place;
  int fd = type == FTW_F ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return 0;
  if (isFirst) fdatasync(fd); /* pages that are not written yet cannot be dropped */
  posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  close(fd);
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  for (;; isFirst = 0) {
    nftw(argv[1], drop, 16, FTW_PHYS);
    usleep(atoi(argv[2]) * 1000);
  }
}
