/* frames: SQLite's log, written in as few calls as there are commits. SQLite writes each page of a commit in two calls,
 * a head of 24 bytes and the page. Through this layer they are gathered and written together when the page comes that
 * ends the commit, before SQLite is told that it is written. For the files of this room only. */
#ifndef STORE_FRAMES_H
#define STORE_FRAMES_H

/* The name of the layer, for sqlite3_open_v2; NULL: it cannot be had, and SQLite's own is as good. Any thread. */
const char *frames_vfs(void);

#endif
